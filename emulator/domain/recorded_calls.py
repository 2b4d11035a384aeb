"""Calls that were recorded: each with what it was answered then and now, and where that stands in its script."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from emulator.domain.actions import Action, Call, Calls, CodeResult, Outputs, RunCode

Below = tuple[str | int, ...]


class Answered(NamedTuple):
    """A call and its answers. below: where the recorded one stands within the step that makes the call."""

    call: str
    below: Below
    recorded: str
    got: str


def each(action: Call | Calls) -> list[tuple[Call, Below]]:
    """Return the calls of an action, each with where it stands within its step."""
    if isinstance(action, Call):
        return [(action, ())]
    return [(call, ("call", number)) for number, call in enumerate(action.calls)]


def answered(action: Action, result: Any) -> Iterator[Answered]:
    """Yield the calls of an action whose answers were recorded. result: of the action."""
    match action, result:
        case Call() | Calls(), Outputs():
            for (call, below), got in zip(each(action), result.values(), strict=True):
                if call.recorded is not None:
                    yield Answered(call.name, (*below, "recorded"), call.recorded, got)
        case RunCode(execute=True, logs=str() as logs), CodeResult():
            yield Answered("code_interpreter", ("logs",), logs.strip(), result.logs.strip())

"""The names under which a turn finds the outputs of its calls, made different where two have the same."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.domain.actions import numbered
from scripted_models.problems import Path
from scripted_models.templating import is_template

_IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_LETTER: Final = re.compile(r"[^A-Za-z0-9_]+")

Step = Mapping[str, Any]


@dataclass(slots=True)
class OutputNames:
    """The names of outputs, by the paths of their calls; None where a template could not name them.

    given: names that calls have to be given, with `as`, and the names that they had before.
    """

    names: dict[Path, str | None] = field(default_factory=dict)
    given: dict[Path, tuple[str, str]] = field(default_factory=dict)


def output_names(steps: Sequence[Step], path: Path) -> OutputNames:
    """Return the names of a turn's outputs. Where templates use outputs already, all names stay what they are."""
    found, taken = OutputNames(), set[str]()
    may_change = not _mentions_outputs(steps)
    for here, key, is_call in _keys(steps, path):
        name = key
        if is_template(key):
            found.names[here] = None
            continue
        if is_call and may_change and (key in taken or not _IDENTIFIER.fullmatch(key)):
            name = _new(key, taken)
            found.given[here] = (name, key)
        taken.add(name)
        found.names[here] = name if _IDENTIFIER.fullmatch(name) else None
    return found


def calls_of(step: Step, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the calls of functions in a step."""
    if isinstance(step.get("call"), str):
        yield path, step
    else:
        yield from (((*path, "call", number), call) for number, call in enumerate(step.get("call", ())))


def uses_of(step: Step, path: Path) -> Iterator[tuple[Path, Mapping[str, Any]]]:
    """Yield the calls of a tool that has no verb of its own."""
    if "tool" in step and "calls" in step:
        yield from (((*path, "calls", number), use) for number, use in enumerate(step["calls"]))
    elif "tool" in step:
        yield path, step


def _keys(steps: Sequence[Step], path: Path) -> Iterator[tuple[Path, str, bool]]:
    """Yield what gives outputs, with the name as it is, and whether it is a function's."""
    for number, step in enumerate(steps):
        here = (*path, number)
        calls, uses = list(calls_of(step, here)), list(uses_of(step, here))
        keys = [str(call.get("as") or call.get("name") or call.get("call")) for _, call in calls]
        yield from ((at, key, True) for (at, _), key in zip(calls, numbered(keys), strict=True))
        keys = [str(use.get("as") or use.get("name") or step["tool"]) for _, use in uses]
        yield from ((at, key, False) for (at, _), key in zip(uses, numbered(keys), strict=True))
        for place, branch in enumerate(step.get("choose", ())):
            yield from _keys(branch["steps"], (*here, "choose", place, "steps"))


def _new(key: str, taken: set[str]) -> str:
    name = _NO_LETTER.sub("_", key).strip("_")
    name = name if _IDENTIFIER.fullmatch(name) else f"call_{name}".rstrip("_")
    number, new = 1, name
    while new in taken:
        number += 1
        new = f"{name}_{number}"
    return new


def _mentions_outputs(value: Any, *, is_condition: bool = False) -> bool:
    if isinstance(value, str):
        return "outputs" in value and (is_condition or is_template(value))
    if isinstance(value, Mapping):
        return any(_mentions_outputs(item, is_condition=key in ("if", "check")) for key, item in value.items())
    return isinstance(value, list) and any(_mentions_outputs(item) for item in value)

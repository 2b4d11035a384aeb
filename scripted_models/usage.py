"""Tokens of a turn: those of the script; a number that it leaves out is estimated, one token per four characters."""

from collections.abc import Sequence

from emulator.domain.actions import UseTool
from emulator.domain.ports import Usage
from emulator.domain.view import ModelView
from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import UsageSpec

PER_TOKEN = 4
_CALLS = (g.CallStep, g.CallsStep, g.ToolStep, g.ToolsStep)


def usage(own: UsageSpec | None, default: UsageSpec | None, steps: Sequence[g.Step], view: ModelView) -> Usage | None:
    """Return the usage of a turn; None where neither the turn nor the defaults set any.

    Defaults are for turns that do something: a run that ends before its first step costs nothing (recorded).
    """
    specs = [spec for spec in (own, default if _does_something(steps) else None) if spec is not None]
    prompt = next((spec.prompt_tokens for spec in specs if spec.prompt_tokens is not None), None)
    completion = next((spec.completion_tokens for spec in specs if spec.completion_tokens is not None), None)
    if prompt is None and completion is None:
        return None
    if prompt is None:
        prompt = tokens(len(view.instructions or "") + sum(len(message.text) for message in view.messages))
    if completion is None:
        completion = tokens(_length(steps))
    return Usage(prompt, completion, ends_in_calls=_ends_in_calls(steps))


def _ends_in_calls(steps: Sequence[g.Step]) -> bool:
    """Return whether the last step alone waits for outputs. What branches and Python functions do is not known."""
    *before, last = steps or (None,)
    return isinstance(last, _CALLS) and not any(
        isinstance(step, (*_CALLS, g.ChooseStep, g.PythonStep)) for step in before
    )


def _does_something(steps: Sequence[g.Step]) -> bool:
    return not all(isinstance(step, g.FailStep | g.StopStep | g.ExpireStep | g.WaitStep) for step in steps)


def tokens(characters: int) -> int:
    """Return the estimate for a text of that length, at least 1."""
    return max(1, -(-characters // PER_TOKEN))


def _length(steps: Sequence[g.Step]) -> int:
    return sum(map(_written, steps))


def _written(step: g.Step) -> int:  # noqa: PLR0911 - one return for each verb
    match step:
        case g.SayStep():
            return len(step.say)
        case g.RefuseStep():
            return len(step.refuse)
        case g.CodeStep():
            return len(step.code)
        case g.CallStep():
            return len(step.call) + len(str(step.args))
        case g.CallsStep():
            return sum(len(call.name) + len(str(call.args)) for call in step.call)
        case g.ToolStep():
            return len(step.tool) + _asked(step)
        case g.ToolsStep():
            return sum(len(step.tool) + _asked(use) for use in step.calls)
        case g.ChooseStep():
            return _length(step.choose[0].steps)
        case _:
            return 0


def _asked(use: g.ToolUse) -> int:
    return len(UseTool("", use.asked[1]).text)

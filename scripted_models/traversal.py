"""The steps of a turn in the order of the file, each with its path, and the templates in each."""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from scripted_models.grammar import steps as g
from scripted_models.problems import Path


class TemplateText(NamedTuple):
    """A text that is a template if it has holes, or an expression without braces. path: within the step."""

    path: Path
    text: str
    expression: bool = False


def walk(steps: Sequence[g.Step], path: Path) -> Iterator[tuple[Path, g.Step]]:
    """Yield every step, those of branches too, in the order of the file."""
    for number, step in enumerate(steps):
        here = (*path, number)
        yield here, step
        if isinstance(step, g.ChooseStep):
            for place, branch in enumerate(step.choose):
                yield from walk(branch.steps, (*here, "choose", place, "steps"))


def templates(step: g.Step) -> Iterator[TemplateText]:
    """Yield the texts and the conditions of a step, but not those of the steps in its branches."""
    for path, value in _fields(step):
        yield from _texts(path, value)
    if isinstance(step, g.CheckStep):
        yield TemplateText(("check",), step.check, expression=True)
    if isinstance(step, g.ChooseStep):
        for number, branch in enumerate(step.choose):
            if branch.if_ is not None:
                yield TemplateText(("choose", number, "if"), branch.if_, expression=True)


def _fields(step: g.Step) -> list[tuple[Path, Any]]:  # noqa: C901, PLR0911, PLR0912 - one case for each verb
    match step:
        case g.SayStep():
            return [(("say",), step.say), (("images",), step.images), (("annotations",), step.annotations)]
        case g.RefuseStep():
            return [(("refuse",), step.refuse)]
        case g.CallStep():
            return [(("call",), step.call), *_options((), step), (("message",), step.message)]
        case g.CallsStep():
            fields = [field for number, call in enumerate(step.call) for field in _parallel(("call", number), call)]
            return [*fields, (("message",), step.message)]
        case g.CodeStep():
            return [(("code",), step.code), (("logs",), step.logs), (("images",), step.images)]
        case g.SearchStep():
            return [(("search",), step.search), (("results",), step.results)]
        case g.ToolStep():
            return [(("tool",), step.tool), *_use((), step), (("message",), step.message)]
        case g.ToolsStep():
            uses = [field for number, use in enumerate(step.calls) for field in _use(("calls", number), use)]
            return [(("tool",), step.tool), *uses, (("message",), step.message)]
        case g.FailStep() | g.CheckStep():
            return [(("message",), step.message)]
        case g.WaitStep():
            return [(("wait",), step.wait)]
        case g.HoldStep():
            return [(("hold",), step.hold)]
        case g.SetStep():
            return [(("set",), step.set)]
        case _:
            return []


def _parallel(path: Path, call: g.ParallelCall) -> list[tuple[Path, Any]]:
    return [((*path, "name"), call.name), *_options(path, call)]


def _use(path: Path, use: g.ToolUse) -> list[tuple[Path, Any]]:
    return [((*path, word), getattr(use, word)) for word in ("name", *g.ASKED, "output", "details")]


def _options(path: Path, call: g.CallOptions) -> list[tuple[Path, Any]]:
    return [((*path, "args"), call.args), ((*path, "id"), call.id), ((*path, "recorded"), call.recorded)]


def _texts(path: Path, value: Any) -> Iterator[TemplateText]:
    if isinstance(value, str):
        yield TemplateText(path, value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _texts((*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts((*path, number), item)

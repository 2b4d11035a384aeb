"""Walks through the steps of a turn: every step with its path, every text in it that may be a template."""

from collections.abc import Iterator, Sequence
from typing import Any

from scripted_models.grammar import steps as g
from scripted_models.problems import Path


def walk(steps: Sequence[g.Step], path: Path) -> Iterator[tuple[Path, g.Step]]:
    """Yield every step, those of branches too, in the order of the file."""
    for number, step in enumerate(steps):
        here = (*path, number)
        yield here, step
        if isinstance(step, g.ChooseStep):
            for place, branch in enumerate(step.choose):
                yield from walk(branch.steps, (*here, "choose", place, "steps"))


def texts(step: g.Step) -> Iterator[tuple[Path, str]]:  # noqa: C901 - one case for each verb
    """Yield the texts of a step that are templates if they have holes."""
    match step:
        case g.SayStep():
            yield from _deep(("say",), step.say)
            yield from _deep(("images",), step.images)
            yield from _deep(("annotations",), step.annotations)
        case g.RefuseStep():
            yield from _deep(("refuse",), step.refuse)
        case g.CallStep():
            yield from _deep(("call",), step.call)
            yield from _options((), step)
        case g.CallsStep():
            for number, call in enumerate(step.call):
                yield from _deep(("call", number, "name"), call.name)
                yield from _options(("call", number), call)
        case g.CodeStep():
            yield from _deep(("code",), step.code)
            yield from _deep(("logs",), step.logs)
            yield from _deep(("images",), step.images)
        case g.SearchStep():
            yield from _deep(("search",), step.search)
            yield from _deep(("results",), step.results)
        case g.FailStep() | g.CheckStep():
            yield from _deep(("message",), step.message)
        case g.WaitStep():
            yield from _deep(("wait",), step.wait)
        case g.HoldStep():
            yield from _deep(("hold",), step.hold)
        case g.SetStep():
            yield from _deep(("set",), step.set)


def expressions(step: g.Step) -> Iterator[tuple[Path, str]]:
    """Yield the conditions of a step: expressions without braces."""
    if isinstance(step, g.CheckStep):
        yield ("check",), step.check
    if isinstance(step, g.ChooseStep):
        for number, branch in enumerate(step.choose):
            if branch.if_ is not None:
                yield ("choose", number, "if"), branch.if_


def _options(path: Path, call: g.CallOptions) -> Iterator[tuple[Path, str]]:
    yield from _deep((*path, "args"), call.args)
    yield from _deep((*path, "id"), call.id)
    yield from _deep((*path, "recorded"), call.recorded)


def _deep(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _deep((*path, key), item)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _deep((*path, number), item)

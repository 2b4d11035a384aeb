"""Errors in the steps of one turn: templates that do not compile, steps never played, files that are missing."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from scripted_models import annotation_checks, result_checks, tool_checks
from scripted_models.assets import find_asset
from scripted_models.grammar import steps as g
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.problems import Finding, Path, Problem, brief
from scripted_models.reader import Document
from scripted_models.rules import Rule
from scripted_models.stream_texts import stream_texts
from scripted_models.templating import is_template, syntax_error
from scripted_models.traversal import templates, walk

# Names of templates that no step can take for its result.
RESERVED: Final = frozenset(
    {
        "match",
        "outputs",
        "vars",
        "params",
        "message",
        "model",
        "instructions",
        "tools",
        "assistant",
        "run",
        "thread",
        "turn",
        "now",
        "files",
        "cite",
        "file_id",
        "range",
        "dict",
        "namespace",
    }
)


def check_turn(
    document: Document, turn: TurnSpec, path: Path, assets: Mapping[str, str], *, allow_python: bool
) -> Iterator[Problem]:
    """Yield what is wrong with the steps of a turn. path: the turn's own."""
    yield from _order(document, turn.steps, (*path, "steps"))
    for here, step in walk(turn.steps, (*path, "steps")):
        yield from _templates(document, here, step)
        yield from _pieces(document, here, step)
        yield from _images(document, here, step, assets)
        if isinstance(step, g.CodeStep | g.SearchStep) and step.as_ in RESERVED:
            message = f'"{step.as_}" already means something else in templates'
            yield document.problem(Finding((*here, "as"), Rule.RESERVED_NAME, message))
        for found in _mistakes(step):
            yield document.problem(found.below(*here))
        if isinstance(step, g.PythonStep) and not allow_python:
            message = "python is only for scripts given at the start or in process"
            yield document.problem(Finding((*here, "python"), Rule.PYTHON, message))


def _mistakes(step: g.Step) -> Iterator[Finding]:
    if isinstance(step, g.ToolStep | g.ToolsStep):
        yield from tool_checks.mistakes(step)
    if isinstance(step, g.SayStep):
        yield from annotation_checks.mistakes(step.annotations)
    if isinstance(step, g.SearchStep):
        yield from result_checks.mistakes(step)


def _order(document: Document, steps: Sequence[g.Step], path: Path) -> Iterator[Problem]:
    for number, step in enumerate(steps):
        if _ends_run(step) and number + 1 < len(steps):
            message = "never played: the step before it ends the run"
            yield document.problem(Finding((*path, number + 1), Rule.NEVER_PLAYED, message))
        if isinstance(step, g.ChooseStep):
            for place, branch in enumerate(step.choose):
                if branch.if_ is None and place + 1 < len(step.choose):
                    unreachable = (*path, number, "choose", place + 1)
                    message = "never played: the branch before it has no if"
                    yield document.problem(Finding(unreachable, Rule.NEVER_PLAYED, message))
                yield from _order(document, branch.steps, (*path, number, "choose", place, "steps"))


def _ends_run(step: g.Step) -> bool:
    """Return whether the run is over after a step, whichever branch it takes."""
    if isinstance(step, g.ChooseStep):
        exhaustive = any(branch.if_ is None for branch in step.choose)
        return exhaustive and all(any(map(_ends_run, branch.steps)) for branch in step.choose)
    if isinstance(step, g.Unanswered):
        return step.fail is not None
    return isinstance(step, g.FailStep | g.StopStep | g.ExpireStep)


def _templates(document: Document, path: Path, step: g.Step) -> Iterator[Problem]:
    for template in templates(step):
        error = syntax_error(template.text, expression=template.expression)
        if error is not None:
            braces = "; a condition has no braces" if template.expression and is_template(template.text) else ""
            found = Finding(template.path, Rule.TEMPLATE, f"{error}{braces}", error.suggestion)
            yield document.problem(found.below(*path), text_line=error.line)


def _pieces(document: Document, path: Path, step: g.Step) -> Iterator[Problem]:
    for streamed in stream_texts(step):
        pieces, text = streamed.pieces, streamed.text
        if pieces is not None and text is not None and "".join(pieces) != text:
            difference = f"they give {brief(''.join(pieces), 60)}, the text is {brief(text, 60)}"
            message = f"the pieces do not add up to the text: {difference}"
            yield document.problem(Finding((*path, *streamed.path, "stream", "chunk"), Rule.STREAM, message))


def _images(document: Document, path: Path, step: g.Step, assets: Mapping[str, str]) -> Iterator[Problem]:
    if isinstance(step, g.SayStep | g.CodeStep):
        for number, image in enumerate(step.images):
            if not is_template(image) and find_asset(assets, image) is None:
                message = f"no image {brief(image)} beside the scenario"
                yield document.problem(Finding((*path, "images", number), Rule.MISSING_FILE, message))

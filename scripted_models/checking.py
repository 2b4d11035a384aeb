"""Errors that the grammar cannot see: what a scenario's parts say about each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from scripted_models.grammar import steps as g
from scripted_models.grammar.parts import StreamSpec
from scripted_models.grammar.scenario import Scenario, TurnSpec
from scripted_models.playing import asset, compact
from scripted_models.problems import Path, Problem, brief
from scripted_models.reader import Document
from scripted_models.templating import flaw, is_template, static
from scripted_models.walking import expressions, texts, walk

RESERVED: Final = frozenset(
    {"match", "outputs", "vars", "message", "assistant", "turn", "now", "files", "cite", "range", "dict", "namespace"}
)


def check(document: Document, scenario: Scenario, assets: Mapping[str, str], *, allow_python: bool) -> list[Problem]:
    """Return what is wrong with a scenario that has the right form."""
    return [
        *_states(document, scenario),
        *_fixtures(document, scenario, assets),
        *(
            problem
            for number, turn in enumerate(scenario.turns)
            for problem in _turn(document, turn, number, assets, allow_python=allow_python)
        ),
    ]


def _states(document: Document, scenario: Scenario) -> Iterator[Problem]:
    known = scenario.states or []
    if len(set(known)) != len(known):
        yield document.problem(("states",), "a state is declared twice")
    for number, turn in enumerate(scenario.turns):
        used: list[tuple[Path, str]] = [(("when", "state"), state) for state in (turn.when and turn.when.state) or ()]
        used += [(("goto",), turn.goto)] if turn.goto is not None else []
        for path, state in used:
            if state not in known:
                declared = ", ".join(known) or "none: list them under states"
                yield document.problem(("turns", number, *path), f"unknown state {brief(state)}; declared: {declared}")


def _fixtures(document: Document, scenario: Scenario, assets: Mapping[str, str]) -> Iterator[Problem]:
    fixtures = scenario.fixtures
    for name, file in fixtures.files.items():
        if file.path is not None and asset(assets, file.path) is None:
            said = f"no file {brief(file.path)} beside the scenario"
            yield document.problem(("fixtures", "files", name, "path"), said)
    users: list[tuple[Path, str, Sequence[str] | None, Mapping[str, Any]]] = [
        (("fixtures", "vector_stores", name, "files"), "file", one.files, fixtures.files)
        for name, one in fixtures.vector_stores.items()
    ]
    for name, assistant in fixtures.assistants.items():
        where: Path = ("fixtures", "assistants", name)
        users.append(((*where, "files"), "file", assistant.files, fixtures.files))
        users.append(((*where, "vector_stores"), "vector store", assistant.vector_stores, fixtures.vector_stores))
    for name, thread in fixtures.threads.items():
        for number, message in enumerate(thread.messages):
            where = ("fixtures", "threads", name, "messages", number, "files")
            users.append((where, "file", message.files, fixtures.files))
    for path, kind, given, known in users:
        for word in given or ():
            if word not in known and not re.match(r"(file|assistant|vs)[-_]", word):
                yield document.problem(path, f"no {kind} {brief(word)} among the fixtures")


def _turn(
    document: Document, turn: TurnSpec, number: int, assets: Mapping[str, str], *, allow_python: bool
) -> Iterator[Problem]:
    start: Path = ("turns", number)
    yield from _order(document, turn.steps, (*start, "steps"))
    for path, step in walk(turn.steps, (*start, "steps")):
        for where, text in texts(step):
            if (wrong := flaw(text)) is not None:
                yield document.problem((*path, *where), wrong)
        for where, text in expressions(step):
            if (wrong := flaw(text, expression=True)) is not None:
                yield document.problem((*path, *where), wrong)
        for where, written, stream in streams(step):
            yield from _pieces(document, (*path, *where), written, stream)
        yield from _images(document, path, step, assets)
        if isinstance(step, g.CodeStep | g.SearchStep) and step.as_ in RESERVED:
            yield document.problem((*path, "as"), f'"{step.as_}" already means something else in templates')
        if isinstance(step, g.PythonStep) and not allow_python:
            yield document.problem((*path, "python"), "python is only for scripts given at the start or in process")


def _order(document: Document, steps: Sequence[g.Step], path: Path) -> Iterator[Problem]:
    for number, step in enumerate(steps):
        if ends(step) and number + 1 < len(steps):
            yield document.problem((*path, number + 1), "never played: the step before it ends the run")
        if isinstance(step, g.ChooseStep):
            for place, branch in enumerate(step.choose):
                if branch.if_ is None and place + 1 < len(step.choose):
                    where = (*path, number, "choose", place + 1)
                    yield document.problem(where, "never played: the branch before it has no if")
                yield from _order(document, branch.steps, (*path, number, "choose", place, "steps"))


def ends(step: g.Step) -> bool:
    """Return whether the run is over after a step, whichever way it goes."""
    if isinstance(step, g.ChooseStep):
        always = any(branch.if_ is None for branch in step.choose)
        return always and all(any(map(ends, branch.steps)) for branch in step.choose)
    return isinstance(step, g.FailStep | g.StopStep | g.ExpireStep)


def streams(step: g.Step) -> Iterator[tuple[Path, str | None, StreamSpec | None]]:
    """Yield every stream with the text that it cuts, None where that is known only when it is played."""
    match step:
        case g.SayStep():
            yield (), static(step.say), step.stream
        case g.RefuseStep():
            yield (), static(step.refuse), step.stream
        case g.CodeStep():
            yield (), static(step.code), step.stream
        case g.CallStep():
            yield (), _written(step.args), step.stream
        case g.CallsStep():
            for number, call in enumerate(step.call):
                yield ("call", number), _written(call.args), call.stream


def _written(args: Any) -> str | None:
    if isinstance(args, str):
        return static(args)
    text = compact(args)
    return None if is_template(text) else text


def _pieces(document: Document, path: Path, written: str | None, stream: StreamSpec | None) -> Iterator[Problem]:
    chunk = stream.chunk if stream else None
    if not isinstance(chunk, list) or written is None or "".join(chunk) == written:
        return
    said = f"they give {brief(''.join(chunk), 60)}, the text is {brief(written, 60)}"
    yield document.problem((*path, "stream", "chunk"), f"the pieces do not add up to the text: {said}")


def _images(document: Document, path: Path, step: g.Step, assets: Mapping[str, str]) -> Iterator[Problem]:
    if isinstance(step, g.SayStep | g.CodeStep):
        for number, image in enumerate(step.images):
            if not is_template(image) and asset(assets, image) is None:
                yield document.problem((*path, "images", number), f"no image {brief(image)} beside the scenario")

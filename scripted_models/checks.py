"""Errors that the grammar cannot see: what the parts of a scenario say about each other."""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice
from typing import Any, Final

from scripted_models.assets import find_asset
from scripted_models.grammar.scenario import ScenarioSpec
from scripted_models.problems import MOST_PROBLEMS, Path, Problem, brief
from scripted_models.reader import Document
from scripted_models.selection import unknown_state
from scripted_models.step_checks import check_turn

_OBJECT_ID: Final = re.compile(r"(file|assistant|vs)[-_]")


def check(document: Document, spec: ScenarioSpec, assets: Mapping[str, str], *, allow_python: bool) -> list[Problem]:
    """Return what is wrong with a scenario that has the right form."""
    found = chain(
        _states(document, spec),
        _fixture_files(document, spec, assets),
        _fixture_names(document, spec),
        (
            problem
            for number, turn in enumerate(spec.turns)
            for problem in check_turn(document, turn, ("turns", number), assets, allow_python=allow_python)
        ),
    )
    return list(islice(found, MOST_PROBLEMS))


def _states(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    known = spec.states or []
    if len(set(known)) != len(known):
        yield document.problem(("states",), "a state is declared twice")
    for number, turn in enumerate(spec.turns):
        used: list[tuple[Path, str]] = [(("when", "state"), state) for state in (turn.when and turn.when.state) or ()]
        used += [(("goto",), turn.goto)] if turn.goto is not None else []
        for path, state in used:
            if state not in known:
                yield document.problem(("turns", number, *path), unknown_state(state, known))


def _fixture_files(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for name, file in spec.fixtures.files.items():
        if file.path is not None and find_asset(assets, file.path) is None:
            message = f"no file {brief(file.path)} beside the scenario"
            yield document.problem(("fixtures", "files", name, "path"), message)


def _fixture_names(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    for path, kind, names, known in _references(spec):
        for name in names or ():
            if name not in known and not _OBJECT_ID.match(name):
                yield document.problem(path, f"no {kind} {brief(name)} among the fixtures")


def _references(spec: ScenarioSpec) -> Iterator[tuple[Path, str, Sequence[str] | None, Mapping[str, Any]]]:
    """Yield every list of names by which one fixture refers to others, with what they may refer to."""
    fixtures = spec.fixtures
    for name, store in fixtures.vector_stores.items():
        yield ("fixtures", "vector_stores", name, "files"), "file", store.files, fixtures.files
    for name, assistant in fixtures.assistants.items():
        path: Path = ("fixtures", "assistants", name)
        yield (*path, "files"), "file", assistant.files, fixtures.files
        yield (*path, "vector_stores"), "vector store", assistant.vector_stores, fixtures.vector_stores
    for name, thread in fixtures.threads.items():
        for number, message in enumerate(thread.messages):
            yield ("fixtures", "threads", name, "messages", number, "files"), "file", message.files, fixtures.files

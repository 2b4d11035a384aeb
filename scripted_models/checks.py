"""Errors that the grammar cannot see: what the parts of a scenario say about each other."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from scripted_models import fixture_checks, pinned_ids
from scripted_models.grammar.scenario import ScenarioSpec
from scripted_models.problems import MOST_PROBLEMS, Path, Problem
from scripted_models.reader import Document
from scripted_models.selection import unknown_state
from scripted_models.step_checks import check_turn


def check(document: Document, spec: ScenarioSpec, assets: Mapping[str, str], *, allow_python: bool) -> list[Problem]:
    """Return what is wrong with a scenario that has the right form."""
    found = chain(
        _states(document, spec),
        _fixtures(document, spec, assets),
        _pinned(document, spec, assets),
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


def _pinned(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for path, message in pinned_ids.mistakes(spec.recording, assets):
        yield document.problem(("recording", *path), message)


def _fixtures(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for path, message in fixture_checks.mistakes(spec.fixtures, assets):
        yield document.problem(("fixtures", *path), message)

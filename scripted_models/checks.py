"""Errors that the grammar cannot see: what the parts of a scenario say about each other."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice

from emulator.domain.nearest import did_you_mean
from scripted_models import fixture_checks
from scripted_models.candidates import unknown_state
from scripted_models.fixtures import PREFIXES
from scripted_models.grammar.scenario import ScenarioSpec
from scripted_models.problems import MOST_PROBLEMS, Path, Problem, brief
from scripted_models.reader import Document
from scripted_models.step_checks import check_turn


def check(document: Document, spec: ScenarioSpec, assets: Mapping[str, str], *, allow_python: bool) -> list[Problem]:
    """Return what is wrong with a scenario that has the right form."""
    found = chain(
        _states(document, spec),
        _fixtures(document, spec, assets),
        _chains(document, spec),
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


def _chains(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    known = dict.fromkeys(turn.chain for turn in spec.turns if turn.chain is not None)
    for name, one in spec.chains.items():
        if name not in known:
            yield document.problem(("chains", name), f"no turn has this chain{did_you_mean(name, known)}")
        thread = one.thread
        if thread is not None and thread not in spec.fixtures.threads and not thread.startswith(PREFIXES["threads"]):
            hint = did_you_mean(thread, spec.fixtures.threads)
            yield document.problem(("chains", name, "thread"), f"no thread {brief(thread)} among the fixtures{hint}")
    for number, turn in enumerate(spec.turns):
        if turn.chain is None:
            continue
        if turn.priority:
            message = "a turn of a chain has no priority: its chain is played in the order of the file"
            yield document.problem(("turns", number, "priority"), message)
        if turn.uses is not None and turn.uses.max is not None:
            message = "a turn of a chain is played once in each thread: say no more than min"
            yield document.problem(("turns", number, "uses"), message)


def _fixtures(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for path, message in fixture_checks.mistakes(spec.fixtures, assets):
        yield document.problem(("fixtures", *path), message)

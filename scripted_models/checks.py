"""Errors that the grammar cannot see: what the parts of a scenario say about each other."""

from collections.abc import Collection, Iterator, Mapping
from itertools import chain, islice

from emulator.domain.nearest import nearest
from scripted_models import fixture_checks, pinned_ids
from scripted_models.candidates import unknown_state
from scripted_models.fixtures import PREFIXES
from scripted_models.grammar.scenario import ScenarioSpec, TurnSpec
from scripted_models.problems import MOST_PROBLEMS, Finding, Path, Problem, brief, misnamed
from scripted_models.reader import OF_LINE, Document, LineDocument
from scripted_models.rules import Rule
from scripted_models.step_checks import check_turn


def check(document: Document, spec: ScenarioSpec, assets: Mapping[str, str], *, allow_python: bool) -> list[Problem]:
    """Return what is wrong with a scenario that has the right form; turns in a file of their own are checked apart."""
    found = chain(
        _states(document, spec),
        _fixtures(document, spec, assets),
        _pinned(document, spec, assets),
        _threads(document, spec),
        _conditions(document, spec),
        (
            problem
            for number, turn in enumerate(spec.turns)
            for problem in check_turn(document, turn, ("turns", number), assets, allow_python=allow_python)
        ),
    )
    return list(islice(found, MOST_PROBLEMS))


def check_line(
    document: LineDocument, turn: TurnSpec, spec: ScenarioSpec, assets: Mapping[str, str], *, allow_python: bool
) -> list[Problem]:
    """Return what is wrong with a turn that has a line of its own. spec: of its scenario."""
    found = chain(
        _conditions_of(document, OF_LINE, turn, spec),
        check_turn(document, turn, OF_LINE, assets, allow_python=allow_python),
    )
    return list(islice(found, MOST_PROBLEMS))


def check_chains(document: Document, spec: ScenarioSpec, known: Collection[str]) -> Iterator[Problem]:
    """Yield what is said about chains that there are not. known: the names of those that there are."""
    for name in spec.chains:
        if name not in known:
            yield document.problem(misnamed(("chains", name), Rule.CHAIN, "no turn has this chain", name, known))


def _states(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    known = spec.states or []
    if len(set(known)) != len(known):
        yield document.problem(Finding(("states",), Rule.DUPLICATE_NAME, "a state is declared twice"))


def _conditions(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    for number, turn in enumerate(spec.turns):
        yield from _conditions_of(document, ("turns", number), turn, spec)


def _pinned(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for found in pinned_ids.mistakes(spec.recording, assets):
        yield document.problem(found.below("recording"))


def _conditions_of(document: Document, path: Path, turn: TurnSpec, spec: ScenarioSpec) -> Iterator[Problem]:
    states = spec.states or ()
    used: list[tuple[Path, str]] = [(("when", "state"), state) for state in (turn.when and turn.when.state) or ()]
    used += [(("goto",), turn.goto)] if turn.goto is not None else []
    for inner, state in used:
        if state not in states:
            unknown = Finding(inner, Rule.UNKNOWN_STATE, unknown_state(state, states), nearest(state, states))
            yield document.problem(unknown.below(*path))
    if turn.chain is not None and turn.priority:
        message = "a turn of a chain has no priority: its chain is played in the order of the file"
        yield document.problem(Finding((*path, "priority"), Rule.CHAIN, message))
    if turn.chain is not None and turn.uses is not None and turn.uses.max is not None:
        message = "a turn of a chain is played once in each thread: say no more than min"
        yield document.problem(Finding((*path, "uses"), Rule.CHAIN, message))
    assistants = spec.recording.assistants if spec.recording is not None else {}
    name = turn.recorded.assistant if turn.recorded is not None else None
    if name is not None and name not in assistants:
        message = f"no assistant {brief(name)} among recording.assistants"
        yield document.problem(misnamed((*path, "recorded", "assistant"), Rule.RECORDING, message, name, assistants))


def _threads(document: Document, spec: ScenarioSpec) -> Iterator[Problem]:
    for name, one in spec.chains.items():
        thread = one.thread
        if thread is not None and thread not in spec.fixtures.threads and not thread.startswith(PREFIXES["threads"]):
            where, message = ("chains", name, "thread"), f"no thread {brief(thread)} among the fixtures"
            yield document.problem(misnamed(where, Rule.UNKNOWN_FIXTURE, message, thread, spec.fixtures.threads))


def _fixtures(document: Document, spec: ScenarioSpec, assets: Mapping[str, str]) -> Iterator[Problem]:
    for found in fixture_checks.mistakes(spec.fixtures, assets):
        yield document.problem(found.below("fixtures"))

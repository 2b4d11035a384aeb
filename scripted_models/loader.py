"""Loads scenarios: sources become a backend, fixtures and lists, or a `ScriptError` that names every line."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, TypeVar

from emulator.domain.ports import LoadedScripts, PinnedIds, ScriptSource
from emulator.domain.replay import is_in_memory
from scripted_models import fixtures
from scripted_models.chains import Chains
from scripted_models.grammar.steps import PythonStep
from scripted_models.linter import oddities
from scripted_models.pinned_ids import pinned_ids
from scripted_models.problems import MOST_PROBLEMS, Problem, ProblemsError, brief
from scripted_models.rules import Rule
from scripted_models.scenario_turns import OfTurns, Rows, make_scenario
from scripted_models.scenarios import Together
from scripted_models.sources import ParsedScenario, parse_sources, used_params
from scripted_models.stream_texts import unmade_streams
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.traversal import walk

T = TypeVar("T")
_MOST_NAMED: Final = 5
# Characters of a scenario. Whoever loads a longer one waits long enough without its warnings.
_LONGEST_WRITTEN: Final = 256 * 1024


def load(
    sources: Sequence[ScriptSource], *, allow_python: bool = False, tools: Collection[str] | None = None
) -> LoadedScripts:
    """Load all sources of one namespace, in order; raise `ScriptError`.

    allow_python: accept ``python:`` steps. They import code, so this is for scripts given at the start or in process.
    tools: as in `lint`, whose warnings then are among the notes; None: without them.
    """
    parsed, problems = parse_sources(sources, allow_python=allow_python)
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise ProblemsError(errors)
    scenarios = [make_scenario(one) for one in parsed]
    backend = Together(*scenarios)
    with together(Account(MAX_STEPS_TOGETHER)):
        notes = [note for one in parsed for note in islice(_notes(one), MOST_PROBLEMS)]
    if tools is not None:
        notes += oddities([one for one in parsed if _is_written(one)], tools)
    notes += islice((note for chains in backend.chains for note in equal_beginnings(chains)), MOST_PROBLEMS)
    bodies = [fixtures.build(one.name, one.spec.fixtures, one.source.assets) for one in parsed]
    return LoadedScripts(
        backend=backend,
        seed=_first(one.spec.seed for one in parsed),
        clock=_first(one.spec.clock for one in parsed),
        wire=_first(one.spec.wire for one in parsed),
        recorded_wire=_first(one.spec.recording.wire for one in parsed if one.spec.recording),
        fixtures={kind: [body for of in bodies for body in of[kind]] for kind in bodies[0]} if bodies else {},
        places={
            id_: one.document.place(path)
            for one in parsed
            for id_, path in fixtures.places(one.name, one.spec.fixtures).items()
        },
        pinned=PinnedIds.of(*(pinned_ids(one.spec.recording, one.source.assets) for one in parsed)),
        turns=Rows(scenarios) if any(one.scanned for one in parsed) else list(Rows(scenarios)),
        turn_places=OfTurns(scenarios, lambda turn: turn.place()),
        required=[turn.row() for scenario in scenarios for turn in scenario.required],
        notes=[str(problem) for problem in (*problems, *notes)],
        params=used_params(parsed),
        is_portable=not any(map(_has_python, parsed)),
    )


def _is_written(parsed: ParsedScenario) -> bool:
    """Return whether a person may have written a scenario, rather than a program that was given a recording."""
    is_short = parsed.scanned is None and len(parsed.source.text) <= _LONGEST_WRITTEN
    return is_short and not is_in_memory(str(parsed.document.place(())))


def _has_python(parsed: ParsedScenario) -> bool:
    if parsed.scanned is not None:
        return parsed.scanned.has_python
    return any(isinstance(step, PythonStep) for turn in parsed.spec.turns for _, step in walk(turn.steps, ()))


def _first(values: Iterable[T | None]) -> T | None:
    """Return the first value that is not None: the first scenario that sets one decides."""
    return next((value for value in values if value is not None), None)


def equal_beginnings(chains: Chains) -> Iterator[Problem]:
    """Yield a warning wherever several chains begin alike, so that the order of threads decides."""
    for alike in chains.equal_beginnings():
        place = chains.turn(alike[1], 0).place()
        if place is not None:
            names = ", ".join(brief(chains.names[chain], 40) for chain in alike[:_MOST_NAMED])
            more = f" and {len(alike) - _MOST_NAMED} more" if len(alike) > _MOST_NAMED else ""
            message = f"the chains {names}{more} begin alike: threads that begin so take them in this order"
            yield Problem("warning", place.file, place.line, place.path, message, Rule.CHAIN)


def _notes(parsed: ParsedScenario) -> Iterator[Problem]:
    """Yield what loads, and plays otherwise than its author may expect."""
    for number, turn in enumerate(parsed.spec.turns):
        yield from unmade_streams(parsed.document, turn, ("turns", number))
    yield from parsed.scanned.notes if parsed.scanned else ()

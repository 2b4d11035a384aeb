"""Loads scenarios: sources become a backend, fixtures and lists, or a `ScriptError` that names every line."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Any, Final, TypeVar

from emulator.domain.ports import LoadedScripts, PinnedIds, ScriptError, ScriptSource
from emulator.domain.view import ModelView
from scripted_models import fixtures
from scripted_models.candidates import Candidate, Scope
from scripted_models.chains import Chains, ChainsBuilder
from scripted_models.grammar.scenario import TurnSpec
from scripted_models.grammar.steps import PythonStep, Step
from scripted_models.pinned_ids import pinned_ids
from scripted_models.problems import MOST_PROBLEMS, Problem, brief
from scripted_models.recorded_contexts import Recorded
from scripted_models.scenario_player import Origin, ScenarioTurn
from scripted_models.scenarios import Scenario, Together
from scripted_models.sources import ParsedScenario, parse_sources, used_params
from scripted_models.stream_texts import stream_texts
from scripted_models.template_limits import MAX_STEPS_TOGETHER, Account, together
from scripted_models.traversal import walk
from scripted_models.usage import usage

T = TypeVar("T")
_MOST_NAMED: Final = 5


def load(sources: Sequence[ScriptSource], *, allow_python: bool = False) -> LoadedScripts:
    """Load all sources of one namespace, in order; raise `ScriptError`.

    allow_python: accept ``python:`` steps. They import code, so this is for scripts given at the start or in process.
    """
    parsed, problems = parse_sources(sources, allow_python=allow_python)
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    if errors:
        raise ScriptError(errors)
    scenarios = [make_scenario(one) for one in parsed]
    backend = Together(*scenarios)
    with together(Account(MAX_STEPS_TOGETHER)):
        notes = [note for one in parsed for note in islice(_notes(one), MOST_PROBLEMS)]
    notes += islice((note for chains in backend.chains for note in equal_beginnings(chains)), MOST_PROBLEMS)
    bodies = [fixtures.build(one.name, one.spec.fixtures, one.source.assets) for one in parsed]
    return LoadedScripts(
        backend=backend,
        seed=_first(one.spec.seed for one in parsed),
        clock=_first(one.spec.clock for one in parsed),
        wire=_first(one.spec.wire for one in parsed),
        fixtures={kind: [body for of in bodies for body in of[kind]] for kind in bodies[0]} if bodies else {},
        places={
            id_: one.document.place(path)
            for one in parsed
            for id_, path in fixtures.places(one.name, one.spec.fixtures).items()
        },
        pinned=PinnedIds.of(*(pinned_ids(one.spec.recording, one.source.assets) for one in parsed)),
        turns=[candidate.row() for scenario in scenarios for candidate in scenario.turns],
        notes=[str(problem) for problem in (*problems, *notes)],
        params=used_params(parsed),
        is_portable=not any(isinstance(step, PythonStep) for one in parsed for step in _steps(one)),
    )


def _steps(parsed: ParsedScenario) -> Iterator[Step]:
    for turn in parsed.spec.turns:
        yield from (step for _, step in walk(turn.steps, ()))


def _first(values: Iterable[T | None]) -> T | None:
    """Return the first value that is not None: the first scenario that sets one decides."""
    return next((value for value in values if value is not None), None)


def make_scenario(parsed: ParsedScenario) -> Scenario:
    """Return the backend that plays a scenario."""
    spec = parsed.spec
    recording = None if spec.recording is None else spec.recording.drift or "lenient"
    scope = Scope(parsed.name, spec.scope, tuple(spec.states or ()))
    files = fixtures.file_ids(parsed.name, spec.fixtures)
    candidates: list[Candidate] = []
    turns: dict[str, ScenarioTurn] = {}
    builder = ChainsBuilder()
    for number, turn in enumerate(spec.turns):
        name = turn.name or f"#{number + 1}"
        while name in turns:
            name += "~"
        source = parsed.source
        document, path, stream = parsed.document, ("turns", number), spec.defaults.stream
        origin = Origin(document, path, source.assets, stream, source.params, files, recording)
        turns[name] = ScenarioTurn(turn, origin)
        candidates.append(
            Candidate(
                name=name,
                key=f"{parsed.name}/{name}",
                scope=scope,
                begin=turns[name].play,
                when=turn.when,
                priority=turn.priority,
                uses=turn.uses,
                usage=partial(usage, turn.usage, spec.defaults.usage, turn.steps),
                file=parsed.document.name,
                place=partial(parsed.document.place, origin.path),
                recording=recording,
                chain=turn.chain,
                given=_given(parsed, name, turn, origin),
            )
        )
        if turn.chain is not None:
            builder.add(number, turn.chain, turn.when)
    threads = {
        name: one.id or fixtures.fixture_id(parsed.name, "threads", name) for name, one in spec.fixtures.threads.items()
    }
    builder.go_on(spec.chains, threads)
    chains = builder.build(parsed.name, (spec.recording and spec.recording.drift) or "lenient", candidates)
    alone = [candidate for candidate in candidates if candidate.chain is None]
    return Scenario(parsed.name, alone, turns, spec.unmatched, chains=chains, turns=candidates)


def _given(
    parsed: ParsedScenario, name: str, turn: TurnSpec, origin: Origin
) -> Callable[[ModelView], Sequence[Mapping[str, Any]]]:
    """Return what compares what a run is given with what was recorded."""
    if turn.recorded is None or parsed.spec.recording is None or origin.recording is None:
        return lambda _view: ()
    recorded = Recorded(name, turn.recorded, parsed.spec.recording, origin.document, origin.path, origin.recording)
    return recorded.drift


def equal_beginnings(chains: Chains) -> Iterator[Problem]:
    """Yield a warning wherever several chains begin alike, so that the order of threads decides."""
    for alike in chains.equal_beginnings():
        place = chains.turn(alike[1], 0).place()
        if place is not None:
            names = ", ".join(brief(chains.names[chain], 40) for chain in alike[:_MOST_NAMED])
            more = f" and {len(alike) - _MOST_NAMED} more" if len(alike) > _MOST_NAMED else ""
            message = f"the chains {names}{more} begin alike: threads that begin so take them in this order"
            yield Problem("warning", place.file, place.line, place.path, message)


def _notes(parsed: ParsedScenario) -> Iterator[Problem]:
    """Yield what loads, and plays otherwise than its author may expect."""
    for number, turn in enumerate(parsed.spec.turns):
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for streamed in stream_texts(step):
                if streamed.text is None and streamed.pieces is not None:
                    message = "streamed whole where the pieces do not add up to the filled text"
                    where = (*path, *streamed.path, "stream", "chunk")
                    yield parsed.document.problem(where, message, warning=True)

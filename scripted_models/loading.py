"""Loads scenarios: sources become a backend, fixtures and lists, or a `ScriptError` that names every line."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from emulator.domain.ports import LoadedScripts, ScriptError, ScriptSource
from scripted_models import fixtures
from scripted_models.checking import check, streams
from scripted_models.choosing import Candidate, Playing, Scope, Start
from scripted_models.context import Context
from scripted_models.grammar import parse
from scripted_models.grammar.scenario import Scenario as Spec
from scripted_models.playing import Place, ScenarioTurn
from scripted_models.problems import Problem
from scripted_models.reader import Document, UnreadableError, read
from scripted_models.scenarios import Scenario, Together
from scripted_models.usage import usage
from scripted_models.walking import walk

T = TypeVar("T")

# What a script may say already and the engine does not do yet; a row goes when its effect comes.
PENDING: Final = {
    "recording.drift": "recording.drift is kept, but only lenient drift is reported yet",
}


@dataclass(frozen=True, slots=True)
class Loaded:
    """One source that was read: its grammar, and where it stands."""

    source: ScriptSource
    document: Document
    spec: Spec
    name: str


def load(sources: Sequence[ScriptSource], *, allow_python: bool = False) -> LoadedScripts:
    """Load all sources of one namespace, in order; raise `ScriptError`.

    allow_python: accept ``python:`` steps. They import code, so this is for scripts given at the start or in process.
    """
    read_ones, problems = examine(sources, allow_python=allow_python)
    errors = [str(problem) for problem in problems if problem.severity == "error"]
    if errors:
        raise ScriptError(errors)
    decks = [scenario(one) for one in read_ones]
    backend = Together(*decks)
    made = [fixtures.build(one.name, one.spec.fixtures, one.source.assets) for one in read_ones]
    return LoadedScripts(
        backend=backend,
        seed=_first(one.spec.seed for one in read_ones),
        clock=_first(one.spec.clock for one in read_ones),
        wire=_first(one.spec.wire for one in read_ones),
        fixtures={kind: [body for one in made for body in one[kind]] for kind in made[0]} if made else {},
        turns=[candidate.row() for candidate in backend.candidates],
        notes=[*map(str, problems), *(note for one in read_ones for note in _notes(one))],
    )


def _first(values: Iterable[T | None]) -> T | None:
    """Return what the first scenario says that says it."""
    return next((value for value in values if value is not None), None)


def examine(sources: Sequence[ScriptSource], *, allow_python: bool) -> tuple[list[Loaded], list[Problem]]:
    """Read and check sources; return those with the right form, and what is wrong."""
    read_ones: list[Loaded] = []
    problems: list[Problem] = []
    for source in sources:
        try:
            document = read(source.name, source.text)
        except UnreadableError as error:
            problems.append(Problem("error", source.name, error.line, "scenario", error.message))
            continue
        spec, found = parse(document)
        if spec is not None:
            name = spec.name or stem(source.name)
            found = check(document, spec, source.assets, allow_python=allow_python)
            found += _put(read_ones, Loaded(source, document, spec, name))
        problems += sorted(found, key=lambda problem: problem.line)
    return read_ones, problems


def _put(loaded: list[Loaded], new: Loaded) -> list[Problem]:
    """Add a scenario; it takes the place of an earlier one of its name."""
    same = next((number for number, one in enumerate(loaded) if one.name == new.name), None)
    if same is None:
        loaded.append(new)
        return []
    old, loaded[same] = loaded[same], new
    said = f'takes the place of the scenario "{new.name}" of {old.source.name}'
    return [new.document.problem(("name",), said, warning=True)]


def stem(file: str) -> str:
    """Return the name of a scenario that has none: its file's, without folder and endings."""
    return file.rsplit("/", 1)[-1].split(".", 1)[0] or "scenario"


def scenario(one: Loaded) -> Scenario:
    """Return the backend that plays a source."""
    scope = Scope(one.name, one.spec.scope, tuple(one.spec.states or ()))
    candidates: list[Candidate] = []
    parts: dict[str, ScenarioTurn] = {}
    for number, spec in enumerate(one.spec.turns):
        name = spec.name or f"#{number + 1}"
        while name in parts:
            name += "~"
        place = Place(one.document, ("turns", number), one.source.assets, one.spec.defaults.stream)
        parts[name] = part = ScenarioTurn(spec, place)
        candidates.append(
            Candidate(
                name=name,
                key=f"{one.name}/{name}",
                scope=scope,
                begin=_begin(part),
                when=spec.when,
                priority=spec.priority,
                uses=spec.uses,
                usage=partial(usage, spec.usage, one.spec.defaults.usage, spec.steps),
            )
        )
    return Scenario(one.name, candidates, parts, one.spec.unmatched)


def _begin(part: ScenarioTurn) -> Any:
    def begin(start: Start) -> Playing:
        return part.play(Context(start))

    return begin


def _notes(one: Loaded) -> Iterator[str]:
    for number, turn in enumerate(one.spec.turns):
        for path, step in walk(turn.steps, ("turns", number, "steps")):
            for where, written, stream in streams(step):
                if written is None and stream is not None and isinstance(stream.chunk, list):
                    said = "streamed whole where the pieces do not add up to the filled text"
                    yield str(one.document.problem((*path, *where, "stream", "chunk"), said, warning=True))
    if one.spec.recording is not None and one.spec.recording.drift in ("strict", "template"):
        yield from _pending(one, "recording.drift", ("recording", "drift"))


def _pending(one: Loaded, key: str, path: Sequence[str | int], table: Mapping[str, str] = PENDING) -> Iterator[str]:
    if key in table:
        problem = one.document.problem(path, table[key], warning=True)
        yield str(problem)

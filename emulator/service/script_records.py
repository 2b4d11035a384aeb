"""What there is to know of a namespace's scripts: sources, where they come from, and how often turns were played."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from emulator.domain.ports import LoadedScripts, Place, ScriptError, ScriptSource
from emulator.domain.replay import is_in_memory
from emulator.engine.namespace import Namespace
from emulator.service.scripts import MOST_TURNS, ScriptRegistry

# put: into this namespace. server: what it was started with. process: a backend of whoever runs the server.
Origin = Literal["put", "server", "process"]


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn with its use count. place: where it is written, if that is known. most: None is any number."""

    name: str
    script: str
    chain: str | None
    used: int
    least: int
    most: int | None
    place: Place | None

    @property
    def is_used_up(self) -> bool:
        """Whether it was played as often as it may be."""
        return self.most is not None and self.used >= self.most

    @property
    def is_owed(self) -> bool:
        """Whether it was not played as often as it has to be."""
        return self.used < self.least


@dataclass(frozen=True, slots=True)
class ScriptRecord:
    """The scripts that a namespace plays.

    turns: so many from one on, and turn_count of them there are. problems: why they cannot be played, a line each, as
    after a new version of the server has opened an old file. plays_python: whether turns may be played that no source
    here holds.
    """

    version: int
    origin: Origin
    sources: Sequence[ScriptSource]
    params: Mapping[str, str] = field(default_factory=dict)
    turns: Sequence[PlayedTurn] = ()
    turn_count: int = 0
    notes: Sequence[str] = ()
    problems: Sequence[str] = ()
    plays_python: bool = False


async def retrieve(
    registry: ScriptRegistry, namespace: Namespace, first: int = 0, most: int = MOST_TURNS
) -> ScriptRecord:
    """Return the scripts of a namespace, with so many of their turns, from one on. Nothing is played or counted."""
    origin = _origin(registry, namespace)
    sources: Sequence[ScriptSource] = ()
    async with namespace.transaction() as tx:
        try:
            sources = await registry.sources(namespace, tx)
            loaded = await registry.loaded(namespace, tx)
            rows = await registry.turns(namespace, tx, first, most)
        except (ScriptError, LookupError) as error:
            problems = error.problems if isinstance(error, ScriptError) else (str(error),)
            return ScriptRecord(namespace.script_version, origin, sources, problems=problems)
    return ScriptRecord(
        version=namespace.script_version,
        origin=origin,
        sources=sources,
        params=dict(loaded.params) if loaded else {},
        turns=_turns(rows, loaded.turn_places[first : first + most] if loaded else ()),
        turn_count=len(loaded.turns) if loaded else 0,
        notes=loaded.notes if loaded else (),
        plays_python=_plays_python(registry, origin, loaded),
    )


def _turns(rows: Sequence[Mapping[str, Any]], places: Sequence[Place | None]) -> list[PlayedTurn]:
    unknown = [None] * (len(rows) - len(places))  # a loader need not know them
    return [_turn(row, place) for row, place in zip(rows, [*places, *unknown], strict=True)]


def _turn(row: Mapping[str, Any], place: Place | None) -> PlayedTurn:
    uses = row["uses"]
    return PlayedTurn(row["name"], row["script"], row.get("chain"), row["used"], uses["min"] or 0, uses["max"], place)


def _origin(registry: ScriptRegistry, namespace: Namespace) -> Origin:
    if namespace.script_version:
        return "put"
    return "process" if namespace.name in registry.own else "server"


def _plays_python(registry: ScriptRegistry, origin: Origin, loaded: LoadedScripts | None) -> bool:
    if loaded is None:
        return origin == "process"
    return not loaded.is_portable or (origin == "server" and registry.of_server.backend is not loaded.backend)


def is_of_recording(source: ScriptSource) -> bool:
    """Return whether a source was made in memory of a recording that is played as it is."""
    return is_in_memory(f"{source.name}:")


def find_source(sources: Sequence[ScriptSource], name: str, at: int | None = None) -> int | None:
    """Return the place of a source by its name. at: which one, of several that share it; otherwise the last one."""
    named = [number for number, one in enumerate(sources) if one.name == name]
    if at is not None:
        return at if at in named else None
    return named[-1] if named else None

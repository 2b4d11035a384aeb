"""The worlds of a server: made on first use, set up, reset and deleted, and gone on with after a restart."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Protocol

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.ports import Backend, Clock, Ids, LoadedScripts, ScriptLoader, ScriptSource
from emulator.engine.launching import resume
from emulator.engine.world import World
from emulator.service import fixtures, ingesting
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, forget
from emulator.store.tables import File, Namespace, Run, Scripts, UploadPart, VectorStoreFile

NAME: Final = re.compile(r"[a-z0-9._-]{1,64}")
DEFAULT: Final = "default"


class MakeClock(Protocol):
    """Makes a clock from its state: {"mode": real | frozen | auto, "at": seconds, "speed": factor}."""

    def __call__(self, state: Mapping[str, Any]) -> Clock:
        """Return the clock."""


class MakeIds(Protocol):
    """Makes the ids of a namespace."""

    def __call__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> Ids:
        """Return the ids."""


@dataclass(frozen=True, slots=True)
class ServerScripts:
    """What the server was started with. sources: scenarios; backend: what plays where a namespace has no scripts."""

    backend: Backend
    sources: Sequence[ScriptSource] = ()
    loaded: LoadedScripts | None = None


@dataclass(slots=True)
class Worlds:
    """The worlds by name. setup: what a new one starts with."""

    documents: Documents
    blobs: Blobs
    make_clock: MakeClock
    make_ids: MakeIds
    load: ScriptLoader
    server_scripts: ServerScripts
    setup: Mapping[str, Any]
    parse_instant: Callable[[str], float]
    _worlds: dict[str, World] = field(default_factory=dict)
    _loaded: dict[tuple[str, int], LoadedScripts] = field(default_factory=dict)

    # --- finding ----------------------------------------------------------------------------------------------------

    def get(self, name: str) -> World:
        """Return a world, made if this is its first use. Raises `ApiError` for a name that cannot be one."""
        world = self._worlds.get(name)
        return world if world is not None else self._open(name)

    def names(self) -> list[str]:
        """Return the names of all worlds."""
        return [row["ns"] for row in self.documents.all(Namespace)]

    def _open(self, name: str) -> World:
        if not NAME.fullmatch(name):
            raise ApiError(400, f"'{name}' cannot name a namespace: use 1 to 64 of a-z, 0-9, dot, dash, underscore.")
        row = self.documents.find(Namespace, ns=name)
        return self._revive(row) if row is not None else self._make(name, dict(self.setup))

    def _revive(self, row: Mapping[str, Any]) -> World:
        clock = self.make_clock(row["clock"])
        ids = self.make_ids(row["setup"]["seed"], row["ns"], row["counters"])
        return self._enter(row["ns"], row["setup"], clock, ids, row["script_version"])

    def _make(self, name: str, setup: dict[str, Any]) -> World:
        clock = self.make_clock(setup["clock"])
        world = self._enter(name, setup, clock, self.make_ids(setup["seed"], name), 0)
        unit = world.unit()
        unit.insert(Namespace, name, setup=setup, clock=clock.state(), counters={}, script_version=0)
        unit.commit()
        if self.server_scripts.loaded is not None:
            self._take_hints(world, self.server_scripts.loaded)
            fixtures.upsert(world, self.server_scripts.loaded.fixtures)
        return world

    def _enter(self, name: str, setup: dict[str, Any], clock: Clock, ids: Ids, version: int) -> World:
        def backend(version: int) -> Backend:
            return self.scripts_of(name, version).backend if version else self.server_scripts.backend

        world = World(name, self.documents, self.blobs, clock, ids, setup, backend, version)
        self._worlds[name] = world
        return world

    # --- setting up -------------------------------------------------------------------------------------------------

    def put(self, name: str, change: Mapping[str, Any]) -> World:
        """Set a world up anew, keeping its data. change: seed, wire, pace, models, clock (a clock's state)."""
        world = self.get(name)
        world.setup.update(change)
        if "seed" in change:
            world.ids = self.make_ids(world.setup["seed"], name, world.ids.counters())
        if "clock" in change:
            state = change["clock"]
            world.clock.change(state["mode"], at=state.get("at"), speed=state.get("speed"))
        self.keep_setup(world)
        return world

    def keep_setup(self, world: World) -> None:
        """Write how a world is set up, and where its clock stands."""
        unit = world.unit()
        unit.update(Namespace, world.name, by={}, setup=world.setup, clock=world.clock.state())
        world.commit(unit)

    def reset(self, name: str) -> World:
        """Empty a world: its scripts, set-up and fixtures stay, ids and counts begin anew."""
        world = self.get(name)
        self._empty(world)
        state = world.setup["clock"]
        world.clock.change(state["mode"], at=state.get("at"), speed=state.get("speed"))
        world.ids = self.make_ids(world.setup["seed"], name)
        world.requests.clear()
        world.faults.clear()
        self.keep_setup(world)
        loaded = self.scripts_of(name, world.script_version) if world.script_version else self.server_scripts.loaded
        if loaded is not None:
            fixtures.upsert(world, loaded.fixtures)
        return world

    def delete(self, name: str) -> None:
        """Remove a world with all that is in it; the name may be used again."""
        world = self.get(name)
        self._empty(world)
        unit = world.unit()
        unit.delete(Scripts)
        unit.delete(Namespace)
        unit.commit()
        del self._worlds[name]
        for key in [key for key in self._loaded if key[0] == name]:
            del self._loaded[key]

    def _empty(self, world: World) -> None:
        world.stop()
        world.indexes.clear()
        self.documents.journal.close(world.name)
        for model in (File, UploadPart):
            for row in self.documents.all(model, world.name):
                self.blobs.drop(row["blob"])
        forget(self.documents, world.name)

    # --- scripts ----------------------------------------------------------------------------------------------------

    def put_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Replace a world's scripts; runs that are under way keep theirs. Raises `ScriptError`, changing nothing."""
        world = self.get(name)
        loaded = self.load(sources)
        newest = max((row["version"] for row in self.documents.all(Scripts, name)), default=0)
        world.script_version = newest + 1
        unit = world.unit()
        self._drop_unused_scripts(world, unit)
        unit.insert(Scripts, world.script_version, version=world.script_version, sources=[asdict(s) for s in sources])
        unit.update(Namespace, name, by={}, script_version=world.script_version)
        world.commit(unit)
        self._loaded[name, world.script_version] = loaded
        self._take_hints(world, loaded)
        fixtures.upsert(world, loaded.fixtures)
        return loaded

    def add_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Add to a world's scripts; one of the same name is replaced."""
        kept = {source.name: source for source in self.sources_of(self.get(name))}
        return self.put_scripts(name, list({**kept, **{source.name: source for source in sources}}.values()))

    def delete_scripts(self, name: str) -> None:
        """Go back to the scripts that the server was started with."""
        world = self.get(name)
        world.script_version = 0
        unit = world.unit()
        unit.update(Namespace, name, by={}, script_version=0)
        world.commit(unit)

    def sources_of(self, world: World) -> Sequence[ScriptSource]:
        """Return the sources of a world's scripts."""
        if not world.script_version:
            return self.server_scripts.sources
        row = self.documents.find(Scripts, ns=world.name, version=world.script_version)
        return [ScriptSource(**source) for source in row["sources"]] if row else []

    def scripts_of(self, name: str, version: int) -> LoadedScripts:
        """Return a version of a world's scripts, loaded."""
        if (name, version) not in self._loaded:
            row = self.documents.find(Scripts, ns=name, version=version)
            if row is None:
                raise LookupError(f"version {version} of the scripts of {name} is gone")
            self._loaded[name, version] = self.load([ScriptSource(**source) for source in row["sources"]])
        return self._loaded[name, version]

    def turns_of(self, world: World) -> list[dict[str, Any]]:
        """Return the turns of a world's scripts with how often each was played."""
        loaded = (
            self.scripts_of(world.name, world.script_version) if world.script_version else self.server_scripts.loaded
        )
        uses = world.memory("", "").uses
        return [{**turn, "used": uses.get(turn["key"], 0)} for turn in (loaded.turns if loaded else ())]

    def _drop_unused_scripts(self, world: World, unit: Any) -> None:
        needed = {driver.script_version for driver in world.drivers.values()}
        for row in self.documents.all(Scripts, world.name):
            if row["version"] not in needed:
                unit.delete(Scripts, version=row["version"])
                self._loaded.pop((world.name, row["version"]), None)

    def _take_hints(self, world: World, loaded: LoadedScripts) -> None:
        """A scenario's seed and clock apply where nothing has been made yet."""
        if world.ids.counters():
            return
        hints: dict[str, Any] = {} if loaded.seed is None else {"seed": loaded.seed}
        if loaded.clock is not None:
            hints["clock"] = {"mode": "frozen", "at": self.parse_instant(loaded.clock)}
        if hints:
            self.put(world.name, hints)

    # --- starting and stopping ----------------------------------------------------------------------------------------

    def resume(self) -> int:
        """Go on with every run that the last server left unfinished; return how many."""
        unfinished = [row for row in self.documents.all(Run) if row["status"] not in RUN_TERMINAL]
        for row in unfinished:
            resume(self.get(row["ns"]), row)
        for row in self.documents.all(VectorStoreFile, status="in_progress"):
            world = self.get(row["ns"])
            if row["store_id"] not in world.reading:
                ingesting.resume(world, row["store_id"])
        return len(unfinished)

    def stop(self) -> None:
        """Let go of everything that is under way, keeping what is stored."""
        self.documents.journal.close()
        for world in self._worlds.values():
            self.keep_setup(world)
            world.stop()
        self.documents.connection.close()
        self.blobs.close()

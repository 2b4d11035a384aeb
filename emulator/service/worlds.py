"""The worlds of a server: made on first use, set up, reset and deleted, and gone on with after a restart."""

import re
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final, Protocol

from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import RUN, RUN_TERMINAL
from emulator.domain.ports import Clock, Ids, LoadedScripts, ScriptSource
from emulator.engine.launching import resume
from emulator.engine.world import World
from emulator.sandbox.sessions import Sessions
from emulator.service import fixtures, ingesting
from emulator.service.shelf import ScriptShelf
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, forget
from emulator.store.tables import File, Namespace, Run, UploadPart, VectorStoreFile

NAME: Final = re.compile(r"[a-z0-9._-]{1,64}")
DEFAULT: Final = "default"
# The name of a script that came without one.
UNNAMED: Final = "script.yaml"
EMPTY: Final[fixtures.Fixtures] = {}


class MakeClock(Protocol):
    """Makes a clock from its state: {"mode": real | frozen | auto, "at": seconds, "speed": factor}."""

    def __call__(self, state: Mapping[str, Any]) -> Clock:
        """Return the clock."""


class MakeIds(Protocol):
    """Makes the ids of a namespace."""

    def __call__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> Ids:
        """Return the ids."""


@dataclass(slots=True)
class Worlds:
    """The worlds by name. setup: what a new one starts with. sessions: where code runs; None: nowhere."""

    documents: Documents
    blobs: Blobs
    make_clock: MakeClock
    make_ids: MakeIds
    shelf: ScriptShelf
    setup: Mapping[str, Any]
    parse_instant: Callable[[str], float]
    sessions: Sessions | None = None
    _worlds: dict[str, World] = field(default_factory=dict)

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
        return self._revive(row) if row is not None else self._make(name, deepcopy(dict(self.setup)))

    def _revive(self, row: Mapping[str, Any]) -> World:
        clock = self.make_clock(row["clock"])
        ids = self.make_ids(row["setup"]["seed"], row["ns"], row["counters"])
        world = self._enter(row["ns"], row["setup"], clock, ids, row["script_version"])
        if not world.script_version and self.shelf.of_server.loaded is not None:
            fixtures.add_missing(world, self.shelf.of_server.loaded.fixtures)  # the server may have other scripts now
        return world

    def _make(self, name: str, setup: dict[str, Any]) -> World:
        clock = self.make_clock(setup["clock"])
        world = self._enter(name, setup, clock, self.make_ids(setup["seed"], name), 0)
        unit = world.unit()
        unit.insert(Namespace, name, setup=setup, clock=clock.state(), counters={}, script_version=0)
        unit.commit()
        self._furnish(world, self.shelf.of_server.loaded)
        return world

    def _enter(self, name: str, setup: dict[str, Any], clock: Clock, ids: Ids, version: int) -> World:
        backend = partial(self.shelf.backend, name)
        world = World(name, self.documents, self.blobs, clock, ids, setup, backend, version, sessions=self.sessions)
        self._worlds[name] = world
        return world

    # --- setting up -------------------------------------------------------------------------------------------------

    def put(self, name: str, change: Mapping[str, Any]) -> World:
        """Set a world up anew, keeping its data. change: seed, wire, pace, models, clock (a clock's state)."""
        world = self.get(name)
        paced = "pace" in change and change["pace"]["progression"] != world.setup["pace"]["progression"]
        world.setup.update(change)
        if paced:  # what the last pace held up goes on at the new one
            world.go_on()
        if "seed" in change:
            world.ids = self.make_ids(world.setup["seed"], name, world.ids.counters())
        if "clock" in change:
            state = change["clock"]
            world.clock.change(state["mode"], at=state.get("at"), speed=state.get("speed"))
        world.keep_setup()
        return world

    def reset(self, name: str) -> World:
        """Empty a world: its scripts, set-up and fixtures stay, ids and counts begin anew."""
        world = self.get(name)
        self._empty(world)
        world.clock = self.make_clock(world.setup["clock"])
        world.ids = self.make_ids(world.setup["seed"], name)
        world.requests.clear()
        world.faults.clear()
        world.keep_setup()
        self._furnish(world, self.shelf.loaded(world))
        return world

    def delete(self, name: str) -> None:
        """Remove a world with all that is in it; the name may be used again."""
        world = self.get(name)
        self._empty(world)
        unit = world.unit()
        self.shelf.drop(unit, name)
        unit.delete(Namespace)
        unit.commit()
        del self._worlds[name]

    def _empty(self, world: World) -> None:
        world.stop()
        world.indexes.clear()
        self.documents.journal.close(world.name)
        for model in (File, UploadPart):
            for row in self.documents.all(model, world.name):
                self.blobs.drop(row["blob"])
        forget(self.documents, world.name)

    # --- scripts ----------------------------------------------------------------------------------------------------

    def put_scripts(self, name: str, sources: Sequence[ScriptSource], *, fresh: bool = True) -> LoadedScripts:
        """Replace a world's scripts; runs that are under way keep theirs. Raises `ScriptError`, changing nothing.

        fresh: how often each turn was played is counted from the beginning.
        """
        world = self.get(name)
        loaded = self.shelf.load(sources)
        last = self.shelf.loaded(world)
        self._furnish(world, loaded, last.fixtures if last else EMPTY)
        self.shelf.put(world, sources, loaded, fresh=fresh)
        return loaded

    def add_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Add to a world's scripts; a scenario takes the place of one that has its name."""
        kept = list(self.shelf.sources(self.get(name)))
        for source in sources:
            unnamed = source.name == UNNAMED and any(one.name == UNNAMED for one in kept)
            kept.append(replace(source, name=f"script-{len(kept) + 1}.yaml") if unnamed else source)
        return self.put_scripts(name, kept, fresh=False)

    def _furnish(self, world: World, loaded: LoadedScripts | None, before: fixtures.Fixtures = EMPTY) -> None:
        """Give a world what its scripts want: fixtures and, where nothing was made yet, seed, clock and wire.

        before: the fixtures that it was given last.
        """
        if loaded is None:
            return
        hints = {name: value for name in ("seed", "wire") if (value := getattr(loaded, name)) is not None}
        if loaded.clock is not None:
            hints["clock"] = {"mode": "frozen", "at": self.parse_instant(loaded.clock)}
        if hints and not world.ids.counters():
            self.put(world.name, hints)
        fixtures.upsert(world, loaded.fixtures, before)

    # --- starting and stopping ----------------------------------------------------------------------------------------

    def resume(self) -> int:
        """Go on with every run that the last server left unfinished; return how many."""
        going = [status for status in RUN if status not in RUN_TERMINAL]
        unfinished = [row for status in going for row in self.documents.all(Run, status=status)]
        for row in unfinished:
            resume(self.get(row["ns"]), row)
        for row in self.documents.all(VectorStoreFile, status="in_progress"):
            world = self.get(row["ns"])
            if row["store_id"] not in world.intakes:
                ingesting.resume(world, row["store_id"])
        return len(unfinished)

    def stop(self) -> None:
        """Let go of everything that is under way, keeping what is stored."""
        self.documents.journal.close()
        for world in self._worlds.values():
            world.keep_setup()
            world.stop()
        self.documents.connection.close()
        self.blobs.close()

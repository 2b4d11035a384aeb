"""The scripts of all worlds: version by version, because a suspended run keeps the one that it began with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from emulator.domain.ports import Backend, LoadedScripts, ScriptLoader, ScriptSource
from emulator.engine.world import USES, World
from emulator.store.documents import Documents, Unit
from emulator.store.tables import Namespace, ScriptMemory, Scripts


@dataclass(frozen=True, slots=True)
class ServerScripts:
    """What the server was started with, and plays in every world that has no scripts of its own (version 0)."""

    backend: Backend
    sources: Sequence[ScriptSource] = ()
    loaded: LoadedScripts | None = None


@dataclass(slots=True)
class ScriptShelf:
    """Scripts by world and version. load: turns sources into what plays; raises `ScriptError`."""

    documents: Documents
    load: ScriptLoader
    of_server: ServerScripts
    _loaded: dict[tuple[str, int], LoadedScripts] = field(default_factory=dict)

    def put(self, world: World, sources: Sequence[ScriptSource], loaded: LoadedScripts, *, fresh: bool) -> None:
        """Make loaded sources the scripts of a world; versions that no run needs any more go.

        fresh: how often each turn was played is counted from the beginning.
        """
        newest = max((row["version"] for row in self.documents.all(Scripts, world.name)), default=0)
        unit = world.unit()
        self._drop_unused(world, unit)
        self._switch(world, unit, newest + 1)
        if fresh:
            unit.delete(ScriptMemory, owner=USES)
        unit.insert(Scripts, newest + 1, version=newest + 1, sources=[asdict(source) for source in sources])
        world.commit(unit)
        self._loaded[world.name, newest + 1] = loaded

    def take_down(self, world: World) -> None:
        """Go back to the scripts that the server was started with."""
        unit = world.unit()
        self._switch(world, unit, 0)
        world.commit(unit)

    def _switch(self, world: World, unit: Unit, version: int) -> None:
        world.script_version = version
        unit.update(Namespace, world.name, by={}, script_version=version)

    def drop(self, unit: Unit, name: str) -> None:
        """Forget all versions of a world's scripts."""
        unit.delete(Scripts)
        for key in [key for key in self._loaded if key[0] == name]:
            del self._loaded[key]

    def _drop_unused(self, world: World, unit: Unit) -> None:
        needed = {driver.script_version for driver in world.drivers.values()}
        for row in self.documents.all(Scripts, world.name):
            if row["version"] not in needed:
                unit.delete(Scripts, version=row["version"])
                self._loaded.pop((world.name, row["version"]), None)

    # --- reading ----------------------------------------------------------------------------------------------------

    def backend(self, name: str, version: int) -> Backend:
        """Return what plays a version of a world's scripts. Raises LookupError if it is gone."""
        return self._version(name, version).backend if version else self.of_server.backend

    def loaded(self, world: World) -> LoadedScripts | None:
        """Return a world's scripts; None where the server plays and was given none."""
        return self._version(world.name, world.script_version) if world.script_version else self.of_server.loaded

    def sources(self, world: World) -> Sequence[ScriptSource]:
        """Return the sources of a world's scripts."""
        return self._kept(world.name, world.script_version) if world.script_version else self.of_server.sources

    def turns(self, world: World) -> list[dict[str, Any]]:
        """Return the turns of a world's scripts with how often each was played."""
        loaded = self.loaded(world)
        uses = world.memory("", "").uses
        return [{**turn, "used": uses.get(turn["key"], 0)} for turn in (loaded.turns if loaded else ())]

    def _version(self, name: str, version: int) -> LoadedScripts:
        if (name, version) not in self._loaded:
            self._loaded[name, version] = self.load(self._kept(name, version))
        return self._loaded[name, version]

    def _kept(self, name: str, version: int) -> list[ScriptSource]:
        row = self.documents.find(Scripts, ns=name, version=version)
        if row is None:
            raise LookupError(f"version {version} of the scripts of {name} is gone")
        return [ScriptSource(**source) for source in row["sources"]]

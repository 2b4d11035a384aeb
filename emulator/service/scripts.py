"""The scripts of all namespaces: version by version, because a suspended run keeps the one that it began with."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from emulator.domain.ports import Backend, LoadedScripts, ScriptLoader, ScriptSource
from emulator.engine.namespace import USES, Namespace
from emulator.store.documents import Documents, Unit
from emulator.store.tables import NamespaceRecord, ScriptMemory, Scripts


@dataclass(frozen=True, slots=True)
class ServerScripts:
    """What the server was started with, and plays in every namespace that has no scripts of its own (version 0)."""

    backend: Backend
    sources: Sequence[ScriptSource] = ()
    loaded: LoadedScripts | None = None


@dataclass(slots=True)
class ScriptRegistry:
    """Scripts by namespace and version. load: turns sources into what plays; raises `ScriptError`."""

    documents: Documents
    load: ScriptLoader
    of_server: ServerScripts
    _loaded: dict[tuple[str, int], LoadedScripts] = field(default_factory=dict)

    def put(self, namespace: Namespace, sources: Sequence[ScriptSource], loaded: LoadedScripts, *, fresh: bool) -> None:
        """Make loaded sources the scripts of a namespace; versions that no run needs any more go.

        fresh: how often each turn was played is counted from the beginning.
        """
        newest = max((row["version"] for row in self.documents.all(Scripts, namespace.name)), default=0)
        unit = namespace.unit()
        self._drop_unused(namespace, unit)
        self._switch(namespace, unit, newest + 1)
        if fresh:
            unit.delete(ScriptMemory, owner=USES)
        unit.insert(Scripts, newest + 1, version=newest + 1, sources=[asdict(source) for source in sources])
        namespace.commit(unit)
        self._loaded[namespace.name, newest + 1] = loaded

    def remove(self, namespace: Namespace) -> None:
        """Go back to the scripts that the server was started with."""
        unit = namespace.unit()
        self._switch(namespace, unit, 0)
        namespace.commit(unit)

    def _switch(self, namespace: Namespace, unit: Unit, version: int) -> None:
        namespace.script_version = version
        unit.update(NamespaceRecord, namespace.name, by={}, script_version=version)

    def drop(self, unit: Unit, name: str) -> None:
        """Forget all versions of a namespace's scripts."""
        unit.delete(Scripts)
        for key in [key for key in self._loaded if key[0] == name]:
            del self._loaded[key]

    def _drop_unused(self, namespace: Namespace, unit: Unit) -> None:
        needed = {task.script_version for task in namespace.runs}
        for row in self.documents.all(Scripts, namespace.name):
            if row["version"] not in needed:
                unit.delete(Scripts, version=row["version"])
                self._loaded.pop((namespace.name, row["version"]), None)

    # --- reading ----------------------------------------------------------------------------------------------------

    def backend(self, name: str, version: int) -> Backend:
        """Return what plays a version of a namespace's scripts. Raises LookupError if it is gone."""
        return self._version(name, version).backend if version else self.of_server.backend

    def loaded(self, namespace: Namespace) -> LoadedScripts | None:
        """Return a namespace's scripts; None where the server plays and was given none."""
        return (
            self._version(namespace.name, namespace.script_version)
            if namespace.script_version
            else self.of_server.loaded
        )

    def sources(self, namespace: Namespace) -> Sequence[ScriptSource]:
        """Return the sources of a namespace's scripts."""
        return (
            self._stored_sources(namespace.name, namespace.script_version)
            if namespace.script_version
            else self.of_server.sources
        )

    def turns(self, namespace: Namespace) -> list[dict[str, Any]]:
        """Return the turns of a namespace's scripts with how often each was played."""
        loaded = self.loaded(namespace)
        uses = namespace.memory("", "").uses
        return [{**turn, "used": uses.get(turn["key"], 0)} for turn in (loaded.turns if loaded else ())]

    def _version(self, name: str, version: int) -> LoadedScripts:
        if (name, version) not in self._loaded:
            self._loaded[name, version] = self.load(self._stored_sources(name, version))
        return self._loaded[name, version]

    def _stored_sources(self, name: str, version: int) -> list[ScriptSource]:
        row = self.documents.find(Scripts, ns=name, version=version)
        if row is None:
            raise LookupError(f"version {version} of the scripts of {name} is gone")
        return [ScriptSource(**source) for source in row["sources"]]

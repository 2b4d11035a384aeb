"""The namespaces of a server: opened on demand, configured, reset and deleted, and resumed after a restart."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from emulator.domain.config import ClockChange, ClockStart, NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.instants import instant
from emulator.domain.ports import Clock, Ids, LoadedScripts, ScriptSource
from emulator.engine.namespace import Namespace
from emulator.engine.start import resume
from emulator.service import clocks, fixtures, ingestion
from emulator.service.scripts import ScriptRegistry
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, forget
from emulator.store.tables import File, NamespaceRecord, Run, UploadPart, VectorStoreFile

if TYPE_CHECKING:
    from emulator.sandbox.sessions import Sessions

NAME: Final = re.compile(r"[a-z0-9._-]{1,64}")
DEFAULT: Final = "default"
# The name of a script that came without one.
UNNAMED: Final = "script.yaml"
NO_FIXTURES: Final[fixtures.Fixtures] = {}
# How many namespaces are remembered that were opened and never written to.
MOST_UNSTORED: Final = 256


class MakeClock(Protocol):
    """Makes a clock from its state: {"mode": real | frozen | auto, "at": seconds, "speed": factor}."""

    def __call__(self, state: Mapping[str, Any]) -> Clock:
        """Return the clock."""


class MakeIds(Protocol):
    """Makes the ids of a namespace."""

    def __call__(self, seed: int, namespace: str, counters: Mapping[str, int] | None = None) -> Ids:
        """Return the ids."""


@dataclass(slots=True)
class Namespaces:
    """The namespaces by name. config: what a new one starts with. sessions: where code runs; None: nowhere.

    A namespace comes into being by what is written to it: a control request that changes something, or the first
    accepted request of the API. Until then it is open in memory and listed nowhere.
    """

    documents: Documents
    blobs: Blobs
    make_clock: MakeClock
    make_ids: MakeIds
    scripts: ScriptRegistry
    config: NamespaceConfig
    sessions: "Sessions | None" = None
    _open: dict[str, Namespace] = field(default_factory=dict)
    _unstored: list[str] = field(default_factory=list)  # the oldest first, and those that were stored meanwhile

    # --- finding ----------------------------------------------------------------------------------------------------

    def open(self, name: str) -> Namespace:
        """Return a namespace, opened if need be. Raises `ApiError` for a name that cannot be one."""
        namespace = self._open.get(name)
        return namespace if namespace is not None else self._opened(name)

    def find(self, name: str) -> Namespace:
        """Return a namespace that exists; raise the 404 of one that does not."""
        namespace = self.peek(name)
        if not namespace.is_stored:
            raise ApiError(404, f"There is no namespace '{name}'. The first accepted request to it makes it, or a PUT.")
        return namespace

    def peek(self, name: str) -> Namespace:
        """Return a namespace as `open` would, but remember none that does not exist yet."""
        if (namespace := self._open.get(name)) is not None:
            return namespace
        row = self._row(name)
        return self._from_row(row) if row is not None else self._new(name)

    def records(self) -> list[Mapping[str, Any]]:
        """Return name, config, clock and script version of all namespaces, without opening any."""
        return [
            self._record(namespace) if (namespace := self._open.get(row["ns"])) else self._record_of_row(row)
            for row in self.documents.all(NamespaceRecord)
        ]

    def record(self, name: str) -> Mapping[str, Any]:
        """Return the same of one namespace; raise the 404 of one that does not exist."""
        return self._record(self.find(name))

    def _record(self, namespace: Namespace) -> Mapping[str, Any]:
        return {
            "namespace": namespace.name,
            **namespace.config.to_json(),
            "clock": clocks.state(namespace),
            "script_version": namespace.script_version,
        }

    def _record_of_row(self, row: Mapping[str, Any]) -> Mapping[str, Any]:
        clock = self.make_clock(row["clock"])
        return {
            "namespace": row["ns"],
            **NamespaceConfig.from_json(row["config"]).to_json(),
            "clock": {"mode": clock.mode, "now": clock.now()},
            "script_version": row["script_version"],
        }

    # --- opening ----------------------------------------------------------------------------------------------------

    def _row(self, name: str) -> Mapping[str, Any] | None:
        if not NAME.fullmatch(name):
            raise ApiError(400, f"'{name}' cannot name a namespace: use 1 to 64 of a-z, 0-9, dot, dash, underscore.")
        return self.documents.find(NamespaceRecord, ns=name)

    def _opened(self, name: str) -> Namespace:
        row = self._row(name)
        if row is not None:
            return self._from_row(row)
        namespace = self._open[name] = self._new(name)
        self._unstored.append(name)
        self._forget_unstored()
        self._create_fixtures(namespace, self.scripts.of_server.loaded)
        return namespace

    def _new(self, name: str) -> Namespace:
        clock = self.make_clock(_clock_state(self.config.clock))
        return self._make(name, self.config, clock, self.make_ids(self.config.seed, name))

    def _from_row(self, row: Mapping[str, Any]) -> Namespace:
        config = NamespaceConfig.from_json(row["config"])
        ids = self.make_ids(config.seed, row["ns"], row["counters"])
        namespace = self._make(row["ns"], config, self.make_clock(row["clock"]), ids)
        namespace.script_version, namespace.is_stored = row["script_version"], True
        self._open[row["ns"]] = namespace
        if not namespace.script_version and self.scripts.of_server.loaded is not None:
            # The server may have other scripts now.
            fixtures.add_missing(namespace, self.scripts.of_server.loaded.fixtures)
        return namespace

    def _make(self, name: str, config: NamespaceConfig, clock: Clock, ids: Ids) -> Namespace:
        backend = partial(self.scripts.backend, name)
        return Namespace(name, self.documents, self.blobs, clock, ids, config, backend, sessions=self.sessions)

    def _forget_unstored(self) -> None:
        unstored = [name for name in self._unstored if (one := self._open.get(name)) and not one.is_stored]
        for name in unstored[:-MOST_UNSTORED]:
            del self._open[name]
        self._unstored = unstored[-MOST_UNSTORED:]

    # --- configuring ------------------------------------------------------------------------------------------------

    async def put(self, name: str, change: Mapping[str, Any], clock: ClockChange | None = None) -> Namespace:
        """Configure a namespace anew, keeping its data; it is made if it does not exist.

        change: fields of `NamespaceConfig`. clock: as in `clocks.change`, and where a reset begins.
        """
        namespace = self.open(name)
        if clock is not None:
            change = {**change, "clock": clock.applied_to(namespace.config.clock)}
        self._configure(namespace, replace(namespace.config, **change))
        if clock is not None:
            await clocks.change(namespace, clock)
        return namespace

    def _configure(self, namespace: Namespace, config: NamespaceConfig) -> None:
        before, ids = namespace.config, namespace.ids
        namespace.config = config
        if config.seed != before.seed:
            namespace.ids = self.make_ids(config.seed, namespace.name, ids.counters())
        try:
            namespace.store()
        except BaseException:  # what cannot be stored is not set either
            namespace.config, namespace.ids = before, ids
            raise
        if config.pace.progression != before.pace.progression:
            namespace.resume()  # what the last pace held up

    def reset(self, name: str) -> Namespace:
        """Empty a namespace: its scripts, configuration and fixtures stay, ids and counts begin anew."""
        namespace = self.open(name)
        self._empty(namespace)
        namespace.clock = self.make_clock(_clock_state(namespace.config.clock))
        namespace.ids = self.make_ids(namespace.config.seed, name)
        namespace.requests.clear()
        namespace.faults.clear()
        namespace.store()
        self._create_fixtures(namespace, self.scripts.loaded(namespace))
        return namespace

    def delete(self, name: str) -> None:
        """Remove a namespace with all that is in it; the name may be used again. Raises the 404 of an unknown one."""
        namespace = self.find(name)
        self._empty(namespace)
        unit = namespace.unit()
        self.scripts.drop(unit, name)
        unit.delete(NamespaceRecord)
        unit.commit()
        del self._open[name]

    def _empty(self, namespace: Namespace) -> None:
        namespace.stop()
        namespace.indexes.clear()
        self.documents.journal.close(namespace.name)
        for table in (File, UploadPart):
            for row in self.documents.all(table, namespace.name):
                self.blobs.drop(row["blob"])
        forget(self.documents, namespace.name)

    # --- scripts ----------------------------------------------------------------------------------------------------

    def put_scripts(self, name: str, sources: Sequence[ScriptSource], *, fresh: bool = True) -> LoadedScripts:
        """Replace a namespace's scripts; runs that are under way keep theirs.

        fresh: how often each turn was played is counted from the beginning. Raises `ScriptError` for scripts that
        cannot be loaded and `ApiError` for fixtures that are refused; either changes nothing at all.
        """
        namespace = self.open(name)
        loaded = self.scripts.load(sources)
        last = self.scripts.loaded(namespace)
        before = last.fixtures if last else NO_FIXTURES
        self._create_fixtures(
            namespace, loaded, before, partial(self.scripts.put, namespace, sources, loaded, fresh=fresh)
        )
        return loaded

    def add_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Add to a namespace's scripts; a scenario takes the place of one that has its name."""
        all_sources = list(self.scripts.sources(self.open(name)))
        for source in sources:
            unnamed = source.name == UNNAMED and any(one.name == UNNAMED for one in all_sources)
            all_sources.append(replace(source, name=f"script-{len(all_sources) + 1}.yaml") if unnamed else source)
        return self.put_scripts(name, all_sources, fresh=False)

    def _create_fixtures(
        self,
        namespace: Namespace,
        loaded: LoadedScripts | None,
        before: fixtures.Fixtures = NO_FIXTURES,
        and_then: Callable[[], None] = lambda: None,
    ) -> None:
        """Give a namespace what its scripts ask for: fixtures and, where nothing was made yet, seed, clock and wire.

        before: the fixtures that it was given last. and_then: what belongs to the same transaction.
        """
        if loaded is None:
            return
        config, ids, clock = namespace.config, namespace.ids, namespace.clock
        counters, version, is_stored = dict(ids.counters()), namespace.script_version, namespace.is_stored
        if not counters:
            self._take_hints(namespace, loaded)

        def finish() -> None:
            if namespace.is_stored:
                namespace.store()
            and_then()

        try:
            fixtures.replace_all(namespace, loaded.fixtures, before, finish)
        except BaseException:  # the database is as it was, and so is what is in memory
            namespace.config, namespace.clock, namespace.script_version = config, clock, version
            namespace.ids = self.make_ids(config.seed, namespace.name, counters)
            namespace.is_stored = is_stored
            raise

    def _take_hints(self, namespace: Namespace, loaded: LoadedScripts) -> None:
        """Take seed, wire and clock of the scripts; the namespace is empty, so nothing waits for its clock."""
        hints: dict[str, Any] = {
            name: value for name in ("seed", "wire") if (value := getattr(loaded, name)) is not None
        }
        if loaded.clock is not None:
            hints["clock"] = ClockStart("frozen", instant(loaded.clock))
            namespace.clock = self.make_clock(_clock_state(hints["clock"]))
        namespace.config = replace(namespace.config, **hints)
        if "seed" in hints:
            namespace.ids = self.make_ids(namespace.config.seed, namespace.name)

    # --- starting and stopping ----------------------------------------------------------------------------------------

    def resume(self) -> int:
        """Go on with every run that the last server left unfinished; return how many."""
        unfinished = self.documents.unfinished(Run)
        for row in unfinished:
            resume(self.open(row["ns"]), row["id"])
        for row in self.documents.unfinished(VectorStoreFile):
            namespace = self.open(row["ns"])
            if not namespace.ingestions.of(row["store_id"]):
                ingestion.resume(namespace, row["store_id"])
        return len(unfinished)

    async def stop(self) -> None:
        """Let go of everything that is under way, wait for it to end, and close what is stored."""
        self.documents.journal.close()
        ending: list[asyncio.Task[None]] = []
        for namespace in self._open.values():
            if namespace.is_stored:
                namespace.store()
            ending += namespace.stop()
        await asyncio.gather(*ending, return_exceptions=True)
        self.documents.connection.close()
        self.blobs.close()


def _clock_state(start: ClockStart) -> Mapping[str, Any]:
    return {"mode": start.mode, "at": start.at, "speed": start.speed}

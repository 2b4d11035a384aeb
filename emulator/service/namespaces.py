"""The namespaces of a server: opened on demand, configured, reset and deleted, and resumed after a restart."""

import asyncio
import logging
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import partial, reduce
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from emulator.domain.behaviors import Behaviors
from emulator.domain.config import ClockChange, NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys
from emulator.domain.ports import Backend, Clock, Ids, LoadedScripts, ScriptError, ScriptSource
from emulator.domain.request_log import LogRoom, RequestLog
from emulator.domain.state_coverage import Coverage
from emulator.engine import next_run
from emulator.engine.ingestions import Shown
from emulator.engine.local_runs import LocalRuns
from emulator.engine.namespace import GONE, Namespace
from emulator.engine.store_indexes import StoreIndexes
from emulator.engine.transcripts import Transcripts
from emulator.retrieval.readers import Readers
from emulator.service import clocks, fixtures, ingestion
from emulator.service.beginnings import NO_FIXTURES, Beginnings, MakeClock, MakeIds, empty, note_reset, pin
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.service.snapshot_shelf import SnapshotShelf
from emulator.store.blobs import Blobs
from emulator.store.database import DatabaseError
from emulator.store.documents import Documents, Row, Transaction
from emulator.store.removals import name_of
from emulator.store.sweeper import Sweeper
from emulator.store.tables import NamespaceRecord, Run, Scripts, VectorStoreFile

if TYPE_CHECKING:
    from emulator.sandbox.sessions import Sessions

# Not "." and "..", which clients take out of a URL.
NAME: Final = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")
DEFAULT: Final = "default"
# The name of a script that came without one.
UNNAMED: Final = "script.yaml"
# How many namespaces are remembered that were opened and never written to.
MOST_UNSTORED: Final = 256
MOST_ALIASES: Final = 1_000
# What reading a row raises that was changed by hand.
_UNREADABLE: Final = (TypeError, ValueError, KeyError, AttributeError)
_log: Final = logging.getLogger(__name__)
_Locks = WeakValueDictionary[str, asyncio.Lock]


@dataclass(frozen=True, slots=True)
class UnderWay:
    """How far what is under way has come, where the store does not know it: runs by their ids, files of stores."""

    pauses: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    shown: Sequence[Shown] = ()


@dataclass(slots=True)
class Namespaces:
    """The namespaces by name. config: what a new one starts with. sessions: where code runs; None: nowhere.

    aliases: to which namespace requests go that name another; those that name none name `DEFAULT`. halted: how far what
    was under way had come when all of it was let go. coverage: of namespaces that are not there any more.

    A namespace comes into being by what is written to it: a control request that changes something, or the first
    accepted request of the API. Until then it is open in memory and listed nowhere.
    """

    documents: Documents
    blobs: Blobs
    make_clock: MakeClock
    make_ids: MakeIds
    scripts: ScriptRegistry
    config: NamespaceConfig
    behaviors_of: Callable[[str], Behaviors]
    transcripts: Transcripts
    sessions: "Sessions | None" = None
    indexes: StoreIndexes = field(default_factory=StoreIndexes)
    readers: Readers = field(default_factory=Readers)
    aliases: dict[str, str] = field(default_factory=dict)
    snapshots: SnapshotShelf = field(default_factory=SnapshotShelf)
    log_room: LogRoom = field(default_factory=LogRoom)
    halted: dict[str, UnderWay] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    _open: dict[str, Namespace] = field(default_factory=dict)
    _unstored: list[str] = field(default_factory=list)  # the oldest first, and those that were stored meanwhile
    # By name, so that none waits for the scripts of another: two first requests make one namespace, and scripts change
    # in the order in which that was asked.
    _opening: _Locks = field(default_factory=WeakValueDictionary)
    _changing: _Locks = field(default_factory=WeakValueDictionary)
    _beginnings: Beginnings = field(init=False)
    _sweeper: Sweeper = field(init=False)

    def __post_init__(self) -> None:
        """Let all namespaces begin alike."""
        self._beginnings = Beginnings(self.make_clock, self.make_ids)
        self._sweeper = Sweeper(self.documents, self.blobs)

    # --- finding ----------------------------------------------------------------------------------------------------

    def opened(self, name: str) -> Namespace | None:
        """Return a namespace if it is open."""
        return self._open.get(name)

    async def open(self, name: str) -> Namespace:
        """Return a namespace, opened if need be. Raises `ApiError` for a name that cannot be one."""
        if (namespace := self._open.get(name)) is not None:
            return namespace
        async with _lock(self._opening, name):
            if (namespace := self._open.get(name)) is not None:
                return namespace
            row = await self._row(name)
            namespace = self._new(name) if row is None else self._from_row(row)
            if row is not None:
                await self._read_scripts(name)
            try:
                await self._equip(namespace)
            except DatabaseError:
                raise  # the next request opens it anew
            except Exception:  # fixtures are refused once: after that it can be used without them
                self._remember(namespace)
                raise
            self._remember(namespace)
            return namespace

    async def find(self, name: str) -> Namespace:
        """Return a namespace that exists; raise the 404 of one that does not."""
        namespace = await self.peek(name)
        if not namespace.is_stored:
            raise _unknown(name)
        return namespace

    async def peek(self, name: str) -> Namespace:
        """Return a namespace as `open` would, but remember none that does not exist yet."""
        if (namespace := self._open.get(name)) is not None:
            return namespace
        if await self._row(name) is not None:
            return await self.open(name)
        namespace = self._new(name)
        namespace.requests.end()  # nobody could ask for them
        namespace.coverage = self.coverage
        return namespace

    async def records(self) -> list[Mapping[str, Any]]:
        """Return name, config, clock and script version of all namespaces, without opening any.

        One whose row cannot be read, because it was changed by hand, has an error in their place.
        """
        return [
            self._record(namespace) if (namespace := self._open.get(row["ns"])) else self._record_of_row(row)
            for row in await self.documents.namespaces()
        ]

    async def record(self, name: str) -> Mapping[str, Any]:
        """Return the same of one namespace; raise the 404 of one that does not exist."""
        return self._record(await self.find(name))

    def _record(self, namespace: Namespace) -> Mapping[str, Any]:
        return {
            "namespace": namespace.name,
            **namespace.config.to_json(),
            "clock": clocks.state(namespace),
            "script_version": namespace.script_version,
        }

    def _record_of_row(self, row: Row) -> Mapping[str, Any]:
        try:
            clock = self.make_clock(row["clock"])
            config = NamespaceConfig.from_json(row["config"]).to_json()
        except _UNREADABLE as error:
            return {"namespace": row["ns"], "error": f"its row cannot be read: {error}"}
        return {
            "namespace": row["ns"],
            **config,
            "clock": {"mode": clock.mode, "now": clock.now()},
            "script_version": row["script_version"],
        }

    def alias(self, name: str, namespace: str) -> None:
        """Let requests of the API that name one namespace go to another one, until told otherwise.

        Raises `ApiError` for what cannot be names, and where there are too many already.
        """
        _check_name(name)
        _check_name(namespace)
        if name not in self.aliases and len(self.aliases) >= MOST_ALIASES:
            raise ApiError(400, f"There are {MOST_ALIASES} aliases already; delete some.")
        self.aliases[name] = namespace

    # --- opening ----------------------------------------------------------------------------------------------------

    async def _row(self, name: str) -> Row | None:
        _check_name(name)
        async with self.documents.transaction(name) as tx:
            return await tx.find(NamespaceRecord)

    def _from_row(self, row: Row) -> Namespace:
        try:
            config = NamespaceConfig.from_json(row["config"])
            ids = self.make_ids(config.seed, row["ns"], row["counters"])
            clock = self.make_clock(row["clock"])
        except _UNREADABLE as error:
            raise ApiError(500, f"The row of namespace '{row['ns']}' cannot be read: {error}.") from error
        namespace = self._make(row["ns"], config, clock, ids, row["generation"] or row["ns"])
        namespace.script_version, namespace.is_stored = row["script_version"], True
        return namespace

    def _new(self, name: str) -> Namespace:
        ids = self.make_ids(self.config.seed, name)
        generation = self.documents.removals.next_generation(name)
        return self._make(name, self.config, self._beginnings.clock(self.config.clock), ids, generation)

    def _make(self, name: str, config: NamespaceConfig, clock: Clock, ids: Ids, generation: str) -> Namespace:
        backend = partial(self.scripts.backend, name)
        namespace = Namespace(
            name,
            self.documents,
            self.blobs,
            clock,
            ids,
            config,
            backend,
            self.scripts.keep,
            self.scripts.has_changed,
            self.behaviors_of,
            self.transcripts,
            generation,
            indexes=self.indexes,
            readers=self.readers,
            sessions=self.sessions,
            requests=RequestLog(self.log_room),
        )
        namespace.runs = LocalRuns(namespace)
        return namespace

    async def _read_scripts(self, name: str) -> None:
        """Load what an earlier server stored, before a transaction needs it."""
        async with self.documents.transaction(name) as tx:
            rows = await tx.all(Scripts)
        await self.scripts.read_again(name, rows)

    async def _equip(self, namespace: Namespace) -> None:
        """Give a namespace what the scripts of the server ask for, or pin what its own ones do."""
        if namespace.script_version:
            async with namespace.transaction() as tx:
                pin(namespace, tx, await self._own_scripts(namespace, tx), anew=False)
        elif (loaded := self.scripts.of_server.loaded) is not None:
            async with namespace.transaction() as tx:
                await self._equip_within(namespace, tx, loaded)

    async def _own_scripts(self, namespace: Namespace, tx: Transaction) -> LoadedScripts | None:
        try:
            return await self.scripts.loaded(namespace, tx)
        except (LookupError, ScriptError):
            return None  # whoever plays them says what is wrong with them

    async def _equip_within(self, namespace: Namespace, tx: Transaction, loaded: LoadedScripts) -> None:
        self._beginnings.keep_in_step(namespace, tx)
        if namespace.is_stored:  # the server may have other scripts now
            await fixtures.add_missing(namespace, tx, loaded.fixtures)
            pin(namespace, tx, loaded, anew=False)
        else:
            await self._beginnings.equip(namespace, tx, loaded)

    async def try_fixtures(self, loaded: LoadedScripts) -> None:
        """Make the fixtures of scripts in the namespace that most requests belong to, and keep nothing of it.

        Raises `RefusedFixtureError`.
        """
        row = await self._row(DEFAULT)
        try:
            namespace = self._new(DEFAULT) if row is None else self._from_row(row)
        except ApiError:
            return  # its first request says what is wrong with it
        tx = await namespace.begin()
        try:
            await self._equip_within(namespace, tx, loaded)
        finally:
            tx.roll_back()

    def _remember(self, namespace: Namespace) -> None:
        """Let a namespace be open; of those that nothing was written to, the oldest are closed."""
        self._open[namespace.name] = namespace
        if not namespace.is_stored:
            self._unstored.append(namespace.name)
        unstored = [name for name in self._unstored if (one := self._open.get(name)) and not one.is_stored]
        for name in unstored[:-MOST_UNSTORED]:
            closed = self._open.pop(name)
            closed.requests.end()
            self._keep_coverage(closed)
        self._unstored = unstored[-MOST_UNSTORED:]

    # --- configuring ------------------------------------------------------------------------------------------------

    async def put(self, name: str, change: Mapping[str, Any], clock: ClockChange | None = None) -> Namespace:
        """Configure a namespace anew, keeping its data; it is made if it does not exist.

        change: fields of `NamespaceConfig`. clock: as in `clocks.change`, and where a reset begins.
        """
        namespace = await self.open(name)
        async with namespace.transaction() as tx:
            self._beginnings.keep_in_step(namespace, tx)
            before = namespace.config
            if clock is not None:
                change = {**change, "clock": clock.applied_to(before.clock)}
            namespace.config = replace(before, **change)
            namespace.has_chosen_wire = namespace.has_chosen_wire or "wire" in change
            if namespace.config.seed != before.seed:
                ids = namespace.ids
                namespace.ids = self._beginnings.renewed(ids, namespace.config.seed, name, ids.counters())
            if namespace.config.quotas != before.quotas:
                tx.after_commit(namespace.consumption.clear)
            if namespace.config.pace.progression != before.pace.progression:
                await namespace.resume(tx)  # what the last pace held up
            namespace.store(tx)
        if clock is not None:
            await clocks.change(namespace, clock)
        return namespace

    async def reset(self, name: str) -> Namespace:
        """Empty a namespace: its scripts, configuration and fixtures stay, ids and counts begin anew."""
        namespace = await self.open(name)
        async with self.begun_anew(namespace) as tx:
            loaded = await self.scripts.loaded(namespace, tx)
            self._beginnings.restart(namespace)
            await self._beginnings.equip(namespace, tx, loaded)
        return namespace

    @asynccontextmanager
    async def begun_anew(self, namespace: Namespace) -> AsyncIterator[Transaction]:
        """Empty a namespace; what the block puts into it comes with the same transaction, or nothing changes."""
        async with namespace.transaction() as tx:
            if namespace.generation == GONE:
                raise _unknown(namespace.name)
            self._beginnings.keep_in_step(namespace, tx)
            last, before = await tx.last_change(), namespace.generation
            empty(namespace, tx, self.documents.removals.next_generation(namespace.name, namespace.generation))
            for forgetful in (namespace.requests, namespace.hints, namespace.stubs, namespace.consumption):
                tx.after_commit(forgetful.clear)
            tx.after_commit(namespace.disarm)
            tx.after_commit(namespace.order_requests)
            next_run.expect(namespace, tx)  # a snapshot may know what is asked of it
            yield tx
            note_reset(namespace, tx, last + 1)
            namespace.store(tx)
        await self._end_sessions(before)

    async def _end_sessions(self, generation: str) -> None:
        """End the code of threads that are gone."""
        if self.sessions is not None:
            await self.sessions.end_all(f"{generation}/")

    async def delete(self, name: str) -> None:
        """Remove a namespace with all that is in it; the name may be used again. Raises the 404 of an unknown one."""
        namespace = await self.find(name)
        async with self.documents.transaction(name) as tx:
            generation = namespace.generation
            tx.switch(generation)
            self._beginnings.keep_in_step(namespace, tx)
            if await tx.find(NamespaceRecord) is None:
                raise _unknown(name)  # another request was faster
            empty(namespace, tx, GONE)
            self.scripts.drop(tx)
            tx.delete(NamespaceRecord)
            tx.after_commit(partial(self.snapshots.drop_all, name))
            tx.after_commit(partial(self._open.__delitem__, name))
            tx.after_commit(namespace.disarm)
            tx.after_commit(namespace.order_requests)
            tx.after_commit(namespace.requests.end)
            tx.after_commit(partial(self._keep_coverage, namespace))
        await self._end_sessions(generation)

    # --- coverage ---------------------------------------------------------------------------------------------------

    def _keep_coverage(self, namespace: Namespace) -> None:
        """Let the server know what clients met in a namespace that goes, and what they still meet in it."""
        namespace.coverage = self.coverage.merge(namespace.coverage)

    def all_coverage(self) -> Coverage:
        """Return what clients met in all namespaces that there are and were."""
        return reduce(Coverage.merge, (one.met() for one in self._open.values()), Coverage().merge(self.coverage))

    # --- scripts ----------------------------------------------------------------------------------------------------

    async def put_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Replace a namespace's scripts, counting from the beginning how often each turn is played.

        Runs that are under way keep theirs. Raises `ScriptError` for scripts that cannot be loaded and `ApiError` for
        fixtures that are refused; either changes nothing at all.
        """
        await self.open(name)
        async with self.changing(name):
            loaded = await self.scripts.read(sources)
            namespace = await self.open(name)  # anew: it may have been deleted meanwhile
            async with namespace.transaction() as tx:
                return await self._put_scripts(namespace, tx, loaded, fresh=True)

    async def add_scripts(self, name: str, sources: Sequence[ScriptSource]) -> LoadedScripts:
        """Add to a namespace's scripts; a scenario takes the place of one that has its name. Raises the same."""
        async with self.changing(name):
            while True:
                namespace = await self.open(name)
                async with namespace.transaction() as tx:
                    all_sources = _joined(await self.scripts.sources(namespace, tx), sources)
                loaded = await self.scripts.read(all_sources)
                if await self.open(name) is namespace:  # else it was deleted meanwhile
                    async with namespace.transaction() as tx:
                        return await self._put_scripts(namespace, tx, loaded, fresh=False)

    async def change_of_server(self, scripts: ServerScripts) -> None:
        """Let the server have other scripts; runs under way keep theirs.

        Namespaces that play them get their fixtures, as `put_scripts` gives them. Raises `RefusedFixtureError` for one
        that the API refuses, which changes nothing.
        """
        before = self.scripts.of_server.loaded
        if scripts.loaded is not None:
            await self.try_fixtures(scripts.loaded)
        self.scripts.change_of_server(scripts)
        for namespace in tuple(self._open.values()):
            if scripts.loaded is None or namespace.script_version:
                continue
            try:
                async with namespace.transaction() as tx:
                    self._beginnings.keep_in_step(namespace, tx)
                    last = before.fixtures if before else NO_FIXTURES
                    await self._beginnings.equip(namespace, tx, scripts.loaded, last)
            except ApiError as error:  # what it holds itself is in the way
                _log.warning("namespace %s has no fixtures of the scripts that changed: %s", namespace.name, error)

    async def _put_scripts(
        self, namespace: Namespace, tx: Transaction, loaded: LoadedScripts, *, fresh: bool
    ) -> LoadedScripts:
        last = await self.scripts.loaded(namespace, tx)
        self._beginnings.keep_in_step(namespace, tx)
        await self._beginnings.equip(namespace, tx, loaded, last.fixtures if last else NO_FIXTURES)
        await self.scripts.put(namespace, tx, loaded, fresh=fresh)
        return loaded

    async def play(self, name: str, backend: Backend) -> None:
        """Let a namespace play a backend of this process, in place of its scripts; nothing of it is stored."""
        await self.open(name)
        async with self.changing(name):
            namespace = await self.open(name)
            async with namespace.transaction() as tx:
                self._beginnings.keep_in_step(namespace, tx)
                self.scripts.switch(namespace, tx, 0)
                pin(namespace, tx, None, anew=True)
                namespace.store(tx)
                tx.after_commit(partial(self.scripts.play, name, backend))

    def changing(self, name: str) -> asyncio.Lock:
        """Return what whoever changes the scripts of a namespace holds."""
        return _lock(self._changing, name)

    async def remove_scripts(self, name: str) -> Namespace:
        """Let a namespace play what the server was started with; raise the 404 of one that does not exist."""
        async with self.changing(name):
            namespace = await self.find(name)
            async with namespace.transaction() as tx:
                self._beginnings.keep_in_step(namespace, tx)
                self.scripts.switch(namespace, tx, 0)
                pin(namespace, tx, self.scripts.of_server.loaded, anew=True)
                tx.after_commit(partial(self.scripts.play, name, None))
        return namespace

    # --- starting and stopping ----------------------------------------------------------------------------------------

    async def resume(self) -> int:
        """Go on with everything that the last server left unfinished; return how many runs."""
        self._sweeper.wake()
        unread = await self.documents.unfinished(VectorStoreFile)
        for name, store_id in dict.fromkeys((row["ns"], row["store_id"]) for row in unread):
            await self._go_on(name, partial(ingestion.resume, store_id=store_id))  # first: runs wait for these
        unfinished = await self.documents.unfinished(Run)
        for row in unfinished:
            await self._go_on(row["ns"], partial(_resume_run, run_id=row["id"]))
        return len(unfinished)

    async def resume_in(self, namespace: Namespace, under_way: UnderWay) -> None:
        """Go on with everything in one namespace that is unfinished, as far as it had come, and let it settle."""
        async with namespace.transaction() as tx:
            stores = dict.fromkeys(row["store_id"] for row in await tx.unfinished(VectorStoreFile))
            unfinished = [row["id"] for row in await tx.unfinished(Run)]
        for store_id in stores:
            await self._go_on(namespace.name, partial(ingestion.resume, store_id=store_id, shown=under_way.shown))
        for run_id in unfinished:
            pauses = under_way.pauses.get(run_id)
            await self._go_on(namespace.name, partial(_resume_run, run_id=run_id, pauses=pauses))
        await namespace.settle()

    async def _go_on(self, generation: str, resume: Callable[[Namespace], Awaitable[None]]) -> None:
        """Open a namespace and resume something in it; one that is broken holds up no other."""
        name = name_of(generation)
        try:
            await resume(await self.open(name))
        except DatabaseError:
            raise
        except Exception:  # noqa: BLE001 - whatever broke, the others go on
            _log.exception("namespace %s cannot go on", name)

    def stop_reading(self) -> None:
        """End what requests wait for: faults, searches, the reading of scripts and of files; those are read later."""
        self.indexes.stop()
        self.scripts.workers.stop()
        self.snapshots.workers.stop()
        self.blobs.workers.stop()
        for namespace in self._open.values():
            namespace.ingestions.stop()
            namespace.end_waiting()

    async def stop(self) -> None:
        """Let go of everything that is under way, wait for it to end, and close what is stored."""
        await self.halt()
        self.close()

    async def halt(self) -> None:
        """Let go of everything that is under way, wait for it to end, and store how far it has come."""
        self.documents.journal.close()
        namespaces = tuple(self._open.values())
        self.halted = {namespace.name: under_way(namespace) for namespace in namespaces}
        ending = [*self._sweeper.stop(), *(task for namespace in namespaces for task in namespace.stop())]
        await asyncio.gather(*ending, return_exceptions=True)
        for namespace in namespaces:
            if namespace.is_stored:
                try:
                    async with namespace.transaction() as tx:
                        namespace.store(tx)
                except DatabaseError:  # as after a crash, the next start has to do with what is stored
                    _log.exception("namespace %s could not be stored", namespace.name)

    def close(self) -> None:
        """Close what is stored."""
        self.readers.close()
        self.snapshots.close()
        self.documents.connection.close()
        self.blobs.close()


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        shown = without_keys(name)
        raise ApiError(400, f"'{shown}' cannot name a namespace: use 1 to 64 of a-z, 0-9, dot, dash, underscore.")


def under_way(namespace: Namespace) -> UnderWay:
    """Return how far what is under way has come."""
    return UnderWay(namespace.runs.pauses(), [ingestion.shown() for ingestion in namespace.ingestions])


def _lock(locks: _Locks, name: str) -> asyncio.Lock:
    return locks.setdefault(name, asyncio.Lock())


def _joined(before: Sequence[ScriptSource], added: Sequence[ScriptSource]) -> list[ScriptSource]:
    """Return all sources; those without a name get one of their own."""
    sources = list(before)
    for source in added:
        unnamed = source.name == UNNAMED and any(one.name == UNNAMED for one in sources)
        sources.append(replace(source, name=f"script-{len(sources) + 1}.yaml") if unnamed else source)
    return sources


async def _resume_run(namespace: Namespace, run_id: str, pauses: Mapping[str, Any] | None = None) -> None:
    await namespace.runs.resume(run_id, pauses=pauses)


def _unknown(name: str) -> ApiError:
    return ApiError(404, f"There is no namespace '{name}'. The first accepted request to it makes it, or a PUT.")

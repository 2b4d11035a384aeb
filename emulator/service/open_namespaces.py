"""The namespaces of a server, opened on demand."""

import asyncio
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from weakref import WeakValueDictionary

from emulator.domain.behaviors import Behaviors
from emulator.domain.config import NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.keys import without_keys
from emulator.domain.ports import Clock, Ids, LoadedScripts, ScriptError
from emulator.domain.request_log import LogRoom, RequestLog
from emulator.domain.state_coverage import Coverage
from emulator.engine.coverages import Coverages, NoCoverages
from emulator.engine.facets import Facets, LocalFacets
from emulator.engine.ingestions import Ingestions, Read
from emulator.engine.local_ingestions import LocalIngestions
from emulator.engine.local_runs import LocalRuns
from emulator.engine.namespace import GONE, Namespace
from emulator.engine.orders import LocalOrders, Orders
from emulator.engine.request_logs import LocalRequests, LogTip, Requests, tip_of
from emulator.engine.runs import Runs
from emulator.engine.store_indexes import StoreIndexes
from emulator.engine.transcripts import Transcripts
from emulator.retrieval.readers import Readers
from emulator.service import clocks, fixtures, ingestion
from emulator.service.beginnings import Beginnings, MakeClock, MakeIds, end, pin
from emulator.service.refreshes import Refreshes
from emulator.service.scripts import ScriptRegistry
from emulator.service.server_rows import NoServerRows, ServerRows
from emulator.service.snapshot_shelf import Shelf, SnapshotShelf
from emulator.service.work_under_way import UnderWay
from emulator.store.blobs import Blobs
from emulator.store.database import DatabaseError
from emulator.store.documents import Documents, Row, Transaction
from emulator.store.removals import generation_at
from emulator.store.sweeper import Sweeper
from emulator.store.tables import NamespaceRecord, Scripts

if TYPE_CHECKING:
    from emulator.sandbox.sessions import Sessions

# Not "." and "..", which clients take out of a URL.
NAME: Final = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")
DEFAULT: Final = "default"
# How many namespaces are remembered that were opened and never written to.
MOST_UNSTORED: Final = 256
MOST_ALIASES: Final = 1_000
_ALIASES: Final = "aliases"
# What reading a row raises that was changed by hand.
_UNREADABLE: Final = (TypeError, ValueError, KeyError, AttributeError)
_Locks = WeakValueDictionary[str, asyncio.Lock]
MakeRequests = Callable[[Namespace], Requests]


@dataclass(slots=True)
class OpenNamespaces:
    """The namespaces by name. config: what a new one starts with. sessions: where code runs; None: nowhere.

    aliases: to which namespace requests go that name another; those that name none name `DEFAULT`. halted: how far what
    was under way had come when all of it was let go. coverage: of namespaces that are not there any more.
    facets: what is shared of the memory of namespaces. rows: of what belongs to none.
    orders: in which requests of several programs are let in.
    coverages: what is written beside what this process remembers. make_requests: makes where the requests of a
    namespace are kept, and read_tip returns where a log is, by its generation; None: in memory. make_request_ids: makes
    what names requests, which need no transaction; None: the ids of the namespace. refreshes: what is taken in anew
    where another process has changed it.

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
    make_runs: Callable[[Namespace], Runs] = LocalRuns
    make_ingestions: Callable[[Namespace, Read], Ingestions] = LocalIngestions
    indexes: StoreIndexes = field(default_factory=StoreIndexes)
    readers: Readers = field(default_factory=Readers)
    aliases: dict[str, str] = field(default_factory=dict)
    snapshots: Shelf = field(default_factory=SnapshotShelf)
    log_room: LogRoom = field(default_factory=LogRoom)
    halted: dict[str, UnderWay] = field(default_factory=dict)
    coverage: Coverage = field(default_factory=Coverage)
    coverages: Coverages = field(default_factory=NoCoverages)
    orders: Orders = field(default_factory=LocalOrders)
    rows: ServerRows = field(default_factory=NoServerRows)
    facets: Facets = field(default_factory=LocalFacets)
    make_requests: MakeRequests | None = None
    read_tip: Callable[[str], Awaitable[LogTip]] | None = None
    make_request_ids: Callable[[Namespace], Ids] | None = None
    refreshes: Refreshes = field(default_factory=Refreshes)
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
        self.indexes.is_shared = self.documents.database.is_shared

    # --- finding ------------------------------------------------------------------------------------------------------

    def opened(self, name: str) -> Namespace | None:
        """Return a namespace if it is open, and nobody else has changed it."""
        namespace = self._open.get(name)
        return None if namespace is None or self._may_have_changed(namespace) else namespace

    def _may_have_changed(self, namespace: Namespace) -> bool:
        """Return whether another process has changed a namespace, or may have made it."""
        return namespace.is_stale or (self.documents.database.is_shared and not namespace.is_stored)

    def open_here(self, name: str) -> Namespace | None:
        """Return a namespace if it is open, also where another process has changed it."""
        return self._open.get(name)

    def names_open_here(self) -> list[str]:
        """Return the names of all that are open."""
        return list(self._open)

    async def open(self, name: str) -> Namespace:
        """Return a namespace, opened if need be. Raises `ApiError` for a name that cannot be one."""
        if (namespace := self.opened(name)) is not None:
            return namespace
        async with lock(self._opening, name):
            if (namespace := self.opened(name) or await self._refreshed(name)) is not None:
                return namespace
            row = await self._row(name)
            namespace = self._new(name) if row is None else self._from_row(row)
            if row is not None:
                await self._read_scripts(name)
            try:
                await self._equip(namespace)
                if self.refreshes.of_namespace and namespace.is_stored:
                    await self.refreshes.take_in(namespace)
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
            raise unknown(name)
        return namespace

    async def peek(self, name: str) -> Namespace:
        """Return a namespace as `open` would, but remember none that does not exist yet."""
        if (namespace := self.opened(name)) is not None:
            return namespace
        if name in self._open:
            return await self.open(name)
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
        return [self.record_of(row) for row in await self.documents.namespaces()]

    def record_of(self, row: Row) -> Mapping[str, Any]:
        """Return the same of the namespace of a row."""
        namespace = self.opened(row["ns"])
        return self._record_of_row(row) if namespace is None else self._record(namespace)

    async def tip_of(self, row: Row) -> LogTip:
        """Return where the request log of the namespace of a row is."""
        if self.read_tip is not None:
            return await self.read_tip(row["generation"] or row["ns"])
        namespace = self._open.get(row["ns"])
        return LogTip(0, None) if namespace is None else tip_of(await namespace.requests.read())

    async def shared(self, name: str) -> Namespace | None:
        """Return a namespace that another process may have made or changed; None where there is no other."""
        return await self.peek(name) if self.documents.database.is_shared else None

    def remembered(self, name: str) -> Namespace | None:
        """Return a namespace if it is open, though others may have changed it; for what is under way in it."""
        return self._open.get(name)

    def all_opened(self) -> Sequence[Namespace]:
        """Return the namespaces that are open."""
        return tuple(self._open.values())

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

    async def alias(self, name: str, namespace: str) -> None:
        """Let requests of the API that name one namespace go to another one, until told otherwise.

        Raises `ApiError` for what cannot be names, and where there are too many already.
        """
        _check_name(name)
        _check_name(namespace)
        if name not in self.aliases and len(self.aliases) >= MOST_ALIASES:
            raise ApiError(400, f"There are {MOST_ALIASES} aliases already; delete some.")
        await self.rows.put(_ALIASES, name, {"namespace": namespace})
        self.aliases[name] = namespace

    async def remove_alias(self, name: str) -> None:
        """Let requests go again where they say; raise the 404 of an alias that does not exist."""
        if name not in self.aliases:
            raise ApiError(404, f"There is no alias '{name}'.")
        await self.rows.remove(_ALIASES, name)
        self.aliases.pop(name, None)

    async def take_in_aliases(self) -> None:
        """Know the aliases that other processes know."""
        self.aliases = {name: doc["namespace"] for name, doc in (await self.rows.all(_ALIASES)).items()}

    # --- what others have changed -------------------------------------------------------------------------------------

    def refresh(self, name: str) -> None:
        """Take a namespace in anew before it is used again: another process has changed it."""
        if (namespace := self._open.get(name)) is not None:
            namespace.is_stale = True

    async def refresh_all(self) -> None:
        """Take in anew what belongs to no namespace, and every namespace before it is used again."""
        for namespace in self._open.values():
            namespace.is_stale = True
        await self.refreshes.take_in_of_server()

    async def _refreshed(self, name: str) -> Namespace | None:
        """Return a namespace that was open, taken in anew; None if it is not open, or not there any more."""
        namespace = self._open.get(name)
        if namespace is None:
            return None
        namespace.is_stale = False  # from now on; whoever changes it meanwhile says so again
        try:
            async with namespace.transaction() as tx:
                is_there = tx.namespace is None or tx.namespace.exists
            if namespace.is_stored and not is_there:
                self._let_go(namespace)
                return None
            if "script_version" in namespace.changed_elsewhere:
                await self._read_scripts(name)
            if "generation" in namespace.changed_elsewhere:
                forget(namespace)
                end(namespace, namespace.clock)
                self._name_requests_anew(namespace)
            if namespace.changed_elsewhere:
                await self._pin_again(namespace)
            namespace.changed_elsewhere.clear()
            namespace.name_requests_by_seed()
            await self.refreshes.take_in(namespace)
        except BaseException:
            namespace.is_stale = True
            raise
        return namespace

    async def _pin_again(self, namespace: Namespace) -> None:
        """Let it give the ids that its scripts pin; how many of them are behind is in its row."""
        async with namespace.transaction() as tx:
            try:
                await pin(namespace, tx, await self.scripts.loaded(namespace, tx), anew=False)
            except (LookupError, ScriptError):  # whoever plays them says what is wrong with them
                await pin(namespace, tx, None, anew=False)

    def _name_requests_anew(self, namespace: Namespace) -> None:
        if self.make_request_ids is not None:
            namespace.request_ids = self.make_request_ids(namespace)

    def _let_go(self, namespace: Namespace) -> None:
        """Forget a namespace that another process has deleted."""
        del self._open[namespace.name]
        namespace.generation = GONE
        namespace.requests.end()
        forget(namespace)
        end(namespace, namespace.clock)
        self._keep_coverage(namespace)

    # --- opening ------------------------------------------------------------------------------------------------------

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
        clock = self._beginnings.clock(self.config.clock)
        if self.documents.database.is_shared:  # another process may have deleted one of that name
            generation = generation_at(name, self.make_clock({"mode": "real"}).now())
        else:
            generation = self.documents.removals.next_generation(name)
        return self._make(name, self.config, clock, ids, generation)

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
            coverages=self.coverages,
            facets=self.facets,
        )
        namespace.requests = (
            LocalRequests(RequestLog(self.log_room)) if self.make_requests is None else self.make_requests(namespace)
        )
        self._name_requests_anew(namespace)
        namespace.runs = self.make_runs(namespace)
        namespace.ingestions = self.make_ingestions(namespace, ingestion.read_all)
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
                await pin(namespace, tx, await self._own_scripts(namespace, tx), anew=False)
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
            await pin(namespace, tx, loaded, anew=False)
        else:
            await self._beginnings.equip(namespace, tx, loaded)

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

    def _keep_coverage(self, namespace: Namespace) -> None:
        """Let the server know what clients met in a namespace that goes, and what they still meet in it."""
        namespace.coverage = self.coverage.merge(namespace.coverage)


def _check_name(name: str) -> None:
    if not NAME.fullmatch(name):
        shown = without_keys(name)
        raise ApiError(400, f"'{shown}' cannot name a namespace: use 1 to 64 of a-z, 0-9, dot, dash, underscore.")


def forget(namespace: Namespace) -> None:
    """Forget what is in memory of the generation of a namespace that is gone."""
    for forgetful in (namespace.hints, namespace.stubs, namespace.consumption):
        forgetful.clear()
    namespace.forget_faults()
    namespace.order_requests()


def lock(locks: _Locks, name: str) -> asyncio.Lock:
    """Return the lock of a name."""
    return locks.setdefault(name, asyncio.Lock())


def unknown(name: str) -> ApiError:
    """Return the refusal of a namespace that does not exist."""
    return ApiError(404, f"There is no namespace '{name}'. The first accepted request to it makes it, or a PUT.")

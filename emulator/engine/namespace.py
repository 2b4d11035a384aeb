"""A namespace: its clock, its ids, its scripts, and the runs that are under way in it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from emulator.domain import waiting
from emulator.domain.armed_faults import ArmedFaults
from emulator.domain.behaviors import Behaviors
from emulator.domain.config import NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.faults import ArmedFault
from emulator.domain.hints.kinds import HintKind
from emulator.domain.hints.noted import Hints
from emulator.domain.lifecycle import Signal
from emulator.domain.observations import ObservedStream
from emulator.domain.ports import PLAYED, Backend, Clock, Ids, Turn
from emulator.domain.printable import printable
from emulator.domain.quotas import Consumption
from emulator.domain.state_coverage import Coverage
from emulator.domain.stubs import Stubs
from emulator.domain.view import Memory
from emulator.engine.coverages import Coverages, NoCoverages
from emulator.engine.facets import Facets, Kind, LocalFacets
from emulator.engine.ingestions import Ingestions
from emulator.engine.request_logs import LocalRequests, Requests
from emulator.engine.runs import Runs
from emulator.engine.store_indexes import StoreIndexes
from emulator.engine.transcripts import Transcripts
from emulator.pauses import Pauses
from emulator.retrieval.readers import Readers
from emulator.store.blobs import Blobs
from emulator.store.documents import Documents, Transaction, TransactionScope
from emulator.store.namespace_row import NamespaceRow
from emulator.store.tables import NamespaceRecord, ReportLine, Run, ScriptMemory

if TYPE_CHECKING:
    from emulator.interleaving import Ordered
    from emulator.sandbox.sessions import Sessions

USES: Final = "uses"
GONE: Final = ""
# So many ids of a kind may be made before the row of the namespace has to be written again; a crash skips the rest.
_IDS_AHEAD: Final = 64
_log: Final = logging.getLogger("emulator")


@dataclass(slots=True)
class Namespace:
    """What one namespace consists of.

    backend: of a script version. keep_scripts: returns what a run that begins has to note of the scripts that play it.
    has_changed: whether the server has other scripts than those that a run noted. behaviors_of: those of a day.
    generation: what its objects have in the store as their ns; GONE once it is deleted. runs: the active ones.
    is_stored: whether it has a row yet, which the first write makes. is_stale: whether another process has changed it
    since it was taken in. changed_elsewhere: the columns of its row by which that was noticed, and whose consequences
    are not drawn yet: ``generation``, ``script_version``. indexes: of the stores that have been searched.
    readers: where files are read. consumption: of quotas. sessions: where code runs; None: nowhere. coverage: what
    clients met here, but for streams that are under way, which are in streams. coverages: what of it is written.
    facets: what of this memory is shared with other processes.
    request_ids: names for requests, which need no transaction; None: those are among ids.
    interleaving: the order of several programs' requests, while one is set.
    may_ask_of_next: False once it is known that nothing is asked of the next run. recorded_wire: the wire that it has
    from a recording. has_chosen_wire: whether somebody has chosen one.
    """

    name: str
    documents: Documents
    blobs: Blobs
    clock: Clock
    ids: Ids
    config: NamespaceConfig
    backend: Callable[[Transaction, int], Awaitable[Backend]]
    keep_scripts: Callable[["Namespace", Transaction], Awaitable[Mapping[str, Any]]]
    has_changed: Callable[[Mapping[str, Any]], bool]
    behaviors_of: Callable[[str], Behaviors]
    transcripts: Transcripts
    generation: str
    runs: Runs = field(init=False)  # set by whoever makes it
    ingestions: Ingestions = field(init=False)  # likewise
    script_version: int = 0
    is_stored: bool = False
    is_stale: bool = False
    changed_elsewhere: set[str] = field(default_factory=set)
    indexes: StoreIndexes = field(default_factory=StoreIndexes)
    readers: Readers = field(default_factory=Readers)
    sessions: "Sessions | None" = None
    facets: Facets = field(default_factory=LocalFacets)
    faults: ArmedFaults = field(default_factory=ArmedFaults)
    pauses: Pauses = field(default_factory=Pauses)
    interleaving: "Ordered | None" = None
    stubs: Stubs = field(default_factory=Stubs)
    hints: Hints = field(default_factory=Hints)
    requests: Requests = field(default_factory=LocalRequests)
    coverage: Coverage = field(default_factory=Coverage)
    coverages: Coverages = field(default_factory=NoCoverages)
    streams: set[ObservedStream] = field(default_factory=set)
    request_ids: Ids | None = None
    consumption: Consumption = field(default_factory=Consumption)
    may_ask_of_next: bool = True
    recorded_wire: str | None = None
    has_chosen_wire: bool = False
    # At what time a job looks at timers, and for which generation and which clock that holds; None: not known here.
    looks_at: tuple[float, str, Mapping[str, Any]] | None = None
    _kept: tuple[Mapping[str, Any], Mapping[str, int]] = ({}, {})  # clock and counters as the row has them
    _row: NamespaceRow | None = None  # as it was seen last, where others change it
    _made_in: Transaction | None = None  # the transaction that makes the row
    _stored_in: Transaction | None = None  # the one that writes it as it is, without reserve

    def now(self) -> int:
        """Return the time as documents show it: whole seconds."""
        return int(self.clock.now())

    @property
    def behaviors(self) -> Behaviors:
        """How the service behaved on the namespace's day."""
        return self.behaviors_of(self.config.wire)

    def make_request_id(self) -> str:
        """Return the name of a request that comes."""
        return (self.request_ids or self.ids).make(self.behaviors.request_ids)

    def name_requests_by_seed(self) -> None:
        """Go on with names of the seed that the namespace has now."""
        if self.request_ids is not None:
            self.request_ids.follow({}, self.config.seed)

    # --- transactions -----------------------------------------------------------------------------------------------

    def transaction(
        self, *, thread: str | None = None, store: str | None = None, unless_reachable: bool = False
    ) -> TransactionScope:
        """Return the transaction of a request, for ``async with``: kept at the end of the block, unless that raises.

        thread or store: let what is under way there settle first, so that no answer depends on a race.
        unless_reachable: as in `Runs.settle`.
        """
        return TransactionScope(partial(self._begin, thread, store, unless_reachable))

    async def begin(self) -> Transaction:
        """Begin a transaction, which its `commit` or `roll_back` has to end; for runs, whose segments are no blocks."""
        tx = await self.documents.begin(self.name, self._keep_state)
        if tx.namespace is not None:
            self._follow(tx.namespace)
            tx.after_rollback(self._drop_unkept)
        tx.switch(self.generation)  # only now: it may be a reset that was waited for
        return tx

    async def _begin(self, thread: str | None, store: str | None, unless_reachable: bool) -> Transaction:  # noqa: FBT001
        if thread is not None:
            return await self.runs.begin(thread, unless_reachable=unless_reachable)
        return await (self.begin() if store is None else self.ingestions.begin(store))

    def _follow(self, row: NamespaceRow) -> None:
        """Take in what other processes have written; one that was deleted is gone for whoever has it open."""
        if not row.exists:
            self.generation = GONE if self.is_stored else self.generation
            return
        changed = row.changes_since(self._row)
        self._row, self.is_stored = row, True
        if not changed:
            return
        if "config" in changed:
            self.config = NamespaceConfig.from_json(changed["config"])
        if "clock" in changed and changed["clock"] != self.clock.state():
            self.clock.follow(changed["clock"])
        if "counters" in changed or "config" in changed:
            self.ids.follow(changed.get("counters", self.ids.counters()), self.config.seed)
        before = self.script_version, self.generation
        self.script_version = changed.get("script_version", self.script_version)
        if "generation" in changed:
            self.generation = changed["generation"] or self.name
        names = ("script_version", "generation")
        now = self.script_version, self.generation
        self.changed_elsewhere.update(name for name, old, new in zip(names, before, now, strict=True) if old != new)
        self._kept = self.clock.state(), self.ids.counters()

    def _drop_unkept(self) -> None:
        """Take time and ids from the store again, where a transaction that is not kept has moved them."""
        if (self.clock.state(), self.ids.counters()) != self._kept:
            self._row = None

    def look_at(self, when: float, generation: str, clock: Mapping[str, Any]) -> None:
        """Note that a job looks at timers at a time."""
        self.looks_at = when, generation, clock

    def _keep_state(self, tx: Transaction) -> None:
        """Write how many ids were made and what time it is, where the row falls behind: neither may go back.

        Raises the 404 of a namespace that was deleted while a request to it was waiting.
        """
        if self.generation == GONE:
            raise ApiError(404, f"The namespace '{self.name}' was deleted meanwhile.")
        clock, (kept_clock, kept_counters) = self.clock.state(), self._kept
        if self._stored_in is tx:
            self._write(tx, clock, self.ids.counters())
            return
        if tx.namespace is None:
            counters = self.ids.reserved(kept_counters, _IDS_AHEAD)
        else:  # others go on from there
            counters = now if (now := self.ids.counters()) != kept_counters else kept_counters
        if self.is_stored and counters is kept_counters and clock == kept_clock:
            return
        self._write(tx, clock, counters)

    def _write(self, tx: Transaction, clock: Mapping[str, Any], counters: Mapping[str, int]) -> None:
        state = {"clock": dict(clock), "counters": dict(counters)}
        if self.is_stored or self._made_in is tx:
            tx.update(NamespaceRecord, self.name, by={}, **state)
        else:
            config = self.config.to_json()
            about = {"config": config, "script_version": self.script_version, "generation": self.generation}
            tx.insert(NamespaceRecord, self.name, **about, **state)
            self._made_in = tx
        tx.after_commit(partial(self._is_kept, clock, counters), "namespace")

    def _is_kept(self, clock: Mapping[str, Any], counters: Mapping[str, int]) -> None:
        self._kept, self.is_stored, self._made_in, self._stored_in = (clock, counters), True, None, None
        self._row = None  # of which it is not known any more how it differs from what is in memory

    def store(self, tx: Transaction) -> None:
        """Write the namespace itself: its configuration, how many ids were made, and where its clock stands."""
        if self.is_stored:
            about = {"config": self.config.to_json(), "generation": self.generation}
            tx.update(NamespaceRecord, self.name, by={}, **about)
        self._stored_in = tx
        self._write(tx, self.clock.state(), self.ids.counters())

    # --- time -------------------------------------------------------------------------------------------------------

    async def settle(self) -> None:
        """Wait until every run and every store has settled."""
        await self.ingestions.settle_all()
        await self.runs.settle_all()

    async def resume(self, tx: Transaction) -> None:
        """Let every run and every ingestion continue that only shows a status."""
        for row in await tx.unfinished(Run):
            if row["waits_for"] == waiting.GATE:
                await self.runs.signal(tx, row, Signal.STEP)
        await self.ingestions.resume(tx)

    async def advance(self, seconds: float) -> list[Mapping[str, Any]]:
        """Move the clock on, firing every timer on the way in its order; return the runs' events that this caused."""
        until = self.clock.now() + seconds
        follower = self.documents.journal.follow(self.name)
        try:
            await self.runs.advance(until)
            await follower.catch_up()
        finally:
            follower.leave()
        entries = follower.take()
        return [{"run": entry.run_id, "event": entry.event} for entry in entries if entry.run_id and not entry.is_delta]

    def stop(self) -> list["asyncio.Task[None]"]:
        """Let go of everything that is under way; return the tasks that are now ending."""
        self.pauses.release()  # a reset goes on with them
        ending = [*self.runs.stop(), *self.ingestions.stop()]
        self.clock.stop()
        return ending

    def end_waiting(self) -> None:
        """Break off the answers that are held up, and the requests that wait for others: the server stops."""
        self.pauses.stop()
        if self.interleaving is not None:
            self.interleaving.stop()

    def order_requests(self, interleaving: "Ordered | None" = None) -> None:
        """Let requests in as an order says, or as they come; those that wait for the last one are let in."""
        last, self.interleaving = self.interleaving, interleaving
        if last is not None:
            last.open()

    async def arm(self, fault: ArmedFault) -> None:
        """Add a fault; raise the refusal of one too many."""
        async with self.facets.changing(self, Kind.FAULTS):
            self.faults.arm(fault)

    async def hits(self, fault: ArmedFault, method: str, path: str) -> bool:
        """Return whether a fault hits a request that it could hit, and count that; not if it was removed meanwhile."""
        if fault not in self.faults or not fault.applies(method, path):
            return False  # what is spent stays so
        async with self.facets.changing(self, Kind.FAULTS):
            return fault in self.faults and fault.applies(method, path) and fault.fire(self.ids.chance)

    async def disarm(self) -> None:
        """Remove all faults; answers that they hold up go on."""
        async with self.facets.changing(self, Kind.FAULTS):
            self.forget_faults()

    def forget_faults(self) -> None:
        """Do that in memory."""
        self.faults.clear()
        self.pauses.release()

    def spend(self, tx: Transaction, payer: str, tokens: int) -> None:
        """Count tokens that a run has used, with a transaction. payer: the digest of the key that began it."""
        if (quotas := self.config.quotas) is not None and quotas.tpm is not None:
            limit, now = quotas.tpm, self.clock.now()

            def count() -> None:
                self.consumption.spend(payer, tokens, limit, now)

            self.facets.note(self, tx, Kind.CONSUMPTION, count, only_if_kept=True)

    # --- what scripts remember --------------------------------------------------------------------------------------

    async def memory(self, tx: Transaction, thread_id: str, assistant_id: str) -> Memory:
        """Return what scripts remember that may concern a run."""
        owners = (USES, "namespace", f"thread:{thread_id}", f"assistant:{assistant_id}")
        rows = await tx.all_of(ScriptMemory, "owner", owners)
        values = {row["key"]: row["value"] for row in rows}
        return Memory(uses=values.pop(USES, {}), scopes=values)

    async def recall(self, tx: Transaction, keys: Sequence[str]) -> dict[str, Mapping[str, Any]]:
        """Return what scripts remember under some keys."""
        found = [await tx.find(ScriptMemory, owner=key.partition("/")[0], key=key) for key in keys]
        return {row["key"]: row["value"] for row in found if row is not None}

    async def remember(self, tx: Transaction, key: str, value: Mapping[str, Any]) -> None:
        """Keep what scripts remember under a key: its owner's name, and behind a slash whatever the script likes.

        Nothing is kept under a key that has no value any more.
        """
        owner = key.partition("/")[0]
        if not value:
            tx.delete(ScriptMemory, owner=owner, key=key)
        elif await tx.find(ScriptMemory, owner=owner, key=key) is None:
            tx.insert(ScriptMemory, key, owner=owner, key=key, value=dict(value))
        else:
            tx.update(ScriptMemory, key, by={"owner": owner, "key": key}, value=dict(value))

    async def count_use(self, tx: Transaction, turn: Turn, memory: Memory) -> None:
        """Count that a turn is played."""
        if turn.key is not None and turn.counted_apart:
            key = f"{PLAYED}/{turn.key}"
            times = (await self.recall(tx, [key])).get(key, {}).get("times", 0)
            await self.remember(tx, key, {"times": times + 1})
        elif turn.key is not None:
            await self.remember(tx, USES, {**memory.uses, turn.key: memory.uses.get(turn.key, 0) + 1})

    # --- what tests should know -------------------------------------------------------------------------------------

    def report(self, tx: Transaction, kind: str, run_id: str, /, **about: Any) -> None:
        """Add a line to the report."""
        tx.insert(ReportLine, object(), kind=kind, run_id=run_id, doc=about)

    async def met(self) -> Coverage:
        """Return what clients have met so far, also by streams that are under way."""
        return (await self.coverages.of(self.name, streams=True)).merge(self.met_here())

    def met_here(self) -> Coverage:
        """Return the same as far as this process remembers it itself."""
        return self.under_way().merge(self.coverage)

    def under_way(self) -> Coverage:
        """Return what the streams that are under way in this process have shown."""
        found = Coverage()
        for stream in self.streams:
            found.note(0, stream.observed(), None)
        return found

    def warn_of_script(self, run_id: str, message: str) -> None:
        """Say in the log that a run fails because of its script: the app under test may hide it."""
        about = {"namespace": self.name, "run": run_id}
        _log.warning("namespace %s: %s: %s", self.name, run_id, printable(" ".join(message.split())), extra=about)

    def hint(
        self, tx: Transaction, kind: HintKind, run_id: str, detail: str = "", *, only_if_kept: bool = False
    ) -> None:
        """Add a hint to the report, and to the log if it is new there, also where the transaction is rolled back.

        only_if_kept: not then.
        """
        note = partial(self._hint, kind, run_id, detail)
        self.facets.note(self, tx, Kind.HINTS, note, only_if_kept=only_if_kept)

    def _hint(self, kind: HintKind, run_id: str, detail: str) -> None:
        if (hint := self.hints.note(kind, run_id, detail)) is not None:
            about = {"namespace": self.name, "run": run_id}
            _log.warning("namespace %s: %s: hint: %s", self.name, run_id, hint.message, extra=about)

    def note_begin(self, tx: Transaction, thread_id: str, run_id: str, *, streamed: bool) -> None:
        """Note that a run goes on, and that its client has not read how. streamed: it reads all of it."""
        note = partial(self.hints.begin, thread_id, run_id, self.clock.now(), streamed=streamed)
        self.facets.note(self, tx, Kind.UNREAD, note, key=thread_id, only_if_kept=True)

    def note_read(
        self, tx: Transaction, thread_id: str, run_id: str | None = None, *, only_if_kept: bool = False
    ) -> None:
        """Note that a client has read a run of a thread, or all of them."""
        note = partial(self.hints.read, thread_id, run_id)
        self.facets.note(self, tx, Kind.UNREAD, note, key=thread_id, only_if_kept=only_if_kept)

    def note_cancel(self, tx: Transaction, thread_id: str, run_id: str) -> None:
        """Note that a client has asked to cancel a run."""
        self.facets.note(self, tx, Kind.UNREAD, partial(self.hints.ask_to_cancel, thread_id, run_id), key=thread_id)

    async def is_unread(self, tx: Transaction, thread_id: str, run_id: str) -> bool:
        """Return whether a run went on and nothing of it was read since."""
        await self.facets.look(self, Kind.UNREAD, tx=tx, key=thread_id)
        return self.hints.is_unread(thread_id, run_id)

    async def hint_at_a_race(self, tx: Transaction, thread_id: str) -> None:
        """Hint at a request that changes a thread although its client has to take a run on it for active.

        At the other paces such a request is refused, unless the run has been given its time.
        """
        if self.config.pace.progression != "immediate":
            return
        await self.facets.look(self, Kind.UNREAD, tx=tx, key=thread_id)
        run_id = self.hints.raced(thread_id, self.clock.now())
        if run_id is not None:
            self.hint(tx, HintKind.RACED_AN_ACTIVE_RUN, run_id, only_if_kept=True)

"""Files on their way into vector stores in this process, which is alone with its database."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator, Sequence
from functools import partial
from typing import TYPE_CHECKING, Final

from emulator.domain.config import Pace
from emulator.domain.ports import Clock, Timer
from emulator.engine.gates import Gate
from emulator.engine.ingestions import Read, Shown
from emulator.store.database import DatabaseError
from emulator.store.documents import Transaction

if TYPE_CHECKING:
    from emulator.engine.namespace import Namespace

_log: Final = logging.getLogger(__name__)


class Ingestion:
    """Files that are shown as in progress for as long as the pace says, and then read.

    before: how far they had come. settled: set
    while nothing continues without a poll or the clock, and at the end. If what was read could not be written, the next
    request for the store has it read again.
    """

    def __init__(
        self,
        store_id: str,
        batch_id: str | None,
        read: Callable[[], Coroutine[None, None, None]],
        *,
        pace: Callable[[], Pace],
        clock: Clock,
        before: Shown | None = None,
    ) -> None:
        self.store_id = store_id
        self.batch_id = batch_id
        self.settled = asyncio.Event()
        self._read = read
        self._pace = pace
        self._clock = clock
        self._gate = Gate(pace)
        self._gate.polls = before.polls if before is not None else 0
        self._until = before.until if before is not None else None
        self._shown_long_enough: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._task: asyncio.Task[None] | None = None
        self._at_end: Callable[[Ingestion], None]
        self._has_failed = False

    def begin(self, at_end: Callable[["Ingestion"], None]) -> None:
        """Show the files, and read them when the time has come. at_end: called when they have been read."""
        self._at_end = at_end
        self._start(self._run())

    def try_again(self) -> None:
        """Read the files again, if that could not be written."""
        if self._has_failed:
            self._has_failed = False
            self.settled.clear()
            self._start(self._read())

    def _start(self, work: Coroutine[None, None, None]) -> None:
        self._task = asyncio.create_task(work, name=f"ingest into {self.store_id}")
        self._task.add_done_callback(self._end)

    def _end(self, task: "asyncio.Task[None]") -> None:
        error = None if task.cancelled() else task.exception()
        if error is not None:
            _log.error("files on their way into %s", self.store_id, exc_info=error)
        self._has_failed = isinstance(error, DatabaseError)
        if self._has_failed:
            self.resume()  # they were shown for long enough
        else:
            self._at_end(self)
        self.settled.set()

    def polled(self) -> None:
        """Count a poll; the last one needed lets the files be read."""
        if self._gate.polled():
            self.resume()

    def shown(self) -> Shown:
        """Return how far the showing has come."""
        return Shown(self.store_id, self.batch_id, self._until, self._gate.polls)

    def resume(self) -> None:
        """Read the files, however long they were to be shown."""
        if not self._shown_long_enough.done():
            self.settled.clear()
            self._shown_long_enough.set_result(None)

    def stop(self) -> "asyncio.Task[None] | None":
        """Give up without a trace; return the task that is now ending."""
        if self._has_failed:
            self._has_failed = False
            self._at_end(self)
        if self._task is not None:
            self._task.cancel()
        return self._task

    async def _run(self) -> None:
        timer = self._timer(self._gate.seconds())
        by_polls = self._pace().progression == "polls"
        if not self._shown_long_enough.done() and (timer is not None or by_polls):
            self.settled.set()
            try:
                await self._shown_long_enough
            finally:
                if timer is not None:
                    timer.cancel()
        await self._read()

    def _timer(self, seconds: float) -> Timer | None:
        """Return what ends the showing when the clock comes there; None where that is at once."""
        if not seconds or self._clock.jump(seconds):
            return None
        self._until = self._clock.now() + seconds if self._until is None else self._until
        return self._clock.call_at(self._until, self.resume, delay=True)


class LocalIngestions:
    """All that is under way in a namespace, by vector store."""

    def __init__(self, namespace: "Namespace", read: Read) -> None:
        self._namespace = namespace
        self._read = read
        self._by_store: dict[str, set[Ingestion]] = {}

    def __iter__(self) -> Iterator[Ingestion]:
        """Iterate over a copy: ingestions may end meanwhile."""
        return iter([ingestion for ingestions in self._by_store.values() for ingestion in ingestions])

    def of(self, store_id: str) -> tuple[Ingestion, ...]:
        """Return what is on its way into a store."""
        return tuple(self._by_store.get(store_id, ()))

    async def add(self, tx: Transaction, store_id: str, batch_id: str | None, before: Shown | None = None) -> None:
        """Show the files that a transaction has added, once it is kept, and read them when the time has come."""
        tx.after_commit(partial(self._begin, store_id, batch_id, before), ("ingest", store_id, batch_id))

    def _begin(self, store_id: str, batch_id: str | None, before: Shown | None) -> None:
        """Begin an ingestion, and forget it when it is over."""
        namespace = self._namespace
        read = partial(self._read, namespace, store_id, batch_id, _nothing)
        pace = lambda: namespace.config.pace  # noqa: E731 - asked anew each time: it may change meanwhile
        ingestion = Ingestion(store_id, batch_id, read, pace=pace, clock=namespace.clock, before=before)
        self._by_store.setdefault(store_id, set()).add(ingestion)
        ingestion.begin(self._discard)

    async def has(self, tx: Transaction, store_id: str, batch_id: str | None) -> bool:  # noqa: ARG002 - nobody else is there
        """Return that no other process takes care of files."""
        return False

    def _discard(self, ingestion: Ingestion) -> None:
        others = self._by_store.get(ingestion.store_id, set())
        others.discard(ingestion)
        if not others:
            self._by_store.pop(ingestion.store_id, None)

    async def settle(self, store_id: str) -> None:
        """Wait until no file can be ingested further without a poll or the clock."""
        for ingestion in self.of(store_id):
            ingestion.try_again()
        while busy := [ingestion for ingestion in self.of(store_id) if not ingestion.settled.is_set()]:
            await asyncio.gather(*(ingestion.settled.wait() for ingestion in busy))

    async def begin(self, store_id: str) -> Transaction:
        """Begin a transaction as soon as there is nothing to wait for."""
        await self.settle(store_id)
        return await self._namespace.begin()

    async def settle_all(self) -> None:
        """Wait until every store has settled."""
        for store_id in tuple(self._by_store):
            await self.settle(store_id)

    async def complete(self, store_id: str) -> None:
        """Ingest every file that is on its way into a store now, because it is needed."""
        for ingestion in self.of(store_id):
            ingestion.resume()
        await self.settle(store_id)

    async def polled(self, tx: Transaction, store_id: str) -> None:  # noqa: ARG002 - it is counted here
        """Count a client's poll of a store, or of what is in it."""
        for ingestion in self.of(store_id):
            ingestion.polled()

    async def resume(self, tx: Transaction) -> None:
        """Let everything continue that only shows itself as in progress."""
        tx.after_commit(self._resume)

    def _resume(self) -> None:
        for ingestion in self:
            ingestion.resume()

    async def fire(self, tx: Transaction, ingestion_id: str) -> None:
        """Do nothing: the clock calls whoever waits for it."""

    async def end(self, tx: Transaction, store_id: str, batch_id: str) -> None:
        """End the showing of a batch, of which nothing is left to be read."""
        tx.after_commit(partial(self._end, store_id, batch_id))

    def _end(self, store_id: str, batch_id: str) -> None:
        for ingestion in self.of(store_id):
            if ingestion.batch_id == batch_id:
                ingestion.resume()

    async def forget(self, tx: Transaction, store_id: str) -> None:
        """Give up what is under way in a store that goes with a transaction."""
        tx.after_commit(partial(self._stop, store_id))

    def _stop(self, store_id: str) -> None:
        self.stop(store_id)

    async def shown(self, tx: Transaction) -> Sequence[Shown]:  # noqa: ARG002 - as above
        """Return how far the showing has come."""
        return [ingestion.shown() for ingestion in self]

    def stop(self, store_id: str | None = None) -> list["asyncio.Task[None]"]:
        """Give up what is under way in a store, or in all; return the tasks that are now ending."""
        stopped = self if store_id is None else self.of(store_id)
        return [task for ingestion in stopped if (task := ingestion.stop()) is not None]


async def _nothing(tx: Transaction) -> None:
    """Note nowhere that an ingestion is over."""

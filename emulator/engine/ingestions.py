"""Files on their way into vector stores: how long they are shown as in progress, which the namespace's pace says."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from typing import Final

from emulator.domain.config import Pace
from emulator.domain.ports import Clock, Timer
from emulator.engine.gates import Gate
from emulator.store.database import DatabaseError

_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Shown:
    """How far files have come that are only shown as in progress. until: by the clock; polls: that there were."""

    store_id: str
    batch_id: str | None
    until: float | None = None
    polls: int = 0


class Ingestion:
    """Files that are shown as in progress for as long as the pace says, and then read.

    polls: for so many polls of the store, of its files or of the batch. time: for so many seconds of the clock. At the
    other paces they are read at once, and every request sees them settled. before: how far they had come. settled: set
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
        before: "Shown | None" = None,
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

    def shown(self) -> "Shown":
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


class Ingestions:
    """All that is under way in a namespace, by vector store."""

    def __init__(self) -> None:
        self._by_store: dict[str, set[Ingestion]] = {}

    def __iter__(self) -> Iterator[Ingestion]:
        """Iterate over a copy: ingestions may end meanwhile."""
        return iter([ingestion for ingestions in self._by_store.values() for ingestion in ingestions])

    def of(self, store_id: str) -> tuple[Ingestion, ...]:
        """Return what is on its way into a store."""
        return tuple(self._by_store.get(store_id, ()))

    def begin(self, ingestion: Ingestion) -> None:
        """Begin an ingestion, and forget it when it is over."""
        self._by_store.setdefault(ingestion.store_id, set()).add(ingestion)
        ingestion.begin(self._discard)

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

    async def settle_all(self) -> None:
        """Wait until every store has settled."""
        for store_id in tuple(self._by_store):
            await self.settle(store_id)

    async def complete(self, store_id: str) -> None:
        """Ingest every file that is on its way into a store now, because it is needed."""
        for ingestion in self.of(store_id):
            ingestion.resume()
        await self.settle(store_id)

    def polled(self, store_id: str) -> None:
        """Count a client's poll of a store, or of what is in it."""
        for ingestion in self.of(store_id):
            ingestion.polled()

    def resume(self) -> None:
        """Let everything continue that only shows itself as in progress."""
        for ingestion in self:
            ingestion.resume()

    def stop(self, store_id: str | None = None) -> list["asyncio.Task[None]"]:
        """Give up what is under way in a store, or in all; return the tasks that are now ending."""
        stopped = self if store_id is None else self.of(store_id)
        return [task for ingestion in stopped if (task := ingestion.stop()) is not None]

"""Writes what one process has logged: requests in batches, some milliseconds behind their answers, and coverage."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from emulator.domain.request_log import MOST_REQUESTS, LoggedRequest
from emulator.domain.state_coverage import Coverage
from emulator.engine.namespace import GONE, Namespace
from emulator.replicas.stored_requests import row_of
from emulator.service.namespaces import Namespaces
from emulator.store import coverage_rows, request_rows
from emulator.store.database import DatabaseError, Session
from emulator.store.request_rows import NewRow

# Seconds of the machine that a request waits for others to be written with it, and that a database gets to come back.
BEHIND: Final = 0.05
_AGAIN: Final = 0.5
# Bytes that are written between two looks whether there is room for them, and requests likewise.
_BYTES_BETWEEN: Final = 1024 * 1024
_REQUESTS_BETWEEN: Final = 1_000
# Requests to namespaces that are not stored: nobody can ask for them yet.
_MOST_HELD: Final = 1_000
# No namespace has such a name.
_LOCK: Final = "/requests"
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Ended:
    """A request that is over. generation: of its namespace at that time; None where it was not stored yet."""

    namespace: Namespace
    generation: str | None
    request: LoggedRequest


class RequestWriter:
    """What is logged and not written yet. now: seconds since the epoch, on the database's clock. replica: its id.

    A request is written once, by one process, in the order in which they ended here. If the database is away, the
    newest wait for it.
    """

    def __init__(self, namespaces: Namespaces, now: Callable[[], float]) -> None:
        self.replica = 0
        self._namespaces = namespaces
        self._documents = namespaces.documents
        self._now = now
        self._ended: deque[_Ended] = deque()
        self._held: deque[_Ended] = deque(maxlen=_MOST_HELD)
        self._turn = asyncio.Lock()
        self._timer: asyncio.TimerHandle | None = None
        self._writing: set[asyncio.Task[None]] = set()
        self._last = 0.0
        self._bytes = self._requests = 0
        self._shown: set[str] = set()  # namespaces of which it is written what streams have shown

    # --- from requests ------------------------------------------------------------------------------------------------

    def add(self, namespace: Namespace, request: LoggedRequest) -> None:
        """Write a request soon."""
        request.ended = self._last = max(self._last, self._now())  # that clock is only known about
        self._ended.append(_Ended(namespace, namespace.generation if namespace.is_stored else None, request))
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(BEHIND, self._write_soon)

    def _write_soon(self) -> None:
        self._timer = None
        task = asyncio.create_task(self._write_or_wait(), name="request log")
        self._writing.add(task)
        task.add_done_callback(self._writing.discard)

    async def _write_or_wait(self) -> None:
        try:
            async with self._turn:
                await self._write(())
        except DatabaseError:
            if self._timer is None:
                self._timer = asyncio.get_running_loop().call_later(_AGAIN, self._write_soon)
        except Exception:  # noqa: BLE001 - what is lost is known, and the next batch may be better
            _log.exception("a part of the request log is lost")

    async def stop(self) -> None:
        """Write what is left."""
        if self._timer is not None:
            self._timer.cancel()
        with suppress(*DatabaseError):
            await self.flush("")
        if self._writing:
            await asyncio.wait(self._writing)

    # --- from those who look ------------------------------------------------------------------------------------------

    async def flush(self, name: str) -> None:
        """Write what is held back, and what streams under way in a namespace have shown; "" means all of them.

        Raises `UnavailableDatabaseError`.
        """
        async with self._turn:
            await self._write([one for one in self._namespaces.all_opened() if name in ("", one.name)])

    async def _write(self, with_streams: Sequence[Namespace]) -> None:
        batch = [*self._held, *self._ended]
        self._held.clear()
        self._ended.clear()
        met = self._take_coverage([*(one.namespace for one in batch), *with_streams])
        shown = self._streams(with_streams)
        if not (batch or met or shown):
            return
        try:
            async with self._documents.session() as session:
                rows, held = await self._sorted(session, batch)
                await request_rows.append(session, rows)
                await _add_coverage(session, met)
                for name in sorted(shown):
                    await coverage_rows.show(session, name, self.replica, shown[name])
        except BaseException:
            self._ended.extend(batch)
            self._ended.rotate(len(batch))  # they came first
            while len(self._ended) > MOST_REQUESTS:
                self._ended.popleft()
            self._give_back(met)
            raise
        self._held.extend(held)
        self._shown = {*self._shown.difference(shown), *(name for name, counts in shown.items() if counts is not None)}
        await self._look_for_room(rows)

    async def _sorted(self, session: Session, batch: Sequence[_Ended]) -> tuple[dict[str, list[NewRow]], list[_Ended]]:
        """Return the rows of each log, and what waits for its namespace to be stored.

        What ended in a generation that is gone by now belongs to nobody.
        """
        now = await request_rows.generations(session, {one.namespace.name for one in batch})
        rows: dict[str, list[NewRow]] = {}
        held = []
        for one in batch:
            generation = now.get(one.namespace.name)
            if generation is None:
                if one.generation is None and one.namespace.generation != GONE:
                    held.append(one)
            elif one.generation in (None, generation):
                rows.setdefault(generation, []).append(row_of(one.request, one.request.ended))
        return rows, held

    async def _look_for_room(self, rows: Mapping[str, Sequence[NewRow]]) -> None:
        self._requests += sum(map(len, rows.values()))
        self._bytes += sum(len(row.contents) for several in rows.values() for row in several)
        if self._bytes >= _BYTES_BETWEEN or self._requests >= _REQUESTS_BETWEEN:
            async with self._documents.session(_LOCK) as session:
                await request_rows.make_room(session)
            self._bytes = self._requests = 0

    # --- coverage -----------------------------------------------------------------------------------------------------

    def _take_coverage(self, namespaces: Iterable[Namespace]) -> dict[str, Coverage]:
        """Return what clients met since the last time, by names; "" is what they met in those that are gone."""
        met: dict[str, Coverage] = {}
        of_server = self._namespaces.coverage
        for namespace in namespaces:
            if namespace.coverage and namespace.coverage is not of_server:
                met.setdefault(namespace.name, Coverage()).merge(namespace.coverage.take())
        if of_server:
            met[""] = of_server.take()
        return met

    def _give_back(self, met: Mapping[str, Coverage]) -> None:
        for name, coverage in met.items():
            namespace = self._namespaces.remembered(name)
            (self._namespaces if namespace is None else namespace).coverage.merge(coverage)

    def _streams(self, namespaces: Iterable[Namespace]) -> dict[str, coverage_rows.Counts | None]:
        """Return what streams under way have shown, by names; None where it is written that they had."""
        shown: dict[str, coverage_rows.Counts | None] = {}
        for namespace in namespaces:
            if namespace.streams:
                shown[namespace.name] = namespace.under_way().to_json()
            elif namespace.name in self._shown:
                shown[namespace.name] = None
        return shown


async def _add_coverage(session: Session, met: Mapping[str, Coverage]) -> None:
    for name in sorted(met):
        before = await coverage_rows.take(session, name)
        found = met[name] if before is None else Coverage.from_json(before).merge(met[name])
        await coverage_rows.write(session, name, found.to_json())

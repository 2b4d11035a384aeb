"""The request logs that the processes on a database write together, as each of them reads them."""

from collections import OrderedDict
from typing import Final

from emulator.daemon_threads import in_thread
from emulator.domain.request_log import MOST_BYTES_OF_SERVER, LoggedRequest, RequestLog
from emulator.engine.namespace import GONE, Namespace
from emulator.engine.request_logs import LogTip
from emulator.replicas.request_writer import RequestWriter
from emulator.replicas.stored_requests import request_of
from emulator.store import request_rows
from emulator.store.database import Session
from emulator.store.documents import Documents, Transaction
from emulator.store.request_rows import KeptRow, LogHead
from emulator.store.tables import RequestLogRecord, RequestRecord

# Rows that are decoded at once on the event loop; more are on a thread.
_AT_ONCE: Final = 200


def _place(request: LoggedRequest) -> tuple[float, int]:
    return request.ended, request.number


class _ReadLog:
    """A log as far as it was read: the requests in the order of their numbers, and as they ended."""

    def __init__(self) -> None:
        self.head = LogHead()
        self.last = 0
        self.bytes = 0
        self.log = RequestLog()
        self._numbered: list[LoggedRequest] = []

    def follow(self, head: LogHead, new: "list[LoggedRequest]") -> None:
        """Take in what is new, and let go of what is not kept any more."""
        if head == self.head and not new:
            return
        self._numbered += new
        gone = len(self._numbered) - head.kept
        if gone > 0:
            del self._numbered[:gone]
        for request in self._numbered if head.bare > self.head.bare else ():
            if request.number > head.bare:
                break
            if request.has_contents:
                request.give_up_contents()
        self.head, self.bytes = head, head.bytes
        self.last = self._numbered[-1].number if self._numbered else self.last
        self.log = RequestLog.of(sorted(self._numbered, key=_place), dropped=head.total - len(self._numbered))


class SharedLogs:
    """The logs of all namespaces, of which those that were read last are remembered.

    Who reads one again reads only what has come since.
    """

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._read: OrderedDict[str, _ReadLog] = OrderedDict()

    async def read(self, ns: str, tx: Transaction | None) -> RequestLog:
        """Return the log of a generation, as it is now."""
        if tx is not None:
            return await self._read_on(tx.session, ns)
        async with self._documents.session() as session:
            return await self._read_on(session, ns)

    async def _read_on(self, session: Session, ns: str) -> RequestLog:
        known = self._read.pop(ns, None) or _ReadLog()
        head, rows = await request_rows.read(session, ns, known.last)
        known.follow(head, await _requests(rows))
        self._read[ns] = known
        while len(self._read) > 1 and sum(one.bytes for one in self._read.values()) > MOST_BYTES_OF_SERVER:
            self._read.popitem(last=False)
        return known.log

    async def tip(self, ns: str) -> LogTip:
        """Return how many requests a log has had, and the newest of them."""
        async with self._documents.session() as session:
            total, row = await request_rows.newest(session, ns)
        return LogTip(total, None if row is None else request_of(row))

    async def clear(self, ns: str) -> None:
        """Empty a log."""
        async with self._documents.session() as session:
            await request_rows.clear(session, ns)

    def forget(self, ns: str) -> None:
        """Remember nothing of a log that is gone."""
        self._read.pop(ns, None)


async def _requests(rows: list[KeptRow]) -> list[LoggedRequest]:
    if len(rows) <= _AT_ONCE:
        return [request_of(row) for row in rows]
    return await in_thread(lambda: [request_of(row) for row in rows], "request log")


class SharedRequests:
    """The requests of one namespace, which several processes log."""

    def __init__(self, namespace: Namespace, logs: SharedLogs, writer: RequestWriter) -> None:
        self._namespace = namespace
        self._logs = logs
        self._writer = writer
        self._has_ended = False

    def append(self, request: LoggedRequest) -> None:
        """Add a request that is over."""
        if not self._has_ended:
            self._writer.add(self._namespace, request)

    async def read(self, tx: Transaction | None = None) -> RequestLog:
        """Return the log, as it is written by now."""
        generation = self._namespace.generation
        if not self._namespace.is_stored or generation == GONE:
            return RequestLog()
        return await self._logs.read(generation, tx)

    async def clear(self) -> None:
        """Forget all requests."""
        await self._logs.clear(self._namespace.generation)

    def clear_with(self, tx: Transaction) -> None:
        """Forget all requests with a transaction."""
        tx.delete(RequestLogRecord)  # first: it is what batches wait for
        tx.delete(RequestRecord)

    def end_with(self, tx: Transaction) -> None:
        """Forget all requests with a transaction, and those that are still under way as well."""
        self.clear_with(tx)
        tx.after_commit(self.end)

    def end(self) -> None:
        """Forget what comes from now on."""
        self._has_ended = True
        self._logs.forget(self._namespace.generation)

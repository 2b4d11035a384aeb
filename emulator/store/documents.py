"""The documents of all namespaces, and the transactions in which they are read and written."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from types import TracebackType
from typing import Final

from emulator.store.database import Connection
from emulator.store.journal import Journal
from emulator.store.removals import PendingRemovals
from emulator.store.statements import Row, Select, StatementCache
from emulator.store.table import Table
from emulator.store.tables import NamespaceRecord
from emulator.store.transaction import BeforeCommit, Cursor, Page, Transaction

__all__ = ["Cursor", "Documents", "Page", "Row", "Transaction", "TransactionScope"]


_NO_TASK: Final = object()
_HANDED_ON: Final = object()


class Documents:
    """The documents of every namespace. SQLite has one transaction at a time; whoever comes next waits for its end.

    removals: what is deleted, and still has rows.
    """

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self.connection = connection
        self.journal = journal
        self.statements = StatementCache()
        self.removals = PendingRemovals(connection.driver)
        self._whose: object = None  # the task whose turn it is; None while it is nobody's
        self._waiting: deque[asyncio.Future[None]] = deque()

    def transaction(self, ns: str) -> "TransactionScope":
        """Return a transaction in a namespace, for ``async with``."""
        return TransactionScope(partial(self.begin, ns))

    async def begin(self, ns: str, before_commit: BeforeCommit | None = None) -> Transaction:
        """Begin a transaction, which its `commit` or `roll_back` has to end.

        before_commit: adds to what has been written, if anything has. Raises RuntimeError within a transaction of the
        same task, which would wait for itself.
        """
        me = asyncio.current_task() or _NO_TASK
        if self._whose is not None:
            if self._whose is me:
                raise RuntimeError("a transaction within a transaction")
            await self._wait()
        self._whose = me
        return Transaction(ns, self, before_commit)

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came all the same, so it goes to the next
                self.release()
            raise

    def release(self) -> None:
        """Let the next transaction begin. Only `Transaction` calls it."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).done():
                turn.set_result(None)
                self._whose = _HANDED_ON  # nobody comes in between
                return
        self._whose = None

    async def namespaces(self) -> Sequence[Row]:
        """Return the rows of all namespaces; of one that is no JSON, because it was changed by hand, only the name."""
        select = self.statements.every(NamespaceRecord, (), False)  # noqa: FBT003 - no heavy columns
        async with self.transaction(""):  # of no namespace: it only waits for its turn
            found = self.connection.driver.execute(select.text).fetchall()
        try:
            return select.rows(found)
        except ValueError:
            return [row for values in found for row in _readable(select, values)]

    async def unfinished(self, table: Table) -> Sequence[Row]:
        """Return the rows of all namespaces that a restart resumes, oldest first; not those that are being removed.

        The time this takes grows with their number, not with the number of rows that are at rest.
        """
        rows = await self._rows(self.statements.unfinished(table, (), False))  # noqa: FBT003 - as above
        return [row for row in rows if not self.removals.hides(table, row)]

    async def shrink(self, least: int, most: int) -> bool:
        """Give some of the pages back that nothing is in any more; return whether there may be more to give back.

        least: pages that stay for what is written next. most: that are given back at once.
        """
        driver = self.connection.driver
        async with self.transaction(""):
            (free,) = driver.execute("PRAGMA freelist_count").fetchone()
            if free <= least:
                return False
            # As a script, which is run to its end: `execute` would stop behind the first page.
            driver.executescript(f"PRAGMA incremental_vacuum({min(most, free - least)})")
            (left,) = driver.execute("PRAGMA freelist_count").fetchone()
            return bool(least < left < free)  # a file that was made without the means for it stays as large as it is

    async def fold(self) -> None:
        """Fold the log into the file, and cut it off."""
        async with self.transaction(""):
            self.connection.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    async def _rows(self, select: Select) -> Sequence[Row]:
        async with self.transaction(""):  # of no namespace: it only waits for its turn
            return select.rows(self.connection.driver.execute(select.text))


def _readable(select: Select, values: Sequence[object]) -> Sequence[Row]:
    try:
        return select.rows([values])
    except ValueError:
        columns = zip(select.columns, values, strict=True)
        return [{name: value if name in NamespaceRecord.key else None for name, value in columns}]


class TransactionScope:
    """The block of a transaction: what it wrote is kept at the end, unless it raises. begin: begins it."""

    __slots__ = ("_begin", "_transaction")

    def __init__(self, begin: Callable[[], Awaitable[Transaction]]) -> None:
        self._begin = begin

    async def __aenter__(self) -> Transaction:
        self._transaction = await self._begin()
        return self._transaction

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None:
            self._transaction.commit()
        else:
            self._transaction.roll_back()

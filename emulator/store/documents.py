"""The documents of all namespaces, and the transactions in which they are read and written."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import starmap
from types import TracebackType

from emulator.store.database import Database, Session
from emulator.store.journal import Journal
from emulator.store.removals import PendingRemovals, Removal
from emulator.store.statements import Row, Select, StatementCache
from emulator.store.table import Table
from emulator.store.tables import NamespaceRecord
from emulator.store.transaction import BeforeCommit, Cursor, Page, Transaction

__all__ = ["Cursor", "Documents", "Page", "Row", "Transaction", "TransactionScope"]


class Documents:
    """The documents of every namespace. A namespace has one transaction at a time; others wait for its end.

    removals: what is deleted, and still has rows.
    """

    def __init__(self, database: Database, journal: Journal) -> None:
        self.database = database
        self.journal = journal
        self.statements = StatementCache(database.dialect)
        self.removals = PendingRemovals(starmap(Removal, database.removals()), at_once=database.is_shared)

    def transaction(self, ns: str) -> "TransactionScope":
        """Return a transaction in a namespace, for ``async with``."""
        return TransactionScope(partial(self.begin, ns))

    async def begin(self, ns: str, before_commit: BeforeCommit | None = None) -> Transaction:
        """Begin a transaction, which its `commit` or `roll_back` has to end.

        before_commit: adds to what has been written, if anything has. Raises RuntimeError within a transaction of the
        same task, which would wait for itself.
        """
        return Transaction(ns, self, await self.database.begin(ns), before_commit)

    @asynccontextmanager
    async def session(self, lock: str = "") -> AsyncIterator[Session]:
        """Open a session outside of any namespace, for the store's own modules: kept at the end of the block.

        lock: others with the same wait for its end; no name of a namespace.
        """
        session = await self.database.begin(lock)
        try:
            yield session
            await session.commit()
        except BaseException:
            await session.roll_back()
            raise

    async def namespaces(self) -> Sequence[Row]:
        """Return the rows of all namespaces; of one that is no JSON, because it was changed by hand, only the name."""
        select = self.statements.every(NamespaceRecord, (), False)  # noqa: FBT003 - no heavy columns
        found = await self._fetch(select)
        try:
            return select.rows(found)
        except ValueError:
            return [row for values in found for row in _readable(select, values)]

    async def unfinished(self, table: Table) -> Sequence[Row]:
        """Return the rows of all namespaces that a restart resumes, oldest first; not those that are being removed.

        The time this takes grows with their number, not with the number of rows that are at rest.
        """
        select = self.statements.unfinished(table, (), False)  # noqa: FBT003 - as above
        rows = select.rows(await self._fetch(select))
        return [row for row in rows if not self.removals.hides(table, row)]

    async def shrink(self, least: int, most: int) -> bool:
        """Give some of the pages back that nothing is in any more; return whether there may be more to give back.

        least: pages that stay for what is written next. most: that are given back at once.
        """
        async with self.transaction(""):
            return await self.database.shrink(least, most)

    async def fold(self) -> None:
        """Fold the log into the file, and cut it off."""
        async with self.transaction(""):
            await self.database.fold()

    async def _fetch(self, select: Select) -> Sequence[tuple[object, ...]]:
        session = await self.database.begin("")  # of no namespace: it only waits for its turn
        try:
            return await session.fetch(select.text)
        finally:
            await session.roll_back()


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
        try:
            if kind is None:
                await self._transaction.commit()
            else:
                await self._transaction.roll_back()
        finally:
            await self._transaction.finish()

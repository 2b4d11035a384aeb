"""A database of SQLite: one process, one transaction at a time, run inside the event loop."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any

from emulator.domain.bus import Bus
from emulator.store.database import Dialect, Job, Then, Values, nothing
from emulator.store.namespace_row import NamespaceRow
from emulator.store.turns import Turns


class Connection:
    """An open database. driver: the connection of `sqlite3`, which commits each statement outside of a transaction."""

    __slots__ = ("closed", "driver", "turns")

    dialect: Dialect = "sqlite"
    is_shared = False
    bus: Bus | None = None
    ahead = 0.0
    process = ""

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver
        self.closed = False
        self.turns = Turns()

    def trouble(self) -> str | None:
        """Return why nothing can be read or written, as far as that is known; None where all is well."""
        return "it is closed" if self.closed else None

    async def open(self) -> None:
        """Do nothing: it is open."""

    async def begin(self, ns: str) -> "SqliteSession":  # noqa: ARG002 - all namespaces take turns
        """Begin a session as soon as it is its turn."""
        await self.turns.take()
        return SqliteSession(self)

    async def read(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one query, in no transaction."""
        await self.turns.take()  # on this connection, what a transaction has written is seen before its commit
        try:
            return self.driver.execute(text, values).fetchall()
        finally:
            self.turns.release()

    def removals(self) -> Iterable[tuple[str, str, str]]:
        """Return what was deleted and still has rows: its ns, kind and owner."""
        return self.driver.execute("SELECT ns, kind, owner FROM removals").fetchall()

    async def shrink(self, least: int, most: int) -> bool:
        """Give some of the pages back that nothing is in any more; return whether there may be more to give back."""
        driver = self.driver
        (free,) = driver.execute("PRAGMA freelist_count").fetchone()
        if free <= least:
            return False
        # As a script, which is run to its end: `execute` would stop behind the first page.
        driver.executescript(f"PRAGMA incremental_vacuum({min(most, free - least)})")
        (left,) = driver.execute("PRAGMA freelist_count").fetchone()
        return bool(least < left < free)  # a file that was made without the means for it stays as large as it is

    async def fold(self) -> None:
        """Fold the log into the file, and cut it off."""
        self.driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the database, which frees its file at once; may be repeated."""
        self.closed = True
        self.driver.close()

    async def aclose(self) -> None:
        """Close the database; may be repeated."""
        self.close()


class SqliteSession:
    """The SQL of one transaction; nothing here ever waits, so no other task comes in between."""

    __slots__ = ("_driver", "_execute", "_turns", "has_begun")

    namespace: NamespaceRow | None = None  # nobody else changes it
    is_followed = True  # it is not looked for

    def __init__(self, connection: Connection) -> None:
        self._driver = connection.driver
        self._execute = connection.driver.execute
        self._turns = connection.turns
        self.has_begun = False

    def _begin(self) -> None:
        """Begin to write. Before that, each statement sees what is committed."""
        if not self.has_begun:
            self._execute("BEGIN IMMEDIATE")
            self.has_begun = True

    async def fetch(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self._execute(text, values).fetchall()

    async def write(self, statements: Sequence[tuple[str, Values]]) -> None:
        """Run statements that write, in their order."""
        self._begin()
        execute = self._execute
        for text, values in statements:
            execute(text, values)

    async def write_many(self, text: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes for each row of values."""
        self.add(text, rows)

    async def change(self, text: str, values: Values = ()) -> int:
        """Run a statement that writes, and return how many rows it changed."""
        self._begin()
        return self._execute(text, values).rowcount

    def rows(self, text: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query."""
        yield from self._execute(text, values)

    def add(self, text: str, rows: Iterable[Values]) -> None:
        """Do as `write_many`."""
        self._begin()
        self._driver.executemany(text, rows)

    def notify(self, topic: str, payload: str) -> None:
        """Send nothing: there is one process."""

    def defer(self, job: Job) -> None:
        """Refuse: there is no other process. Raises NotImplementedError."""
        raise NotImplementedError("one process has no jobs")

    def end_job(self, job_id: int) -> None:
        """Do nothing: there is none."""

    async def commit(self, then: Then = nothing) -> None:
        """Keep what was written, and let the next session begin."""
        if self.has_begun:
            self._execute("COMMIT")
            self.has_begun = False
        try:
            then()
        finally:
            self._turns.release()

    async def roll_back(self, then: Then = nothing) -> None:
        """Keep nothing, and let the next session begin."""
        if self.has_begun:
            self.has_begun = False
            with suppress(sqlite3.Error):  # after some failures SQLite has already rolled back
                self._execute("ROLLBACK")
        try:
            then()
        finally:
            self._turns.release()

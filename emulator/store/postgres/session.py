"""The SQL of one transaction on PostgreSQL: as few round trips as there can be, and nothing that blocks the loop."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection

from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.database import Job, Values
from emulator.store.namespace_row import NamespaceRow
from emulator.store.postgres.dialect import translated
from emulator.store.postgres.errors import translated_errors

if TYPE_CHECKING:
    from emulator.store.postgres.database import PostgresDatabase

T = TypeVar("T")
_NOTIFY: Final = "SELECT pg_notify(?, ?)"
# With the function of the queue that ends a job, the transaction of one that was given up for dead would fail.
_END_JOB: Final = "DELETE FROM procrastinate_jobs WHERE id = ?"
# How many rows are on their way to a thread, or from it, at a time.
_AT_ONCE: Final = 200
# PostgreSQL has no text with this character; the sign for it stands in its place.
_NUL, _SIGN_FOR_NUL = "\0", "\N{SYMBOL FOR NULL}"


class PostgresSession:
    """The SQL of one transaction, on a connection that is its own until the end."""

    __slots__ = (
        "_connection",
        "_cursor",
        "_database",
        "_ended",
        "_is_over",
        "_jobs",
        "_notes",
        "_ns",
        "has_begun",
        "namespace",
        "time",
    )

    def __init__(self, database: "PostgresDatabase", connection: AsyncConnection[Any], ns: str) -> None:
        self._database = database
        self._connection = connection
        self._cursor = connection.cursor()
        self._ns = ns
        self._notes: dict[tuple[str, str], None] = {}
        self._jobs: list[Job] = []
        self._ended: list[int] = []
        self._is_over = False
        self.has_begun = False
        self.namespace: NamespaceRow | None = None
        self.time = 0.0

    @property
    def connection(self) -> AsyncConnection[Any]:
        """The connection of the driver, for what is to be written with the same transaction by others."""
        self.has_begun = True
        return self._connection

    # --- statements -------------------------------------------------------------------------------------------------

    async def fetch(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""
        with translated_errors():
            await self._execute(text, values)
            return await self._cursor.fetchall()

    async def change(self, text: str, values: Values = ()) -> int:
        """Run a statement that writes, and return how many rows it changed."""
        self.has_begun = True
        with translated_errors():
            await self._execute(text, values)
            return self._cursor.rowcount

    async def write(self, statements: Sequence[tuple[str, Values]]) -> None:
        """Run statements that write, in their order, in one round trip."""
        self.has_begun = True
        with translated_errors():
            if len(statements) == 1:
                await self._execute(*statements[0])
            elif statements:
                async with self._connection.pipeline():
                    for text, values in statements:
                        await self._execute(text, values)

    async def write_many(self, text: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes for each row of values."""
        await self.write([(text, values) for values in rows])

    async def _execute(self, text: str, values: Values) -> None:
        try:
            await self._cursor.execute(translated(text), values)
        except psycopg.DataError as error:
            if "NUL" not in str(error):
                raise
            await self._cursor.execute(translated(text), [_without_nul(value) for value in values])

    # --- from a thread ----------------------------------------------------------------------------------------------

    def rows(self, text: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; for a thread beside the event loop."""
        cursor = self._connection.cursor(name="rows")
        self._database.wait_for(lambda: cursor.execute(translated(text), values))
        try:
            while some := self._database.wait_for(lambda: cursor.fetchmany(_AT_ONCE)):
                yield from some
        finally:
            self._database.wait_for(cursor.close)

    def add(self, text: str, rows: Iterable[Values]) -> None:
        """Do as `write_many`; for a thread beside the event loop."""
        left = iter(rows)
        while some := [tuple(values) for values in islice(left, _AT_ONCE)]:
            self._database.wait_for(partial(self.write_many, text, some))

    # --- the end ----------------------------------------------------------------------------------------------------

    def notify(self, topic: str, payload: str) -> None:
        """Send a message to every process on the database, with the commit."""
        self._notes[topic, payload] = None

    def defer(self, job: Job) -> None:
        """Have a job done by any process on the database, once what was written is kept."""
        self._jobs.append(job)

    def end_job(self, job_id: int) -> None:
        """Let a job be over, once what was written is kept; no effect if it is not there any more."""
        self._ended.append(job_id)

    async def commit(self) -> None:
        """Keep what was written, and end the session.

        Where the connection is lost meanwhile, nobody knows whether it was kept: the error says only that.
        """
        await _to_its_end(self._commit())

    async def _commit(self) -> None:
        with translated_errors():
            for job in self._jobs:
                await self._database.defer(self._connection, job)
            last: list[tuple[str, Values]] = [(_END_JOB, (job_id,)) for job_id in self._ended]
            last += [(_NOTIFY, (self._database.channel, f"{topic}\n{payload}")) for topic, payload in self._notes]
            if last:
                async with self._connection.pipeline():
                    for text, values in last:
                        await self._execute(text, values)
                    await self._cursor.execute("COMMIT")
            else:
                await self._cursor.execute("COMMIT")
        await self._end()

    async def roll_back(self) -> None:
        """Keep nothing, and end the session."""
        await _to_its_end(self._roll_back())

    async def _roll_back(self) -> None:
        if self._is_over:
            return
        try:
            with suppress(UnavailableDatabaseError), translated_errors():
                await self._cursor.execute("ROLLBACK")
        finally:
            await self._end()

    async def _end(self) -> None:
        if not self._is_over:
            self._is_over = True
            await self._database.give_back(self._connection, self._ns)


def _without_nul(value: Any) -> Any:
    return value.replace(_NUL, _SIGN_FOR_NUL) if isinstance(value, str) else value


async def _to_its_end(work: Awaitable[T]) -> T:
    """Wait for work to its end, whoever is cancelled meanwhile: what it has begun has to be known to be over."""
    done = asyncio.ensure_future(work)
    is_cancelled = False
    while not done.done():
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled and (task := asyncio.current_task()) is not None:
        task.cancel()  # at whatever it waits for next
    return done.result()

"""The SQL of one transaction on PostgreSQL: as few round trips as there can be, and nothing that blocks the loop."""

import asyncio
from collections.abc import Awaitable, Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import count, islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection

from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.database import Job, Then, Values, nothing
from emulator.store.namespace_row import NamespaceRow
from emulator.store.postgres.dialect import translated
from emulator.store.postgres.errors import translated_errors
from emulator.store.postgres.texts import rows_from_texts, values_to_texts

if TYPE_CHECKING:
    from emulator.store.postgres.database import PostgresDatabase

T = TypeVar("T")
_NOTIFY: Final = "SELECT pg_notify(?, ?)"
# With the function of the queue that ends a job, the transaction of one that was given up for dead would fail.
_END_JOB: Final = "DELETE FROM procrastinate_jobs WHERE id = ?"
# How many rows are on their way to a thread, or from it, at a time.
_AT_ONCE: Final = 200
# Names of cursors; several may be open at a time.
_NUMBERS: Final = count()


class PostgresSession:
    """The SQL of one transaction, on a connection that is its own until that is over.

    What is written goes to the server with the next statement that returns something, or with the commit, so an error
    of what was written may be raised there.
    """

    __slots__ = (
        "_connection",
        "_cursor",
        "_database",
        "_ended",
        "_has_connection",
        "_has_ended",
        "_jobs",
        "_notes",
        "_ns",
        "_writes",
        "has_begun",
        "is_followed",
        "namespace",
        "time",
    )

    def __init__(self, database: "PostgresDatabase", connection: AsyncConnection[Any], ns: str) -> None:
        self._database = database
        self._connection = connection
        self._cursor = connection.cursor()
        self._ns = ns
        self._writes: list[tuple[str, Values]] = []
        self._notes: dict[tuple[str, str], None] = {}
        self._jobs: list[Job] = []
        self._ended: list[int] = []
        self._has_connection = True
        self._has_ended = False
        self.has_begun = False
        self.is_followed = True
        self.namespace: NamespaceRow | None = None
        self.time = 0.0

    # --- statements -------------------------------------------------------------------------------------------------

    async def fetch(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""
        with translated_errors():
            await self._execute(text, values)
            return rows_from_texts(await self._cursor.fetchall())

    async def change(self, text: str, values: Values = ()) -> int:
        """Run a statement that writes, and return how many rows it changed."""
        self.has_begun = True
        with translated_errors():
            await self._execute(text, values)
            return self._cursor.rowcount

    async def write(self, statements: Sequence[tuple[str, Values]]) -> None:
        """Run statements that write, in their order, with whatever is run next."""
        self.has_begun = True
        self._writes += statements

    async def write_many(self, text: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes for each row of values, as `write`."""
        await self.write([(text, values) for values in rows])

    async def _execute(self, text: str, values: Values = ()) -> None:
        """Run a statement, behind what is to be written, in one round trip."""
        if self._writes:
            writes, self._writes = self._writes, []
            await self._run([*writes, (text, values)])
        else:
            await self._cursor.execute(translated(text), values_to_texts(values))

    async def _run(self, statements: Sequence[tuple[str, Values]]) -> None:
        """Run statements in one round trip."""
        execute = self._cursor.execute
        async with self._connection.pipeline():
            for text, values in statements:
                await execute(translated(text), values_to_texts(values))

    # --- from a thread ----------------------------------------------------------------------------------------------

    def rows(self, text: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; for a thread beside the event loop."""
        wait_for = self._database.wait_for
        wait_for(self._flush)
        cursor = self._connection.cursor(name=f"rows_{next(_NUMBERS)}")
        wait_for(lambda: cursor.execute(translated(text), values_to_texts(values)))
        try:
            while some := wait_for(lambda: cursor.fetchmany(_AT_ONCE)):
                yield from rows_from_texts(some)
        finally:
            with suppress(UnavailableDatabaseError):
                wait_for(cursor.close)

    def add(self, text: str, rows: Iterable[Values]) -> None:
        """Do as `write_many`, but at once; for a thread beside the event loop."""
        self.has_begun = True
        left = iter(rows)
        while some := [(text, tuple(values)) for values in islice(left, _AT_ONCE)]:
            self._writes += some
            self._database.wait_for(self._flush)

    async def _flush(self) -> None:
        if self._writes:
            writes, self._writes = self._writes, []
            await self._run(writes)

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

    async def commit(self, then: Then = nothing) -> None:
        """Keep what was written, and end the session, also for a task that is cancelled meanwhile.

        Where the connection is lost, nobody knows whether it was kept: the error says only that.
        """
        await to_its_end(self._commit())
        try:
            then()
        finally:
            self._end()

    async def _commit(self) -> None:
        with translated_errors():
            for job in self._jobs:
                await self._database.defer(self._connection, job)
            self._writes += [(_END_JOB, (job_id,)) for job_id in self._ended]
            notes = [(_NOTIFY, (self._database.channel, f"{topic}\n{payload}")) for topic, payload in self._notes]
            self._writes += notes
            await self._execute("COMMIT")
            # Where a statement has failed and that was overlooked, the server rolls back, and says only that.
            if self._cursor.statusmessage != "COMMIT":
                raise UnavailableDatabaseError("what was written was not kept")
        await self._give_back()

    async def roll_back(self, then: Then = nothing) -> None:
        """Keep nothing, and end the session; no effect once all is kept."""
        try:
            await to_its_end(self._roll_back())
            then()
        finally:
            self._end()

    async def _roll_back(self) -> None:
        if not self._has_connection:
            return
        try:
            await self._cursor.execute("ROLLBACK")
        except psycopg.Error:
            await self._connection.close()  # without it, the server rolls back
        finally:
            await self._give_back()

    async def _give_back(self) -> None:
        self._has_connection = False
        await self._database.give_back(self._connection)

    def _end(self) -> None:
        """Let the next session of the namespace begin."""
        if not self._has_ended:
            self._has_ended = True
            self._database.release(self._ns)


async def to_its_end(work: Awaitable[T]) -> T:
    """Wait for work to its end, whoever is cancelled meanwhile: what it has begun has to be known to be over."""
    done = asyncio.ensure_future(work)
    is_cancelled = False
    while not done.done():
        try:
            await asyncio.wait([done])
        except asyncio.CancelledError:
            is_cancelled = True
    if is_cancelled and (task := asyncio.current_task()) is not None:
        task.uncancel()
        task.cancel()  # at whatever it waits for next
    return done.result()

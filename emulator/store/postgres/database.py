"""A database of PostgreSQL, on which any number of processes work at the same time."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import partial
from typing import Any, Final, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.types.numeric import Int2BinaryDumper, Int8BinaryDumper
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from emulator.domain.bus import Bus
from emulator.domain.database_url import DatabaseUrl
from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.database import Dialect, Job, Values
from emulator.store.namespace_row import COLUMNS, NamespaceRow
from emulator.store.postgres.bus import PostgresBus
from emulator.store.postgres.connecting import CONNECTING
from emulator.store.postgres.dialect import translated
from emulator.store.postgres.errors import said, translated_errors
from emulator.store.postgres.session import PostgresSession, to_its_end
from emulator.store.postgres.texts import load_json, rows_from_texts, values_to_texts
from emulator.store.turns import Turns

T = TypeVar("T")
_END_DOING: Final = "DELETE FROM procrastinate_jobs WHERE id = ? AND status = 'doing'"
# Returns seconds since the epoch.
MachineTime = Callable[[], float]
# Defers a job in the transaction of a connection.
Queue = Callable[[AsyncConnection[Any], Job], Awaitable[None]]
MOST_CONNECTIONS: Final = 16
# Seconds that a transaction waits for a connection before its request is refused.
PATIENCE: Final = 5.0
# Seconds for which a database that went away is asked again before a connection is given up; another one is tried then.
_RECONNECT: Final = 60.0
# Of a connection; the store has about three hundred.
_PREPARED: Final = 1_000
# Whatever the server's defaults are: each statement is to see what was committed before it.
_BEGIN: Final = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"
_TIME: Final = "extract(epoch FROM clock_timestamp())::float8"
_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"
_NAMESPACE: Final = (
    f"SELECT {', '.join(COLUMNS)}, EXISTS (SELECT 1 FROM facets WHERE facets.ns = COALESCE(generation, namespaces.ns)"  # noqa: S608 - names of columns
    f" AND kind = 'unread'), EXISTS (SELECT 1 FROM stream_followers WHERE stream_followers.ns = %s), {_TIME}"
    " FROM (SELECT 1) AS one LEFT JOIN namespaces ON namespaces.ns = %s"
)
# A plan that was made while a table was empty would walk through all of it later. A process that hangs, or whose
# machine is gone, must not keep a namespace locked for good; and whoever waits for one has a connection meanwhile.
_SETTINGS: Final = """
    SET enable_seqscan = off; SET jit = off; SET synchronous_commit = on; SET extra_float_digits = 1;
    SET idle_in_transaction_session_timeout = '15s'; SET lock_timeout = '20s'; SET statement_timeout = 0;
    SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3
"""


class _TruthDumper(Int2BinaryDumper):
    """Truth is 0 or 1, as in SQLite."""

    def dump(self, obj: Any) -> Any:
        """Return the number for a truth."""
        return super().dump(int(obj))


class PostgresDatabase:
    """An open database. channel: on which processes hear of each other. bus: what they say there.

    machine_time: of this machine. most: connections. queue: takes jobs, once there is one.

    A namespace has one transaction at a time, over all processes: its lock is taken first, and everything is read
    after that. Whoever waits for it in this process does so without a connection.
    """

    dialect: Dialect = "postgresql"
    is_shared = True
    channel = "assistants_emulator"
    bus: Bus | None

    def __init__(self, url: DatabaseUrl, machine_time: MachineTime, most: int = MOST_CONNECTIONS) -> None:
        self.url = url
        self._machine_time = machine_time
        self.closed = False
        self.queue: Queue | None = None
        self.process = ""
        self.bus = self._bus = PostgresBus(url, self.channel)
        self.ahead = 0.0
        self._pool: AsyncConnectionPool[AsyncConnection[Any]] = AsyncConnectionPool(
            url.text,
            min_size=1,
            max_size=most,
            timeout=PATIENCE,
            reconnect_timeout=_RECONNECT,
            max_waiting=0,
            configure=configure,
            kwargs=dict(CONNECTING),
            open=False,
            name="store",
        )
        self._turns: dict[str, Turns] = {}
        self._looking: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- opening and closing ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect. Raises `UnavailableDatabaseError`."""
        self._loop = asyncio.get_running_loop()
        with translated_errors():
            await self._pool.open()
            async with self._pool.connection(PATIENCE) as connection:
                await self._read_time(connection)
                found = await (await connection.execute("SELECT gen_random_uuid()::text")).fetchone()
        self.process = found[0] if found else ""
        await self._bus.open()

    async def _read_time(self, connection: AsyncConnection[Any]) -> None:
        for _ in range(2):  # the first answer takes longer than others do
            before = self._machine_time()
            row = await (await connection.execute(f"SELECT {_TIME}")).fetchone()
            if row is not None:
                self._compare(row[0], before)

    async def aclose(self) -> None:
        """Close all connections; may be repeated."""
        if not self.closed:
            self.closed = True
            await self._bus.aclose()
            if self._looking is not None:
                await asyncio.wait([self._looking])
            await self._pool.close()

    async def defer(self, connection: AsyncConnection[Any], job: Job) -> None:
        """Defer a job in the transaction of a connection. Raises LookupError where there is no queue."""
        if self.queue is None:
            raise LookupError("no queue takes jobs")
        await self.queue(connection, job)

    async def replace_job(self, job_id: int, job: Job) -> bool:
        """Put another job in the place of one that is in hand; return whether that was still there."""
        session = await self.begin("")
        try:
            is_there = await session.change(_END_DOING, (job_id,)) == 1
            if is_there:
                session.defer(job)
            await session.commit()
        except BaseException:
            await session.roll_back()
            raise
        return is_there

    def trouble(self) -> str | None:
        """Return why nothing can be read or written, as far as that is known; None where all is well."""
        if self.closed or self._loop is None:
            return "it is not open"
        if not self._bus.is_listening:
            return "it cannot be reached"
        return None

    # --- transactions -----------------------------------------------------------------------------------------------

    async def begin(self, ns: str) -> PostgresSession:
        """Begin a session, with the lock of its namespace. Raises `UnavailableDatabaseError`."""
        if ns:
            await self._turns.setdefault(ns, Turns()).take()
        try:
            return await self._on_connection(partial(self._begun, ns), keeps=True)
        except BaseException:
            self.release(ns)
            raise

    async def read(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one query, in no transaction, in one round trip. Raises `UnavailableDatabaseError`."""

        async def read(connection: AsyncConnection[Any]) -> Sequence[tuple[Any, ...]]:
            cursor = await connection.execute(translated(text), values_to_texts(values))
            return rows_from_texts(await cursor.fetchall())

        with translated_errors():
            return await self._on_connection(read)

    async def _on_connection(self, work: Callable[[AsyncConnection[Any]], Awaitable[T]], *, keeps: bool = False) -> T:
        """Return what work returns. keeps: its result has the connection from then on.

        A connection may have been lost since it was used last, as all are where the server was started again. Nothing
        is written by the work, so another one is tried.
        """
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            connection = await self._connection(until)
            try:
                done = await work(connection)
            except psycopg.OperationalError as error:
                is_lost = connection.closed
                await to_its_end(self.give_back(connection))
                if not is_lost or asyncio.get_running_loop().time() >= until:
                    raise UnavailableDatabaseError(said(error)) from error
                self._look_at_others()
            except BaseException:
                await to_its_end(self.give_back(connection))
                raise
            else:
                if not keeps:
                    await to_its_end(self.give_back(connection))
                return done

    async def _connection(self, until: float) -> AsyncConnection[Any]:
        with translated_errors():
            return await self._pool.getconn(max(0.1, until - asyncio.get_running_loop().time()))

    def _look_at_others(self) -> None:
        """Have the connections that nobody uses replaced where they are lost, too."""
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._pool.check(), name="connections")

    async def _begun(self, ns: str, connection: AsyncConnection[Any]) -> PostgresSession:
        """Begin; wait for the lock, and read the namespace and the time; in one round trip.

        The row is read by a statement of its own, which sees what was committed while the lock was waited for.
        """
        session = PostgresSession(self, connection, ns)
        if not ns:
            await connection.execute(_BEGIN)
            return session
        cursor = connection.cursor()
        before = self._machine_time()
        async with connection.pipeline():
            await cursor.execute(_BEGIN)
            await cursor.execute(_LOCK, (key_of(ns),))
            await cursor.execute(_NAMESPACE, (ns, ns))
        row = await cursor.fetchone()
        if row is None:
            raise UnavailableDatabaseError("the time could not be read")
        session.is_followed, session.time = row[-2:]
        self._compare(row[-1], before)
        is_there = row[COLUMNS.index("script_version")] is not None
        found = dict(zip(COLUMNS, row, strict=False)) if is_there else {}
        session.namespace = NamespaceRow(found, load_json, has_unread=row[-3])
        return session

    def _compare(self, time: float, before: float) -> None:
        """Take in what time it was in the database at some moment since ``before``.

        How far its clock is ahead changes only as far as it must: no answer that comes late moves anybody's clock.
        """
        self.ahead = min(max(self.ahead, time - self._machine_time()), time - before)

    async def give_back(self, connection: AsyncConnection[Any]) -> None:
        """Let others have a connection."""
        await self._pool.putconn(connection)

    def release(self, ns: str) -> None:
        """Let the next session of a namespace begin."""
        if (turns := self._turns.get(ns)) is not None:
            turns.release()
            if turns.is_free:
                del self._turns[ns]

    def wait_for(self, work: Callable[[], Awaitable[T]]) -> T:
        """Return what the event loop returns of some work; for a thread beside it."""
        if self._loop is None:
            raise UnavailableDatabaseError("it is not open")

        async def run() -> T:
            with translated_errors():
                return await work()

        return asyncio.run_coroutine_threadsafe(run(), self._loop).result()

    # --- what SQLite needs ------------------------------------------------------------------------------------------

    def removals(self) -> Iterable[tuple[str, str, str]]:
        """Return nothing: what is deleted goes at once."""
        return ()

    async def shrink(self, least: int, most: int) -> bool:  # noqa: ARG002 - the server does that by itself
        """Give nothing back, and say that there is nothing more."""
        return False

    async def fold(self) -> None:
        """Do nothing."""


async def configure(connection: AsyncConnection[Any]) -> None:
    """Let a connection read and write what the tables hold."""
    connection.prepare_threshold = 2
    connection.prepared_max = _PREPARED
    connection.adapters.register_loader("json", TextLoader)  # who needs the value reads it
    connection.adapters.register_dumper(bool, _TruthDumper)
    connection.adapters.register_dumper(int, Int8BinaryDumper)  # one statement to prepare, whatever the numbers are
    await connection.execute(_SETTINGS)


def key_of(ns: str) -> int:
    """Return the key of a namespace's lock: 64 bits."""
    return int.from_bytes(hashlib.blake2b(ns.encode(), digest_size=8).digest(), signed=True)

"""A database of PostgreSQL, on which any number of processes work at the same time."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any, Final, TypeVar

from psycopg import AsyncConnection
from psycopg.types.numeric import Int2BinaryDumper
from psycopg.types.string import TextLoader
from psycopg_pool import AsyncConnectionPool

from emulator.domain.bus import Bus
from emulator.domain.database_url import DatabaseUrl
from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.database import Dialect, Job, Values
from emulator.store.namespace_row import COLUMNS, NamespaceRow
from emulator.store.postgres.bus import PostgresBus
from emulator.store.postgres.dialect import translated
from emulator.store.postgres.errors import translated_errors
from emulator.store.postgres.session import PostgresSession
from emulator.store.turns import Turns

T = TypeVar("T")
# Returns seconds since the epoch.
MachineTime = Callable[[], float]
# Defers a job in the transaction of a connection.
Queue = Callable[[AsyncConnection[Any], Job], Awaitable[None]]
MOST_CONNECTIONS: Final = 16
# Seconds that a transaction waits for a connection before its request is refused.
PATIENCE: Final = 5.0
# Seconds for which a database that went away is asked again before a connection is given up; another one is tried then.
_RECONNECT: Final = 60.0
# A name for this process, and the time.
_ABOUT: Final = "SELECT gen_random_uuid()::text, extract(epoch FROM clock_timestamp())::float8"
# Of a connection; the store has about three hundred.
_PREPARED: Final = 1_000


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
            kwargs={"autocommit": True},
            open=False,
            name="store",
        )
        self._turns: dict[str, Turns] = {}
        self._loop: asyncio.AbstractEventLoop | None = None

    # --- opening and closing ----------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Connect. Raises `UnavailableDatabaseError`."""
        self._loop = asyncio.get_running_loop()
        with translated_errors():
            await self._pool.open()
            async with self._pool.connection() as connection:
                found = await (await connection.execute(_ABOUT)).fetchone()
        if found is not None:
            self.process, now = found
            self.ahead = now - self._machine_time()
        await self._bus.open()

    async def aclose(self) -> None:
        """Close all connections; may be repeated."""
        if not self.closed:
            self.closed = True
            await self._bus.aclose()
            await self._pool.close()

    async def defer(self, connection: AsyncConnection[Any], job: Job) -> None:
        """Defer a job in the transaction of a connection. Raises LookupError where there is no queue."""
        if self.queue is None:
            raise LookupError("no queue takes jobs")
        await self.queue(connection, job)

    def trouble(self) -> str | None:
        """Return why nothing can be read or written, as far as that is known; None where all is well."""
        if self.closed or self._loop is None:
            return "it is not open"
        if not self._bus.is_listening:
            return "it cannot be reached"
        return None

    # --- transactions -----------------------------------------------------------------------------------------------

    async def begin(self, ns: str) -> PostgresSession:
        """Begin a session, with the lock of its namespace."""
        turns = self._turns.setdefault(ns, Turns()) if ns else None
        if turns is not None:
            await turns.take()
        try:
            return await self._begun(ns)
        except BaseException:
            self._release(ns)
            raise

    async def read(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one query, in no transaction, in one round trip."""
        with translated_errors():
            async with self._pool.connection() as connection:
                return await (await connection.execute(translated(text), values)).fetchall()

    async def _begun(self, ns: str) -> PostgresSession:
        with translated_errors():
            connection = await self._pool.getconn()
            try:
                session = PostgresSession(self, connection, ns)
                if ns:
                    await self._lock(session, connection, ns)
                else:
                    await connection.execute("BEGIN")
            except BaseException:
                await self._pool.putconn(connection)
                raise
        return session

    async def _lock(self, session: PostgresSession, connection: AsyncConnection[Any], ns: str) -> None:
        """Begin, wait for the lock, and read the namespace and the time, in one round trip.

        The row is read by a statement of its own, which sees what was committed while the lock was waited for.
        """
        cursor = connection.cursor()
        # As text, because one message can hold several statements only without parameters; no name has a quote in it.
        await cursor.execute(
            f"BEGIN; SELECT pg_advisory_xact_lock({key_of(ns)}); SELECT {', '.join(COLUMNS)}, "  # noqa: S608
            f"extract(epoch FROM clock_timestamp())::float8 FROM (SELECT 1) AS one LEFT JOIN namespaces ON ns = '{ns}'"
        )
        cursor.nextset()
        cursor.nextset()
        row = await cursor.fetchone()
        if row is None:
            raise UnavailableDatabaseError("the time could not be read")
        session.time = row[-1]
        self.ahead = session.time - self._machine_time()
        is_there = row[COLUMNS.index("script_version")] is not None
        session.namespace = NamespaceRow(dict(zip(COLUMNS, row, strict=False)) if is_there else {})

    async def give_back(self, connection: AsyncConnection[Any], ns: str) -> None:
        """Let the next session of a namespace begin, and others have the connection."""
        self._release(ns)
        await self._pool.putconn(connection)

    def _release(self, ns: str) -> None:
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


def key_of(ns: str) -> int:
    """Return the key of a namespace's lock: 64 bits."""
    return int.from_bytes(hashlib.blake2b(ns.encode(), digest_size=8).digest(), signed=True)

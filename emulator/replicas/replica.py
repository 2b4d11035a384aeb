"""One process of several on a database: it opens what they share, and does its part of the jobs."""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, Final

from psycopg import AsyncConnection

from emulator.domain.database_url import DatabaseUrl
from emulator.domain.measures import Measures
from emulator.machine_time import pass_seconds
from emulator.replicas.blob_sweeps import BlobSweeps
from emulator.replicas.jobs import Work, attach
from emulator.replicas.memory import SharedMemory
from emulator.replicas.orders import Process
from emulator.replicas.queue import defer, pool_of, queue_of
from emulator.replicas.shared_namespaces import SharedNamespaces
from emulator.replicas.worker import Worker
from emulator.service.namespaces import Namespaces
from emulator.settings import Role
from emulator.store.database import DatabaseError, Job
from emulator.store.postgres.database import PostgresDatabase
from emulator.store.shared_journal import RENEWAL, SharedJournal

# Seconds that the segments in hand get when the server stops.
GRACE: Final = 5.0
# To all that work: there are jobs whose time has come.
_JOBS: Final = "jobs"
# Seconds behind a time at which it has come on the clock of the database as well.
_LATE: Final = 0.001


class Replica:
    """What a server does on a shared database beside answering requests. role: web, worker or both.

    now: seconds since the epoch, on the database's clock. setup: what all must have alike, by what people call it.
    measures: what the work is counted by.
    """

    def __init__(
        self,
        database: PostgresDatabase,
        url: DatabaseUrl,
        namespaces: Namespaces,
        role: Role,
        *,
        now: Callable[[], float],
        setup: Mapping[str, str],
        measures: Measures,
    ) -> None:
        self._database = database
        self._queue, self._jobs = queue_of(url)
        self._pool = pool_of(url)
        self._now = now
        self._renewing: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        journal = namespaces.documents.journal
        if not isinstance(journal, SharedJournal):
            raise TypeError(f"{type(journal).__name__} is not shared")
        self._journal = journal
        self._sweeps = BlobSweeps(namespaces.blobs)
        if (bus := database.bus) is None:
            raise TypeError("a database that is shared has a bus")
        self._bus = bus
        self.worker = None
        if role != "web":
            self.worker = Worker(self._queue, self._jobs, database.replace_job, measures, GRACE)
            bus.subscribe(_JOBS, self._look)
        work = Work(namespaces, self._jobs, measures, now)
        attach(self._queue, work, namespaces)
        journal.read_on = work.read_on
        self.shared = SharedNamespaces(namespaces, bus, now, role, setup)
        members = self.shared.members
        process = Process(lambda: members.id, lambda: {members.id, *members.others}, now)
        self._memory = SharedMemory(namespaces, bus, process)

    async def start(self) -> None:
        """Join the others, connect to the queue, and begin to work.

        Raises `UnusableDatabaseError` where others differ from this server.
        """
        await self.shared.start()
        await self._pool.open()
        await self._queue.open_async(self._pool)
        self._database.queue = self._defer
        await self._memory.start()
        if self.worker is not None:
            self.worker.start()
        self._renewing = asyncio.create_task(self._renew(), name="renewal")
        self._sweeps.start()

    async def stop(self) -> None:
        """Take no more jobs, let those in hand end, and leave."""
        await self._sweeps.stop()
        if self._renewing is not None:
            self._renewing.cancel()
            await asyncio.wait([self._renewing])
        if self.worker is not None:
            await self.worker.stop()
        with suppress(*DatabaseError):  # then they are swept
            await self._journal.aclose()
        await self.shared.stop()
        self._database.queue = None
        await self._memory.stop()
        await self._queue.close_async()
        await self._pool.close()

    async def _renew(self) -> None:
        """Say again and again that those who follow streams in this process are there."""
        while True:
            await pass_seconds(RENEWAL)
            with suppress(*DatabaseError):  # the next time, then
                await self._journal.renew()

    async def _defer(self, connection: AsyncConnection[Any], job: Job) -> None:
        await defer(self._queue, connection, job)
        if job.at is not None:  # a queue would look for it only from time to time
            asyncio.get_running_loop().call_later(max(0.0, job.at - self._now()) + _LATE, self._say)

    def _say(self) -> None:
        """Have it looked for jobs whose time has come."""
        if self.worker is not None:
            self._jobs.news.set()
        else:
            sending = asyncio.create_task(self._send())
            self._sending.add(sending)
            sending.add_done_callback(self._sending.discard)

    async def _send(self) -> None:
        with suppress(*DatabaseError):  # then it takes until somebody looks
            await self._bus.send(_JOBS, "")

    def _look(self, _: str) -> None:
        self._jobs.news.set()

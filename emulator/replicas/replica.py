"""One process of several on a database: it opens what they share, and does its part of the jobs."""

from typing import Any, Final

from psycopg import AsyncConnection

from emulator.domain.database_url import DatabaseUrl
from emulator.replicas.jobs import attach
from emulator.replicas.memory import SharedMemory
from emulator.replicas.queue import defer, queue_of
from emulator.replicas.worker import Worker
from emulator.service.namespaces import Namespaces
from emulator.settings import Role
from emulator.store.database import Job
from emulator.store.postgres.database import PostgresDatabase

# Seconds that the segments in hand get when the server stops.
GRACE: Final = 5.0


class Replica:
    """What a server does on a shared database beside answering requests. role: web, worker or both."""

    def __init__(self, database: PostgresDatabase, url: DatabaseUrl, namespaces: Namespaces, role: Role) -> None:
        self._database = database
        self._queue = queue_of(url)
        self.worker = None if role == "web" else Worker(self._queue, GRACE)
        attach(self._queue, namespaces)
        self._memory = SharedMemory(namespaces, database.bus)

    async def start(self) -> None:
        """Connect to the queue, and begin to work."""
        await self._queue.open_async()
        self._database.queue = self._defer
        await self._memory.start()
        if self.worker is not None:
            self.worker.start()

    async def stop(self) -> None:
        """Take no more jobs, let those in hand end, and leave."""
        if self.worker is not None:
            await self.worker.stop()
        self._database.queue = None
        await self._memory.stop()
        await self._queue.close_async()

    async def _defer(self, connection: AsyncConnection[Any], job: Job) -> None:
        await defer(self._queue, connection, job)

"""The queue of jobs: procrastinate's, in the database in which the documents are."""

import asyncio
import datetime
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.manager import JobManager
from procrastinate.retry import RetryStrategy
from psycopg import AsyncConnection, Connection
from psycopg_pool import AsyncConnectionPool

from emulator.domain.database_url import DatabaseUrl
from emulator.domain.errors import UnavailableDatabaseError
from emulator.engine.job_runs import PLAY
from emulator.engine.stored_ingestions import INGEST
from emulator.engine.timers import TASK as TIMERS
from emulator.machine_time import pass_seconds
from emulator.store.database import Job

# Does a job: its context, its namespace and its arguments.
Work = Callable[..., Awaitable[None]]
QUEUE: Final = "emulator"
# A job fails only where the database does, or by a mistake of the emulator's own: neither may lose a run. One that is
# broken off, because its server stops, is done elsewhere at once.
_AGAIN: Final = RetryStrategy(wait=0, linear_wait=1)
_MOST_CONNECTIONS: Final = 4
# Seconds between two tries to write that a job is over.
_BETWEEN: Final = 0.5


class News(asyncio.Event):
    """Says that there may be jobs to fetch; what comes while they are fetched is not lost by that."""

    def __init__(self) -> None:
        super().__init__()
        self._came = self._seen = 0

    def set(self) -> None:
        """Say that there may be jobs."""
        self._came += 1
        super().set()

    def look(self) -> None:
        """Begin to fetch what has come so far."""
        self._seen = self._came

    def clear(self) -> None:
        """Forget what had come when it was begun to fetch."""
        if self._came == self._seen:
            super().clear()


class Jobs(JobManager):
    """What becomes of the jobs that this process does. news: of jobs to fetch."""

    def __init__(self, connector: Any) -> None:
        super().__init__(connector)
        self.news = News()
        self._ended: set[int] = set()

    def has_ended(self, job_id: int) -> None:
        """Note that a job has ended with a transaction of its own."""
        self._ended.add(job_id)

    async def fetch_job(self, queues: Any, worker_id: int) -> QueuedJob | None:
        """Return a job to do, if there is one."""
        self.news.look()
        return await super().fetch_job(queues=queues, worker_id=worker_id)

    async def finish_job(self, job: QueuedJob, status: Any, delete_job: bool) -> None:  # noqa: FBT001 - theirs
        """Write that a job is over, whenever the database can be reached again."""
        if job.id in self._ended:
            self._ended.discard(job.id)
        else:
            await _until_done(partial(super().finish_job, job=job, status=status, delete_job=delete_job))

    async def retry_job(self, job: QueuedJob, *args: Any, **options: Any) -> None:
        """Give a job back, whenever the database can be reached again."""
        await _until_done(partial(super().retry_job, job, *args, **options))


async def _until_done(work: Callable[[], Awaitable[None]]) -> None:
    """Write something until it is written, or until another process has taken the job over."""
    while True:
        try:
            await work()
        except ConnectorException as error:
            if isinstance(error.__cause__, psycopg.errors.RaiseException):  # the job is not there any more
                return
            await pass_seconds(_BETWEEN)
        else:
            return


def queue_of(url: DatabaseUrl) -> tuple[App, Jobs]:
    """Return the queue in a database, which is to be opened, and its jobs."""
    # It says each step of each job at INFO, and the run itself says what matters.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    queue = App(connector=PsycopgConnector(conninfo=url.text))
    queue.job_manager = jobs = Jobs(queue.connector)
    return queue, jobs


def pool_of(url: DatabaseUrl) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """Return the connections of a queue, which are to be opened.

    The queue's own would be tried out each time before they are used: what is lost is noticed soon enough without.
    """
    return AsyncConnectionPool(url.text, min_size=1, max_size=_MOST_CONNECTIONS, open=False, name="queue")


def add_tasks(queue: App, play: Work, timers: Work, ingest: Work) -> None:
    """Say how jobs are done, by the names of their tasks."""
    queue.task(name=PLAY, queue=QUEUE, retry=_AGAIN, pass_context=True)(play)
    queue.task(name=TIMERS, queue=QUEUE, retry=_AGAIN, pass_context=True)(timers)
    queue.task(name=INGEST, queue=QUEUE, retry=_AGAIN, pass_context=True)(ingest)


async def defer(queue: App, connection: AsyncConnection[Any], job: Job) -> None:
    """Defer a job in the transaction of a connection. Raises `UnavailableDatabaseError`."""
    at = None if job.at is None else datetime.datetime.fromtimestamp(job.at, datetime.UTC)
    options: dict[str, Any] = {"queue": QUEUE, "lock": job.lock, "schedule_at": at, "connection": connection}
    try:
        await queue.configure_task(job.task, **options).defer_async(ns=job.ns, **job.about)
    except ConnectorException as error:
        raise UnavailableDatabaseError(" ".join(str(error.__cause__ or error).split())) from error


def make_schema(connection: Connection[Any]) -> None:
    """Make the queue's tables, if they are not there; the caller holds the lock of the schema."""
    found = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
    if not (found and found[0]):
        schema = procrastinate.schema.SchemaManager.get_schema()
        with psycopg.ClientCursor(connection) as cursor:
            cursor.execute(schema)

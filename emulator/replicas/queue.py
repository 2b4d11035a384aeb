"""The queue of jobs: procrastinate's, in the database in which the documents are."""

import datetime
import logging
from collections.abc import Awaitable, Callable
from typing import Any, Final

import procrastinate
import psycopg
from procrastinate import App, PsycopgConnector
from procrastinate.retry import RetryStrategy
from psycopg import AsyncConnection, Connection

from emulator.domain.database_url import DatabaseUrl
from emulator.engine.job_runs import PLAY
from emulator.engine.stored_ingestions import INGEST
from emulator.engine.timers import TASK as TIMERS
from emulator.store.database import Job

# Does a job: its namespace and its arguments.
Work = Callable[..., Awaitable[None]]
QUEUE: Final = "emulator"
# A job fails only where the database does, or by a mistake of the emulator's own: neither may lose a run.
_AGAIN: Final = RetryStrategy(wait=1)
_MOST_CONNECTIONS: Final = 4


def queue_of(url: DatabaseUrl) -> App:
    """Return the queue in a database, which is to be opened."""
    # It says each step of each job at INFO, and the run itself says what matters.
    logging.getLogger("procrastinate").setLevel(logging.WARNING)
    return App(connector=PsycopgConnector(conninfo=url.text, min_size=1, max_size=_MOST_CONNECTIONS))


def add_tasks(queue: App, play: Work, timers: Work, ingest: Work) -> None:
    """Say how jobs are done, by the names of their tasks."""
    queue.task(name=PLAY, queue=QUEUE, retry=_AGAIN)(play)
    queue.task(name=TIMERS, queue=QUEUE, retry=_AGAIN)(timers)
    queue.task(name=INGEST, queue=QUEUE, retry=_AGAIN)(ingest)


async def defer(queue: App, connection: AsyncConnection[Any], job: Job) -> None:
    """Defer a job in the transaction of a connection."""
    at = None if job.at is None else datetime.datetime.fromtimestamp(job.at, datetime.UTC)
    options: dict[str, Any] = {"queue": QUEUE, "lock": job.lock, "schedule_at": at, "connection": connection}
    await queue.configure_task(job.task, **options).defer_async(ns=job.ns, **job.about)


def make_schema(connection: Connection[Any]) -> None:
    """Make the queue's tables, if they are not there; the caller holds the lock of the schema."""
    found = connection.execute("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").fetchone()
    if not (found and found[0]):
        schema = procrastinate.schema.SchemaManager.get_schema()
        with psycopg.ClientCursor(connection) as cursor:
            cursor.execute(schema)

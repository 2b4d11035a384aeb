"""A worker: it does jobs in the event loop of a replica, and takes over those of replicas that have died."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import psycopg
from procrastinate import App, worker
from procrastinate.exceptions import ProcrastinateException
from procrastinate.jobs import Job as QueuedJob

from emulator.domain.measures import TAKEOVERS, Measures
from emulator.machine_time import pass_seconds
from emulator.replicas.queue import QUEUE, Jobs
from emulator.store.database import DatabaseError, Job

# Seconds between two signs of life, and after how many without one a worker is taken for dead.
HEARTBEAT: Final = 1.0
DEAD_AFTER: Final = 4.0
# Seconds after which it is looked for jobs that nobody has told of.
_POLLING: Final = 1.0
_MOST_AT_ONCE: Final = 16
_log: Final = logging.getLogger(__name__)

# Puts another job in the place of one that is in hand; returns whether that was still there.
Replace = Callable[[int, Job], Awaitable[bool]]


class Worker:
    """Does jobs until it is stopped. grace: seconds that jobs in hand get to end then. replace: for a takeover.

    A job that is taken over becomes another one: should the worker that had it in hand come back, it cannot end it.
    """

    def __init__(self, queue: App, jobs: Jobs, replace: Replace, measures: Measures, grace: float) -> None:
        self._queue = queue
        self._jobs = jobs
        self._replace = replace
        self._measures = measures
        self._grace = grace
        self._working: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._inner: asyncio.Task[None] | None = None
        self._is_stopping = False

    def start(self) -> None:
        """Begin to work."""
        self._working = asyncio.create_task(self._work(), name="worker")
        self._looking = asyncio.create_task(self._take_over(), name="takeover")

    def trouble(self) -> str | None:
        """Return why no job is done, as far as that is known."""
        return None if self._inner is not None and not self._inner.done() else "the worker does not run"

    async def stop(self) -> None:
        """Take no more jobs, and let those in hand end."""
        self._is_stopping = True
        for task in (self._inner, self._looking, self._working):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])

    async def _work(self) -> None:
        """Work, and begin anew where the connection to the database was lost."""
        while not self._is_stopping:
            self._inner = asyncio.create_task(self._worker().run(), name="jobs")  # type: ignore[no-untyped-call]
            await asyncio.wait([self._inner])
            if not self._inner.cancelled() and (error := self._inner.exception()) is not None:
                _log.warning("the worker begins anew: %s", " ".join(str(error).split()) or type(error).__name__)
            await pass_seconds(HEARTBEAT / 4)

    def _worker(self) -> worker.Worker:
        made = worker.Worker(
            self._queue,
            queues=[QUEUE],
            concurrency=_MOST_AT_ONCE,
            fetch_job_polling_interval=_POLLING,
            delete_jobs="always",
            install_signal_handlers=False,
            update_heartbeat_interval=HEARTBEAT,
            stalled_worker_timeout=DEAD_AFTER * 15,
            shutdown_graceful_timeout=self._grace,
        )
        # Its own event forgets a job that comes while it fetches another, which then waits for the next poll.
        made._new_job_event = self._jobs.news  # noqa: SLF001 - there is no other way in
        return made

    async def _take_over(self) -> None:
        """Have the jobs of workers that have died done again."""
        while True:
            await pass_seconds(HEARTBEAT)
            with suppress(ProcrastinateException, psycopg.Error, *DatabaseError):
                found = await self._jobs.get_stalled_jobs(queue=QUEUE, seconds_since_heartbeat=DEAD_AFTER)
                for stalled in found:
                    await self._do_again(stalled)

    async def _do_again(self, stalled: QueuedJob) -> None:
        about = {name: str(value) for name, value in stalled.task_kwargs.items() if name != "ns"}
        job = Job(stalled.task_name, str(stalled.task_kwargs["ns"]), about, lock=stalled.lock)
        if stalled.id is not None and await self._replace(stalled.id, job):
            self._measures.count(TAKEOVERS)
            _log.info("job %s of a worker that has died is done again", stalled.id)

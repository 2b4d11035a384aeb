"""A worker: it does jobs in the event loop of a replica, and takes over those of replicas that have died."""

import asyncio
import logging
from contextlib import suppress
from typing import Final

import procrastinate
import psycopg
from procrastinate import App

from emulator.replicas.queue import QUEUE

# Seconds between two signs of life, and after how many without one a worker is taken for dead.
HEARTBEAT: Final = 1.0
DEAD_AFTER: Final = 4.0
# Seconds after which it is looked for jobs that nobody has told of.
_POLLING: Final = 1.0
_MOST_AT_ONCE: Final = 16
_log: Final = logging.getLogger(__name__)


class Worker:
    """Does jobs until it is stopped. grace: seconds that jobs in hand get to end then."""

    def __init__(self, queue: App, grace: float) -> None:
        self._queue = queue
        self._grace = grace
        self._working: asyncio.Task[None] | None = None
        self._looking: asyncio.Task[None] | None = None
        self._inner: asyncio.Task[None] | None = None
        self._is_stopping = False
        self.takeovers = 0

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
            self._inner = asyncio.create_task(
                self._queue.run_worker_async(
                    queues=[QUEUE],
                    concurrency=_MOST_AT_ONCE,
                    fetch_job_polling_interval=_POLLING,
                    delete_jobs="always",
                    install_signal_handlers=False,
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=DEAD_AFTER * 15,
                    shutdown_graceful_timeout=self._grace,
                ),
                name="jobs",
            )
            await asyncio.wait([self._inner])
            if not self._inner.cancelled() and (error := self._inner.exception()) is not None:
                _log.warning("the worker begins anew: %s", " ".join(str(error).split()) or type(error).__name__)
            await _pause(HEARTBEAT / 4)

    async def _take_over(self) -> None:
        """Give the jobs of workers that have died back to the queue."""
        while True:
            await _pause(HEARTBEAT)
            with suppress(procrastinate.exceptions.ProcrastinateException, psycopg.Error):
                for job in await self._queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER):
                    with suppress(procrastinate.exceptions.ProcrastinateException):  # another one was faster
                        await self._queue.job_manager.retry_job(job)
                        self.takeovers += 1
                        _log.info("job %s of a worker that has died is done again", job.id)


async def _pause(seconds: float) -> None:
    passed = asyncio.Event()
    asyncio.get_running_loop().call_later(seconds, passed.set)
    await passed.wait()

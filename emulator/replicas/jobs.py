"""What jobs do: they play runs, read files into vector stores, and let time pass."""

from collections.abc import Callable
from typing import Final

from procrastinate import App, JobContext

from emulator.domain.measures import JOB_SECONDS, JOBS, Measures
from emulator.engine import timers
from emulator.engine.job_runs import PLAY, SIGNAL, JobRuns
from emulator.engine.stored_ingestions import INGEST, StoredIngestions
from emulator.replicas.queue import Jobs, add_tasks
from emulator.service.namespaces import Namespaces

_ENDED: Final = "ended"
_FAILED: Final = "failed"


class Work:
    """Does jobs in the namespaces of a server, and counts them. seconds: of a clock that only goes forward."""

    def __init__(self, namespaces: Namespaces, jobs: Jobs, measures: Measures, seconds: Callable[[], float]) -> None:
        self._namespaces = namespaces
        self._jobs = jobs
        self._measures = measures
        self._seconds = seconds

    async def play(self, context: JobContext, ns: str, run_id: str, generation: str) -> None:
        """Play a run up to its next pause."""
        runs = (await self._namespaces.open(ns)).runs
        began, outcome = self._seconds(), _FAILED
        try:
            if isinstance(runs, JobRuns) and await runs.play(run_id, generation, context.job.id):
                self._jobs.has_ended(context.job.id or 0)
            outcome = _ENDED
        finally:
            self._count(PLAY, outcome, began)

    async def fire(self, _context: JobContext, ns: str) -> None:
        """Let go on what is due on the clock of a namespace."""
        began, outcome = self._seconds(), _FAILED
        try:
            await timers.fire_due(await self._namespaces.open(ns))
            outcome = _ENDED
        finally:
            self._count(timers.TASK, outcome, began)

    async def ingest(self, _context: JobContext, ns: str, ingestion_id: str) -> None:
        """Read files into a vector store."""
        ingestions = (await self._namespaces.open(ns)).ingestions
        began, outcome = self._seconds(), _FAILED
        try:
            if isinstance(ingestions, StoredIngestions):
                await ingestions.ingest(ingestion_id)
            outcome = _ENDED
        finally:
            self._count(INGEST, outcome, began)

    async def read_on(self, ns: str, run_id: str) -> bool:
        """Let a run go on that has waited for those who read its stream; return whether its namespace is there."""
        namespace = await self._namespaces.peek(ns)
        if namespace.is_stored and isinstance(namespace.runs, JobRuns):
            await namespace.runs.read_on(run_id)
        return namespace.is_stored

    def _count(self, task: str, outcome: str, began: float) -> None:
        self._measures.count(JOBS, task=task, outcome=outcome)
        self._measures.observe(JOB_SECONDS, self._seconds() - began, task=task)

    def heard(self, payload: str) -> None:
        """Let a run look that is in hand here. payload: its namespace and its id."""
        ns, _, run_id = payload.partition("/")
        if (namespace := self._namespaces.remembered(ns)) is not None and isinstance(namespace.runs, JobRuns):
            namespace.runs.heard(run_id)


def attach(queue: App, work: Work, namespaces: Namespaces) -> None:
    """Let the jobs of a queue move the namespaces of a server."""
    add_tasks(queue, work.play, work.fire, work.ingest)
    if (bus := namespaces.documents.database.bus) is not None:
        bus.subscribe(SIGNAL, work.heard)

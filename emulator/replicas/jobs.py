"""What jobs do: they play runs, read files into vector stores, and let time pass."""

from procrastinate import App

from emulator.engine import timers
from emulator.engine.job_runs import SIGNAL, JobRuns
from emulator.engine.stored_ingestions import StoredIngestions
from emulator.replicas.queue import add_tasks
from emulator.service.namespaces import Namespaces


def attach(queue: App, namespaces: Namespaces) -> None:
    """Let the jobs of a queue move the namespaces of a server."""

    async def play(ns: str, run_id: str, generation: str) -> None:
        if isinstance(runs := (await namespaces.open(ns)).runs, JobRuns):
            await runs.play(run_id, generation)

    async def fire(ns: str) -> None:
        await timers.fire_due(await namespaces.open(ns))

    async def ingest(ns: str, ingestion_id: str) -> None:
        if isinstance(ingestions := (await namespaces.open(ns)).ingestions, StoredIngestions):
            await ingestions.ingest(ingestion_id)

    def signal(payload: str) -> None:
        ns, _, run_id = payload.partition("/")
        if (namespace := namespaces.remembered(ns)) is not None and isinstance(namespace.runs, JobRuns):
            namespace.runs.heard(run_id)

    add_tasks(queue, play, fire, ingest)
    if (bus := namespaces.documents.database.bus) is not None:
        bus.subscribe(SIGNAL, signal)

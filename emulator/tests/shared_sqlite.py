"""A database of SQLite that says it is shared, with a queue of jobs in it: what the engine does with jobs, in one process.

So the tests of the engine run as they do on PostgreSQL, without a server. Each job is a task here, and all of them are
what a queue promises: none is lost, those of one lock follow each other, and one may be done again.
"""

import asyncio
import json
import time
from collections.abc import Callable

from emulator.engine.job_runs import PLAY, SIGNAL, JobRuns
from emulator.engine.timers import TASK, fire_due
from emulator.store.database import Job, nothing
from emulator.store.namespace_row import COLUMNS, NamespaceRow
from emulator.store.sqlite.connection import Connection, SqliteSession
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import SHARED

_JOBS = (
    "CREATE TABLE IF NOT EXISTS jobs (id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT, ns TEXT, about TEXT, lock TEXT,"
    " at REAL, is_doing INTEGER DEFAULT 0)"
)


class LocalBus:
    """What is heard by the one process that there is."""

    def __init__(self):
        self.calls = {}

    def subscribe(self, topic, call):
        self.calls.setdefault(topic, []).append(call)
        return lambda: self.calls[topic].remove(call)

    def on_gap(self, call):
        return lambda: None

    async def send(self, topic, payload):
        self.hear(topic, payload)

    def hear(self, topic, payload):
        for call in tuple(self.calls.get(topic, ())):
            asyncio.get_running_loop().call_soon(call, payload)


class SharedSqlite(Connection):
    """The database.

    on_jobs: called when there are new ones. dies_at: asked before and after each commit of a run whether the process
    dies there.
    """

    is_shared = True

    def __init__(self, path):
        super().__init__(open_database(path).driver)
        self.bus: LocalBus = LocalBus()
        self.on_jobs: Callable[[], None] = lambda: None
        self.dies_at: Callable[[bool], bool] = lambda _: False
        for statement in (statement for table in SHARED for statement in table.ddl):
            self.driver.execute(
                statement.replace("CREATE TABLE", "CREATE TABLE IF NOT EXISTS").replace(
                    "CREATE INDEX", "CREATE INDEX IF NOT EXISTS"
                )
            )
        self.driver.execute(_JOBS)

    async def begin(self, ns):
        await self.turns.take()
        return SharedSession(self, ns)


class SharedSession(SqliteSession):
    __slots__ = ("_database", "_ended", "_jobs", "_notes", "namespace")

    def __init__(self, database, ns):
        super().__init__(database)
        select = f"SELECT {', '.join(COLUMNS)} FROM namespaces WHERE ns = ?"
        row = database.driver.execute(select, (ns,)).fetchone() if ns else None
        self.namespace = NamespaceRow(dict(zip(COLUMNS, row, strict=True)) if row is not None else {}) if ns else None
        self._database = database
        self._notes, self._jobs, self._ended = [], [], []

    def notify(self, topic, payload):
        self._notes.append((topic, payload))

    def defer(self, job: Job):
        self._jobs.append(job)

    def end_job(self, job_id):
        self._ended.append(job_id)

    async def commit(self, then=nothing):
        self._die(is_kept=False)
        rows = [(job.task, job.ns, json.dumps(dict(job.about)), job.lock, job.at) for job in self._jobs]
        if rows:
            self.add("INSERT INTO jobs (task, ns, about, lock, at) VALUES (?, ?, ?, ?, ?)", rows)
        if self._ended:
            self.add("DELETE FROM jobs WHERE id = ?", [(job_id,) for job_id in self._ended])
        await super().commit(then)
        for topic, payload in self._notes:
            self._database.bus.hear(topic, payload)
        if rows or self._ended:
            self._database.on_jobs()
        self._die(is_kept=True)

    def _die(self, *, is_kept):
        name = asyncio.current_task().get_name()
        if name.startswith("run ") and self._database.dies_at(is_kept):
            raise Killed


class Killed(BaseException):
    """The process is gone that had a job in hand."""


class QueueOfTasks:
    """Does the jobs of a database, as tasks."""

    def __init__(self, database: SharedSqlite, namespaces):
        self.database, self.namespaces = database, namespaces
        self.tasks: set[asyncio.Task[None]] = set()
        self.is_stopped = False
        database.on_jobs = self.look
        if database.bus is not None:
            database.bus.subscribe(SIGNAL, self._signal)
        database.driver.execute("UPDATE jobs SET is_doing = 0")

    def look(self):
        """Do what can be done now."""
        if self.is_stopped:
            return
        found = self.database.driver.execute(
            "SELECT id, task, ns, about, at FROM jobs WHERE is_doing = 0 AND (lock IS NULL OR NOT EXISTS"
            " (SELECT 1 FROM jobs AS other WHERE other.lock = jobs.lock AND other.id < jobs.id)) ORDER BY id"
        ).fetchall()
        for job_id, task, ns, about, at in found:
            if at is not None and at > time.time():
                asyncio.get_running_loop().call_later(at - time.time(), self.look)
                continue
            self.database.driver.execute("UPDATE jobs SET is_doing = 1 WHERE id = ?", (job_id,))
            doing = asyncio.create_task(self._do(job_id, task, ns, json.loads(about)))
            self.tasks.add(doing)
            doing.add_done_callback(self.tasks.discard)

    async def _work(self, job_id, task, ns, about):
        namespace = await self.namespaces.open(ns)
        if task == TASK:
            await fire_due(namespace)
        elif task == PLAY and isinstance(namespace.runs, JobRuns):
            await namespace.runs.play(**about, job_id=job_id)

    async def _do(self, job_id, task, ns, about):
        try:
            await self._work(job_id, task, ns, about)
        except asyncio.CancelledError:
            raise
        except (Exception, Killed):  # noqa: BLE001 - whatever it was, the job is done once more
            if not self.is_stopped and not self.database.closed:
                self.database.driver.execute("UPDATE jobs SET is_doing = 0 WHERE id = ?", (job_id,))
                asyncio.get_running_loop().call_later(0.01, self.look)
            return
        if not self.is_stopped and not self.database.closed:
            self.database.driver.execute("DELETE FROM jobs WHERE id = ?", (job_id,))
            self.look()

    def _signal(self, payload):
        ns, _, run_id = payload.partition("/")
        if (namespace := self.namespaces.remembered(ns)) is not None:
            namespace.runs.heard(run_id)

    def stop(self):
        """Do nothing more, as a process that was killed."""
        self.is_stopped = True
        for task in self.tasks:
            task.cancel()

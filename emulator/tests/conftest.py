import asyncio
import os
from functools import partial
from typing import Any, NamedTuple

import pytest

import scripted_models
from contract_tests.postgres.fixtures import (  # noqa: F401
    database,
    empty_database,
    migrated,
    postgres,
    pytest_itemcollected,
)
from emulator.clock import make_clock
from emulator.domain.actions import Fail
from emulator.domain.config import ClockStart, NamespaceConfig
from emulator.domain.errors import ApiError
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Turn
from emulator.engine.job_runs import JobRuns
from emulator.engine.local_runs import LocalRuns
from emulator.engine.settlements import Settlements
from emulator.ids import SeededIds
from emulator.service import assistants, clocks, run_control, runs, threads
from emulator.service.namespaces import Namespaces
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.store.documents import Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import JournalEntry, Message, ReportLine, Run, RunAction, RunProgress, RunStep
from emulator.tests.shared_sqlite import QueueOfTasks, SharedSqlite
from emulator.transcripts.apis import transcript_of
from emulator.wire.assistants import CreateAssistant
from emulator.wire.history.behaviors import behaviors_of
from emulator.wire.pieces import Pieces
from emulator.wire.runs import CreateRun
from emulator.wire.threads import CreateThread

START = 1_767_603_600.0
# Plays runs as they are where several processes share a database: ``jobs``, or as in one process.
PLAYED_BY = os.environ.get("EMULATOR_RUNS", "local")
# Seconds of the machine for what takes a few milliseconds.
PATIENCE = 5
QUESTION = {"messages": [{"role": "user", "content": "what now?"}]}


class Delta(NamedTuple):
    event: str
    data: dict[str, Any]


class StubBackend:
    """A backend that begins a turn with whatever a test put there."""

    def __init__(self, begin):
        self.begin = begin
        self.views = []

    def turn(self, view):
        self.views.append(view)
        given = self.begin(view) if callable(self.begin) else self.begin
        return Turn(iter(given)) if isinstance(given, list) else given


class Engine:
    """Everything below the API, without a server: a run is begun, watched, moved, and left behind."""

    def __init__(self, folder, begin=None, *, db=None, mode="frozen", played_by=PLAYED_BY):
        self.folder, self.db, self.mode, self.played_by = folder, db, mode, played_by
        self.backend = StubBackend(begin if begin is not None else [Fail()])
        self.open()

    def open(self):
        by_jobs = self.played_by == "jobs"
        opened = SharedSqlite(self.db) if by_jobs else open_database(self.db)
        self.documents = Documents(opened, Journal())
        self.namespaces = Namespaces(
            documents=self.documents,
            blobs=FolderBlobs(self.folder / "blobs"),
            make_clock=make_clock,
            make_ids=SeededIds,
            scripts=ScriptRegistry(scripted_models.load, ServerScripts(self.backend)),
            config=NamespaceConfig(seed=5, clock=ClockStart(self.mode, START)),
            behaviors_of=behaviors_of,
            transcripts=transcript_of,
            make_runs=partial(JobRuns, settlements=Settlements(opened.bus)) if by_jobs else LocalRuns,
        )
        self.queue = QueueOfTasks(opened, self.namespaces) if by_jobs else None
        if by_jobs:
            self.queue.look()

    @property
    def namespace(self):
        return self.namespaces.remembered("default")

    async def begin(self, *, on=None, **fields):
        """Begin a run on a new thread, or on one that is there; return its task, which has not started yet."""
        await self.namespaces.open("default")
        self.assistant = await assistants.create(self.namespace, CreateAssistant(model="gpt-4o"))
        if on is not None:
            self.thread = await threads.retrieve(self.namespace, on)
        else:
            self.thread = await threads.create(self.namespace, CreateThread.model_validate(QUESTION))
        self.before, self.follower = [], self.documents.journal.follow("default")
        body = CreateRun(assistant_id=self.assistant["id"], **fields)
        self.run_id = (await runs.create(self.namespace, self.thread["id"], body))["id"]
        return self.task

    @property
    def task(self):
        """The task of the thread's run; None where nobody plays it."""
        if self.played_by == "jobs":
            return self.namespace.runs._playing.get(self.run_id)
        return self.namespace.runs._by_thread.get(self.thread["id"])

    @property
    def unfinished(self):
        """What is kept of runs only as long as they are not over."""
        return self.rows(RunProgress) if self.played_by == "jobs" else self.namespace.runs._by_thread

    async def play(self, **fields):
        """Begin a run and let it settle."""
        task = await self.begin(**fields)
        async with asyncio.timeout(PATIENCE):
            await self.namespace.runs.settle(self.thread["id"])
        return task

    async def settle(self):
        async with asyncio.timeout(PATIENCE):
            await self.namespace.runs.settle(self.thread["id"])

    async def advance(self, seconds):
        """Move the clock as the control API does."""
        return await clocks.advance(self.namespace, seconds)

    async def pass_time(self, seconds):
        """Let time pass as it does by itself: whatever can be stored."""
        await self.namespace.settle()
        fired = await self.namespace.advance(seconds)
        async with self.namespace.transaction() as tx:
            self.namespace.store(tx)
        return fired

    async def signal(self, signal, **data):
        """Ask something of the run as a request does, but without letting it settle before."""
        async with self.namespace.transaction() as tx:
            row = await tx.get(Run, self.run_id)
            await self.namespace.runs.signal(tx, row, signal, **data)

    async def submit(self, outputs):
        """Hand in outputs by the ids of their calls."""
        await self.signal(Signal.SUBMIT, outputs=outputs)

    async def submit_answers(self, answers):
        """Hand in what calls go on with, by their ids."""
        await self.signal(Signal.SUBMIT, answers=answers)

    async def cancel(self):
        await self.signal(Signal.CANCEL)

    async def memory(self, thread_id="", assistant_id=""):
        async with self.namespace.transaction() as tx:
            return await self.namespace.memory(tx, thread_id, assistant_id)

    async def release(self, hold):
        """Release the run; return whether it was held there."""
        try:
            await run_control.release(self.namespace, self.run_id, hold)
        except ApiError:
            return False
        return True

    async def go_on(self):
        """Release the run from wherever its script holds it; return whether it was held."""
        held = (self.waits_for or "").partition("hold:")[2]
        return bool(held) and await self.release(held)

    async def set_pace(self, pace):
        await self.namespaces.put("default", {"pace": pace})

    async def step(self, until=None):
        return await run_control.step(self.namespace, self.run_id, until)

    @property
    def waits_for(self):
        return self.rows(Run, id=self.run_id)[0]["waits_for"]

    async def crash(self):
        """Leave without a word, as a killed server does, and come back on the same file."""
        self.namespace.runs.stop()
        if self.queue is not None:
            self.queue.stop()
        await asyncio.sleep(0)
        self.documents.database.close()
        self.before += self.follower.take()
        self.open()
        self.follower = self.documents.journal.follow("default")
        await self.namespaces.resume()
        await self.namespaces.open("default")
        await self.namespace.settle()

    async def close(self):
        if self.queue is not None:
            self.queue.stop()
        if not self.documents.database.closed:
            await self.namespaces.stop()

    def rows(self, table, *, heavy=False, **where):
        """Return rows as they were committed."""
        select = self.documents.statements.every(table, ("ns", *where), heavy)
        ns = "default" if table.stays or self.namespace is None else self.namespace.generation
        return select.rows(self.documents.database.driver.execute(select.text, (ns, *where.values())))

    @property
    def run(self):
        return self.rows(Run, id=self.run_id)[0]["doc"]

    @property
    def steps(self):
        return [row["doc"] for row in self.rows(RunStep, run_id=self.run_id)]

    @property
    def messages(self):
        return [row["doc"] for row in self.rows(Message, run_id=self.run_id)]

    @property
    def texts(self):
        return ["".join(part["text"]["value"] for part in doc["content"]) for doc in self.messages]

    @property
    def log(self):
        return self.rows(RunAction, run_id=self.run_id)

    @property
    def report(self):
        return [(row["kind"], row["doc"]) for row in self.rows(ReportLine)]

    @property
    def events(self):
        """Names of the run's events that are no deltas, in their order."""
        entries = [*self.before, *self.follower._waiting]
        return [entry.event for entry in entries if entry.run_id == self.run_id and not entry.is_delta]

    @property
    def statuses(self):
        """What the run went through, as the journal has it and its own timeline."""
        in_journal = [row["status"] for row in self.rows(JournalEntry, object_id=self.run_id)]
        (row,) = self.rows(Run, heavy=True, id=self.run_id)
        assert [change["status"] for change in row["timeline"]] == in_journal
        return in_journal

    @property
    def used(self):
        """The run's usage, the three counts that every date shows."""
        return {name: self.run["usage"][name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}

    @property
    def deltas(self):
        """The deltas that a follower received since the run began, one by one."""
        entries = [entry for entry in self.follower._waiting if entry.is_delta]
        return [
            Delta(entry.event, data)
            for entry in entries
            for data in (entry.data if isinstance(entry.data, Pieces) else [entry.data])
        ]

    async def answer(self, *outputs):
        """Hand in the outputs of the calls that the run waits for, in their order."""
        await self.submit(dict(zip(self.calls(), outputs, strict=True)))
        await self.settle()

    def calls(self):
        return [call["id"] for call in self.run["required_action"]["submit_tool_outputs"]["tool_calls"]]


@pytest.fixture
async def engine(tmp_path):
    """Return a function that starts an engine for what a script does."""
    started = []

    def start(begin=None, **options):
        started.append(Engine(tmp_path, begin, **options))
        return started[-1]

    yield start
    for one in started:
        await one.close()


@pytest.fixture
async def documents():
    documents = Documents(open_database(None), Journal())
    yield documents
    documents.database.close()

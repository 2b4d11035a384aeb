import asyncio

import pytest

import scripted_models
from emulator.clock import make_clock
from emulator.domain.actions import Fail
from emulator.domain.config import ClockStart, NamespaceConfig
from emulator.domain.ports import Turn
from emulator.ids import SeededIds
from emulator.service import assistants, runs, threads
from emulator.service.namespaces import Namespaces
from emulator.service.scripts import ScriptRegistry, ServerScripts
from emulator.store.blobs import Blobs
from emulator.store.database import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import JournalEntry, Message, ReportLine, Run, RunAction, RunStep
from emulator.wire.assistants import CreateAssistant
from emulator.wire.runs import CreateRun
from emulator.wire.threads import CreateThread

START = 1_767_603_600.0
QUESTION = {"messages": [{"role": "user", "content": "what now?"}]}


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

    def __init__(self, folder, begin=None, *, db=None, mode="frozen"):
        self.folder, self.db, self.mode = folder, db, mode
        self.backend = StubBackend(begin if begin is not None else [Fail()])
        self.open()

    def open(self):
        self.documents = Documents(open_database(self.db), Journal())
        self.namespaces = Namespaces(
            documents=self.documents,
            blobs=Blobs(self.folder / "blobs"),
            make_clock=make_clock,
            make_ids=SeededIds,
            scripts=ScriptRegistry(self.documents, scripted_models.load, ServerScripts(self.backend)),
            config=NamespaceConfig(seed=5, clock=ClockStart(self.mode, START)),
        )

    @property
    def namespace(self):
        return self.namespaces.open("default")

    async def begin(self, *, on=None, **fields):
        """Begin a run on a new thread, or on one that is there; return its task, which has not started yet."""
        self.assistant = assistants.create(self.namespace, CreateAssistant(model="gpt-4o"))
        if on is not None:
            self.thread = threads.retrieve(self.namespace, on)
        else:
            self.thread = threads.create(self.namespace, CreateThread.model_validate(QUESTION))
        self.follower = self.documents.journal.follow("default")
        body = CreateRun(assistant_id=self.assistant["id"], **fields)
        self.run_id = (await runs.create(self.namespace, self.thread["id"], body))["id"]
        return self.namespace.runs.active(self.thread["id"])

    async def play(self, **fields):
        """Begin a run and let it settle."""
        task = await self.begin(**fields)
        await self.namespace.runs.settle(self.thread["id"])
        return task

    async def settle(self):
        await self.namespace.runs.settle(self.thread["id"])

    async def advance(self, seconds):
        """Move the clock as the control API does."""
        fired = await self.namespace.advance(seconds)
        self.namespace.store()
        return fired

    async def crash(self):
        """Leave without a word, as a killed server does, and come back on the same file."""
        for task in self.namespace.runs:
            task.stop()
        await asyncio.sleep(0)
        self.documents.connection.close()
        self.open()
        self.namespaces.resume()
        await self.namespace.settle()

    async def close(self):
        if not self.documents.connection.closed:
            await self.namespaces.stop()

    @property
    def run(self):
        return self.documents.get(Run, "default", self.run_id)["doc"]

    @property
    def steps(self):
        return [row["doc"] for row in self.documents.all(RunStep, "default", run_id=self.run_id)]

    @property
    def messages(self):
        return [row["doc"] for row in self.documents.all(Message, "default", run_id=self.run_id)]

    @property
    def texts(self):
        return ["".join(part["text"]["value"] for part in doc["content"]) for doc in self.messages]

    @property
    def log(self):
        return self.documents.all(RunAction, "default", run_id=self.run_id)

    @property
    def report(self):
        return [(row["kind"], row["doc"]) for row in self.documents.all(ReportLine, "default")]

    @property
    def events(self):
        """Names of the events that were kept, in their order."""
        return [row["event"] for row in self.documents.all(JournalEntry, "default", run_id=self.run_id)]

    @property
    def statuses(self):
        """What the run went through."""
        rows = self.documents.all(JournalEntry, "default", run_id=self.run_id)
        return [
            row["doc"]["status"]
            for row in rows
            if row["event"].startswith("thread.run.") and ".step." not in row["event"]
        ][1:]

    @property
    def used(self):
        """The run's usage, the three counts that every date shows."""
        return {name: self.run["usage"][name] for name in ("prompt_tokens", "completion_tokens", "total_tokens")}

    @property
    def deltas(self):
        """The deltas that a follower received since the run began."""
        return [entry for entry in self.follower._waiting if entry.event.endswith(".delta")]

    async def answer(self, *outputs):
        """Hand in the outputs of the calls that the run waits for, in their order."""
        self.namespace.runs.active(self.thread["id"]).submit(dict(zip(self.calls(), outputs, strict=True)))
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
def documents():
    documents = Documents(open_database(None), Journal())
    yield documents
    documents.connection.close()

import asyncio

import pytest

import scripted_models
from emulator.clock import make_clock
from emulator.domain.actions import Fail
from emulator.domain.ports import Turn
from emulator.ids import SeededIds
from emulator.service import assistants, runs, threads
from emulator.service.shelf import ScriptShelf, ServerScripts
from emulator.service.worlds import Worlds
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


class Plays:
    """A backend that begins a turn with whatever a test put there."""

    def __init__(self, begin):
        self.begin = begin
        self.views = []

    def turn(self, view):
        self.views.append(view)
        given = self.begin(view) if callable(self.begin) else self.begin
        return Turn(iter(given)) if isinstance(given, list) else given


class Stage:
    """Everything below the doors, without a server: a run is begun, watched, moved, and left behind."""

    def __init__(self, folder, begin=None, *, db=None, mode="frozen"):
        self.folder, self.db, self.mode = folder, db, mode
        self.backend = Plays(begin if begin is not None else [Fail()])
        self.open()

    def open(self):
        self.documents = Documents(open_database(self.db), Journal())
        self.worlds = Worlds(
            documents=self.documents,
            blobs=Blobs(self.folder / "blobs"),
            make_clock=make_clock,
            make_ids=SeededIds,
            shelf=ScriptShelf(self.documents, scripted_models.load, ServerScripts(self.backend)),
            setup={
                "seed": 5,
                "clock": {"mode": self.mode, "at": START, "speed": 1.0},
                "wire": "2026-08-25",
                "pace": {"progression": "immediate"},
                "models": [],
                "v1": "served",
                "sunset": False,
                "strict": False,
            },
            parse_instant=float,
        )

    @property
    def world(self):
        return self.worlds.get("default")

    async def begin(self, **fields):
        """Begin a run on a new thread; return its driver, whose task has not begun."""
        self.assistant = await _kept(assistants.create(self.world, CreateAssistant(model="gpt-4o")))
        self.thread = await _kept(threads.create(self.world, CreateThread.model_validate(QUESTION)))
        self.follower = self.documents.journal.follow("default")
        body = CreateRun(assistant_id=self.assistant["id"], **fields)
        self.run_id = (await runs.create(self.world, self.thread["id"], body))["id"]
        return self.world.drivers[self.thread["id"]]

    async def play(self, **fields):
        """Begin a run and let it settle."""
        driver = await self.begin(**fields)
        await self.world.settle(self.thread["id"])
        return driver

    async def settle(self):
        await self.world.settle(self.thread["id"])

    async def advance(self, seconds):
        """Move the clock as the control API does."""
        fired = await self.world.advance(seconds)
        self.world.keep_setup()
        return fired

    async def crash(self):
        """Leave without a word, as a killed server does, and come back on the same file."""
        for driver in tuple(self.world.drivers.values()):
            driver.stop()
        await asyncio.sleep(0)
        self.documents.connection.close()
        self.open()
        self.worlds.resume()
        await self.world.settle_all()

    def close(self):
        if not self.documents.connection.closed:
            self.worlds.stop()

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
        """The deltas that were told to a follower since the run began."""
        return [entry for entry in self.follower._waiting if entry.event.endswith(".delta")]

    async def answer(self, *outputs):
        """Hand in the outputs of the calls that the run waits for, in their order."""
        self.world.drivers[self.thread["id"]].submit(dict(zip(self.calls(), outputs, strict=True)))
        await self.settle()

    def calls(self):
        return [call["id"] for call in self.run["required_action"]["submit_tool_outputs"]["tool_calls"]]


async def _kept(made):
    return await made if hasattr(made, "__await__") else made


@pytest.fixture
def stage(tmp_path):
    """Return a function that sets a stage for what a script does."""
    made = []

    def build(begin=None, **options):
        made.append(Stage(tmp_path, begin, **options))
        return made[-1]

    yield build
    for one in made:
        one.close()


@pytest.fixture
def documents():
    documents = Documents(open_database(None), Journal())
    yield documents
    documents.connection.close()

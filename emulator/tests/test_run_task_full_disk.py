"""Writes that fail, as on a full disk: nothing is half done, nothing is done twice, and nothing waits for a restart."""

import asyncio
import json
from itertools import chain
from sqlite3 import OperationalError
from types import SimpleNamespace

import pytest

from emulator.api.streaming import _chunks
from emulator.domain.actions import (
    Call,
    Calls,
    Goto,
    Hold,
    Refuse,
    Remember,
    RunCode,
    Say,
    Stream,
    Wait,
)
from emulator.domain.config import ClockChange, Pace
from emulator.domain.lifecycle import RUN_TERMINAL, Signal
from emulator.domain.observations import ObservedStream
from emulator.domain.ports import Turn
from emulator.engine import corpus, local_runs
from emulator.service import clocks, files, messages, runs, steps, threads, vector_stores
from emulator.service.lookup import ListQuery
from emulator.store.blobs import receive_all
from emulator.store.tables import ALL, File, VectorStoreFile
from emulator.wire.history.wires import wire
from emulator.wire.runs import CreateRun, SubmitToolOutputs
from emulator.wire.vector_stores import CreateVectorStore

SLOW = Stream(tps=1)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
FULL = "database or disk is full"
CHANGES = ("INSERT", "UPDATE", "DELETE")


class Disk:
    """A driver that fails as on a full disk. at: which statements do. room: so many more of them succeed; None: all."""

    def __init__(self, driver, at):
        self._driver = driver
        self._at = at
        self.room = None
        self.failures = 0
        self.failed_thrice = asyncio.Event()

    def fill(self, room=0):
        self.room = room

    def make_room(self):
        self.room = None

    def execute(self, text, *values):
        self._check(text)
        return self._driver.execute(text, *values)

    def executemany(self, text, values):
        self._check(text)
        return self._driver.executemany(text, values)

    def _check(self, text):
        if self.room is None or not text.startswith(CHANGES if self._at == "a change" else self._at.upper()):
            return
        if self.room > 0:
            self.room -= 1
            return
        self.failures += 1
        if self.failures == 3:
            self.failed_thrice.set()
        raise OperationalError(FULL)

    def close(self):
        self._driver.close()


@pytest.fixture
def engine_on_disk(engine, tmp_path):
    """Return a function that starts an engine on a file whose disk can be filled."""

    def start(begin, *, at="commit", **options):
        s = engine(begin, db=tmp_path / "engine_on_disk.db", **options)
        s.disk = s.documents.database.driver = Disk(s.documents.database.driver, at)
        return s

    return start


anywhere = pytest.mark.parametrize("at", ["begin", "a change", "commit"])


def everything(s):
    """All rows of the file."""
    return {table.name: s.documents.database.driver.execute(f"SELECT * FROM {table.name}").fetchall() for table in ALL}


def told(s):
    """What the followers were told: the statuses of everything, and the pieces of texts."""
    entries = [entry for entry in s.follower._waiting if entry.run_id == s.run_id]
    return list(chain.from_iterable(_told(entry) for entry in entries))


def _told(entry):
    if not entry.is_delta:
        return [(entry.event, entry.data.get("status"))]
    shown = entry.data if not isinstance(entry.data, dict) else [entry.data]
    return [(entry.event, _pieces(data["delta"])) for data in shown]


def _pieces(delta):
    """Return a delta without ids, which are made anew."""
    if isinstance(delta, dict):
        return {name: _pieces(value) for name, value in delta.items() if name not in ("id", "file_id")}
    return [_pieces(one) for one in delta] if isinstance(delta, list) else delta


async def story(s):
    """What a client sees in the end, but for ids."""
    shown = [
        (doc["status"], doc["type"], doc["usage"], _pieces(doc["step_details"].get("tool_calls", ())))
        for doc in s.steps
    ]
    written = [(doc["status"], _pieces(doc["content"])) for doc in s.messages]
    memory = (await s.memory(s.thread["id"])).scopes.get(f"thread:{s.thread['id']}")
    return s.run["status"], s.run["usage"], s.statuses, shown, written, memory, len(s.rows(File))


async def read(s):
    """Ask for everything that only reads, as clients do; return the run."""
    where = s.namespace, s.thread["id"]
    await threads.retrieve(*where)
    await runs.listing(*where, ListQuery())
    await messages.listing(*where, ListQuery())
    await steps.listing(*where, s.run_id, ListQuery())
    return await runs.retrieve(*where, s.run_id)


async def hand_in(s):
    """Hand in outputs as a client does."""
    calls = (await runs.retrieve(s.namespace, s.thread["id"], s.run_id))["required_action"]["submit_tool_outputs"]
    outputs = [{"tool_call_id": call["id"], "output": f"out {n}"} for n, call in enumerate(calls["tool_calls"])]
    body = SubmitToolOutputs(tool_outputs=outputs)
    return await runs.submit_tool_outputs(s.namespace, s.thread["id"], s.run_id, body)


async def cancel(s):
    return await runs.cancel(s.namespace, s.thread["id"], s.run_id)


async def release(s):
    assert await s.release("gate")


async def start_another(s):
    s.run_id = (await runs.create(s.namespace, s.thread["id"], CreateRun(assistant_id=s.assistant["id"])))["id"]


# --- requests --------------------------------------------------------------------------------------------------------


@anywhere
@pytest.mark.parametrize(
    "script,request_,end",
    [
        ([Call("f"), Say("x")], hand_in, "completed"),
        ([Call("f"), Say("x")], cancel, "cancelled"),
        ([Say("one two three", stream=SLOW)], cancel, "cancelled"),
        ([Hold("gate"), Say("x")], release, "completed"),
        ([Say("x")], start_another, "completed"),
    ],
    ids=["outputs", "cancel", "cancel in a stream", "release", "start"],
)
async def test_a_request_that_cannot_be_written_changes_nothing_and_works_as_soon_as_there_is_room(
    engine_on_disk, script, request_, end, at
):
    s = engine_on_disk(lambda view: iter(script), at=at)
    await s.play()
    before, heard = everything(s), told(s)
    s.disk.fill()
    for _ in range(2):
        with pytest.raises(OperationalError, match=FULL):
            await request_(s)
        assert await read(s) == s.run
    assert (everything(s), told(s)) == (before, heard)
    s.disk.make_room()
    await request_(s)
    assert (await read(s))["status"] == end
    assert s.task is None
    await s.crash()
    assert s.run["status"] == end


async def test_the_same_with_the_failure_of_sqlite_itself(engine_on_disk):
    s = engine_on_disk([Call("f"), Say("x")])
    await s.play()
    before = everything(s)
    (pages,) = s.disk.execute("PRAGMA page_count").fetchone()
    s.disk.execute(f"PRAGMA max_page_count = {pages}")
    outputs = dict.fromkeys(s.calls(), "long " * 20000)
    for _ in range(2):
        with pytest.raises(OperationalError, match=FULL):
            await s.submit(outputs)
        assert (await read(s))["status"] == "requires_action"
    assert everything(s) == before
    s.disk.execute("PRAGMA max_page_count = 1000000")
    await s.submit(outputs)
    assert (await read(s))["status"] == "completed"


# --- the run's own segments -------------------------------------------------------------------------------------------


@anywhere
async def test_a_run_that_cannot_be_written_after_its_outputs_came_goes_on_with_the_next_request(engine_on_disk, at):
    s = engine_on_disk([Say("first"), Call("f"), Say("a b c"), RunCode("1", logs="1"), Say("d")], at=at)
    await s.play()
    await s.submit({s.calls()[0]: "out"})
    s.disk.fill()
    await s.settle()
    assert s.disk.failures == 1
    assert (s.run["status"], s.texts, len(s.steps)) == ("queued", ["first"], 2)
    for failures in (2, 7):  # one for each request
        assert (await runs.retrieve(s.namespace, s.thread["id"], s.run_id))["status"] == "queued"
        assert s.disk.failures == failures
        await read(s)
    s.disk.make_room()
    assert (await read(s))["status"] == "completed"
    assert s.texts == ["first", "a b c", "d"]
    assert s.steps[1]["step_details"]["tool_calls"][0]["function"]["output"] == "out"
    assert s.run["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in s.steps)
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]


@anywhere
async def test_a_run_that_cannot_even_begin_goes_on_with_the_next_request(engine_on_disk, at):
    s = engine_on_disk([Say("x")], at=at)
    await s.begin()
    s.disk.fill()
    assert (await read(s))["status"] == "queued"
    s.disk.make_room()
    assert (await read(s))["status"] == "completed"
    assert (s.texts, len(s.steps)) == (["x"], 1)


@anywhere
async def test_a_run_whose_end_cannot_be_written_ends_with_the_next_request(engine_on_disk, at):
    s = engine_on_disk([Say("x"), Hold("gate")], at=at)
    await s.play()
    await s.signal(Signal.RELEASE, name="gate")
    s.disk.fill()
    assert (await read(s))["status"] == "in_progress"
    s.disk.make_room()
    assert (await read(s))["status"] == "completed"
    assert s.statuses == ["queued", "in_progress", "completed"]


@anywhere
async def test_an_end_that_the_run_did_not_choose_comes_although_it_could_not_be_written_at_first(engine_on_disk, at):
    s = engine_on_disk([Say("one two", stream=SLOW)], at=at)
    await s.play()
    await s.cancel()
    s.disk.fill()
    assert (await read(s))["status"] == "cancelling"
    s.disk.make_room()
    assert (await read(s))["status"] == "cancelled"
    assert s.statuses == ["queued", "in_progress", "cancelling", "cancelled"]


@anywhere
async def test_a_run_that_expired_while_the_disk_was_full_has_expired(engine_on_disk, at):
    s = engine_on_disk([Say("one"), Hold("gate")], at=at)
    await s.play()
    s.disk.fill()
    with pytest.raises(OperationalError):
        await s.pass_time(600)
    assert (await read(s))["status"] == "in_progress"
    s.disk.make_room()
    assert (await read(s))["status"] == "expired"
    assert s.run["completed_at"] == s.run["created_at"] + 600


@anywhere
async def test_a_wait_that_ended_while_the_disk_was_full_has_ended(engine_on_disk, at):
    s = engine_on_disk([Wait(5), Say("x")], at=at)
    await s.play()
    s.disk.fill()
    with pytest.raises(OperationalError):
        await s.pass_time(5)
    s.disk.make_room()
    assert (await read(s))["status"] == "completed"
    assert s.run["completed_at"] == s.run["created_at"] + 5


async def test_advancing_the_clock_goes_on_with_runs_that_could_not_be_written(engine_on_disk):
    s = engine_on_disk(lambda view: iter([Wait(5), Say("x"), Wait(5), Say("y")]))
    started = []
    for _ in range(3):
        await s.play()
        started.append((s.run_id, s.thread))
    s.disk.fill()
    with pytest.raises(OperationalError):
        await s.pass_time(5)
    s.disk.make_room()
    fired = await s.pass_time(5)
    assert [one["event"] for one in fired].count("thread.run.completed") == 3
    for s.run_id, s.thread in started:
        assert (s.run["status"], s.texts) == ("completed", ["x", "y"])


async def test_whoever_asks_while_another_takes_the_run_up_waits_for_it_too(engine_on_disk):
    s = engine_on_disk([Hold("gate"), Say("x")])
    await s.play()
    await s.signal(Signal.RELEASE, name="gate")
    s.disk.fill()
    await s.settle()
    s.disk.make_room()
    shown = await asyncio.gather(*(runs.retrieve(s.namespace, s.thread["id"], s.run_id) for _ in range(3)))
    assert [run["status"] for run in shown] == ["completed"] * 3
    assert (s.texts, s.report) == (["x"], [])


async def test_a_run_that_cannot_be_taken_up_can_be_taken_up_later(engine_on_disk, monkeypatch):
    s = engine_on_disk([Call("f"), Say("x")])
    await s.play()
    await s.submit({s.calls()[0]: "out"})
    s.disk.fill()
    await s.settle()
    s.disk.make_room()
    with monkeypatch.context() as broken:
        broken.setattr(s.disk, "_at", "select")
        s.disk.fill()
        with pytest.raises(OperationalError):
            await s.settle()
    s.disk.make_room()
    assert (await read(s))["status"] == "completed"


async def test_a_held_run_is_released_although_it_could_not_be_written_when_it_came_there(engine_on_disk):
    s = engine_on_disk([Call("f"), Hold("gate"), Say("x")])
    await s.play()
    await s.submit({s.calls()[0]: "out"})
    s.disk.fill()
    await s.settle()
    s.disk.make_room()
    assert await s.release("gate")
    assert (s.run["status"], s.texts) == ("completed", ["x"])


async def test_a_thread_with_a_run_that_could_not_be_written_can_be_deleted(engine_on_disk):
    s = engine_on_disk([Call("f"), Say("x")])
    await s.play()
    stream = streamed(s)
    await s.submit({s.calls()[0]: "out"})
    s.disk.fill()
    await s.settle()
    s.disk.make_room()
    await threads.delete(s.namespace, s.thread["id"])
    await asyncio.wait_for(stream, 10)
    await s.namespace.settle()
    assert (s.steps, s.messages, s.task) == ([], [], None)


async def test_a_store_that_cannot_even_be_read_holds_nothing_up_afterwards(engine_on_disk, monkeypatch):
    s = engine_on_disk([Call("f"), Say("x", images=("no image",))], at="select")
    await s.play()
    roll_back = s.task.segments.roll_back

    async def roll_back_and_fail():
        await roll_back()
        s.disk.fill()

    await s.submit({s.calls()[0]: "out"})
    monkeypatch.setattr(s.task.segments, "roll_back", roll_back_and_fail)  # before the run is read again
    await s.settle()
    s.disk.make_room()
    assert (await asyncio.wait_for(read(s), 10))["status"] == "failed"


async def test_a_server_can_stop_although_the_disk_is_full(engine_on_disk):
    s = engine_on_disk([Hold("gate"), Say("x")])
    await s.play()
    s.disk.fill()
    await s.namespaces.stop()
    assert s.documents.database.closed
    s.open()
    await s.namespaces.resume()
    assert s.waits_for == "hold:gate"


# --- streams ----------------------------------------------------------------------------------------------------------


def streamed(s):
    """Read the run's stream as the API does; return the task, whose result are the names of events and the pieces."""
    follower = s.documents.journal.follow("default", s.run_id, streams=True)
    exchange = SimpleNamespace(namespace=s.namespace, observe=ObservedStream, wire=wire("v2", s.namespace.config.wire))

    async def read_all():
        text = b"".join([chunk async for chunk in _chunks(exchange, follower, content=False)]).decode()
        frames = [frame.split("\n") for frame in text.split("\n\n") if frame]
        return [(event.removeprefix("event: "), data.removeprefix("data: ")) for event, data in frames]

    return asyncio.create_task(read_all())


def texts_of(events):
    shown = [json.loads(data) for event, data in events if event == "thread.message.delta"]
    return "".join(part["text"]["value"] for one in shown for part in one["delta"]["content"])


@anywhere
async def test_a_stream_goes_on_where_it_was_when_there_is_room(engine_on_disk, at):
    s = engine_on_disk([Say("one two three", stream=SLOW), Say(" four")], at=at)
    await s.begin()
    stream = streamed(s)
    await s.settle()
    await s.pass_time(1)
    s.disk.fill()
    with pytest.raises(OperationalError):
        await s.pass_time(10)
    assert not stream.done()
    s.disk.make_room()
    await s.pass_time(10)
    events = await asyncio.wait_for(stream, 10)
    assert [event for event, _ in events][-2:] == ["thread.run.completed", "done"]
    assert texts_of(events) == "one two three four"
    assert s.texts == ["one two three", " four"]


async def test_a_stream_that_nobody_asks_about_goes_on_by_itself(engine_on_disk, monkeypatch):
    monkeypatch.setattr(local_runs, "RETRY_SECONDS", 0)
    s = engine_on_disk([Call("f"), Say("x")])
    await s.play()
    stream = streamed(s)
    s.disk.fill(1)
    await s.submit({s.calls()[0]: "out"})
    await asyncio.wait_for(s.disk.failed_thrice.wait(), 10)
    assert not stream.done()
    s.disk.make_room()
    events = await asyncio.wait_for(stream, 10)
    assert [event for event, _ in events][-2:] == ["thread.run.completed", "done"]


# --- vector stores -----------------------------------------------------------------------------------------------------


async def add_to_a_store(s):
    """Add a file to a new store, whose disk is full as soon as that is kept; return the store's id."""
    await s.namespaces.open("default")
    received = receive_all(s.namespace.blobs, b"Two miles along the mole.")
    file = await files.create(s.namespace, received, filename="a.txt", purpose="assistants")
    body = CreateVectorStore(file_ids=[file["id"]])
    store = await vector_stores.create(s.namespace, body)
    s.disk.fill()
    return store["id"]


async def retrieve_store(s, store_id):
    store = await vector_stores.retrieve(s.namespace, store_id)
    return store["status"], store["file_counts"]["in_progress"], store["file_counts"]["completed"]


@anywhere
@pytest.mark.parametrize("pace", [Pace(), Pace("polls"), Pace("time", seconds=1)], ids=lambda pace: pace.progression)
async def test_a_file_whose_reading_could_not_be_written_is_read_with_the_next_request_for_its_store(
    engine_on_disk, at, pace
):
    s = engine_on_disk(None, at=at)
    await s.namespaces.open("default")
    await s.set_pace(pace)
    store_id = await add_to_a_store(s)
    if pace.progression == "time":
        with pytest.raises(OperationalError):
            await s.pass_time(1)
    for _ in range(3):
        assert await retrieve_store(s, store_id) == ("in_progress", 1, 0)
    assert s.disk.failures > 1
    s.disk.make_room()
    assert await retrieve_store(s, store_id) == ("completed", 0, 1)


async def test_a_search_reads_a_file_whose_reading_could_not_be_written(engine_on_disk):
    s = engine_on_disk(None)
    store_id = await add_to_a_store(s)
    await retrieve_store(s, store_id)
    s.disk.make_room()
    found = await corpus.search(s.namespace, [store_id], "mole", limit=5, threshold=0.0)
    assert [hit["file_name"] for hit in found] == ["a.txt"]


async def test_a_store_whose_file_could_not_be_written_can_be_deleted(engine_on_disk):
    s = engine_on_disk(None)
    store_id = await add_to_a_store(s)
    await retrieve_store(s, store_id)
    s.disk.make_room()
    await vector_stores.delete(s.namespace, store_id)
    await s.namespace.settle()
    assert s.rows(VectorStoreFile) == []


# --- wherever it fails ------------------------------------------------------------------------------------------------


EVERYTHING = [
    RunCode("x = 1; y = 2", logs="ok", images=(PIXEL,), stream=SLOW),
    Remember({"a": 1}),
    Say("one two three", images=(PIXEL,), stream=SLOW),
    Calls(Call("f", {"a": "b c"}, stream=SLOW), Call("g", as_="h")),
    Wait(2),
    Hold("gate"),
    Refuse("no no", stream=SLOW),
    Goto("end"),
    Call("f"),
    Hold("gate"),
    Say("last"),
]


async def move(s):
    """Do what a client or the clock does next; return whether there was anything to do."""
    run = await runs.retrieve(s.namespace, s.thread["id"], s.run_id)
    if run["status"] in RUN_TERMINAL:
        return False
    if run["status"] == "requires_action":
        await hand_in(s)
    elif not await s.go_on():
        await s.pass_time(1)
    return True


async def to_the_end(s):
    for _ in range(60):
        if not await move(s):
            return
    pytest.fail(f"the run stays {s.run['status']}, waiting for {s.waits_for}")


@pytest.mark.parametrize("at", ["a change", "commit"])
@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize("script_kind", ["plain", "async"])
async def test_wherever_writes_fail_a_run_and_its_stream_end_as_if_nothing_had_happened(
    engine_on_disk, at, times, script_kind
):
    async def waiting():
        for action in EVERYTHING:
            yield action

    def script(view):
        return Turn(iter(EVERYTHING) if script_kind == "plain" else waiting(), scope=f"thread:{view.thread_id}")

    expected = engine_on_disk(script, at=at)
    await expected.play()
    await to_the_end(expected)
    whole, heard = await story(expected), told(expected)
    await expected.close()
    expected.db.unlink()
    step = 1 if at == "commit" else 4  # there are many more changes than commits
    for room in range(0, 400, step):
        s = engine_on_disk(script, at=at)
        await s.begin()
        s.disk.fill(room)
        if await fail_until(s, times):
            await to_the_end(s)
            assert await story(s) == whole, f"after {room} writes"
            assert told(s) == heard, f"after {room} writes"
        await s.close()
        s.db.unlink()
        if not s.disk.failures:
            break
    assert room > 10


async def fail_until(s, times):
    """Move the run until writes have failed so many times; return whether they have, before it was over."""
    for _ in range(200):
        try:
            if not await move(s):
                break
        except OperationalError:
            pass
        if s.disk.failures >= times:
            break
    s.disk.make_room()
    return s.disk.failures > 0


async def _change(namespace, to):
    await clocks.change(namespace, ClockChange("frozen", at=to))


async def _advance(namespace, to):
    await clocks.advance(namespace, to - namespace.clock.now())


@pytest.mark.parametrize("move", [_change, _advance])
async def test_a_clock_that_cannot_be_stored_does_not_move(engine_on_disk, move):
    s = engine_on_disk([Hold("gate")])
    await s.play()
    before = s.namespace.clock.now()
    s.disk.fill()
    with pytest.raises(OperationalError):
        await move(s.namespace, before + 5_000)
    assert s.namespace.clock.now() == before
    s.disk.make_room()
    assert (await read(s))["status"] == "in_progress"

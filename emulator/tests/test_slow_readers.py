"""Clients that read the stream of a run too slowly: the run waits for them, and for nobody else."""

import asyncio

import pytest

from emulator.domain.actions import Call, Say
from emulator.domain.lifecycle import STREAM_ENDS
from emulator.service import messages, runs, steps, threads
from emulator.service.lookup import ListQuery
from emulator.store import journal

# More than enough: a run looks at its readers after some dozens of events or actions.
MANY = [Say(f"message {n}") for n in range(100)]


@pytest.fixture(autouse=True)
def most_waiting(monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 10)


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin, **options: engine(begin, db=tmp_path / "engine_on_file.db", **options)


def follow(s, **how):
    return s.documents.journal.follow("default", s.run_id, **how)


async def held_up(s):
    """Begin a run with a reader that does not read, and let it settle; return the reader."""
    await s.begin()
    reader = follow(s, streams=True)
    await s.settle()
    return reader


async def read_on(reader):
    """Read to the end of the run, as a stream does; return the names of what came."""
    names = []
    async for batch in reader:
        for entry in batch:
            names += entry.names
        if names[-1] in STREAM_ENDS:
            break
    reader.leave()
    return names


async def retrieve(s):
    return await runs.retrieve(s.namespace, s.thread["id"], s.run_id)


async def test_a_run_waits_for_a_client_that_does_not_read_its_stream(engine):
    s = engine(MANY)
    reader = await held_up(s)
    assert reader.is_full
    assert (s.run["status"], s.waits_for) == ("in_progress", "reader")
    assert 0 < len(s.messages) < len(MANY)
    written = len(s.messages)
    for _ in range(100):
        await asyncio.sleep(0)
    assert len(s.messages) == written


async def test_a_run_that_waits_for_a_reader_has_settled_and_every_request_is_answered(engine):
    s = engine(MANY)
    await held_up(s)
    where = s.namespace, s.thread["id"]
    assert (await asyncio.wait_for(retrieve(s), 10))["status"] == "in_progress"
    page = await messages.listing(*where, ListQuery(limit=100))
    assert len(page.rows) == len(s.messages) + 1  # the question, too
    assert (await steps.listing(*where, s.run_id, ListQuery(limit=100))).rows[-1]["doc"]["status"] == "completed"
    await threads.retrieve(*where)
    await asyncio.wait_for(s.namespace.settle(), 10)
    assert await s.advance(1) == []


async def test_a_run_goes_on_as_its_reader_reads_on(engine):
    s = engine(MANY)
    reader = await held_up(s)
    names = await asyncio.wait_for(read_on(reader), 10)
    assert names.count("thread.message.completed") == len(MANY) == len(set(s.texts))
    assert names[-1] == "thread.run.completed"
    await s.settle()
    assert (s.run["status"], s.waits_for, s.task) == ("completed", None, None)


async def test_a_slow_reader_gets_what_a_quick_one_gets(engine):
    s = engine(lambda view: iter(MANY))
    await s.begin()
    quick = await asyncio.wait_for(read_on(follow(s, streams=True)), 10)
    slow = await asyncio.wait_for(read_on(await held_up(s)), 10)
    assert slow == quick


async def test_a_run_waits_for_the_slowest_of_its_readers(engine):
    s = engine(MANY)
    await s.begin()
    slow = follow(s, streams=True)
    quick = asyncio.create_task(read_on(follow(s, streams=True)))
    await s.settle()
    for _ in range(100):
        await asyncio.sleep(0)
    assert (s.waits_for, quick.done()) == ("reader", False)
    await asyncio.wait_for(read_on(slow), 10)
    assert (await asyncio.wait_for(quick, 10))[-1] == "thread.run.completed"


@pytest.mark.parametrize("how", ["leave", "close"])
async def test_a_run_goes_on_when_its_reader_has_gone(engine, how):
    s = engine(MANY)
    reader = await held_up(s)
    getattr(reader, how)()
    await asyncio.sleep(0)
    await s.settle()
    assert (s.run["status"], s.waits_for, len(s.messages)) == ("completed", None, len(MANY))


@pytest.mark.parametrize("is_lossy", [True, False])
async def test_a_run_never_waits_for_an_observer(engine, is_lossy):
    s = engine(MANY)
    await s.begin()
    observer = follow(s, is_lossy=is_lossy)
    await s.settle()
    assert (s.run["status"], observer.is_full, observer.has_gap) == ("completed", False, is_lossy)


async def test_a_run_does_not_wait_for_the_reader_of_another(engine):
    s = engine(lambda view: iter(MANY))
    reader = await held_up(s)
    held = s.run_id
    await s.play()
    assert s.run["status"] == "completed"
    s.run_id = held
    assert (s.run["status"], reader.is_full) == ("in_progress", True)


async def test_a_run_that_waits_for_a_reader_can_be_cancelled(engine):
    s = engine(MANY)
    reader = await held_up(s)
    written = len(s.messages)
    assert (await runs.cancel(s.namespace, s.thread["id"], s.run_id))["status"] == "cancelling"
    assert (await asyncio.wait_for(retrieve(s), 10))["status"] == "cancelled"
    assert (s.waits_for, len(s.messages)) == (None, written)
    names = await asyncio.wait_for(read_on(reader), 10)
    assert names[-1] == "thread.run.cancelled"
    assert names.count("thread.message.created") == written


async def test_a_run_that_waits_for_a_reader_expires_in_time(engine):
    s = engine(MANY)
    await held_up(s)
    fired = await asyncio.wait_for(s.advance(600), 10)
    assert fired[-1] == {"run": s.run_id, "event": "thread.run.expired"}
    assert (s.run["status"], s.waits_for) == ("expired", None)


async def test_a_thread_whose_run_waits_for_a_reader_can_be_deleted(engine):
    s = engine(MANY)
    reader = await held_up(s)
    task = s.task
    await threads.delete(s.namespace, s.thread["id"])
    await asyncio.wait([task._task], timeout=10)
    assert (task._task.cancelled(), s.messages) == (True, [])
    assert [batch async for batch in reader]  # what waited, and then the end


async def test_the_next_server_does_not_wait_for_the_reader_of_the_last(engine_on_file):
    s = engine_on_file(MANY)
    await held_up(s)
    await s.crash()
    assert (s.run["status"], s.waits_for, len(s.messages)) == ("completed", None, len(MANY))
    assert len(set(s.texts)) == len(MANY)


async def test_a_run_that_waited_for_a_reader_says_afterwards_what_it_waits_for(engine):
    s = engine([*MANY, Call("f"), Say("end")])
    reader = await held_up(s)
    assert (await asyncio.wait_for(read_on(reader), 10))[-1] == "thread.run.requires_action"
    assert s.waits_for == "outputs"
    await s.answer("out")
    assert s.run["status"] == "completed"


async def test_one_long_text_is_one_event_however_many_deltas_it_has(engine, monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 50)
    s = engine([Say("word " * 10_000)])
    reader = await held_up(s)
    assert (s.run["status"], reader.is_full) == ("completed", False)
    assert (await read_on(reader)).count("thread.message.delta") == 10_001

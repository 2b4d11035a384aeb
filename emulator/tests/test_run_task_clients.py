"""Runs whose thread or messages a client changes or deletes meanwhile."""

import asyncio

from emulator.domain.actions import (
    Say,
    Stream,
)  # fmt: skip
from emulator.service import messages as message_service
from emulator.service import threads as thread_service
from emulator.wire.messages import ModifyMessage

SLOW = Stream(tps=1)


async def test_deleting_a_thread_ends_its_run_unseen(engine):
    s = engine([Say("one two three", stream=SLOW)])
    task = await s.play()
    await thread_service.delete(s.namespace, s.thread["id"])
    await asyncio.sleep(0)
    assert not s.unfinished
    assert task.segments.settled.is_set()
    assert (s.steps, s.messages) == ([], [])
    assert s.events[-1] == "thread.message.in_progress"
    assert await s.advance(1000) == []


async def test_deleting_a_thread_right_after_a_cancel_writes_nothing_more(engine):
    s = engine([Say("one two three", stream=SLOW)])
    await s.play()
    await s.cancel()
    await thread_service.delete(s.namespace, s.thread["id"])
    for _ in range(3):
        await asyncio.sleep(0)
    assert (s.steps, s.messages) == ([], [])
    assert s.events[-1] == "thread.run.cancelling"


async def test_whoever_waits_for_a_run_that_never_begins_is_let_go(engine):
    s = engine([Say("x")])
    await s.begin()
    waiting = asyncio.create_task(s.settle())
    s.namespace.runs.stop()
    await asyncio.wait_for(waiting, 10)
    assert s.run["status"] == "queued"


async def test_metadata_given_to_a_message_that_is_being_written_stays(engine):
    s = engine([Say("one two", stream=SLOW)])
    await s.play()
    body = ModifyMessage(metadata={"seen": "yes"})
    await message_service.modify(s.namespace, s.thread["id"], s.messages[0]["id"], body)
    await s.advance(5)
    assert (s.messages[0]["metadata"], s.texts) == ({"seen": "yes"}, ["one two"])


async def test_a_deleted_message_does_not_come_back_when_its_run_ends(engine):
    s = engine([Say("one two", stream=SLOW)])
    await s.play()
    await message_service.delete(s.namespace, s.thread["id"], s.messages[0]["id"])
    await s.advance(5)
    assert s.run["status"] == "completed"
    assert s.messages == []

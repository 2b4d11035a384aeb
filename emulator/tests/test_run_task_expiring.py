"""A run that is not done in time, wherever it stands."""

import pytest

from emulator.domain.actions import (
    Call,
    Expire,
    Hold,
    Say,
    Stream,
    Wait,
)  # fmt: skip

SLOW = Stream(tps=1)


@pytest.mark.parametrize(
    "actions,before",
    [
        ([Expire()], "in_progress"),
        ([Wait(5000)], "in_progress"),
        ([Hold("gate")], "in_progress"),
        ([Call("f")], "requires_action"),
    ],
)
async def test_expired_wherever_it_waits(engine, actions, before):
    s = engine(actions)
    await s.play()
    await s.advance(599)
    assert s.run["status"] == before
    fired = await s.advance(1)
    assert fired[-1] == {"run": s.run_id, "event": "thread.run.expired"}
    assert (s.run["status"], s.run["required_action"]) == ("expired", None)
    assert s.run["completed_at"] == s.run["created_at"] + 600
    assert {step["status"] for step in s.steps} <= {"expired"}


async def test_expired_in_the_middle_of_a_message(engine):
    s = engine([Say("one two three", stream=Stream(tps=0.003))])
    await s.play()
    await s.advance(600)
    assert s.texts == ["one two"]
    assert (s.messages[0]["status"], s.messages[0]["incomplete_details"]) == ("incomplete", {"reason": "run_expired"})
    assert s.steps[0]["status"] == "expired"


async def test_expired_before_it_has_begun(engine):
    s = engine([Say("never")])
    task = await s.begin()
    task.segments._expire()
    await s.settle()
    assert s.statuses == ["queued", "expired"]


async def test_expired_at_once_where_the_script_says_so(engine):
    s = engine([Say("half"), Expire(now=True)])
    await s.play()
    assert s.run["completed_at"] == s.run["created_at"]
    assert s.messages[0]["incomplete_details"] == {"reason": "run_expired"}


async def test_outputs_do_not_put_the_end_off(engine):
    s = engine([Call("f"), Wait(5000)])
    await s.play()
    await s.advance(500)
    await s.answer("")
    await s.advance(100)
    assert s.run["status"] == "expired"


async def test_a_run_that_is_over_does_not_expire(engine):
    s = engine([Wait(1), Say("x")])
    await s.play()
    await s.advance(1)
    assert await s.advance(5000) == []
    assert s.run["status"] == "completed"


async def test_many_runs_move_in_the_order_of_the_clock(engine):
    waits = iter([3, 1, 2, 1])
    s = engine(lambda view: iter([Wait(next(waits)), Say("x")]))
    runs = []
    for _ in range(4):
        await s.play()
        runs.append(s.run_id)
    fired = await s.advance(10)
    done = [event["run"] for event in fired if event["event"] == "thread.run.completed"]
    assert done == [runs[1], runs[3], runs[2], runs[0]]


async def test_advancing_hundreds_of_runs_stays_quick(engine):
    s = engine(lambda view: iter([Say("a b c d", stream=SLOW)]))
    for _ in range(200):
        await s.begin()
    await s.namespace.settle()
    fired = await s.advance(10)
    assert sum(event["event"] == "thread.run.completed" for event in fired) == 200

"""Waits, streams and holds on the clock of the namespace."""

from emulator.domain.actions import (
    Expire,
    Hold,
    Say,
    Stream,
    Wait,
)  # fmt: skip

SLOW = Stream(tps=1)


async def test_a_wait_is_over_when_the_clock_says_so(engine):
    s = engine([Wait(5), Say("x"), Wait(5), Say("y")])
    await s.play()
    assert s.run["status"] == "in_progress"
    await s.advance(4.9)
    assert s.texts == []
    fired = await s.advance(0.1)
    assert s.texts == ["x"]
    assert fired[0] == {"run": s.run_id, "event": "thread.run.step.created"}
    await s.advance(100)
    assert s.run["completed_at"] == s.run["created_at"] + 10


async def test_on_an_auto_clock_waits_cost_nothing_but_count(engine):
    s = engine([Wait(500), Say("late", stream=SLOW)], mode="auto")
    await s.play()
    assert s.run["status"] == "completed"
    assert s.run["completed_at"] - s.run["created_at"] >= 500


async def test_a_delay_under_way_ends_when_the_clock_becomes_auto(engine):
    s = engine([Wait(50), Say("a b c", stream=SLOW), Expire()])
    await s.play()
    s.namespace.clock.change("auto")
    await s.settle()
    assert s.texts == ["a b c"]
    assert s.run["status"] == "expired"  # which the script waits for, too


async def test_deltas_come_when_their_time_has_come(engine):
    s = engine([Say("a b c", stream=Stream(ttft=2, tps=1))])
    await s.play()
    assert s.deltas == []
    await s.advance(2)
    assert len(s.deltas) == 1
    await s.advance(1)
    assert len(s.deltas) == 2
    assert s.messages[0]["content"] == []
    await s.advance(1)
    assert s.texts == ["a b c"]


async def test_a_hold_waits_to_be_released_by_its_name(engine):
    s = engine([Hold("gate"), Say("x"), Hold("gate"), Say("y")])
    await s.play()
    assert not await s.release("door")
    assert await s.release("gate")
    assert s.texts == ["x"]
    assert await s.release("gate")
    assert s.run["status"] == "completed"
    assert not await s.release("gate")


async def test_nobody_is_released_while_a_run_waits_for_something_else(engine):
    s = engine([Hold("gate"), Wait(5)])
    await s.play()
    await s.release("gate")
    await s.settle()
    assert not await s.release("gate")

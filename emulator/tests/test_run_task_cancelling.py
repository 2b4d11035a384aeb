"""A run that its client cancels, wherever it stands."""

from emulator.domain.actions import (
    Call,
    Calls,
    Hold,
    Say,
    Stream,
)  # fmt: skip

SLOW = Stream(tps=1)


async def test_cancelled_before_it_has_begun(engine):
    s = engine([Say("never")])
    await s.begin()
    await s.cancel()
    assert s.run["status"] == "cancelling"
    await s.settle()
    assert s.statuses == ["queued", "cancelling", "cancelled"]
    assert (s.steps, s.messages) == ([], [])


async def test_cancelled_in_the_middle_of_a_message(engine):
    s = engine([Say("one two three", stream=SLOW), Say("never")])
    await s.play()
    await s.advance(1)
    await s.cancel()
    await s.settle()
    assert s.statuses == ["queued", "in_progress", "cancelling", "cancelled"]
    assert s.texts == ["one two"]
    assert (s.messages[0]["status"], s.messages[0]["incomplete_details"]) == ("incomplete", {"reason": "run_cancelled"})
    assert (s.steps[0]["status"], s.steps[0]["usage"]) == ("cancelled", None)
    assert set(s.used.values()) == {0}
    assert (s.run["cancelled_at"], s.run["expires_at"]) == (s.run["created_at"] + 1, None)


async def test_cancelled_while_it_waits_for_outputs(engine):
    s = engine([Call("f"), Say("never")])
    await s.play()
    await s.cancel()
    assert s.run["required_action"] is None
    await s.settle()
    assert s.statuses[-2:] == ["cancelling", "cancelled"]
    assert s.steps[0]["status"] == "cancelled"


async def test_cancelled_after_the_outputs_came_and_before_it_moved(engine):
    s = engine([Call("f"), Say("never")])
    await s.play()
    await s.submit({s.calls()[0]: "x"})
    await s.cancel()
    await s.settle()
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "cancelling", "cancelled"]
    assert s.steps[0]["status"] == "completed"


async def test_cancelled_while_the_arguments_come(engine):
    s = engine([Calls(Call("f", {"a": 1}), Call("g", "x y z", stream=SLOW))])
    await s.play()
    await s.advance(1)
    await s.cancel()
    await s.settle()
    shown = s.steps[0]["step_details"]["tool_calls"]
    assert [call["function"]["arguments"] for call in shown] == ['{"a":1}', "x y"]


async def test_a_cancelled_run_frees_its_thread(engine):
    s = engine([Hold("gate")])
    await s.play()
    await s.cancel()
    await s.settle()
    assert not s.unfinished

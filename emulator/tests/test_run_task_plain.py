"""How a run goes, step by step, when nothing comes in between."""

from emulator.domain.actions import (
    Call,
    Calls,
    Check,
    Fail,
    Goto,
    Incomplete,
    Remember,
    RunCode,
    Say,
)  # fmt: skip
from emulator.domain.ports import Turn, Usage


async def test_a_run_that_speaks_goes_the_plain_way(engine):
    s = engine([Say("hello there")])
    await s.play()
    assert s.statuses == ["queued", "in_progress", "completed"]
    assert s.texts == ["hello there"]
    assert [step["status"] for step in s.steps] == ["completed"]
    assert s.events == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress",
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed",
    ]  # fmt: skip
    assert not s.unfinished


async def test_a_run_without_a_word_completes(engine):
    s = engine([[]][0] or (lambda view: iter([])))
    await s.play()
    assert (s.run["status"], s.steps, s.messages) == ("completed", [], [])
    assert set(s.used.values()) == {0}


async def test_the_outputs_come_back_by_name_and_into_the_step(engine):
    seen = []

    def script(view):
        outputs = yield Calls(Call("f", as_="first"), Call("g", {"n": 1}))
        seen.append(dict(outputs))
        yield Say("done")

    s = engine(script)
    await s.play()
    assert s.run["status"] == "requires_action"
    assert s.steps[0]["status"] == "in_progress"
    await s.answer("one", "two")
    assert seen == [{"first": "one", "g": "two"}]
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
    assert [c["function"]["output"] for c in s.steps[0]["step_details"]["tool_calls"]] == ["one", "two"]
    submit = s.events.index("thread.run.requires_action")
    assert s.events[submit + 1 : submit + 4] == [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
    ]


async def test_a_second_start_has_a_new_time(engine):
    s = engine([Call("f"), Say("x")])
    await s.play()
    first = s.run["started_at"]
    await s.advance(30)
    await s.submit({s.calls()[0]: ""})
    assert (s.run["status"], s.run["started_at"]) == ("queued", first)
    await s.settle()
    assert s.run["started_at"] == first + 30


async def test_the_steps_sum_to_the_runs_usage(engine):
    s = engine(lambda view: Turn(iter([Call("f"), RunCode("1"), Say("x")]), usage=Usage(101, 37)))
    await s.play()
    await s.answer("")
    summed = {name: sum(step["usage"][name] for step in s.steps) for name in s.used}
    assert summed == s.used == {"prompt_tokens": 101, "completion_tokens": 37, "total_tokens": 138}


async def test_stop_after_say_leaves_the_message_incomplete_and_its_step_complete(engine):
    s = engine([Say("as far as"), Incomplete("max_prompt_tokens")])
    await s.play()
    assert (s.run["status"], s.run["incomplete_details"]) == ("incomplete", {"reason": "max_prompt_tokens"})
    assert [(m["status"], m["incomplete_details"]) for m in s.messages] == [("incomplete", {"reason": "max_tokens"})]
    assert s.texts == ["as far as"]
    assert s.steps[0]["status"] == "completed"


async def test_a_filter_is_named_on_the_message(engine):
    s = engine([Say("as far as"), Incomplete("content_filter")])
    await s.play()
    assert s.messages[0]["incomplete_details"] == {"reason": "content_filter"}


async def test_what_the_client_does_not_see_keeps_the_message_open(engine):
    s = engine([Say("half"), Remember({"a": 1}), Goto("x"), Check(passed=True, message=""), Incomplete()])
    await s.play()
    assert s.messages[0]["status"] == "incomplete"


async def test_a_failure_fails_what_is_open_and_says_why(engine):
    s = engine([Say("half"), Fail("rate_limit_exceeded", "Too much.")])
    await s.play()
    error = {"code": "rate_limit_exceeded", "message": "Too much."}
    assert (s.run["status"], s.run["last_error"]) == ("failed", error)
    assert (s.steps[0]["status"], s.steps[0]["last_error"]) == ("failed", error)
    assert s.messages[0]["incomplete_details"] == {"reason": "run_failed"}


async def test_a_step_knows_fewer_codes_than_a_run(engine):
    s = engine([Say("half"), Fail("invalid_prompt", "No.")])
    await s.play()
    assert (s.run["last_error"]["code"], s.steps[0]["last_error"]["code"]) == ("invalid_prompt", "server_error")


async def test_a_failure_before_anything_has_no_step_and_costs_nothing(engine):
    s = engine([Fail()])
    await s.play()
    assert s.statuses == ["queued", "in_progress", "failed"]
    assert s.steps == []
    assert set(s.used.values()) == {0}


async def test_a_failed_check_fails_the_run_and_is_reported(engine):
    s = engine([Check(passed=False, message="outputs.f == 1"), Say("never")])
    await s.play()
    assert s.run["last_error"]["message"] == "[emulator] check failed: outputs.f == 1"
    assert s.report == [("check", {"message": "outputs.f == 1"})]


async def test_odd_calls_are_played_and_each_is_reported(engine):
    s = engine([Calls(Call("f"), Call("g"))])
    await s.play(parallel_tool_calls=False)
    assert s.run["status"] == "requires_action"
    assert [about["message"].split(",")[0] for _, about in s.report] == [
        "calls f", "calls g", "makes parallel calls although parallel_tool_calls is false",
    ]  # fmt: skip


async def test_every_drift_of_parallel_calls_is_reported(engine):
    s = engine([Calls(Call("f", recorded="1"), Call("g", recorded="2"), Call("h", recorded="3"))])
    await s.play()
    await s.answer("one", "2", "three")
    drift = [about for kind, about in s.report if kind == "drift"]
    assert [about["call"] for about in drift if about["kind"] == "tool_output"] == ["f", "h"]
    assert [about["call"] for about in drift if about["kind"] == "tools"] == ["f", "g", "h"]  # the run offers none


async def test_an_annotation_whose_end_is_no_number_is_shown_all_the_same(engine):
    s = engine([Say("one two", annotations=({"type": "url_citation", "text": "one", "end_index": "3"},))])
    await s.play()
    assert (s.run["status"], s.texts) == ("completed", ["one two"])

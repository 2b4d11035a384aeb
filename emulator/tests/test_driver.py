import asyncio
from decimal import Decimal

import pytest

from emulator.domain.actions import (
    Call,
    Calls,
    Check,
    Expire,
    Fail,
    Goto,
    Hold,
    Incomplete,
    Outputs,
    Refuse,
    Remember,
    RunCode,
    Say,
    SearchFiles,
    Stream,
    Wait,
)  # fmt: skip
from emulator.domain.ports import Turn, Usage
from emulator.engine.playing import MOST_ACTIONS
from emulator.service import messages as message_service
from emulator.service import threads as thread_service
from emulator.wire.messages import ModifyMessage

SLOW = Stream(tps=1)
PIXEL = "data:image/png;base64,iVBORw0KGgo="
ZEROS = {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}


def counted(usage):
    return {name: usage[name] for name in ZEROS}


def deltas(stage):
    return [entry for entry in stage.follower._waiting if entry.event.endswith(".delta")]


async def answer(stage, driver, *outputs):
    driver.submit(dict(zip(stage.calls(), outputs, strict=True)))
    await stage.settle()


# --- the plain way ----------------------------------------------------------------------------------------------------


async def test_a_run_that_speaks_goes_the_plain_way(stage):
    s = stage([Say("hello there")])
    await s.play()
    assert s.statuses == ["queued", "in_progress", "completed"]
    assert s.texts == ["hello there"]
    assert [step["status"] for step in s.steps] == ["completed"]
    assert s.events == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created",
        "thread.run.step.in_progress", "thread.message.created", "thread.message.in_progress",
        "thread.message.completed", "thread.run.step.completed", "thread.run.completed",
    ]  # fmt: skip
    assert s.world.drivers == {}


async def test_a_run_without_a_word_completes(stage):
    s = stage([[]][0] or (lambda view: iter([])))
    await s.play()
    assert (s.run["status"], s.steps, s.messages) == ("completed", [], [])
    assert counted(s.run["usage"]) == ZEROS


async def test_the_outputs_come_back_by_name_and_into_the_step(stage):
    seen = []

    def script(view):
        outputs = yield Calls(Call("f", as_="first"), Call("g", {"n": 1}))
        seen.append(dict(outputs))
        yield Say("done")

    s = stage(script)
    driver = await s.play()
    assert s.run["status"] == "requires_action"
    assert s.steps[0]["status"] == "in_progress"
    await answer(s, driver, "one", "two")
    assert seen == [{"first": "one", "g": "two"}]
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
    assert [c["function"]["output"] for c in s.steps[0]["step_details"]["tool_calls"]] == ["one", "two"]
    submit = s.events.index("thread.run.requires_action")
    assert s.events[submit + 1 : submit + 4] == [
        "thread.run.step.completed",
        "thread.run.queued",
        "thread.run.in_progress",
    ]


async def test_a_second_start_has_a_new_time(stage):
    s = stage([Call("f"), Say("x")])
    driver = await s.play()
    first = s.run["started_at"]
    await s.advance(30)
    driver.submit({s.calls()[0]: ""})
    assert (s.run["status"], s.run["started_at"]) == ("queued", first)
    await s.settle()
    assert s.run["started_at"] == first + 30


async def test_the_steps_sum_to_the_runs_usage(stage):
    s = stage(lambda view: Turn(iter([Call("f"), RunCode("1"), Say("x")]), usage=Usage(101, 37)))
    driver = await s.play()
    await answer(s, driver, "")
    summed = {name: sum(step["usage"][name] for step in s.steps) for name in ZEROS}
    assert summed == counted(s.run["usage"]) == {"prompt_tokens": 101, "completion_tokens": 37, "total_tokens": 138}


async def test_stop_after_say_leaves_the_message_incomplete_and_its_step_complete(stage):
    s = stage([Say("as far as"), Incomplete("max_prompt_tokens")])
    await s.play()
    assert (s.run["status"], s.run["incomplete_details"]) == ("incomplete", {"reason": "max_prompt_tokens"})
    assert [(m["status"], m["incomplete_details"]) for m in s.messages] == [("incomplete", {"reason": "max_tokens"})]
    assert s.texts == ["as far as"]
    assert s.steps[0]["status"] == "completed"


async def test_a_filter_is_named_on_the_message(stage):
    s = stage([Say("as far as"), Incomplete("content_filter")])
    await s.play()
    assert s.messages[0]["incomplete_details"] == {"reason": "content_filter"}


async def test_what_the_client_does_not_see_keeps_the_message_open(stage):
    s = stage([Say("half"), Remember({"a": 1}), Goto("x"), Check(passed=True, message=""), Incomplete()])
    await s.play()
    assert s.messages[0]["status"] == "incomplete"


async def test_a_failure_fails_what_is_open_and_says_why(stage):
    s = stage([Say("half"), Fail("rate_limit_exceeded", "Too much.")])
    await s.play()
    error = {"code": "rate_limit_exceeded", "message": "Too much."}
    assert (s.run["status"], s.run["last_error"]) == ("failed", error)
    assert (s.steps[0]["status"], s.steps[0]["last_error"]) == ("failed", error)
    assert s.messages[0]["incomplete_details"] == {"reason": "run_failed"}


async def test_a_step_knows_fewer_codes_than_a_run(stage):
    s = stage([Say("half"), Fail("invalid_prompt", "No.")])
    await s.play()
    assert (s.run["last_error"]["code"], s.steps[0]["last_error"]["code"]) == ("invalid_prompt", "server_error")


async def test_a_failure_before_anything_has_no_step_and_costs_nothing(stage):
    s = stage([Fail()])
    await s.play()
    assert s.statuses == ["queued", "in_progress", "failed"]
    assert s.steps == []
    assert counted(s.run["usage"]) == ZEROS


async def test_a_failed_check_fails_the_run_and_is_reported(stage):
    s = stage([Check(passed=False, message="outputs.f == 1"), Say("never")])
    await s.play()
    assert s.run["last_error"]["message"] == "[emulator] check failed: outputs.f == 1"
    assert s.report == [("check", {"message": "outputs.f == 1"})]


async def test_odd_calls_are_played_and_each_is_reported(stage):
    s = stage([Calls(Call("f"), Call("g"))])
    await s.play(parallel_tool_calls=False)
    assert s.run["status"] == "requires_action"
    assert [about["message"].split(",")[0] for _, about in s.report] == [
        "calls f", "calls g", "makes parallel calls although parallel_tool_calls is false",
    ]  # fmt: skip


async def test_every_drift_of_parallel_calls_is_reported(stage):
    s = stage([Calls(Call("f", recorded="1"), Call("g", recorded="2"), Call("h", recorded="3"))])
    driver = await s.play()
    await answer(s, driver, "one", "2", "three")
    assert [about["call"] for kind, about in s.report if kind == "drift"] == ["f", "h"]


# --- time -------------------------------------------------------------------------------------------------------------


async def test_a_wait_is_over_when_the_clock_says_so(stage):
    s = stage([Wait(5), Say("x"), Wait(5), Say("y")])
    await s.play()
    assert s.run["status"] == "in_progress"
    await s.advance(4.9)
    assert s.texts == []
    fired = await s.advance(0.1)
    assert s.texts == ["x"]
    assert fired[0] == {"run": s.run_id, "event": "thread.run.step.created"}
    await s.advance(100)
    assert s.run["completed_at"] == s.run["created_at"] + 10


async def test_on_an_auto_clock_waits_cost_nothing_but_count(stage):
    s = stage([Wait(500), Say("late", stream=SLOW)], mode="auto")
    await s.play()
    assert s.run["status"] == "completed"
    assert s.run["completed_at"] - s.run["created_at"] >= 500


async def test_a_delay_under_way_ends_when_the_clock_becomes_auto(stage):
    s = stage([Wait(50), Say("a b c", stream=SLOW), Expire()])
    await s.play()
    s.world.clock.change("auto")
    await s.settle()
    assert s.texts == ["a b c"]
    assert s.run["status"] == "in_progress"


async def test_deltas_come_when_their_time_has_come(stage):
    s = stage([Say("a b c", stream=Stream(ttft=2, tps=1))])
    await s.play()
    assert deltas(s) == []
    await s.advance(2)
    assert len(deltas(s)) == 1
    await s.advance(1)
    assert len(deltas(s)) == 2
    assert s.messages[0]["content"] == []
    await s.advance(1)
    assert s.texts == ["a b c"]


async def test_a_hold_waits_to_be_released_by_its_name(stage):
    s = stage([Hold("gate"), Say("x"), Hold("gate"), Say("y")])
    driver = await s.play()
    assert not driver.release("door")
    assert driver.release("gate")
    assert not driver.release("gate")
    await s.settle()
    assert s.texts == ["x"]
    assert driver.release("gate")
    await s.settle()
    assert s.run["status"] == "completed"
    assert not driver.release("gate")


async def test_nobody_is_released_while_a_run_waits_for_something_else(stage):
    s = stage([Hold("gate"), Wait(5)])
    driver = await s.play()
    driver.release("gate")
    await s.settle()
    assert not driver.release("gate")


# --- cancelling -------------------------------------------------------------------------------------------------------


async def test_cancelled_before_it_has_begun(stage):
    s = stage([Say("never")])
    driver = await s.begin()
    driver.cancel()
    assert s.run["status"] == "cancelling"
    await s.settle()
    assert s.statuses == ["queued", "cancelling", "cancelled"]
    assert (s.steps, s.messages) == ([], [])


async def test_cancelled_in_the_middle_of_a_message(stage):
    s = stage([Say("one two three", stream=SLOW), Say("never")])
    driver = await s.play()
    await s.advance(1)
    driver.cancel()
    await s.settle()
    assert s.statuses == ["queued", "in_progress", "cancelling", "cancelled"]
    assert s.texts == ["one two"]
    assert (s.messages[0]["status"], s.messages[0]["incomplete_details"]) == ("incomplete", {"reason": "run_cancelled"})
    assert (s.steps[0]["status"], s.steps[0]["usage"]) == ("cancelled", None)
    assert counted(s.run["usage"]) == ZEROS
    assert (s.run["cancelled_at"], s.run["expires_at"]) == (s.run["created_at"] + 1, None)


async def test_cancelled_while_it_waits_for_outputs(stage):
    s = stage([Call("f"), Say("never")])
    driver = await s.play()
    driver.cancel()
    assert s.run["required_action"] is None
    await s.settle()
    assert s.statuses[-2:] == ["cancelling", "cancelled"]
    assert s.steps[0]["status"] == "cancelled"


async def test_cancelled_after_the_outputs_came_and_before_it_moved(stage):
    s = stage([Call("f"), Say("never")])
    driver = await s.play()
    driver.submit({s.calls()[0]: "x"})
    driver.cancel()
    await s.settle()
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "cancelling", "cancelled"]
    assert s.steps[0]["status"] == "completed"


async def test_cancelled_while_the_arguments_come(stage):
    s = stage([Calls(Call("f", {"a": 1}), Call("g", "x y z", stream=SLOW))])
    driver = await s.play()
    await s.advance(1)
    driver.cancel()
    await s.settle()
    shown = s.steps[0]["step_details"]["tool_calls"]
    assert [call["function"]["arguments"] for call in shown] == ['{"a":1}', "x y"]


async def test_a_cancelled_run_frees_its_thread(stage):
    s = stage([Hold("gate")])
    driver = await s.play()
    driver.cancel()
    await s.settle()
    assert s.world.drivers == {}


# --- expiring ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "actions,before",
    [
        ([Expire()], "in_progress"),
        ([Wait(5000)], "in_progress"),
        ([Hold("gate")], "in_progress"),
        ([Call("f")], "requires_action"),
    ],
)
async def test_expired_wherever_it_waits(stage, actions, before):
    s = stage(actions)
    await s.play()
    await s.advance(599)
    assert s.run["status"] == before
    fired = await s.advance(1)
    assert fired[-1] == {"run": s.run_id, "event": "thread.run.expired"}
    assert (s.run["status"], s.run["required_action"]) == ("expired", None)
    assert s.run["completed_at"] == s.run["created_at"] + 600
    assert {step["status"] for step in s.steps} <= {"expired"}


async def test_expired_in_the_middle_of_a_message(stage):
    s = stage([Say("one two three", stream=Stream(tps=0.003))])
    await s.play()
    await s.advance(600)
    assert s.texts == ["one two"]
    assert (s.messages[0]["status"], s.messages[0]["incomplete_details"]) == ("incomplete", {"reason": "run_expired"})
    assert s.steps[0]["status"] == "expired"


async def test_expired_before_it_has_begun(stage):
    s = stage([Say("never")])
    driver = await s.begin()
    driver._expire()
    await s.settle()
    assert s.statuses == ["queued", "expired"]


async def test_expired_at_once_where_the_script_says_so(stage):
    s = stage([Say("half"), Expire(now=True)])
    await s.play()
    assert s.run["completed_at"] == s.run["created_at"]
    assert s.messages[0]["incomplete_details"] == {"reason": "run_expired"}


async def test_outputs_do_not_put_the_end_off(stage):
    s = stage([Call("f"), Wait(5000)])
    driver = await s.play()
    await s.advance(500)
    await answer(s, driver, "")
    await s.advance(100)
    assert s.run["status"] == "expired"


async def test_a_run_that_is_over_does_not_expire(stage):
    s = stage([Wait(1), Say("x")])
    await s.play()
    await s.advance(1)
    assert await s.advance(5000) == []
    assert s.run["status"] == "completed"


async def test_many_runs_move_in_the_order_of_the_clock(stage):
    waits = iter([3, 1, 2, 1])
    s = stage(lambda view: iter([Wait(next(waits)), Say("x")]))
    runs = []
    for _ in range(4):
        await s.play()
        runs.append(s.run_id)
    fired = await s.advance(10)
    done = [event["run"] for event in fired if event["event"] == "thread.run.completed"]
    assert done == [runs[1], runs[3], runs[2], runs[0]]


async def test_advancing_hundreds_of_runs_stays_quick(stage):
    s = stage(lambda view: iter([Say("a b c d", stream=SLOW)]))
    for _ in range(200):
        await s.begin()
    await s.world.settle_all()
    fired = await s.advance(10)
    assert sum(event["event"] == "thread.run.completed" for event in fired) == 200


# --- partial texts ----------------------------------------------------------------------------------------------------


async def test_a_refusal_that_was_cut_short_stays_a_refusal(stage):
    s = stage([Refuse("I would rather not", stream=SLOW)])
    driver = await s.play()
    await s.advance(2)
    driver.cancel()
    await s.settle()
    assert s.messages[0]["content"] == [{"type": "refusal", "refusal": "I would rather"}]


async def test_images_that_were_shown_stay_with_a_text_that_was_cut_short(stage):
    s = stage([Say("one two", images=(PIXEL,), stream=SLOW)])
    driver = await s.play()
    driver.cancel()
    await s.settle()
    assert [part["type"] for part in s.messages[0]["content"]] == ["image_file", "text"]


async def test_a_citation_stays_only_if_its_marker_came(stage):
    marked = [
        {
            "type": "file_citation",
            "text": "[1]",
            "start_index": 3,
            "end_index": 6,
            "file_citation": {"file_id": "file-1"},
        },
        {
            "type": "file_citation",
            "text": "[2]",
            "start_index": 10,
            "end_index": 13,
            "file_citation": {"file_id": "file-2"},
        },
    ]
    s = stage([Say("abc[1] def[2]", annotations=tuple(marked), stream=SLOW)])
    driver = await s.play()
    await s.advance(2)
    driver.cancel()
    await s.settle()
    text = s.messages[0]["content"][0]["text"]
    assert (text["value"], text["annotations"]) == ("abc[1] def", marked[:1])


async def test_two_equal_annotations_are_two(stage):
    same = {
        "type": "file_citation",
        "text": "[1]",
        "start_index": 0,
        "end_index": 3,
        "file_citation": {"file_id": "file-1"},
    }
    s = stage([Say("[1] x", annotations=(same, dict(same), {"type": "file_path", "end_index": 99}))])
    await s.play()
    told = [a["index"] for d in deltas(s) for a in d.data["delta"]["content"][0]["text"].get("annotations", ())]
    assert told == [0, 1, 2]


async def test_code_that_was_cut_short_shows_what_was_written(stage):
    s = stage([RunCode("a = 1; b = 2", logs="x", stream=SLOW)])
    driver = await s.play()
    await s.advance(1)
    driver.cancel()
    await s.settle()
    (call,) = s.steps[0]["step_details"]["tool_calls"]
    assert call["code_interpreter"] == {"input": "a =", "outputs": []}


# --- scripts that misbehave -------------------------------------------------------------------------------------------


def raising(view):
    yield Say("half")
    raise KeyError("colour")


async def endless():
    while True:
        yield Check(passed=True, message="")


@pytest.mark.parametrize(
    "script,message",
    [
        (raising, "[emulator] script raised KeyError: 'colour'"),
        ([Say("x"), "not an action"], "[emulator] script yielded str, which is no action"),
        (lambda view: endless(), f"[emulator] script does not end: {MOST_ACTIONS} actions in one run"),
        ([Call("f", {"n": Decimal(1)})], "[emulator] script yielded a Call that is not JSON: "),
        ([Remember({"n": {1, 2}})], "[emulator] script yielded a Remember that is not JSON: "),
        ([Say("x", images=("no image",))], "[emulator] BadImageError: an image has to be a data URI"),
    ],
)
async def test_a_script_at_fault_fails_its_run_and_is_reported(stage, script, message):
    s = stage(script)
    await s.play()
    assert s.run["status"] == "failed"
    assert s.run["last_error"]["code"] == "server_error"
    assert s.run["last_error"]["message"].startswith(message)
    assert s.report[-1][0] == "script"
    assert all(step["status"] != "in_progress" for step in s.steps)
    assert s.world.drivers == {}


async def test_a_write_that_fails_in_the_middle_fails_the_run_from_where_it_was(stage):
    def script(view):
        yield Call("f")
        yield Say("x")

    s = stage(script)
    driver = await s.play()
    driver.submit({s.calls()[0]: "out"})
    s.world.ids.make = iter(["step_x", "msg_x"]).__next__  # takes no kind: the next id cannot be made
    await s.settle()
    assert s.run["status"] == "failed"
    assert s.run["last_error"]["message"].startswith("[emulator] TypeError")
    assert [step["status"] for step in s.steps] == ["completed"]
    assert counted(s.run["usage"]) == counted(s.steps[0]["usage"])


async def test_a_backend_that_raises_fails_the_run(stage):
    def begin(view):
        raise ZeroDivisionError("no")

    s = stage(begin)
    await s.play()
    assert s.run["last_error"]["message"] == "[emulator] script raised ZeroDivisionError: no"


async def test_others_get_their_turn_during_an_endless_script(stage):
    s = stage(lambda view: (Check(passed=True, message="") for _ in range(1000)))
    driver, turns = await s.begin(), 0
    while not driver.settled.is_set():
        turns += 1
        await asyncio.sleep(0)
    assert turns > 10


async def test_a_run_that_could_not_be_stored_leaves_its_thread_free(stage, monkeypatch):
    s = stage([Say("x")])
    await s.play()
    monkeypatch.setattr(type(s.world), "commit", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await s.begin()
    assert s.world.drivers == {}


# --- memory -----------------------------------------------------------------------------------------------------------


def scoped(scope, actions):
    return lambda view: Turn(iter(actions), scope=scope, key="t")


async def test_what_a_script_remembers_is_kept_by_scope(stage):
    s = stage(scoped("namespace/story", [Remember({"a": 1}), Remember({"b": 2}), Goto("later")]))
    await s.play()
    memory = s.world.memory(s.thread["id"], s.assistant["id"])
    assert memory.scopes == {"namespace/story": {"vars": {"a": 1, "b": 2}, "state": "later"}}
    assert memory.uses == {"t": 1}
    await s.play()
    assert s.backend.views[-1].memory.scopes["namespace/story"]["state"] == "later"
    assert s.world.memory("", "").uses == {"t": 2}


async def test_a_thread_remembers_for_itself(stage):
    s = stage(lambda view: Turn(iter([Remember({"a": 1})]), scope=f"thread:{view.thread_id}/x", key="t"))
    await s.play()
    mine = s.thread["id"]
    assert s.world.memory(mine, "a").scopes == {f"thread:{mine}/x": {"vars": {"a": 1}}}
    assert s.world.memory("another", "a").scopes == {}


async def test_a_reset_forgets_and_begins_anew(stage):
    s = stage(scoped("namespace", [Remember({"a": 1}), Hold("gate")]))
    driver = await s.play()
    first = s.run_id, s.thread["id"], s.assistant["id"]
    s.worlds.reset("default")
    await asyncio.sleep(0)
    assert s.world.memory("", "").uses == s.world.memory("", "").scopes == {}
    assert driver.settled.is_set()
    await s.play()
    assert (s.run_id, s.thread["id"], s.assistant["id"]) == first
    assert s.backend.views[-1].memory.scopes == {}
    assert s.world.drivers[s.thread["id"]] is not driver
    assert s.run["status"] == "in_progress"
    await s.advance(600)
    assert s.run["status"] == "expired"


# --- meeting clients --------------------------------------------------------------------------------------------------


async def test_deleting_a_thread_ends_its_run_unseen(stage):
    s = stage([Say("one two three", stream=SLOW)])
    driver = await s.play()
    await thread_service.delete(s.world, s.thread["id"])
    await asyncio.sleep(0)
    assert s.world.drivers == {}
    assert driver.settled.is_set()
    assert (s.steps, s.messages, s.events) == ([], [], [])
    assert await s.advance(1000) == []


async def test_deleting_a_thread_right_after_a_cancel_writes_nothing_more(stage):
    s = stage([Say("one two three", stream=SLOW)])
    driver = await s.play()
    driver.cancel()
    await thread_service.delete(s.world, s.thread["id"])
    for _ in range(3):
        await asyncio.sleep(0)
    assert (s.steps, s.messages, s.events) == ([], [], [])


async def test_whoever_waits_for_a_run_that_never_begins_is_let_go(stage):
    s = stage([Say("x")])
    await s.begin()
    waiting = asyncio.create_task(s.settle())
    s.world.drivers[s.thread["id"]].stop()
    await asyncio.wait_for(waiting, 10)
    assert s.run["status"] == "queued"


async def test_metadata_given_to_a_message_that_is_being_written_stays(stage):
    s = stage([Say("one two", stream=SLOW)])
    await s.play()
    body = ModifyMessage(metadata={"seen": "yes"})
    await message_service.modify(s.world, s.thread["id"], s.messages[0]["id"], body)
    await s.advance(5)
    assert (s.messages[0]["metadata"], s.texts) == ({"seen": "yes"}, ["one two"])


async def test_a_deleted_message_does_not_come_back_when_its_run_ends(stage):
    s = stage([Say("one two", stream=SLOW)])
    await s.play()
    await message_service.delete(s.world, s.thread["id"], s.messages[0]["id"])
    await s.advance(5)
    assert s.run["status"] == "completed"
    assert s.messages == []


# --- the action log ---------------------------------------------------------------------------------------------------


async def test_the_log_holds_each_action_with_its_result_and_how_far_it_got(stage):
    s = stage([Say("hi"), Call("f"), Wait(5)])
    driver = await s.play()
    assert [(row["n"], row["action"]["is"], row["done"]) for row in s.log] == [(1, "Say", True), (2, "Call", False)]
    assert s.log[0]["result"] == {"is": "Said", "message_id": s.messages[0]["id"], "text": "hi"}
    assert s.log[1]["note"] == {"step": s.steps[1]["id"]}
    await answer(s, driver, "out")
    assert s.log[1]["result"] == {"is": "Outputs", "texts": {"f": "out"}}
    assert s.log[2]["note"] == {"until": s.world.clock.now() + 5}


async def test_a_search_shows_what_it_was_given(stage):
    found = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "content": [{"type": "text", "text": "x"}]}
    seen = []

    def script(view):
        seen.append((yield SearchFiles("x", (found,), top=1)))

    s = stage(script)
    await s.play()
    assert [hit["file_id"] for hit in seen[0].results] == ["file-1"]
    assert s.steps[0]["step_details"]["tool_calls"][0]["file_search"]["results"][0]["score"] == 0.5


def test_outputs_compare_by_value():
    assert Outputs({"a": "1"}) == Outputs({"a": "1"})

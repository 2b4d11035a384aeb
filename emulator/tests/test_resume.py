import asyncio

import pytest

from emulator.clock import make_clock
from emulator.domain.actions import (
    Call,
    Calls,
    Check,
    Expire,
    Goto,
    Hold,
    Refuse,
    Remember,
    RunCode,
    Say,
    SearchFiles,
    Stream,
    Wait,
)
from emulator.domain.config import Pace
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.ports import Turn, Usage
from emulator.service import threads, vector_stores
from emulator.store.documents import Transaction
from emulator.store.tables import File, Message, RunStep
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

START = 1_767_603_600.0
SLOW = Stream(tps=1)
PIXEL = "data:image/png;base64,iVBORw0KGgo="


class Killed(BaseException):
    """The process is gone; what was not committed is lost."""


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin, **options: engine(begin, db=tmp_path / "engine_on_file.db", **options)


async def finish(s):
    """Do what a client and the clock do until the run is over."""
    for _ in range(20):
        if s.run["status"] in RUN_TERMINAL:
            return
        if s.run["status"] == "requires_action":
            await s.answer(*(f"out {n}" for n, _ in enumerate(s.calls())))
        elif not await s.go_on():
            await s.advance(3)
        await s.settle()
    pytest.fail(f"the run stays {s.run['status']}")


async def test_a_run_that_waits_for_outputs_goes_on_after_a_restart(engine_on_file):
    got = []

    def script(view):
        outputs = yield Call("f", {"a": 1})
        got.append(outputs["f"])
        yield Say(f"it is {outputs['f']}")

    s = engine_on_file(script)
    await s.play()
    before = s.run, s.steps
    await s.crash()
    assert (s.run, s.steps) == before
    await s.answer("blue")
    assert (s.run["status"], s.texts, got) == ("completed", ["it is blue"], ["blue"])
    assert s.statuses == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]


async def test_a_run_that_searches_while_the_server_stops_goes_on_after_a_restart(engine_on_file):
    s = engine_on_file([SearchFiles("tides"), Say("found")])
    await s.namespaces.open("default")
    store = await vector_stores.create(s.namespace, CreateVectorStore())
    resources = {"file_search": {"vector_store_ids": [store["id"]]}}
    body = CreateThread.model_validate({"messages": [{"role": "user", "content": "x"}], "tool_resources": resources})
    thread = await threads.create(s.namespace, body)
    s.namespaces.stop_reading()
    await s.play(on=thread["id"])
    assert s.run["status"] == "in_progress"
    await s.crash()
    assert (s.run["status"], s.texts, s.report) == ("completed", ["found"], [])


async def test_outputs_that_were_acknowledged_are_not_asked_for_again(engine_on_file):
    s = engine_on_file([Call("f"), Say("x")])
    await s.play()
    await s.submit({s.calls()[0]: "out"})
    await s.crash()
    assert (s.run["status"], s.texts) == ("completed", ["x"])
    assert s.steps[0]["step_details"]["tool_calls"][0]["function"]["output"] == "out"


async def test_a_run_that_was_only_queued_begins(engine_on_file):
    s = engine_on_file([Say("x")])
    await s.begin()
    await s.crash()
    assert s.statuses == ["queued", "in_progress", "completed"]


async def test_a_cancel_that_was_acknowledged_is_carried_out(engine_on_file):
    s = engine_on_file([Say("one two", stream=SLOW)])
    await s.play()
    await s.cancel()
    await s.crash()
    assert s.run["status"] == "cancelled"
    assert s.messages[0]["status"] == "incomplete"
    assert s.messages[0]["content"] == []  # deltas are not engine_on_file, and nobody makes words up
    assert s.steps[0]["status"] == "cancelled"


@pytest.mark.parametrize(
    "action",
    [Say("one two three", stream=SLOW), Refuse("one two three", stream=SLOW)],
    ids=["say", "refuse"],
)
async def test_a_message_that_was_being_written_is_written_once(engine_on_file, action):
    s = engine_on_file([action, Say("end")])
    await s.play()
    await s.advance(1)
    ids = s.messages[0]["id"], s.steps[0]["id"]
    await s.crash()
    await finish(s)
    assert [message["status"] for message in s.messages] == ["completed", "completed"]
    assert (s.messages[0]["id"], s.steps[0]["id"]) == ids
    assert len(s.steps) == 2
    assert s.events.count("thread.message.created") == s.events.count("thread.message.completed") == 2


async def test_images_are_made_once(engine_on_file):
    s = engine_on_file(
        [Say("one two", images=(PIXEL,), stream=SLOW), RunCode("a b", images=(PIXEL,), stream=SLOW), Hold("x")]
    )
    await s.play()
    await s.crash()
    await s.advance(1)
    assert s.run["status"] == "in_progress"
    await s.crash()
    await finish(s)
    assert len(s.rows(File)) == 2
    outputs = s.steps[1]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
    assert [part["type"] for part in outputs] == ["image"]


async def test_a_wait_ends_when_it_would_have_ended(engine_on_file):
    s = engine_on_file([Wait(10), Say("x")])
    await s.play()
    await s.advance(4)
    await s.crash()
    assert s.namespace.clock.now() == START + 4
    await s.advance(5.5)
    assert s.run["status"] == "in_progress"
    await s.advance(0.5)
    assert s.run["completed_at"] == s.run["created_at"] + 10


async def test_a_held_run_is_held_again(engine_on_file):
    s = engine_on_file([Say("x"), Hold("gate"), Say("y")])
    await s.play()
    await s.crash()
    assert s.texts == ["x"]
    assert await s.release("gate")
    await s.settle()
    assert s.texts == ["x", "y"]


async def test_a_message_stays_open_over_what_nobody_sees(engine_on_file, monkeypatch):
    s = engine_on_file(
        lambda view: Turn(iter([Say("x"), Goto("later"), Remember({"a": 1}), Expire()]), scope="namespace")
    )
    await s.play()
    assert s.messages[0]["status"] == "in_progress"
    await s.crash()
    assert (s.messages[0]["status"], s.texts) == ("in_progress", ["x"])
    await s.advance(600)
    assert (s.run["status"], s.messages[0]["incomplete_details"]) == ("expired", {"reason": "run_expired"})
    assert s.texts == ["x"]


async def test_a_deadline_that_passed_while_nobody_served_ends_the_run(engine_on_file):
    s = engine_on_file([Call("f")], mode="real")
    await s.play()
    s.namespace.clock.change(at=s.namespace.clock.now() + 700)
    async with s.namespace.transaction() as tx:
        s.namespace.store(tx)
    await s.crash()
    assert s.run["status"] == "expired"


async def test_usage_is_counted_over_a_restart(engine_on_file):
    actions = [Call("f", {"long": "argument"}), RunCode("print(1)"), Hold("gate"), Say("a long answer"), Wait(1)]
    whole, cut = engine_on_file(actions), None
    await whole.play()
    await finish(whole)
    expected = [step["usage"] for step in whole.steps], whole.run["usage"]
    await whole.close()
    whole.db.unlink()
    cut = engine_on_file(actions)
    await cut.play()
    await cut.crash()
    await cut.answer("out 0")
    await cut.crash()
    await finish(cut)
    assert ([step["usage"] for step in cut.steps], cut.run["usage"]) == expected


async def test_scripted_usage_is_shared_out_over_a_restart(engine_on_file):
    s = engine_on_file(lambda view: Turn(iter([RunCode("1"), Hold("x"), Say("y")]), usage=Usage(100, 50)))
    await s.play()
    await s.crash()
    await finish(s)
    assert s.run["usage"]["prompt_tokens"] == 100 == sum(step["usage"]["prompt_tokens"] for step in s.steps)
    assert s.run["usage"]["completion_tokens"] == 50 == sum(step["usage"]["completion_tokens"] for step in s.steps)


async def test_a_script_that_plays_otherwise_the_second_time_fails_its_run(engine_on_file):
    words = iter(["first", "second"])
    s = engine_on_file(lambda view: iter([RunCode("1"), Remember({"a": next(words)}), Call("f")]))
    await s.play()
    await s.crash()
    assert s.run["status"] == "failed"
    assert s.run["last_error"]["message"] == "[emulator] script is not deterministic at action 2"
    assert s.steps[-1]["status"] == "failed"
    assert not s.unfinished


async def test_an_action_that_was_begun_is_compared_too(engine_on_file):
    words = iter(["first", "second"])
    s = engine_on_file(lambda view: iter([Call(next(words))]))
    await s.play()
    await s.crash()
    assert s.run["last_error"]["message"] == "[emulator] script is not deterministic at action 1"


async def test_a_script_that_ends_too_early_the_second_time_is_not_deterministic(engine_on_file):
    scripts = iter([[Say("a"), Call("f")], [Say("a")], []])
    s = engine_on_file(lambda view: iter(next(scripts)))
    await s.play()
    await s.crash()
    assert s.run["last_error"]["message"] == "[emulator] script is not deterministic at action 2"


async def test_a_script_that_is_gone_fails_its_runs_and_says_so(engine_on_file):
    def begin(view):
        if len(s.backend.views) > 1:
            raise LookupError("no such file")
        return iter([Say("half"), Call("f")])

    s = engine_on_file(begin)
    await s.play()
    await s.crash()
    assert s.run["last_error"]["message"] == "[emulator] the script cannot continue after a restart: no such file"
    assert [step["status"] for step in s.steps] == ["completed", "failed"]


async def test_the_model_sees_the_same_again(engine_on_file):
    s = engine_on_file([Hold("x")])
    await s.play(metadata={"k": "v"}, tools=[{"type": "code_interpreter"}])
    await s.crash()
    first, second = s.backend.views
    assert first == second


async def test_several_threads_go_on_side_by_side(engine_on_file):
    s = engine_on_file(lambda view: iter([Call("f"), Say(view.thread_id)]))
    started = []
    for _ in range(3):
        await s.play()
        started.append((s.run_id, s.thread))
    await s.crash()
    for s.run_id, s.thread in started:
        await s.answer("")
        assert s.texts == [s.thread["id"]]


async def test_ids_and_time_never_go_back(engine_on_file):
    s = engine_on_file([Wait(100), Say("x")], mode="auto")
    await s.play()
    ended, ids = s.run["completed_at"], {s.run_id, s.thread["id"], s.messages[0]["id"], s.steps[0]["id"]}
    await s.crash()
    assert s.namespace.now() >= ended
    await s.play()
    assert ids.isdisjoint({s.run_id, s.thread["id"], s.messages[0]["id"], s.steps[0]["id"]})


async def test_a_frozen_clock_stands_where_it_stood(engine_on_file):
    s = engine_on_file([Say("x")])
    await s.play()
    await s.advance(12.5)
    await s.play()
    await s.crash()
    assert s.namespace.clock.now() == START + 12.5
    assert make_clock(s.namespace.clock.state()).now() == START + 12.5


EVERYTHING = [
    RunCode("x = 1; y = 2", logs="ok", images=(PIXEL,), stream=SLOW),
    Remember({"a": 1}),
    Say("one two three", images=(PIXEL,), stream=SLOW),
    Check(passed=True, message=""),
    Calls(Call("f", {"a": "b c"}, stream=SLOW), Call("g", as_="h")),
    Wait(2),
    Hold("gate"),
    Refuse("no no", stream=SLOW),
    Goto("end"),
    Call("f"),
    Say("last"),
]


@pytest.mark.parametrize("script_kind", ["plain", "async"])
async def test_killed_at_any_commit_a_run_ends_as_if_nothing_had_happened(engine_on_file, monkeypatch, script_kind):
    def plain(view):
        return Turn(iter(EVERYTHING), scope=f"thread:{view.thread_id}")

    async def waiting():
        for action in EVERYTHING:
            yield action

    script = plain if script_kind == "plain" else lambda view: Turn(waiting(), scope=f"thread:{view.thread_id}")
    expected = engine_on_file(script)
    await expected.play()
    await finish(expected)
    whole = await _story(expected)
    await expected.close()
    expected.db.unlink()

    commits, die_at = 0, None
    commit = Transaction.commit

    async def counted(tx):
        nonlocal commits
        commits += 1
        if commits == die_at:
            asyncio.current_task().add_done_callback(lambda task: task.cancelled() or task.exception())
            await tx.roll_back()
            raise Killed
        await commit(tx)

    for n in range(1, 60):
        s = engine_on_file(script)
        monkeypatch.setattr(Transaction, "commit", counted)
        await s.namespaces.open("default")  # made before the count begins
        commits, die_at = -(10**6), None
        await s.begin()
        commits, die_at = 0, n
        alive = await _play_until_killed(s)
        monkeypatch.setattr(Transaction, "commit", commit)
        if alive:
            break
        await s.crash()
        await finish(s)
        assert await _story(s) == whole, f"killed at commit {n}"
        await s.close()
        s.db.unlink()
    assert n > 10
    await s.close()


async def _play_until_killed(s):
    try:
        await s.settle()
        if _killed(s):
            return False
        for _ in range(40):
            if s.run["status"] in RUN_TERMINAL:
                return True
            if s.task is None:
                return False
            if s.run["status"] == "requires_action":
                await s.submit({call: f"out {n}" for n, call in enumerate(s.calls())})
            elif not await s.go_on():
                await s.advance(3)
            await s.settle()
    except Killed:
        return False
    return False


def _killed(s):
    return s.run["status"] not in RUN_TERMINAL and s.task is None


async def _story(s):
    """What a client sees in the end, without what a restart may change: the ids of calls and the times."""
    steps = []
    for row in s.rows(RunStep, run_id=s.run_id):
        calls = row["doc"]["step_details"].get("tool_calls", ())
        steps.append((row["doc"]["status"], row["doc"]["type"], [_call(call) for call in calls]))
    rows = s.rows(Message, run_id=s.run_id)
    contents = [(row["doc"]["status"], [_part(part) for part in row["doc"]["content"]]) for row in rows]
    memory = (await s.memory(s.thread["id"])).scopes.get(f"thread:{s.thread['id']}")
    return s.run["status"], s.run["usage"], s.statuses, steps, contents, memory, len(s.rows(File))


def _call(call):
    inner = call[call["type"]]
    return {**inner, "outputs": [part["type"] for part in inner["outputs"]]} if "outputs" in inner else inner


def _part(part):
    return part["type"] if part["type"] == "image_file" else part


async def test_a_tool_that_was_at_work_goes_on_in_its_step(engine_on_file):
    s = engine_on_file([SearchFiles("x", ({"file_id": "file-1"},)), RunCode("1", logs="1"), Say("found")])
    await s.set_pace(Pace("manual"))
    await s.play()
    seen = []
    while s.run["status"] not in RUN_TERMINAL:
        await s.crash()
        seen.append([(step["status"], len(step["step_details"].get("tool_calls", ()))) for step in s.steps])
        await s.step()
    assert [calls[-1] for calls in seen if calls] == [("in_progress", 0), ("in_progress", 0), ("in_progress", 0)]
    assert [step["status"] for step in s.steps] == ["completed"] * 3
    assert s.texts == ["found"]

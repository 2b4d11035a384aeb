"""What a script remembers from run to run, and what the log keeps of a run."""

import asyncio

from emulator.domain.actions import (
    Call,
    Goto,
    Hold,
    Outputs,
    Remember,
    Say,
    SearchFiles,
    Wait,
)  # fmt: skip
from emulator.domain.ports import Turn


def scoped(scope, actions):
    return lambda view: Turn(iter(actions), scope=scope, key="t")


async def test_what_a_script_remembers_is_kept_by_scope(engine):
    s = engine(scoped("namespace/story", [Remember({"a": 1}), Remember({"b": 2}), Goto("later")]))
    await s.play()
    memory = await s.memory(s.thread["id"], s.assistant["id"])
    assert memory.scopes == {"namespace/story": {"vars": {"a": 1, "b": 2}, "state": "later"}}
    assert memory.uses == {"t": 1}
    await s.play()
    assert s.backend.views[-1].memory.scopes["namespace/story"]["state"] == "later"
    assert (await s.memory()).uses == {"t": 2}


async def test_a_thread_remembers_for_itself(engine):
    s = engine(lambda view: Turn(iter([Remember({"a": 1})]), scope=f"thread:{view.thread_id}/x", key="t"))
    await s.play()
    mine = s.thread["id"]
    assert (await s.memory(mine, "a")).scopes == {f"thread:{mine}/x": {"vars": {"a": 1}}}
    assert (await s.memory("another", "a")).scopes == {}


async def test_a_reset_forgets_and_begins_anew(engine):
    s = engine(scoped("namespace", [Remember({"a": 1}), Hold("gate")]))
    task = await s.play()
    first = s.run_id, s.thread["id"], s.assistant["id"]
    await s.namespaces.reset("default")
    await asyncio.sleep(0)
    assert (await s.memory()).uses == (await s.memory()).scopes == {}
    assert task.segments.settled.is_set()
    await s.play()
    assert (s.run_id, s.thread["id"], s.assistant["id"]) == first
    assert s.backend.views[-1].memory.scopes == {}
    assert s.task is not task
    assert s.run["status"] == "in_progress"
    await s.advance(600)
    assert s.run["status"] == "expired"


async def test_the_log_holds_each_action_with_its_result_and_how_far_it_got(engine):
    s = engine([Say("hi"), Call("f"), Wait(5)])
    await s.play()
    assert [(row["n"], row["action"]["is"], row["done"]) for row in s.log] == [(1, "Say", True), (2, "Call", False)]
    assert s.log[0]["result"] == {"is": "Said", "message_id": s.messages[0]["id"], "text": "hi"}
    assert s.log[1]["progress"] == {"step": s.steps[1]["id"]}
    await s.answer("out")
    assert s.log[1]["result"] == {"is": "Outputs", "texts": {"f": "out"}}
    assert s.log[2]["progress"] == {"until": s.namespace.clock.now() + 5}


async def test_a_search_shows_what_it_was_given(engine):
    found = {"file_id": "file-1", "file_name": "a.txt", "score": 0.5, "content": [{"type": "text", "text": "x"}]}
    seen = []

    def script(view):
        seen.append((yield SearchFiles("x", (found,), top=1)))

    s = engine(script)
    await s.play()
    assert [hit["file_id"] for hit in seen[0].results] == ["file-1"]
    assert s.steps[0]["step_details"]["tool_calls"][0]["file_search"]["results"][0]["score"] == 0.5


def test_outputs_compare_by_value():
    assert Outputs({"a": "1"}) == Outputs({"a": "1"})

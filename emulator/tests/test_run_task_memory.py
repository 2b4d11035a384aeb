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
from emulator.store.tables import ScriptMemory
from emulator.store.transaction import Transaction


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


async def test_a_scope_is_read_and_written_once_however_often_a_segment_changes_it(engine, monkeypatch):
    written, read = [], []
    update, find = Transaction.update, Transaction.find

    def note_update(tx, table, key, /, by=None, **columns):
        written.extend([key] * (table is ScriptMemory and key == "namespace"))
        return update(tx, table, key, by=by, **columns)

    def note_find(tx, table, /, **where):
        read.extend([where["key"]] * (table is ScriptMemory and where["key"] == "namespace"))
        return find(tx, table, **where)

    s = engine(scoped("namespace", [Remember({"first": 0})]))
    await s.play()
    monkeypatch.setattr(Transaction, "update", note_update)
    monkeypatch.setattr(Transaction, "find", note_find)
    s.backend.begin = scoped("namespace", [Remember({f"v{n % 3}": n}) for n in range(20)] + [Goto("x")])
    await s.play()
    assert (written, read) == (["namespace"], ["namespace"])
    assert (await s.memory()).scopes["namespace"] == {"vars": {"first": 0, "v0": 18, "v1": 19, "v2": 17}, "state": "x"}


async def test_what_is_remembered_before_a_pause_is_kept_by_then_and_goes_on_behind_it(engine):
    s = engine(scoped("namespace", [Remember({"a": 1}), Hold("gate"), Remember({"b": 2})]))
    await s.play()
    assert (await s.memory()).scopes == {"namespace": {"vars": {"a": 1}}}
    await s.release("gate")
    await s.settle()
    assert (await s.memory()).scopes == {"namespace": {"vars": {"a": 1, "b": 2}}}


async def test_more_variables_than_are_kept_fail_the_run_and_change_none(engine):
    s = engine(scoped("namespace", [Remember({"a": 1}), *(Remember({f"v{n}": "x" * 900_000}) for n in range(60))]))
    await s.play()
    assert s.run["status"] == "failed"
    assert "the variables of namespace would have 4,500,0" in s.run["last_error"]["message"]
    assert [line[0] for line in s.report] == ["script"]
    assert sorted((await s.memory()).scopes["namespace"]["vars"]) == ["a", "v0", "v1", "v2", "v3"]


async def test_a_variable_that_is_set_again_counts_once(engine):
    s = engine(scoped("namespace", [Remember({"a": "x" * 900_000}) for _ in range(20)]))
    await s.play()
    assert s.run["status"] == "completed"


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


class Remembering:
    """A backend that is given a row of its own, and leaves what ``remember`` says."""

    def __init__(self, remember, drift=()):
        self.remember, self.drift, self.views = remember, drift, []

    def memory_keys(self, view):
        return ["chains/own"]

    def left(self, begun):
        return []

    def turn(self, view):
        self.views.append(view)
        remember = self.remember[len(self.views) - 1]
        return Turn(iter([]), key="t", counted_apart=True, remember=remember, drift=self.drift)


async def test_rows_that_a_backend_asks_for_are_read_by_key_and_counted_apart(engine):
    s = engine(scoped("namespace", []))
    backend = Remembering([{"chains/own": {"n": 1}, "chains/other": {"n": 0}}, {}])
    s.namespaces.scripts.play("default", backend)
    await s.play()
    assert backend.views[-1].memory.scopes == {}
    await s.play()
    assert backend.views[-1].memory.scopes == {"chains/own": {"n": 1}}
    assert backend.views[-1].memory.uses == {}
    async with s.namespace.transaction() as tx:
        assert (await s.namespace.recall(tx, ["played/t", "chains/none"])) == {"played/t": {"times": 2}}


async def test_what_is_remembered_as_nothing_is_forgotten(engine):
    s = engine(scoped("namespace", []))
    s.namespaces.scripts.play("default", Remembering([{"begun/x": {"n": 1}}, {"begun/x": {}}]))
    for kept in ({"begun/x": {"n": 1}}, {}):
        await s.play()
        async with s.namespace.transaction() as tx:
            assert await s.namespace.recall(tx, ["begun/x"]) == kept


async def test_drift_that_is_known_when_a_turn_begins_is_reported_with_its_run(engine):
    s = engine(scoped("namespace", []))
    s.namespaces.scripts.play("default", Remembering([{}], [{"kind": "message", "path": "$"}]))
    await s.play()
    assert s.report == [("drift", {"kind": "message", "path": "$"})]

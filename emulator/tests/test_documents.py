from sqlite3 import IntegrityError

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.store.database import open_database
from emulator.store.documents import Cursor, Documents, forget
from emulator.store.journal import Journal
from emulator.store.tables import (
    ALL,
    Assistant,
    JournalEntry,
    Message,
    NamespaceRecord,
    ReportLine,
    Run,
    RunAction,
    ScriptMemory,
    Thread,
    VectorStoreFile,
)


def add(documents, *ids, ns="a", thread="t", deleted=()):
    unit = documents.unit(ns)
    for name in ids:
        unit.insert(Message, name, id=name, thread_id=thread, run_id=None, doc={"id": name})
    unit.commit()
    unit = documents.unit(ns)
    for name in deleted:
        unit.soft_delete(Message, name)
    unit.commit()


def seq(documents, name, ns="a"):
    return documents.get(Message, ns, name, deleted=True)["seq"]


def ids(rows):
    return [row["id"] for row in rows]


@given(
    size=st.integers(0, 12),
    limit=st.integers(1, 14),
    order=st.sampled_from(["asc", "desc"]),
    deleted=st.sets(st.integers(0, 11)),
)
@settings(max_examples=40)
def test_pages_walked_by_after_are_the_list(size, limit, order, deleted):
    documents = Documents(open_database(None), Journal())
    names = [f"m{n}" for n in range(size)]
    add(documents, *names, deleted=[names[n] for n in deleted if n < size])
    add(documents, "elsewhere", thread="u")
    add(documents, "m0", ns="b")
    left = [name for n, name in enumerate(names) if n not in deleted]
    whole, walked, after = left if order == "asc" else left[::-1], [], None
    while True:
        page = documents.page(Message, "a", Cursor(limit, order, after=after), thread_id="t")
        walked += ids(page.rows)
        assert page.has_more == (len(walked) < len(whole))
        if not page.has_more:
            break
        assert len(page.rows) == limit
        after = page.rows[-1]["seq"]
    assert walked == whole
    documents.connection.close()


@given(size=st.integers(1, 12), limit=st.integers(1, 14), order=st.sampled_from(["asc", "desc"]), data=st.data())
@settings(max_examples=40)
def test_a_page_before_an_object_is_the_one_next_to_it(size, limit, order, data):
    documents = Documents(open_database(None), Journal())
    names = [f"m{n}" for n in range(size)]
    add(documents, *names)
    whole = names if order == "asc" else names[::-1]
    place = data.draw(st.integers(0, size - 1))
    page = documents.page(Message, "a", Cursor(limit, order, before=seq(documents, whole[place])), thread_id="t")
    assert ids(page.rows) == whole[max(0, place - limit) : place]
    assert page.has_more == (place > limit)
    documents.connection.close()


@pytest.mark.parametrize("order,expected", [("asc", ["m2", "m3"]), ("desc", ["m3", "m2"])])
def test_after_and_before_together_give_what_lies_between(documents, order, expected):
    add(documents, *(f"m{n}" for n in range(6)))
    ends = {"after": seq(documents, "m1"), "before": seq(documents, "m4")}
    if order == "desc":
        ends = {"after": ends["before"], "before": ends["after"]}
    assert ids(documents.page(Message, "a", Cursor(9, order, **ends), thread_id="t").rows) == expected


def test_a_deleted_object_is_gone_but_its_place_still_pages(documents):
    add(documents, "m0", "m1", "m2", deleted=["m1"])
    assert documents.get(Message, "a", "m1") is None
    assert documents.get(Message, "a", "m1", deleted=True)["doc"] is None
    page = documents.page(Message, "a", Cursor(9, "asc", after=seq(documents, "m1")), thread_id="t")
    assert ids(page.rows) == ["m2"]
    assert documents.count(Message, "a", thread_id="t") == 2


def test_namespaces_do_not_see_each_other(documents):
    add(documents, "m0")
    add(documents, "m0", "m1", ns="b")
    assert documents.get(Message, "b", "m1") is not None
    assert documents.get(Message, "a", "m1") is None
    assert (documents.count(Message, "a"), documents.count(Message, "b")) == (1, 2)
    unit = documents.unit("a")
    unit.update(Message, "m0", doc={"changed": True})
    unit.commit()
    assert documents.get(Message, "b", "m0")["doc"] == {"id": "m0"}


def test_nothing_is_written_before_the_commit(documents):
    unit = documents.unit("a")
    unit.insert(Thread, "t", id="t", doc={})
    assert documents.get(Thread, "a", "t") is None
    unit.commit()
    assert documents.get(Thread, "a", "t")["doc"] == {}


def test_a_unit_is_empty_and_usable_after_its_commit(documents):
    unit = documents.unit("a")
    unit.insert(Thread, "t", id="t", doc={"n": 1})
    unit.commit()
    unit.update(Thread, "t", doc={"n": 2})
    unit.commit()
    unit.commit()
    assert documents.get(Thread, "a", "t")["doc"] == {"n": 2}


async def test_a_failing_write_leaves_nothing_and_publishes_nothing(documents):
    add(documents, "m0")
    follower = documents.journal.follow("a")
    unit = documents.unit("a")
    unit.update(Message, "m0", doc={"changed": True})
    unit.insert(Thread, "t", id="t", doc={})
    unit.insert(Message, "again", id="m0", thread_id="t", run_id=None, doc={})
    unit.record("thread.created", {}, thread_id="t")
    with pytest.raises(IntegrityError):
        unit.commit()
    assert documents.get(Thread, "a", "t") is None
    assert documents.get(Message, "a", "m0")["doc"] == {"id": "m0"}
    assert documents.all(JournalEntry, "a") == []
    follower.close()
    assert [batch async for batch in follower] == []
    add(documents, "m1")
    assert documents.count(Message, "a") == 2


def test_a_document_that_is_no_json_leaves_nothing_either(documents):
    unit = documents.unit("a")
    unit.insert(Thread, "t", id="t", doc={})
    unit.insert(Assistant, "x", id="x", doc={"odd": object()})
    with pytest.raises(Exception, match="not JSON serializable"):
        unit.commit()
    assert documents.get(Thread, "a", "t") is None
    add(documents, "m0")


def test_rows_of_different_columns_keep_their_order(documents):
    unit = documents.unit("a")
    for n in range(9):
        more = {"run_id": f"r{n}"} if n % 3 == 0 else {"doc": {"n": n}} if n % 3 == 1 else {}
        unit.insert(Message, f"m{n}", thread_id="t", id=f"m{n}", **more)
    unit.commit()
    rows = documents.all(Message, "a")
    assert ids(rows) == [f"m{n}" for n in range(9)]
    assert [row["run_id"] for row in rows[:3]] == ["r0", None, None]
    assert [row["doc"] for row in rows[:3]] == [None, {"n": 1}, None]


def test_a_row_may_be_changed_before_it_is_written(documents):
    unit = documents.unit("a")
    unit.insert(Run, "r", id="r", thread_id="t", status="queued", doc={"n": 1})
    unit.update(Run, "r", status="in_progress", doc={"n": 2})
    unit.commit()
    row = documents.get(Run, "a", "r")
    assert (row["status"], row["doc"]) == ("in_progress", {"n": 2})


def test_changes_of_one_row_are_joined(documents):
    add(documents, "m0")
    unit = documents.unit("a")
    unit.update(Message, "m0", doc={"n": 1})
    unit.update(Message, "m0", run_id="r")
    unit.update(Message, "m0", doc={"n": 2})
    unit.commit()
    row = documents.get(Message, "a", "m0")
    assert (row["doc"], row["run_id"]) == ({"n": 2}, "r")


def test_rows_without_an_id_are_found_by_their_columns(documents):
    unit = documents.unit("a")
    unit.insert(RunAction, ("r", 1), run_id="r", thread_id="t", n=1, action={"is": "Say"}, done=False)
    unit.insert(RunAction, ("r", 2), run_id="r", thread_id="t", n=2, action={"is": "Hold"}, done=False)
    unit.commit()
    unit.update(RunAction, ("r", 2), by={"run_id": "r", "n": 2}, done=True)
    unit.commit()
    assert [row["done"] for row in documents.all(RunAction, "a", run_id="r")] == [False, True]
    assert documents.find(RunAction, ns="a", run_id="r", n=2)["action"] == {"is": "Hold"}
    assert documents.find(RunAction, ns="a", run_id="r", n=3) is None


def test_only_events_of_documents_are_rows_and_deltas_are_published_too(documents):
    follower = documents.journal.follow("a")
    unit = documents.unit("a")
    unit.record("thread.run.created", {"n": 1}, thread_id="t", run_id="r")
    unit.publish_delta("thread.message.delta", {"n": 2}, thread_id="t", run_id="r")
    unit.commit()
    assert [row["event"] for row in documents.all(JournalEntry, "a")] == ["thread.run.created"]
    assert [entry.event for entry in follower._waiting] == ["thread.run.created", "thread.message.delta"]


def test_the_newest_come_oldest_first(documents):
    add(documents, *(f"m{n}" for n in range(5)))
    assert ids(documents.newest(Message, "a", 3, thread_id="t")) == ["m2", "m3", "m4"]


def test_forgetting_a_namespace_keeps_its_row_and_other_namespaces(documents):
    add(documents, "m0")
    add(documents, "m0", ns="b")
    unit = documents.unit("a")
    unit.insert(NamespaceRecord, "a", config={}, clock={}, counters={})
    unit.insert(ScriptMemory, "uses", owner="uses", key="uses", value={"x": 1})
    unit.insert(ReportLine, 0, kind="drift", run_id=None, doc={})
    unit.commit()
    forget(documents, "a")
    assert documents.all(Message, "a") == documents.all(ScriptMemory, "a") == documents.all(ReportLine, "a") == []
    assert documents.find(NamespaceRecord, ns="a") is not None
    assert ids(documents.all(Message, "b")) == ["m0"]


@pytest.mark.parametrize("table", [table for table in ALL if table.has_seq], ids=lambda table: table.name)
def test_every_table_of_a_list_can_be_counted_and_read(documents, table):
    assert documents.count(table, "a") == 0
    assert documents.all(table, "a") == documents.all(table) == []
    assert documents.find(table, ns="a") is None


# --- existence, heavy columns, several values ------------------------------------------------------------------------


def test_existence_is_known_without_the_document(documents):
    add(documents, "m0", "m1", deleted=["m1"])
    assert documents.has(Message, "a", "m0") is True
    assert documents.has(Message, "a", "m1") is False
    assert documents.has(Message, "a", "m2") is False
    assert documents.has(Message, "b", "m0") is False


def add_run(documents, name="r", *, status="queued", ns="a"):
    unit = documents.unit(ns)
    unit.insert(Run, name, id=name, thread_id="t", status=status, doc={"id": name}, view={"v": 1}, play={"p": 1})
    unit.commit()


def test_heavy_columns_are_read_only_when_they_are_asked_for(documents):
    add_run(documents)
    light = [
        documents.get(Run, "a", "r"),
        documents.find(Run, ns="a", id="r"),
        documents.page(Run, "a", Cursor(), thread_id="t").rows[0],
        documents.all(Run, "a")[0],
        documents.newest(Run, "a")[0],
        documents.unfinished(Run)[0],
    ]
    assert [row.keys() & {"view", "play"} for row in light] == [set()] * 6
    heavy = [
        documents.get(Run, "a", "r", heavy=True),
        documents.find(Run, heavy=True, ns="a", id="r"),
        documents.all(Run, "a", heavy=True)[0],
        documents.unfinished(Run, heavy=True)[0],
    ]
    assert [(row["view"], row["play"], row["doc"]) for row in heavy] == [({"v": 1}, {"p": 1}, {"id": "r"})] * 4


def test_a_deleted_object_loses_its_heavy_columns_too(documents):
    unit = documents.unit("a")
    about = {"store_id": "s", "file_id": "f", "status": "completed"}
    unit.insert(VectorStoreFile, "x", id="x", doc={}, text="secret", **about)
    unit.commit()
    assert documents.get(VectorStoreFile, "a", "x", heavy=True)["text"] == "secret"
    unit.soft_delete(VectorStoreFile, "x")
    unit.commit()
    row = documents.get(VectorStoreFile, "a", "x", deleted=True, heavy=True)
    assert (row["deleted"], row["doc"], row["text"]) == (True, None, None)


def test_rows_with_one_of_several_values_come_in_order(documents):
    add(documents, "m0", "m1", "m2", "m3", deleted=["m1"])
    add(documents, "m0", ns="b")
    assert ids(documents.all_of(Message, "a", "id", ["m3", "m1", "m0", "m9"])) == ["m0", "m3"]
    assert documents.all_of(Message, "a", "id", []) == []


def test_unfinished_rows_are_those_of_all_namespaces_that_are_not_at_rest(documents):
    add_run(documents, "done", status="completed")
    add_run(documents, "waiting", status="requires_action")
    add_run(documents, "going", status="in_progress", ns="b")
    add_run(documents, "deleted", status="queued")
    unit = documents.unit("a")
    unit.soft_delete(Run, "deleted")
    unit.commit()
    assert [(row["ns"], row["id"]) for row in documents.unfinished(Run)] == [("a", "waiting"), ("b", "going")]
    unit.update(Run, "waiting", status="failed")
    unit.commit()
    assert ids(documents.unfinished(Run)) == ["going"]


# --- values ----------------------------------------------------------------------------------------------------------


def test_truth_comes_back_as_truth_and_a_default_is_written(documents):
    add(documents, "m0", "m1", deleted=["m1"])
    assert documents.get(Message, "a", "m0")["deleted"] is False
    assert documents.get(Message, "a", "m1", deleted=True)["deleted"] is True


@pytest.mark.parametrize(
    "doc", [None, {}, [], {"text": "ü\u2028\x00'\"; --"}, {"n": 2**63}, {"x": 0.1, "y": [None, True]}]
)
def test_json_comes_back_as_it_was_written(documents, doc):
    unit = documents.unit("a")
    unit.insert(Thread, "t", id="t", doc=doc)
    unit.commit()
    assert documents.get(Thread, "a", "t")["doc"] == doc


@pytest.mark.parametrize("name", ["'; DROP TABLE messages; --", '"x"', "x\x00y", "ü", "%", ""])
def test_an_id_is_never_part_of_a_statement(documents, name):
    add(documents, name, "other")
    assert documents.get(Message, "a", name)["doc"] == {"id": name}
    add(documents, deleted=[name])
    assert ids(documents.all(Message, "a")) == ["other"]


@pytest.mark.parametrize(
    "use",
    [
        lambda documents: documents.all(Message, "a", nosuch="x"),
        lambda documents: documents.find(Message, **{"1=1; --": "x"}),
        lambda documents: documents.count(Message, "a", nosuch="x"),
        lambda documents: documents.page(Message, "a", Cursor(), nosuch="x"),
        lambda documents: documents.all_of(Message, "a", "nosuch", ["x"]),
        lambda documents: documents.unfinished(Message),
        lambda documents: commit(documents, "insert", Message, "m9", id="m9", nosuch="x"),
        lambda documents: commit(documents, "update", Message, "m0", nosuch="x"),
        lambda documents: commit(documents, "delete", Message, nosuch="x"),
    ],
)
def test_a_column_that_is_not_there_is_refused(documents, use):
    add(documents, "m0")
    with pytest.raises(LookupError, match="messages"):
        use(documents)
    assert ids(documents.all(Message, "a")) == ["m0"]


def commit(documents, write, *args, **columns):
    unit = documents.unit("a")
    getattr(unit, write)(*args, **columns)
    unit.commit()


def test_deletions_come_before_all_other_writes_of_a_unit(documents):
    add(documents, "m0", "m1")
    unit = documents.unit("a")
    unit.insert(Message, "m0", id="m0", thread_id="t", doc={"n": 2})
    unit.delete(Message, id="m0")
    unit.commit()
    assert ids(documents.all(Message, "a")) == ["m1", "m0"]
    assert documents.get(Message, "a", "m0")["doc"] == {"n": 2}


def test_a_document_that_its_row_and_its_events_hold_is_made_text_once(documents, monkeypatch):
    made = []
    monkeypatch.setattr(orjson, "dumps", lambda value, dumps=orjson.dumps: (made.append(value), dumps(value))[1])
    unit, doc = documents.unit("a"), {"id": "r"}
    unit.insert(Run, "r", id="r", thread_id="t", status="queued", doc=doc)
    unit.record("thread.run.created", doc, thread_id="t", run_id="r")
    unit.record("thread.run.queued", doc, thread_id="t", run_id="r")
    unit.commit()
    assert made == [doc]
    doc["status"] = "changed"
    unit.update(Run, "r", doc=doc)
    unit.commit()
    assert documents.get(Run, "a", "r")["doc"] == {"id": "r", "status": "changed"}

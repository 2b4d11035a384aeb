"""What transactions read: rows, pages and counts. How they write and end is in `test_transactions`."""

from sqlite3 import IntegrityError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.store.documents import Cursor, Documents
from emulator.store.journal import Change, Entry, Journal
from emulator.store.removals import remove
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import (
    ALL,
    OF_A_NAMESPACE,
    Message,
    NamespaceRecord,
    ReportLine,
    Run,
    RunAction,
    ScriptMemory,
    Thread,
)


async def add(documents, *ids, ns="a", thread="t", deleted=()):
    async with documents.transaction(ns) as tx:
        for name in ids:
            tx.insert(Message, name, id=name, thread_id=thread, run_id=None, doc={"id": name})
        for name in deleted:
            tx.soft_delete(Message, name)


async def add_run(documents, name="r", *, status="queued", ns="a"):
    async with documents.transaction(ns) as tx:
        about = {"thread_id": f"t-{name}", "status": status, "doc": {"id": name}}
        tx.insert(Run, name, id=name, **about)


async def seq(tx, name):
    return (await tx.get(Message, name, deleted=True))["seq"]


def ids(rows):
    return [row["id"] for row in rows]


# --- lists -----------------------------------------------------------------------------------------------------------


@given(
    size=st.integers(0, 12),
    limit=st.integers(1, 14),
    order=st.sampled_from(["asc", "desc"]),
    deleted=st.sets(st.integers(0, 11)),
)
@settings(max_examples=40)
async def test_pages_walked_by_after_are_the_list(size, limit, order, deleted):
    documents = Documents(open_database(None), Journal())
    names = [f"m{n}" for n in range(size)]
    await add(documents, *names, deleted=[names[n] for n in deleted if n < size])
    await add(documents, "elsewhere", thread="u")
    await add(documents, "m0", ns="b")
    left = [name for n, name in enumerate(names) if n not in deleted]
    whole, walked, after = left if order == "asc" else left[::-1], [], None
    async with documents.transaction("a") as tx:
        while True:
            page = await tx.page(Message, Cursor(limit, order, after=after), thread_id="t")
            walked += ids(page.rows)
            assert page.has_more == (len(walked) < len(whole))
            if not page.has_more:
                break
            assert len(page.rows) == limit
            after = page.rows[-1]["seq"]
    assert walked == whole
    documents.database.close()


@given(size=st.integers(1, 12), limit=st.integers(1, 14), order=st.sampled_from(["asc", "desc"]), data=st.data())
@settings(max_examples=40)
async def test_a_page_before_an_object_is_the_one_next_to_it(size, limit, order, data):
    documents = Documents(open_database(None), Journal())
    names = [f"m{n}" for n in range(size)]
    await add(documents, *names)
    whole = names if order == "asc" else names[::-1]
    place = data.draw(st.integers(0, size - 1))
    async with documents.transaction("a") as tx:
        page = await tx.page(Message, Cursor(limit, order, before=await seq(tx, whole[place])), thread_id="t")
    assert ids(page.rows) == whole[max(0, place - limit) : place]
    assert page.has_more == (place > limit)
    documents.database.close()


async def test_a_page_has_the_heavy_columns_that_are_asked_for(documents):
    async with documents.transaction("a") as tx:
        for name in ("r1", "r2"):
            about = {"id": name, "thread_id": "t", "status": "completed"}
            tx.insert(Run, name, **about, doc={}, view={"large": name}, play={"turn": name}, timeline=[{"at": 1.0}])
        plain, asked = await tx.page(Run, Cursor()), await tx.page(Run, Cursor(), also=("play", "timeline"))
        with pytest.raises(LookupError, match="no column 'toy'"):
            await tx.page(Run, Cursor(), also=("toy",))
    assert [row.keys() & {"view", "play", "timeline"} for row in (*plain.rows, *asked.rows)] == [
        set(), set(), {"play", "timeline"}, {"play", "timeline"},
    ]  # fmt: skip
    assert [row["play"]["turn"] for row in asked.rows] == ["r2", "r1"]


@pytest.mark.parametrize("order,expected", [("asc", ["m2", "m3"]), ("desc", ["m3", "m2"])])
async def test_after_and_before_together_give_what_lies_between(documents, order, expected):
    await add(documents, *(f"m{n}" for n in range(6)))
    async with documents.transaction("a") as tx:
        ends = {"after": await seq(tx, "m1"), "before": await seq(tx, "m4")}
        if order == "desc":
            ends = {"after": ends["before"], "before": ends["after"]}
        assert ids((await tx.page(Message, Cursor(9, order, **ends), thread_id="t")).rows) == expected


async def test_the_newest_come_oldest_first(documents):
    await add(documents, *(f"m{n}" for n in range(5)))
    async with documents.transaction("a") as tx:
        assert ids(await tx.newest(Message, 3, thread_id="t")) == ["m2", "m3", "m4"]


async def test_rows_with_one_of_several_values_come_in_order(documents):
    await add(documents, "m0", "m1", "m2", "m3", deleted=["m1"])
    await add(documents, "m0", ns="b")
    async with documents.transaction("a") as tx:
        assert ids(await tx.all_of(Message, "id", ["m3", "m1", "m0", "m9"])) == ["m0", "m3"]
        assert await tx.all_of(Message, "id", []) == []


@pytest.mark.parametrize("table", [table for table in ALL if table.has_seq], ids=lambda table: table.name)
async def test_every_table_of_a_list_can_be_counted_and_read(documents, table):
    async with documents.transaction("a") as tx:
        assert await tx.count(table) == 0
        assert await tx.all(table) == []
        assert await tx.find(table) is None


# --- objects ---------------------------------------------------------------------------------------------------------


async def test_a_deleted_object_is_gone_but_its_place_still_pages(documents):
    await add(documents, "m0", "m1", "m2", deleted=["m1"])
    async with documents.transaction("a") as tx:
        assert await tx.get(Message, "m1") is None
        assert (await tx.get(Message, "m1", deleted=True))["doc"] is None
        page = await tx.page(Message, Cursor(9, "asc", after=await seq(tx, "m1")), thread_id="t")
        assert ids(page.rows) == ["m2"]
        assert await tx.count(Message, thread_id="t") == 2


async def test_existence_is_known_without_the_document(documents):
    await add(documents, "m0", "m1", deleted=["m1"])
    async with documents.transaction("a") as tx:
        assert [await tx.has(Message, name) for name in ("m0", "m1", "m2")] == [True, False, False]
    async with documents.transaction("b") as tx:
        assert await tx.has(Message, "m0") is False


async def test_rows_without_an_id_are_found_by_their_columns(documents):
    async with documents.transaction("a") as tx:
        tx.insert(RunAction, ("r", 1), run_id="r", thread_id="t", n=1, action={"is": "Say"}, done=False)
        tx.insert(RunAction, ("r", 2), run_id="r", thread_id="t", n=2, action={"is": "Hold"}, done=False)
    async with documents.transaction("a") as tx:
        tx.update(RunAction, ("r", 2), by={"run_id": "r", "n": 2}, done=True)
        assert [row["done"] for row in await tx.all(RunAction, run_id="r")] == [False, True]
        assert (await tx.find(RunAction, run_id="r", n=2))["action"] == {"is": "Hold"}
        assert await tx.find(RunAction, run_id="r", n=3) is None


# --- what is not at rest ---------------------------------------------------------------------------------------------


async def add_runs(documents):
    await add_run(documents, "done", status="completed")
    await add_run(documents, "waiting", status="requires_action")
    await add_run(documents, "going", status="in_progress", ns="b")
    await add_run(documents, "deleted")
    async with documents.transaction("a") as tx:
        tx.soft_delete(Run, "deleted")


async def test_unfinished_rows_are_those_of_all_namespaces_that_are_not_at_rest(documents):
    await add_runs(documents)
    assert [(row["ns"], row["id"]) for row in await documents.unfinished(Run)] == [("a", "waiting"), ("b", "going")]
    async with documents.transaction("a") as tx:
        tx.update(Run, "waiting", status="failed")
    assert ids(await documents.unfinished(Run)) == ["going"]


async def test_a_transaction_reads_the_unfinished_rows_of_its_namespace(documents):
    await add_runs(documents)
    async with documents.transaction("a") as tx:
        assert ids(await tx.unfinished(Run)) == ids(await tx.unfinished(Run, thread_id="t-waiting")) == ["waiting"]
        assert await tx.unfinished(Run, thread_id="t-done") == []
        tx.update(Run, "waiting", status="failed")
        assert await tx.unfinished(Run) == []


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
async def test_a_thread_has_one_unfinished_run_at_most(documents, status):
    await add_run(documents)
    with pytest.raises(IntegrityError, match=r"UNIQUE constraint failed: runs\.ns, runs\.thread_id"):
        async with documents.transaction("a") as tx:
            tx.insert(Run, "r2", id="r2", thread_id="t-r", status=status)
    async with documents.transaction("b") as tx:
        tx.insert(Run, "r2", id="r2", thread_id="t-r", status=status)


# --- namespaces ------------------------------------------------------------------------------------------------------


async def test_namespaces_do_not_see_each_other(documents):
    await add(documents, "m0")
    await add(documents, "m0", "m1", ns="b")
    async with documents.transaction("a") as tx:
        assert await tx.get(Message, "m1") is None
        assert await tx.count(Message) == 1
        tx.update(Message, "m0", doc={"changed": True})
    async with documents.transaction("b") as tx:
        assert await tx.count(Message) == 2
        assert (await tx.get(Message, "m0"))["doc"] == {"id": "m0"}


async def test_all_namespaces_are_listed(documents):
    for ns in "ab":
        async with documents.transaction(ns) as tx:
            tx.insert(NamespaceRecord, ns, config={"seed": 1}, clock={}, counters={"run": 2})
    found = await documents.namespaces()
    assert [(row["ns"], row["config"], row["script_version"]) for row in found] == [
        ("a", {"seed": 1}, 0),
        ("b", {"seed": 1}, 0),
    ]


async def test_forgetting_a_namespace_keeps_its_row_and_other_namespaces(documents):
    await add(documents, "m0")
    await add(documents, "m0", ns="b")
    async with documents.transaction("a") as tx:
        tx.insert(NamespaceRecord, "a", config={}, clock={}, counters={})
        tx.insert(ScriptMemory, "uses", owner="uses", key="uses", value={"x": 1})
        tx.insert(ReportLine, 0, kind="drift", run_id=None, doc={})
        tx.insert(Thread, "t", id="t", doc={})
        tx.record(Entry("t", "r", "thread.run.queued", {}, Change("r", "queued", 1.0, "create")))
    async with documents.transaction("a") as tx:
        await remove(tx, documents.removals, NamespaceRecord)
        assert [await tx.all(table) for table in OF_A_NAMESPACE] == [[]] * len(OF_A_NAMESPACE)
        assert await tx.find(NamespaceRecord) is not None
    async with documents.transaction("b") as tx:
        assert ids(await tx.all(Message)) == ["m0"]

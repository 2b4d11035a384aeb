"""What a transaction writes is kept as a whole or not at all, seen by itself at once and by others at its end."""

import shutil

import pytest

from emulator.store.documents import Documents
from emulator.store.journal import Change, Entry, Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import Assistant, Message, Run, RunAction, Thread


class TroubleError(Exception):
    pass


@pytest.fixture
def sent(documents):
    """Return a list of the statements that SQLite is sent from now on, by their first words."""
    statements = []
    documents.database.driver.set_trace_callback(lambda text: statements.append(" ".join(text.split()[:2])))
    return statements


def insert(tx, name, **columns):
    tx.insert(Thread, name, id=name, **columns)


def tell(tx, name):
    tx.record(Entry(name, None, "thread.created", {"id": name}))


async def add(documents, *names):
    async with documents.transaction("a") as tx:
        for name in names:
            insert(tx, name, doc={"id": name})
            tell(tx, name)


async def threads(documents):
    async with documents.transaction("a") as tx:
        return [row["id"] for row in await tx.all(Thread)]


async def doc(documents, name, table=Thread):
    async with documents.transaction("a") as tx:
        return (await tx.get(table, name))["doc"]


def published(follower):
    return [entry.data["id"] for entry in follower.take()]


# --- what is seen ----------------------------------------------------------------------------------------------------


async def test_a_transaction_sees_what_it_has_written_although_nothing_was_sent_yet(documents, sent):
    async with documents.transaction("a") as tx:
        insert(tx, "t1", doc={"n": 1})
        insert(tx, "t2")
        tx.update(Thread, "t1", doc={"n": 2})
        tx.soft_delete(Thread, "t2")
        assert sent == []
        assert (await tx.get(Thread, "t1"))["doc"] == {"n": 2}
        assert [await tx.has(Thread, name) for name in ("t1", "t2")] == [True, False]
        tx.delete(Thread, id="t1")
        assert await tx.all(Thread) == []


@pytest.mark.parametrize(
    "read",
    [
        lambda tx: tx.get(Run, "r"),
        lambda tx: tx.has(Run, "r"),
        lambda tx: tx.find(Run, id="r"),
        lambda tx: tx.all(Run),
        lambda tx: tx.all_of(Run, "id", ["r"]),
        lambda tx: tx.newest(Run),
        lambda tx: tx.unfinished(Run, thread_id="t"),
        lambda tx: tx.count(Run),
    ],
)
async def test_every_way_to_read_sees_it(documents, read):
    async with documents.transaction("a") as tx:
        assert not await read(tx)
        tx.insert(Run, "r", id="r", thread_id="t", status="queued")
        assert await read(tx)
        tx.delete(Run, id="r")
        assert not await read(tx)


async def test_a_read_of_another_table_sends_nothing(documents, sent):
    async with documents.transaction("a") as tx:
        insert(tx, "t1")
        await tx.get(Assistant, "x")
        assert sent == ["SELECT seq,"]


async def test_nothing_is_in_the_file_before_the_end(tmp_path):
    def on_disk():
        shutil.rmtree(tmp_path / "copy", ignore_errors=True)
        shutil.copytree(tmp_path / "db", tmp_path / "copy")
        other = open_database(tmp_path / "copy" / "x.db")
        found = [name for (name,) in other.driver.execute("SELECT id FROM threads")]
        other.close()
        return found

    (tmp_path / "db").mkdir()
    documents = Documents(open_database(tmp_path / "db" / "x.db"), Journal())
    async with documents.transaction("a") as tx:
        insert(tx, "t1")
        assert await tx.has(Thread, "t1")
        assert on_disk() == []
    assert on_disk() == ["t1"]
    documents.database.close()


async def test_a_server_that_is_killed_within_a_transaction_leaves_nothing_of_it(tmp_path):
    documents = Documents(open_database(tmp_path / "x.db"), Journal())
    await add(documents, "t0")
    tx = await documents.begin("a")
    insert(tx, "t1")
    assert await tx.has(Thread, "t1")
    documents.database.close()
    documents = Documents(open_database(tmp_path / "x.db"), Journal())
    assert await threads(documents) == ["t0"]
    documents.database.close()


# --- what is sent ----------------------------------------------------------------------------------------------------


async def test_a_transaction_that_only_reads_sends_no_begin(documents, sent):
    async with documents.transaction("a") as tx:
        await tx.all(Thread)
    async with documents.transaction("a") as tx:
        tell(tx, "t1")
    assert sent == ["SELECT seq,"]


async def test_everything_is_written_between_one_begin_and_one_commit(documents, sent):
    async with documents.transaction("a") as tx:
        insert(tx, "t1")
        await tx.has(Thread, "t1")
        tx.update(Thread, "t1", doc={})
        tx.record(Entry("t1", "r", "thread.run.queued", {}, Change("r", "queued", 1.0, "create")))
    journal = ["SELECT seq", "INSERT INTO"]
    assert sent == ["BEGIN IMMEDIATE", "INSERT INTO", "SELECT 1", "UPDATE threads", *journal, "COMMIT"]


async def test_changes_of_one_row_are_joined(documents, sent):
    async with documents.transaction("a") as tx:
        tx.insert(Message, "m0", id="m0", thread_id="t", doc={"n": 1})
        tx.update(Message, "m0", doc={"n": 2})
    assert sent == ["BEGIN IMMEDIATE", "INSERT INTO", "COMMIT"]
    async with documents.transaction("a") as tx:
        assert (await tx.get(Message, "m0"))["doc"] == {"n": 2}
        sent.clear()
        tx.update(Message, "m0", doc={"n": 3})
        tx.update(Message, "m0", run_id="r")
        tx.update(Message, "m0", doc={"n": 4})
    assert sent == ["BEGIN IMMEDIATE", "UPDATE messages", "COMMIT"]
    async with documents.transaction("a") as tx:
        row = await tx.get(Message, "m0")
    assert (row["doc"], row["run_id"]) == ({"n": 4}, "r")


# --- the order of writes ---------------------------------------------------------------------------------------------


async def test_rows_of_different_columns_keep_their_order(documents):
    async with documents.transaction("a") as tx:
        for n in range(9):
            more = {"run_id": f"r{n}"} if n % 3 == 0 else {"doc": {"n": n}} if n % 3 == 1 else {}
            tx.insert(Message, f"m{n}", thread_id="t", id=f"m{n}", **more)
        rows = await tx.all(Message)
    assert [row["id"] for row in rows] == [f"m{n}" for n in range(9)]
    assert [row["run_id"] for row in rows[:3]] == ["r0", None, None]
    assert [row["doc"] for row in rows[:3]] == [None, {"n": 1}, None]


WRITES = {
    "insert": lambda tx, n: insert(tx, "t", doc={"n": n}),
    "update": lambda tx, n: tx.update(Thread, "t", doc={"n": n}),
    "delete": lambda tx, _n: tx.delete(Thread, id="t"),
}


@pytest.mark.parametrize(
    "there,verbs,left",
    [
        (False, "insert update", 2),
        (False, "insert delete", None),
        (False, "insert update delete", None),
        (False, "insert delete insert", 3),
        (False, "insert delete update", None),
        (True, "delete insert", 2),
        (True, "delete insert update", 3),
        (True, "delete update", None),
        (True, "update delete", None),
        (True, "update delete insert", 3),
        (True, "delete insert delete", None),
        (True, "delete insert delete insert update", 5),
    ],
)
async def test_writes_of_one_row_take_effect_in_the_order_of_the_calls(documents, there, verbs, left):
    await add(documents, *["t"] * there, "other")
    async with documents.transaction("a") as tx:
        for n, verb in enumerate(verbs.split(), 1):
            WRITES[verb](tx, n)
    async with documents.transaction("a") as tx:
        row = await tx.get(Thread, "t")
        assert (row and row["doc"]) == (None if left is None else {"n": left})
        assert await tx.count(Thread) == 1 + (left is not None)


async def test_a_row_that_was_sent_already_can_still_be_changed(documents):
    async with documents.transaction("a") as tx:
        tx.insert(RunAction, ("r", 1), run_id="r", thread_id="t", n=1)
        assert await tx.find(RunAction, run_id="r", n=1)
        tx.update(RunAction, ("r", 1), by={"run_id": "r", "n": 1}, done=True)
        assert (await tx.find(RunAction, run_id="r", n=1))["done"] is True

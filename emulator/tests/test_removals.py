"""What is deleted is gone for everybody at once, and its rows go a piece at a time: here without a server."""

import asyncio
import itertools
from sqlite3 import OperationalError

import pytest

from emulator.store import removals, sweeper
from emulator.store.documents import Cursor, Documents
from emulator.store.folder_blobs import FolderBlobs
from emulator.store.journal import Journal
from emulator.store.removals import Removal, remove, remove_whole
from emulator.store.sqlite.opening import open_database
from emulator.store.sweeper import Sweeper
from emulator.store.tables import (
    OF_A_NAMESPACE,
    File,
    FileBatch,
    Message,
    NamespaceRecord,
    Run,
    RunAction,
    RunSignal,
    RunStep,
    ScriptMemory,
    Thread,
    Upload,
    UploadPart,
    VectorStore,
    VectorStoreFile,
)

FEW, PIECE = 20, 10


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(removals, "AT_ONCE", FEW)
    monkeypatch.setattr(removals, "EACH_TIME", PIECE)
    monkeypatch.setattr(sweeper, "PAUSE", 0)


class Store:
    """A store that can be closed and opened again."""

    def __init__(self, folder, *, db):
        self.folder, self.db = folder, db
        self.open()

    def open(self):
        self.blobs = FolderBlobs(self.folder / "blobs")
        self.documents = Documents(open_database(self.db), Journal())
        self.sweeper = Sweeper(self.documents, self.blobs)
        self.documents.removals.on_delete = lambda: None  # a test says when it begins

    async def restart(self):
        await asyncio.gather(*self.sweeper.stop(), return_exceptions=True)
        self.documents.database.close()
        self.open()

    def transaction(self, ns="a"):
        return self.documents.transaction(ns)

    async def remove(self, kind, owner="", ns="a"):
        async with self.transaction(ns) as tx:
            return await remove(tx, self.documents.removals, kind, owner)

    def left(self, table, ns="a"):
        """Return how many rows the table has, seen or not."""
        text = f"SELECT count(*) FROM {table.name} WHERE ns = ?"
        return self.documents.database.driver.execute(text, (ns,)).fetchone()[0]

    def pending(self):
        return self.documents.database.driver.execute("SELECT ns, kind, owner FROM removals").fetchall()


@pytest.fixture(params=["in memory", "file"])
def store(request, tmp_path):
    store = Store(tmp_path, db=tmp_path / "x.db" if request.param == "file" else None)
    yield store
    store.documents.database.close()


@pytest.fixture
def file_store(tmp_path):
    store = Store(tmp_path, db=tmp_path / "x.db")
    yield store
    store.documents.database.close()


async def fill_thread(store, thread, *, runs=1, messages=0, ns="a", status="completed"):
    async with store.transaction(ns) as tx:
        tx.insert(Thread, thread, id=thread, doc={"id": thread})
        for number in range(messages):
            tx.insert(Message, number, id=f"{thread}-m{number}", thread_id=thread, doc={"id": f"m{number}"})
        for number in range(runs):
            run = f"{thread}-r{number}"
            tx.insert(Run, run, id=run, thread_id=thread, status=status, doc={"id": run})
            tx.insert(RunStep, run, id=f"{run}-s", run_id=run, thread_id=thread, doc={"id": "s"})
            tx.insert(RunAction, (run, 1), run_id=run, n=1, thread_id=thread, action={"is": "Say"})
            tx.insert(RunSignal, run, run_id=run, signal="step", data={})
        tx.insert(ScriptMemory, thread, owner=f"thread:{thread}", key=f"thread:{thread}", value={"vars": {}})


async def fill_store(store, store_id, files, ns="a"):
    async with store.transaction(ns) as tx:
        tx.insert(VectorStore, store_id, id=store_id, doc={"id": store_id})
        tx.insert(FileBatch, f"{store_id}-b", id=f"{store_id}-b", store_id=store_id, doc={})
        for number in range(files):
            about = {"store_id": store_id, "file_id": f"f{number}", "batch_id": f"{store_id}-b", "status": "completed"}
            tx.insert(VectorStoreFile, number, id=f"{store_id}/f{number}", doc={"n": number}, text="x", **about)


async def fill_files(store, table, count, *, ns="a", **about):
    async with store.transaction(ns) as tx:
        for number in range(count):
            blob = f"{ns}-{table.name}-{number}"
            store.blobs.write(blob, b"x")
            tx.insert(table, number, id=f"f{number}", blob=blob, doc={"id": f"f{number}"}, **about)


def bytes_left(store):
    return sorted(path.name for path in store.blobs.folder.iterdir())


# --- a few rows ------------------------------------------------------------------------------------------------------


async def test_a_few_rows_go_with_what_deletes_them(store):
    await fill_thread(store, "t", messages=5)
    await fill_thread(store, "u", messages=5)
    await store.remove(Thread, "t")
    assert (store.left(Message), store.left(Run), store.left(RunStep), store.left(RunAction)) == (5, 1, 1, 1)
    assert (store.left(RunSignal), store.left(ScriptMemory)) == (1, 1)
    assert store.pending() == []


async def test_what_is_deleted_in_a_transaction_that_fails_is_still_there(store):
    await fill_thread(store, "t", messages=50)
    await roll_back(store, remove)
    assert store.left(Message) == 50
    assert list(store.documents.removals) == []
    async with store.transaction() as tx:
        assert await tx.count(Message, thread_id="t") == 50


async def roll_back(store, verb):
    """Remove a thread in a transaction that keeps nothing."""
    tx = await store.documents.begin("a")
    await verb(tx, store.documents.removals, Thread, "t")
    await tx.roll_back()


# --- many ------------------------------------------------------------------------------------------------------------


async def seen(tx, thread="t"):
    """Return what every way to read finds of a thread."""
    return [
        await tx.get(Message, f"{thread}-m49"),
        await tx.get(Message, f"{thread}-m49", deleted=True),
        await tx.find(Message, id=f"{thread}-m49"),
        (await tx.page(Message, Cursor(5), thread_id=thread)).rows,
        (await tx.page(Message, Cursor(5), thread_id=thread)).has_more,
        await tx.all(Message, thread_id=thread),
        await tx.all(Message, id=f"{thread}-m49"),
        await tx.all_of(Message, "id", [f"{thread}-m49"]),
        await tx.newest(Message, thread_id=thread),
        await tx.count(Message, thread_id=thread),
        await tx.has(Message, f"{thread}-m49"),
        await tx.unfinished(Run, thread_id=thread),
        await tx.unfinished(Run),
        await tx.get(Run, f"{thread}-r0"),
        await tx.get(RunStep, f"{thread}-r0-s"),
    ]


async def test_many_rows_are_not_seen_any_more_before_they_are_gone(store):
    await fill_thread(store, "t", messages=50, status="queued")
    async with store.transaction() as tx:
        assert all(await seen(tx))
    await store.remove(Thread, "t")
    assert store.left(Message) > 0
    assert store.pending() == [("a", "threads", "t")]
    async with store.transaction() as tx:
        assert not any(await seen(tx))
    assert await store.documents.unfinished(Run) == []


async def test_what_belongs_to_others_is_seen_meanwhile(store):
    await fill_thread(store, "t", messages=50)
    await fill_thread(store, "u", messages=50, status="queued")
    await fill_thread(store, "t", messages=50, ns="b", status="queued")
    await store.remove(Thread, "t")
    async with store.transaction() as tx:
        assert all(await seen(tx, "u"))
    async with store.transaction("b") as tx:
        assert all(await seen(tx))


async def test_the_rest_goes_in_the_background(store):
    await fill_thread(store, "t", messages=50, runs=30)
    await fill_thread(store, "u", messages=3)
    await store.remove(Thread, "t")
    await store.sweeper.finish()
    assert [store.left(table) for table in (Message, Run, RunStep, RunAction, RunSignal, ScriptMemory)] == [3, *[1] * 5]
    assert store.pending() == []
    assert list(store.documents.removals) == []
    assert store.documents.removals.owners == {}


async def test_a_run_with_many_steps_goes_in_pieces_too(store):
    await fill_thread(store, "t")
    async with store.transaction() as tx:
        for number in range(100):
            tx.insert(RunStep, number, id=f"s{number}", run_id="t-r0", thread_id="t", doc={})
    await store.remove(Thread, "t")
    assert (store.left(RunStep), store.left(Run)) == (101 - FEW, 1)
    await store.sweeper.finish()
    assert (store.left(RunStep), store.left(Run)) == (0, 0)


async def test_a_restart_does_not_see_it_and_goes_on(file_store):
    store = file_store
    await fill_thread(store, "t", messages=50, status="queued")
    await store.remove(Thread, "t")
    await store.restart()
    async with store.transaction() as tx:
        assert not any(await seen(tx))
    assert await store.documents.unfinished(Run) == []
    store.sweeper.wake()
    await store.sweeper.finish()
    assert store.left(Message) == 0
    assert store.pending() == []


async def test_requests_go_between_the_pieces(store):
    await fill_thread(store, "t", messages=100)
    await store.remove(Thread, "t")
    sizes = [store.left(Message)]
    store.sweeper.wake()
    while sizes[-1]:
        await asyncio.sleep(0)
        async with store.transaction():
            sizes.append(store.left(Message))
    removed = {before - after for before, after in itertools.pairwise(sizes)}
    assert max(removed) <= PIECE
    assert 0 in removed


async def test_a_piece_that_cannot_be_written_is_tried_again(store, monkeypatch, caplog):
    await fill_thread(store, "t", messages=50)
    await store.remove(Thread, "t")
    monkeypatch.setattr(sweeper, "RETRY_SECONDS", 0)
    sweep, failures = removals.sweep, iter([OperationalError("database or disk is full")] * 2)

    def fail(*args):
        if (error := next(failures, None)) is not None:
            raise error
        return sweep(*args)

    monkeypatch.setattr(removals, "sweep", fail)
    await store.sweeper.finish()
    assert store.left(Message) == 0
    assert len(caplog.records) == 2


# --- vector stores and uploads ---------------------------------------------------------------------------------------


async def test_a_vector_store_goes_with_its_files_and_batches(store):
    await fill_store(store, "v", 40)
    await fill_store(store, "w", 2)
    await store.remove(VectorStore, "v")
    assert store.left(VectorStoreFile) > 2
    async with store.transaction() as tx:
        assert await tx.all(VectorStoreFile, store_id="v") == []
        assert [row["store_id"] for row in await tx.all(VectorStoreFile, file_id="f1")] == ["w"]
        assert await tx.get(FileBatch, "v-b") is None
    await store.sweeper.finish()
    assert (store.left(VectorStoreFile), store.left(FileBatch)) == (2, 1)


async def test_parts_of_an_upload_go_with_their_bytes(store):
    await fill_files(store, UploadPart, 50, upload_id="u")
    for blob in await store.remove(Upload, "u"):
        store.blobs.drop(blob)
    await store.sweeper.finish()
    assert store.left(UploadPart) == 0
    assert bytes_left(store) == []


# --- namespaces ------------------------------------------------------------------------------------------------------


async def test_a_namespace_goes_with_everything_but_what_stays(store):
    for ns in "ab":
        await fill_thread(store, "t", messages=50, runs=20, ns=ns)
        await fill_store(store, "v", 10, ns=ns)
        await fill_files(store, File, 60, ns=ns, purpose="assistants")
        async with store.transaction(ns) as tx:
            tx.insert(NamespaceRecord, ns, config={}, clock={}, counters={})
    for blob in await store.remove(NamespaceRecord):
        store.blobs.drop(blob)
    await store.sweeper.finish()
    assert [store.left(table) for table in OF_A_NAMESPACE] == [0] * len(OF_A_NAMESPACE)
    assert (store.left(Message, "b"), store.left(VectorStoreFile, "b"), store.left(NamespaceRecord)) == (50, 10, 1)
    assert bytes_left(store) == sorted(f"b-files-{number}" for number in range(60))


async def test_bytes_go_before_the_rows_that_lead_to_them(file_store, monkeypatch):
    store = file_store
    await fill_files(store, File, 60, purpose="assistants")
    await store.remove(NamespaceRecord)
    rows = []
    drop = store.blobs.drop
    monkeypatch.setattr(store.blobs, "drop", lambda blob: (rows.append(store.left(File)), drop(blob)))
    monkeypatch.setattr(asyncio, "to_thread", call_here)
    await store.sweeper.finish()
    assert rows
    assert 0 not in rows


async def call_here(call, *args):
    return call(*args)


def test_a_generation_is_not_used_as_long_as_there_are_rows_of_it(store):
    pending = store.documents.removals
    assert (pending.next_generation("a"), pending.next_generation("a", "a")) == ("a", "a@1")
    pending.add(Removal("a", "namespaces", ""))
    pending.add(Removal("a@7", "namespaces", ""))
    pending.add(Removal("a@9", "threads", "t"))
    pending.add(Removal("b", "namespaces", ""))
    assert (pending.next_generation("a"), pending.next_generation("a", "a@11")) == ("a@8", "a@12")
    assert pending.next_generation("c") == "c"


# --- ids that are used again -----------------------------------------------------------------------------------------


async def test_what_gets_the_id_of_something_deleted_has_none_of_its_rows(store):
    await fill_thread(store, "t", messages=50)
    await store.remove(Thread, "t")
    async with store.transaction() as tx:
        await remove_whole(tx, store.documents.removals, Thread, "t")
        tx.insert(Message, "new", id="new", thread_id="t", doc={})
        assert [row["id"] for row in await tx.all(Message, thread_id="t")] == ["new"]
    await store.sweeper.finish()
    async with store.transaction() as tx:
        assert [row["id"] for row in await tx.all(Message, thread_id="t")] == ["new"]


async def test_if_it_does_not_get_it_after_all_the_rows_stay_unseen(store):
    await fill_thread(store, "t", messages=50)
    await store.remove(Thread, "t")
    await roll_back(store, remove_whole)
    async with store.transaction() as tx:
        assert not any(await seen(tx))
    await store.sweeper.finish()
    assert store.left(Message) == 0


# --- room ------------------------------------------------------------------------------------------------------------


async def test_a_file_shrinks_when_much_of_it_is_deleted(file_store):
    store = file_store
    async with store.transaction() as tx:
        for number in range(400):
            tx.insert(Message, number, id=f"m{number}", thread_id="t", doc={"text": "x" * 50_000})
    await store.documents.fold()
    large = store.db.stat().st_size
    await store.remove(Thread, "t")
    await store.sweeper.finish()
    assert store.db.stat().st_size < large / 2
    pages = store.documents.database.driver.execute("PRAGMA freelist_count").fetchone()[0]
    assert pages <= sweeper.FREE_PAGES
    assert store.documents.database.driver.execute("PRAGMA integrity_check").fetchone() == ("ok",)


async def test_room_is_given_back_a_few_pages_at_a_time(file_store, monkeypatch):
    store = file_store
    monkeypatch.setattr(sweeper, "FREE_PAGES", 0)
    driver = store.documents.database.driver
    driver.execute("CREATE TABLE extra AS SELECT zeroblob(4000000) AS x")
    driver.execute("DROP TABLE extra")
    (before,) = driver.execute("PRAGMA freelist_count").fetchone()
    assert await store.documents.shrink(100, 50)
    assert driver.execute("PRAGMA freelist_count").fetchone() == (before - 50,)
    assert not await store.documents.shrink(before - 50, 50)


# --- pages of a whole namespace --------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_a_page_of_a_namespace_goes_around_what_is_being_removed(store, order, limit):
    for thread, runs in (("t", 2), ("u", 2 * FEW), ("v", 2), ("w", 2 * FEW), ("x", 1)):
        await fill_thread(store, thread, runs=runs)
    for thread in ("u", "w"):
        await store.remove(Thread, thread)
    assert store.left(Run) > 5
    seen, after = [], None
    while True:
        async with store.transaction() as tx:
            page = await tx.page(Run, Cursor(limit, order, after))
        seen += [row["id"] for row in page.rows]
        if not page.has_more:
            break
        after = page.rows[-1]["seq"]
    expected = ["t-r0", "t-r1", "v-r0", "v-r1", "x-r0"]
    assert seen == (expected if order == "asc" else expected[::-1])

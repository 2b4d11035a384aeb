"""Deleted, reset and created anew: nothing of what was there is seen again, however long its rows take to go."""

import asyncio

import pytest

from emulator.domain.actions import Hold, Say
from emulator.domain.errors import ApiError
from emulator.domain.ports import LoadedScripts, ScriptSource
from emulator.service import files, ingestion, store_files, threads, vector_stores
from emulator.store import removals, sweeper
from emulator.store.tables import File, Message, NamespaceRecord, Run, Thread
from emulator.wire.threads import CreateThread
from emulator.wire.vector_stores import CreateVectorStore

SAID = {"messages": [{"role": "user", "content": "Hello."}] * 30}
SAY = [Say("Hi.")]


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch):
    monkeypatch.setattr(removals, "AT_ONCE", 2)
    monkeypatch.setattr(removals, "EACH_TIME", 2)
    monkeypatch.setattr(sweeper, "PAUSE", 0)


@pytest.fixture
def s(engine):
    s = engine(SAY)
    s.documents.removals.on_delete = lambda: None  # a test says when what is deleted goes
    return s


async def talk(s):
    return await threads.create(s.namespace, CreateThread.model_validate(SAID))


def rows(s, table):
    return s.documents.database.driver.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]


async def upload(s, text):
    with s.namespaces.blobs.receive() as part:
        part.write(text)
    return await files.create(s.namespace, part.received, filename="a.txt", purpose="vision")


async def messages_of(s, thread):
    async with s.namespace.transaction() as tx:
        return await tx.count(Message, thread_id=thread)


async def test_ids_that_begin_anew_lead_to_new_objects_only(s):
    await s.namespaces.open("default")
    old = await talk(s)
    await s.namespaces.reset("default")
    assert rows(s, Message) > 0
    new = await threads.create(s.namespace, CreateThread())
    assert new["id"] == old["id"]
    assert await messages_of(s, new["id"]) == 0
    await s.namespaces._sweeper.finish()
    assert (rows(s, Message), rows(s, Thread)) == (0, 1)
    assert await threads.retrieve(s.namespace, new["id"]) == new


async def test_a_namespace_of_the_same_name_has_nothing_of_the_deleted_one(s):
    for _ in range(3):
        await s.namespaces.open("default")
        thread = await talk(s)
        assert await messages_of(s, thread["id"]) == 30
        await s.namespaces.delete("default")
    assert rows(s, Message) > 60
    await s.namespaces.open("default")
    with pytest.raises(ApiError):
        await threads.retrieve(s.namespace, thread["id"])
    assert await messages_of(s, thread["id"]) == 0
    await s.namespaces._sweeper.finish()
    assert (rows(s, Message), rows(s, NamespaceRecord)) == (0, 0)


async def test_bytes_of_a_new_file_stay_when_those_of_a_deleted_one_go(s):
    await s.namespaces.open("default")
    await talk(s)
    old = await upload(s, b"old")
    await s.namespaces.reset("default")
    new = await upload(s, b"new")
    assert new["id"] == old["id"]
    await s.namespaces._sweeper.finish()
    row = await files.readable(s.namespace, new["id"])
    assert s.namespaces.blobs.read(row["blob"]) == b"new"
    assert [path.name for path in s.namespaces.blobs.folder.iterdir()] == [row["blob"]]
    assert rows(s, File) == 1


async def test_a_generation_is_known_after_a_restart(engine, tmp_path):
    s = engine(SAY, db=tmp_path / "x.db")
    s.documents.removals.on_delete = lambda: None
    await s.namespaces.open("default")
    old = await talk(s)
    await s.namespaces.reset("default")
    await talk(s)
    await s.namespaces.reset("default")
    new = await talk(s)
    await s.namespaces.stop()
    s.open()
    s.documents.removals.on_delete = lambda: None
    await s.namespaces.open("default")
    assert new["id"] == old["id"]
    assert await messages_of(s, new["id"]) == 30
    await s.namespaces.resume()
    await s.namespaces._sweeper.finish()
    assert await messages_of(s, new["id"]) == 30
    assert rows(s, Message) == 30


async def test_a_run_of_a_deleted_namespace_is_not_resumed(engine, tmp_path):
    s = engine([Hold("gate")], db=tmp_path / "x.db")
    await s.play()
    s.documents.removals.on_delete = lambda: None
    await talk(s)
    await s.namespaces.delete("default")
    assert rows(s, Run) == 1
    await s.namespaces.stop()
    s.open()
    assert await s.namespaces.resume() == 0
    await s.namespaces._sweeper.finish()
    assert rows(s, Run) == 0


async def test_a_request_that_waited_for_a_delete_makes_nothing(s):
    await s.namespaces.open("default")
    await talk(s)
    first = await s.documents.begin("another")  # so that all others wait
    deleting = asyncio.create_task(s.namespaces.delete("default"))
    await asyncio.sleep(0)
    late = asyncio.create_task(talk(s))
    await asyncio.sleep(0)
    await first.roll_back()
    await deleting
    with pytest.raises(ApiError, match="was deleted meanwhile"):
        await late
    assert rows(s, NamespaceRecord) == 0
    await s.namespaces._sweeper.finish()
    assert rows(s, Message) == 0


async def test_a_request_that_waited_for_a_reset_works_in_what_comes_after_it(s):
    await s.namespaces.open("default")
    await talk(s)
    first = await s.documents.begin("another")
    resetting = asyncio.create_task(s.namespaces.reset("default"))
    await asyncio.sleep(0)
    late = asyncio.create_task(talk(s))
    await asyncio.sleep(0)
    await first.roll_back()
    await resetting
    thread = await late
    await s.namespaces._sweeper.finish()
    assert await messages_of(s, thread["id"]) == 30


async def test_a_reset_that_is_not_kept_leaves_everything(s, monkeypatch):
    await s.namespaces.open("default")
    thread = await talk(s)
    monkeypatch.setattr("emulator.service.namespaces.note_reset", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        await s.namespaces.reset("default")
    assert await messages_of(s, thread["id"]) == 30
    await s.namespaces._sweeper.finish()
    assert await messages_of(s, thread["id"]) == 30


async def test_a_deleted_thread_is_refused_with_all_that_was_on_it(s):
    await s.namespaces.open("default")
    thread = await talk(s)
    await threads.delete(s.namespace, thread["id"])
    assert rows(s, Message) == 28
    with pytest.raises(ApiError):
        await threads.retrieve(s.namespace, thread["id"])
    assert await messages_of(s, thread["id"]) == 0
    await s.namespaces._sweeper.finish()
    assert rows(s, Message) == 0


async def test_a_file_can_be_deleted_while_a_store_that_had_it_goes(s):
    await s.namespaces.open("default")
    held = [(await upload(s, b"text"))["id"] for _ in range(3)]
    gone = await vector_stores.create(s.namespace, CreateVectorStore(file_ids=held))
    kept = await vector_stores.create(s.namespace, CreateVectorStore(file_ids=held))
    await s.namespace.settle()
    await vector_stores.delete(s.namespace, gone["id"])
    await store_files.delete_everywhere(s.namespace, held[2])
    counts = (await vector_stores.retrieve(s.namespace, kept["id"]))["file_counts"]
    assert (counts["completed"], counts["total"]) == (2, 2)
    await s.namespaces._sweeper.finish()
    assert (await vector_stores.retrieve(s.namespace, kept["id"]))["file_counts"] == counts


async def test_a_store_at_rest_is_not_counted_anew_for_each_file_that_is_taken_out(s, monkeypatch):
    await s.namespaces.open("default")
    held = [(await upload(s, b"text"))["id"] for _ in range(4)]
    store = (await vector_stores.create(s.namespace, CreateVectorStore(file_ids=held)))["id"]
    await s.namespace.settle()
    with monkeypatch.context() as patch:
        patch.delattr(ingestion, "recount")
        await store_files.delete_everywhere(s.namespace, held[0])
        await store_files.delete(s.namespace, store, held[1])
    found = await vector_stores.retrieve(s.namespace, store)
    async with s.namespace.transaction() as tx:
        await ingestion.recount(s.namespace, tx, store)
    assert await vector_stores.retrieve(s.namespace, store) == found
    assert found["file_counts"]["total"] == 2


async def test_a_fixture_that_comes_back_has_nothing_of_what_is_still_being_removed(s):
    fixture = {"id": "thread_a", **SAID}
    load = LoadedScripts(backend=s.backend, fixtures={"threads": [fixture]})
    s.namespaces.scripts.load = lambda _sources: load
    await s.namespaces.put_scripts("default", [ScriptSource("a.yaml", "")])
    await threads.delete(s.namespace, "thread_a")
    assert rows(s, Message) > 0
    await s.namespaces.put_scripts("default", [ScriptSource("a.yaml", "")])
    assert await messages_of(s, "thread_a") == rows(s, Message) == 30
    await s.namespaces._sweeper.finish()
    assert await messages_of(s, "thread_a") == 30


async def test_a_stopped_server_removes_nothing_more(s):
    await s.namespaces.open("default")
    await talk(s)
    await s.namespaces.delete("default")
    left = rows(s, Message)
    s.namespaces._sweeper.stop()
    s.namespaces._sweeper.wake()
    await asyncio.sleep(0)
    assert rows(s, Message) == left > 0

"""What is written comes back as it was, and no name or value is ever part of a statement."""

import pytest

from emulator.store.documents import Cursor
from emulator.store.tables import Message, Run, Thread, VectorStoreFile


async def add(documents, *ids, deleted=()):
    async with documents.transaction("a") as tx:
        for name in ids:
            tx.insert(Message, name, id=name, thread_id="t", run_id=None, doc={"id": name})
        for name in deleted:
            tx.soft_delete(Message, name)


def ids(rows):
    return [row["id"] for row in rows]


async def test_heavy_columns_are_read_only_when_they_are_asked_for(documents):
    async with documents.transaction("a") as tx:
        about = {"thread_id": "t", "status": "queued", "doc": {}}
        tx.insert(Run, "r", id="r", view={"v": 1}, play={"p": 1}, timeline=[{"at": 1}], **about)
    async with documents.transaction("a") as tx:
        light = [
            await tx.get(Run, "r"),
            await tx.find(Run, id="r"),
            (await tx.page(Run, Cursor(), thread_id="t")).rows[0],
            (await tx.all(Run))[0],
            (await tx.newest(Run))[0],
            (await tx.unfinished(Run))[0],
        ]
        heavy = [
            await tx.get(Run, "r", heavy=True),
            await tx.find(Run, heavy=True, id="r"),
            (await tx.all(Run, heavy=True))[0],
            (await tx.unfinished(Run, heavy=True))[0],
        ]
    assert [row.keys() & set(Run.heavy) for row in [*light, *await documents.unfinished(Run)]] == [set()] * 7
    assert [(row["view"], row["play"], row["timeline"]) for row in heavy] == [({"v": 1}, {"p": 1}, [{"at": 1}])] * 4


async def test_a_deleted_object_loses_its_heavy_columns_too(documents):
    async with documents.transaction("a") as tx:
        about = {"store_id": "s", "file_id": "f", "status": "completed"}
        tx.insert(VectorStoreFile, "x", id="x", doc={}, text="secret", **about)
        assert (await tx.get(VectorStoreFile, "x", heavy=True))["text"] == "secret"
        tx.soft_delete(VectorStoreFile, "x")
        row = await tx.get(VectorStoreFile, "x", deleted=True, heavy=True)
    assert (row["deleted"], row["doc"], row["text"]) == (True, None, None)


async def test_truth_comes_back_as_truth_and_a_default_is_written(documents):
    await add(documents, "m0", "m1", deleted=["m1"])
    async with documents.transaction("a") as tx:
        assert (await tx.get(Message, "m0"))["deleted"] is False
        assert (await tx.get(Message, "m1", deleted=True))["deleted"] is True


@pytest.mark.parametrize(
    "doc", [None, {}, [], {"text": "ü\u2028\x00'\"; --"}, {"n": 2**63}, {"x": 0.1, "y": [None, True]}]
)
async def test_json_comes_back_as_it_was_written(documents, doc):
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t", id="t", doc=doc)
        assert (await tx.get(Thread, "t"))["doc"] == doc


@pytest.mark.parametrize("name", ["'; DROP TABLE messages; --", '"x"', "x\x00y", "ü", "%", ""])
async def test_an_id_is_never_part_of_a_statement(documents, name):
    await add(documents, name, "other")
    async with documents.transaction("a") as tx:
        assert (await tx.get(Message, name))["doc"] == {"id": name}
        tx.soft_delete(Message, name)
        assert ids(await tx.all(Message)) == ["other"]


@pytest.mark.parametrize(
    "use",
    [
        lambda tx: tx.all(Message, nosuch="x"),
        lambda tx: tx.find(Message, **{"1=1; --": "x"}),
        lambda tx: tx.count(Message, nosuch="x"),
        lambda tx: tx.page(Message, Cursor(), nosuch="x"),
        lambda tx: tx.all_of(Message, "nosuch", ["x"]),
        lambda tx: tx.unfinished(Message),
        lambda tx: write(tx, "insert", "m9", id="m9", nosuch="x"),
        lambda tx: write(tx, "update", "m0", nosuch="x"),
        lambda tx: write(tx, "update", "m0", by={"nosuch": "x"}, doc={}),
        lambda tx: write(tx, "delete", nosuch="x"),
    ],
)
async def test_a_column_that_is_not_there_is_refused(documents, use):
    await add(documents, "m0")
    with pytest.raises(LookupError, match="messages"):
        async with documents.transaction("a") as tx:
            await use(tx)
    async with documents.transaction("a") as tx:
        assert ids(await tx.all(Message)) == ["m0"]


async def write(tx, verb, *args, **columns):
    getattr(tx, verb)(Message, *args, **columns)

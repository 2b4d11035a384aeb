"""Texts and numbers that PostgreSQL cannot hold as they are."""

import sqlite3

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.postgres.texts import dump_json, load_json, rows_from_texts, to_text
from emulator.store.tables import File, Message, ScriptMemory, Thread, VectorStoreFile

TEXTS = st.text(st.sampled_from("\0\x01\x02\\u01a\n") | st.characters(exclude_categories=["Cs"]))


@given(TEXTS)
def test_every_text_comes_back_and_none_has_a_nul(text):
    stored = to_text(text)
    assert "\0" not in stored
    assert rows_from_texts([(stored, 1, None)]) == [(text, 1, None)]


@given(TEXTS, TEXTS)
def test_no_two_texts_are_stored_as_one(one, other):
    assert (to_text(one) == to_text(other)) is (one == other)


@given(st.recursive(TEXTS, lambda of: st.lists(of, max_size=3) | st.dictionaries(TEXTS, of, max_size=3)))
def test_all_json_comes_back_and_none_has_a_nul_behind_an_escape(value):
    stored = dump_json(value)
    assert load_json(stored) == value
    assert "\0" not in str(_texts(orjson.loads(stored)))


def _texts(value):
    if isinstance(value, dict):
        return "".join(name + _texts(one) for name, one in value.items())
    return "".join(map(_texts, value)) if isinstance(value, list) else value


async def test_what_has_a_nul_in_it_is_stored_and_found(documents):
    doc = {"a\0b": ["\0", "\x01", "\\u0000"], "usage_bytes": 7}
    async with documents.transaction("a") as tx:
        about = {"store_id": "s", "file_id": "f\0", "status": "completed"}
        tx.insert(VectorStoreFile, "s-f\0", id="s-f\0", doc=doc, text="one\0two\x01", **about)
        tx.insert(File, "f\0", id="f\0", purpose="assistants", blob="b", name="\x01\0", doc=doc)
        tx.insert(ScriptMemory, 1, owner="n", key="k\0", value={"\0": "\x01"})
    async with documents.transaction("a") as tx:
        row = await tx.get(VectorStoreFile, "s-f\0", heavy=True)
        assert (row["id"], row["file_id"], row["text"], row["doc"]) == ("s-f\0", "f\0", "one\0two\x01", doc)
        assert (await tx.find(File, id="f\0"))["name"] == "\x01\0"
        assert (await tx.find(ScriptMemory, owner="n", key="k\0"))["value"] == {"\0": "\x01"}
        assert await tx.tally(VectorStoreFile, "status", "usage_bytes", store_id="s") == {"completed": (1, 7)}
        assert [row["id"] for row in await tx.all_of(VectorStoreFile, "file_id", ["f\0", "g"])] == ["s-f\0"]


async def test_numbers_and_the_order_of_keys_come_back(documents):
    doc = {"z": 2**60, "a": 1.5, "m": -0.0, "b": 10**18, "text": "ä\u2028😀"}
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t", id="t", doc=doc)
    async with documents.transaction("a") as tx:
        assert list((await tx.get(Thread, "t"))["doc"].items()) == list(doc.items())


@pytest.mark.parametrize("name", ["", "\0", "x\0y", "x" * 8_000, "%s", "?", "'; --", "ä" * 4_000, "\x01"])
async def test_there_is_no_object_of_a_name_that_no_object_has(documents, name):
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t", id="t", doc={})
        assert await tx.get(Thread, name) is None
        assert not await tx.has(Thread, name)
        assert await tx.all(Message, thread_id=name) == []
        assert await tx.get(Thread, "t") is not None


@pytest.mark.parametrize(
    "columns, error",
    [
        ({"id": "\ud800"}, UnicodeEncodeError),
        ({"id": "t", "deleted": 2**70}, OverflowError),
        ({"id": None}, sqlite3.IntegrityError),
        ({"id": "there"}, sqlite3.IntegrityError),
        ({"id": "t", "seq": "first"}, sqlite3.InterfaceError),
        ({"id": "".join(map(chr, range(32, 10_000)))}, sqlite3.InterfaceError),
    ],
)
async def test_what_cannot_be_kept_is_refused_as_by_sqlite_and_nothing_of_it_is_kept(documents, columns, error):
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "there", id="there", doc={})

    async def write():
        async with documents.transaction("a") as tx:
            tx.insert(Message, "m", id="m", thread_id="there", doc={})
            tx.insert(Thread, 1, doc={}, **columns)
            tx.insert(Message, "n", id="n", thread_id="there", doc={})

    with pytest.raises(error):
        await write()
    async with documents.transaction("a") as tx:
        assert await tx.all(Message) == []
        assert [row["id"] for row in await tx.all(Thread)] == ["there"]


async def test_a_failure_that_is_passed_over_fails_the_commit(documents):
    async def write():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, 1, id="t", doc={})
            tx.insert(Thread, 2, id="t", doc={})
            with pytest.raises(sqlite3.IntegrityError):
                await tx.all(Thread)

    with pytest.raises(UnavailableDatabaseError):
        await write()
    async with documents.transaction("a") as tx:
        assert await tx.all(Thread) == []

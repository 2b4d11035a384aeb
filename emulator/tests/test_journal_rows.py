"""What the journal keeps: the changes of statuses, numbered in their namespace, the newest of them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.domain.lifecycle import Signal
from emulator.store import journal as journal_module
from emulator.store.journal import Change, Entry, GoneError, Journal
from emulator.store.removals import remove
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import JournalEntry, NamespaceRecord, Thread
from emulator.tests.sessions import keep, last, read


def change(name="o", status="queued"):
    about = Change(name, status, 5.25, Signal.SUBMIT)
    return Entry("thread_1", "run_1", f"thread.run.{status}", {"id": name}, about)


def other(event="thread.run.created"):
    return Entry("thread_1", "run_1", event, {"n": 1})


async def write(documents, *entries, ns="a"):
    """Write something, and tell of it."""
    async with documents.transaction(ns) as tx:
        tx.insert(Thread, object(), id=str(await tx.count(Thread)))
        for entry in entries:
            tx.record(entry)


def rows(documents, ns="a", after=0, most=1_000):
    return read(documents.database, ns, after, most)


def numbers(documents, ns="a", after=0, most=1_000):
    return [row["seq"] for row in rows(documents, ns, after, most)]


async def test_a_change_is_kept_with_what_is_known_of_it_and_not_with_the_document(documents):
    await write(documents, change("run_1"))
    assert rows(documents) == [
        {
            "ns": "a",
            "seq": 1,
            "at": 5.25,
            "event": "thread.run.queued",
            "object_id": "run_1",
            "status": "queued",
            "cause": "submit",
            "thread_id": "thread_1",
            "run_id": "run_1",
        }
    ]


async def test_only_changes_are_kept_and_all_entries_are_published_in_their_order(documents):
    follower = documents.journal.follow("a")
    entries = [other(), change("x"), other("thread.message.delta"), change("y")]
    await write(documents, *entries)
    assert [row["object_id"] for row in rows(documents)] == ["x", "y"]
    assert follower.take() == entries


async def test_entries_get_their_numbers_at_the_commit(documents):
    follower = documents.journal.follow("a")
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t", id="t")
        entries = [change(), other(), change()]
        for entry in entries:
            tx.record(entry)
        assert [entry.seq for entry in entries] == [None] * 3
    assert [entry.seq for entry in follower.take()] == [1, None, 2]


async def test_changes_are_numbered_from_one_in_each_namespace(documents):
    await write(documents, change(), change())
    await write(documents, change(), ns="b")
    await write(documents, other())
    await write(documents, change())
    assert (numbers(documents, "a"), numbers(documents, "b")) == ([1, 2, 3], [1])


async def test_a_rollback_leaves_no_gap(documents):
    async def fail():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t", id="t")
            tx.record(change())
            await tx.all(Thread)
            raise ValueError

    await write(documents, change())
    with pytest.raises(ValueError):
        await fail()
    await write(documents, change())
    assert numbers(documents) == [1, 2]


async def test_numbers_go_on_in_a_file_that_is_opened_again(tmp_path):
    for _ in range(2):
        connection = open_database(tmp_path / "x.db")
        keep(connection, "a", [change(), change()])
        connection.close()
    connection = open_database(tmp_path / "x.db")
    assert last(connection, "a") == 4
    connection.close()


async def test_numbering_begins_anew_when_a_namespace_is_forgotten(documents):
    await write(documents, change(), change())
    await write(documents, change(), ns="b")
    async with documents.transaction("a") as tx:
        await remove(tx, documents.removals, NamespaceRecord)
    assert numbers(documents) == []
    await write(documents, change())
    async with documents.transaction("a") as tx:
        await remove(tx, documents.removals, NamespaceRecord)
        tx.record(change())
    assert (numbers(documents, "a"), numbers(documents, "b")) == ([1], [1])


# --- reading ---------------------------------------------------------------------------------------------------------


async def test_what_came_behind_a_number_is_read_in_order_and_no_more_than_asked_for(documents):
    await write(documents, *(change() for _ in range(7)))
    assert numbers(documents, after=0) == [1, 2, 3, 4, 5, 6, 7]
    assert numbers(documents, after=4) == [5, 6, 7]
    assert numbers(documents, after=2, most=3) == [3, 4, 5]
    assert numbers(documents, after=7) == []


async def test_a_transaction_reads_the_journal_of_its_namespace_as_it_was_kept(documents):
    await write(documents, change(), change())
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t", id="t")
        tx.record(change())
        assert [row["seq"] for row in await tx.journal(1)] == [2]
        with pytest.raises(GoneError):
            await tx.journal(3)
    async with documents.transaction("b") as tx:
        assert await tx.journal(0) == []


async def test_an_empty_journal_can_be_read_from_its_beginning(documents):
    assert numbers(documents) == []
    assert last(documents.database, "a") == 0


@pytest.mark.parametrize("after", [-1, 1, 8])
async def test_behind_a_number_that_an_empty_journal_never_had_is_nothing_to_read(documents, after):
    with pytest.raises(GoneError) as gone:
        numbers(documents, after=after)
    assert (gone.value.first, gone.value.last) == (1, 0)


async def test_what_is_not_kept_any_more_is_said_to_be_gone(documents):
    await write(documents, *(change() for _ in range(9)))
    documents.database.driver.execute("DELETE FROM journal WHERE seq <= 3")
    assert numbers(documents, after=3) == [4, 5, 6, 7, 8, 9]
    for after in (0, 2, 10, 99):
        with pytest.raises(GoneError, match="from 4 to 9") as gone:
            numbers(documents, after=after)
        assert (gone.value.first, gone.value.last) == (4, 9)


# --- keeping ---------------------------------------------------------------------------------------------------------


@given(sizes=st.lists(st.integers(0, 17), max_size=25), kept=st.integers(1, 12), at_once=st.integers(1, 6))
@settings(max_examples=60)
def test_the_newest_are_kept_and_not_many_more(sizes, kept, at_once):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal_module, "MOST_KEPT", kept)
        patch.setattr(journal_module, "_AT_ONCE", at_once)
        connection, journal, made = open_database(None), Journal(), 0
        for size in sizes:
            keep(connection, "a", [change() for _ in range(size)], journal)
            made += size
            first = connection.driver.execute("SELECT min(seq) FROM journal WHERE ns = 'a'").fetchone()[0]
            found = [row["seq"] for row in read(connection, "a", (first or 1) - 1, journal=journal)]
            assert found == list(range(made + 1 - len(found), made + 1))
            assert min(made, kept) <= len(found) <= kept + at_once
        connection.close()


async def test_rows_of_another_namespace_are_not_deleted_with_them(documents, monkeypatch):
    monkeypatch.setattr(journal_module, "MOST_KEPT", 2)
    monkeypatch.setattr(journal_module, "_AT_ONCE", 2)
    await write(documents, change(), ns="b")
    await write(documents, *(change() for _ in range(9)))
    async with documents.transaction("b") as tx:
        assert await tx.count(JournalEntry) == 1


def test_ten_thousand_changes_are_kept_and_deleted_some_hundreds_at_a_time():
    assert journal_module.MOST_KEPT == 10_000
    assert 100 <= journal_module._AT_ONCE < 1_000

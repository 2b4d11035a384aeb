"""How a transaction ends, well or badly, and what is told and called then."""

import asyncio
import sqlite3
from functools import partial

import pytest

from emulator.store.documents import Documents
from emulator.store.journal import Change, Entry, Journal
from emulator.store.sqlite.opening import open_database
from emulator.store.tables import Assistant, JournalEntry, ReportLine, Thread


class TroubleError(Exception):
    pass


def insert(tx, name, **columns):
    tx.insert(Thread, name, id=name, **columns)
    tx.record(Entry(name, None, "thread.created", {"id": name}, Change(name, "new", 1.0, "create")))


async def add(documents, *names):
    async with documents.transaction("a") as tx:
        for name in names:
            insert(tx, name)


async def write(documents, *writes):
    async with documents.transaction("a") as tx:
        for one in writes:
            one(tx)


async def threads(documents):
    async with documents.transaction("a") as tx:
        return [row["id"] for row in await tx.all(Thread)]


def published(follower):
    return [entry.data["id"] for entry in follower.take()]


# --- a good end ------------------------------------------------------------------------------------------------------


async def test_followers_are_told_after_the_commit_and_calls_are_made_after_that(documents):
    driver, follower, seen = documents.database.driver, documents.journal.follow("a"), []
    async with documents.transaction("a") as tx:
        insert(tx, "t1")
        tx.after_commit(lambda: seen.append((driver.in_transaction, published(follower))))
        assert await tx.has(Thread, "t1")
        assert published(follower) == []
    assert seen == [(False, ["t1"])]


async def test_a_call_is_made_once_for_each_key_and_the_last_one_counts(documents):
    made = []

    def call():
        made.append("call")

    async with documents.transaction("a") as tx:
        for n in range(3):
            tx.after_commit(partial(made.append, n), "key")
            tx.after_commit(partial(made.append, 10 + n), ("other", "key"))
            tx.after_commit(call)
    assert made == [2, 12, "call"]


async def test_calls_for_a_failure_are_made_on_failure_only(documents):
    made = []
    async with documents.transaction("a") as tx:
        tx.after_rollback(partial(made.append, "failed"))
    assert made == []

    def fail(tx):
        tx.after_commit(partial(made.append, "kept"))
        tx.after_rollback(partial(made.append, "failed"))
        raise TroubleError

    with pytest.raises(TroubleError):
        await write(documents, fail)
    assert made == ["failed"]


async def test_what_is_called_afterwards_may_begin_a_transaction(documents):
    began = []
    async with documents.transaction("a") as tx:
        tx.after_commit(lambda: began.append(asyncio.create_task(add(documents, "t1"))))
    await began[0]
    assert await threads(documents) == ["t1"]


async def test_what_is_to_come_before_the_commit_is_kept_too_and_only_asked_for_if_something_was_written(documents):
    asked = []

    def before_commit(tx):
        asked.append(tx.has_written)
        tx.insert(ReportLine, 0, kind="drift", doc={})

    for writes in (False, True):
        tx = await documents.begin("a", before_commit)
        await tx.all(Thread)
        tx.record(Entry(None, None, "thread.created", {}))
        if writes:
            insert(tx, "t1")
        await tx.commit()
    assert asked == [True]
    async with documents.transaction("a") as tx:
        assert await tx.count(ReportLine) == 1


# --- a bad end -------------------------------------------------------------------------------------------------------


async def test_a_block_that_raises_leaves_nothing_and_publishes_nothing(documents):
    await add(documents, "t0")
    follower = documents.journal.follow("a")

    async def add_and_fail():
        async with documents.transaction("a") as tx:
            insert(tx, "t1")
            assert await tx.has(Thread, "t1")
            raise TroubleError

    with pytest.raises(TroubleError):
        await add_and_fail()
    assert await threads(documents) == ["t0"]
    await add(documents, "t2")
    assert await threads(documents) == ["t0", "t2"]
    assert published(follower) == ["t2"]


def id_twice(_driver, tx):
    tx.insert(Thread, "again", id="t0")


def no_json(_driver, tx):
    tx.insert(Assistant, "x", id="x", doc={"odd": object()})


def full_disk(driver, tx):
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    driver.execute(f"PRAGMA max_page_count = {pages}")
    tx.insert(Assistant, "x", id="x", doc={"long": "x" * 100_000})


def failing_commit(driver, tx):
    """Let a constraint that SQLite checks at the commit be broken."""
    driver.execute("PRAGMA foreign_keys = ON")
    driver.execute("CREATE TEMP TABLE parents (id PRIMARY KEY)")
    driver.execute("CREATE TEMP TABLE children (id REFERENCES parents DEFERRABLE INITIALLY DEFERRED)")
    driver.execute("CREATE TEMP TRIGGER break AFTER INSERT ON assistants BEGIN INSERT INTO children VALUES (1); END")
    tx.insert(Assistant, "x", id="x")


def failing_addition(_driver, tx):
    def fail(_tx):
        raise TroubleError("no addition")

    tx._before_commit = fail


FAILURES = [
    (id_twice, "UNIQUE constraint failed"),
    (no_json, "not JSON serializable"),
    (full_disk, "database or disk is full"),
    (failing_commit, "FOREIGN KEY constraint failed"),
    (failing_addition, "no addition"),
]


@pytest.mark.parametrize("breaks,message", FAILURES)
@pytest.mark.parametrize("in_file", [True, False])
async def test_a_failing_commit_leaves_nothing_and_lets_the_next_one_begin(tmp_path, breaks, message, in_file):
    documents = Documents(open_database(tmp_path / "x.db" if in_file else None), Journal())
    driver, made = documents.database.driver, []
    await add(documents, "t0")
    follower = documents.journal.follow("a")

    def prepare(tx):
        insert(tx, "t1")
        tx.after_commit(partial(made.append, "kept"))
        tx.after_rollback(partial(made.append, "failed"))

    with pytest.raises((sqlite3.Error, TypeError, TroubleError), match=message):
        await write(documents, prepare, partial(breaks, driver))
    assert (made, published(follower), driver.in_transaction) == (["failed"], [], False)
    driver.execute("PRAGMA max_page_count = 1000000")
    await add(documents, "t2")
    async with documents.transaction("a") as tx:
        assert [row["id"] for row in await tx.all(Thread)] == ["t0", "t2"]
        assert [row["seq"] for row in await tx.all(JournalEntry)] == [1, 2]
        assert await tx.count(Assistant) == 0
    documents.database.close()


async def test_a_failure_that_is_passed_over_fails_the_commit_as_well(documents):
    await add(documents, "t0")

    async def pass_over():
        async with documents.transaction("a") as tx:
            insert(tx, "t1")
            id_twice(None, tx)
            with pytest.raises(sqlite3.IntegrityError):
                await tx.all(Thread)

    with pytest.raises(sqlite3.IntegrityError):
        await pass_over()
    assert await threads(documents) == ["t0"]


async def test_a_transaction_that_is_cancelled_leaves_nothing_and_lets_the_next_one_begin(documents):
    async def write_and_wait():
        async with documents.transaction("a") as tx:
            insert(tx, "t1")
            await tx.all(Thread)
            await asyncio.Event().wait()

    writing = asyncio.create_task(write_and_wait())
    await asyncio.sleep(0)
    adding = asyncio.create_task(add(documents, "t2"))
    await asyncio.sleep(0)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    await adding
    assert await threads(documents) == ["t2"]

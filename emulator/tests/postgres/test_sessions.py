"""Transactions of several processes on one database, on good days and on bad ones."""

import asyncio

import pytest

from contract_tests.postgres.cluster import name_of
from emulator.domain.errors import UnavailableDatabaseError
from emulator.store.postgres import database as database_module
from emulator.store.postgres.database import PostgresDatabase
from emulator.store.tables import NamespaceRecord, Thread

EMPTY: dict[str, dict[str, int]] = {"config": {}, "clock": {}, "counters": {}}


async def add(documents, name, ns="a"):
    async with documents.transaction(ns) as tx:
        tx.insert(Thread, name, id=name, doc={})


async def threads(documents, ns="a"):
    async with documents.transaction(ns) as tx:
        return [row["id"] for row in await tx.all(Thread)]


async def waits(task):
    """Return whether a task still waits when everything else has had its turn."""
    await asyncio.wait([task], timeout=0.1)
    return not task.done()


# --- several processes ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_other_process", [False, True])
async def test_a_namespace_has_one_transaction_at_a_time_over_all_processes(open_documents, is_other_process):
    here = await open_documents()
    there = await open_documents() if is_other_process else here
    async with here.transaction("a") as tx:
        tx.insert(Thread, "t1", id="t1", doc={})
        second = asyncio.create_task(threads(there))
        assert await waits(second)
    assert await second == ["t1"]


async def test_other_namespaces_go_on_meanwhile(open_documents):
    here, there = await open_documents(), await open_documents()
    async with here.transaction("a"):
        await add(there, "t1", ns="b")
        await add(here, "t2", ns="c")
        assert await threads(here, "b") == ["t1"]


async def test_whoever_waits_for_another_process_sees_the_namespace_as_that_has_left_it(open_documents):
    here, there = await open_documents(), await open_documents()

    async def row():
        async with there.transaction("a") as tx:
            return tx.namespace

    assert not (await row()).exists
    async with here.transaction("a") as tx:
        tx.insert(NamespaceRecord, "a", script_version=3, generation="a@1", config={"seed": 7}, clock={}, counters={})
        waiting = asyncio.create_task(row())
        assert await waits(waiting)
    before = await waiting
    assert before.changes_since(None)["config"] == {"seed": 7}
    assert (before.raw["script_version"], before.raw["generation"]) == (3, "a@1")
    async with here.transaction("a") as tx:
        tx.update(NamespaceRecord, "a", by={}, counters={"x": 1})
    assert (await row()).changes_since(before) == {"counters": {"x": 1}}


async def test_many_processes_count_without_losing_anything(open_documents):
    processes = [await open_documents() for _ in range(3)]
    async with processes[0].transaction("a") as tx:
        tx.insert(NamespaceRecord, "a", script_version=0, generation="a", **EMPTY)

    async def count(documents):
        async with documents.transaction("a") as tx:
            version = tx.namespace.raw["script_version"]
            tx.update(NamespaceRecord, "a", by={}, script_version=version + 1)

    await asyncio.gather(*(count(documents) for documents in processes for _ in range(20)))
    async with processes[0].transaction("a") as tx:
        assert tx.namespace.raw["script_version"] == 60


# --- the end of a transaction -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
async def test_nobody_begins_before_memory_is_as_the_database_is(documents, fails):
    order = []

    async def first():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t", id="t", doc={})
            tx.after_commit(lambda: order.append("kept"))
            tx.after_rollback(lambda: order.append("not kept"))
            await tx.all(Thread)
            if fails:
                raise ValueError

    async def second():
        async with documents.transaction("a"):
            order.append("second")

    await asyncio.gather(first(), second(), return_exceptions=True)
    assert order == ["not kept" if fails else "kept", "second"]


async def test_a_commit_that_is_under_way_is_waited_for_and_its_calls_are_made(documents, monkeypatch):
    made, committing, may_go_on = [], asyncio.Event(), asyncio.Event()
    give_back = documents.database.give_back

    async def slowly(connection):
        committing.set()
        await may_go_on.wait()
        await give_back(connection)

    async def write():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t", id="t", doc={})
            tx.after_commit(lambda: made.append("kept"))
            monkeypatch.setattr(documents.database, "give_back", slowly)
        await asyncio.Event().wait()

    writing = asyncio.create_task(write())
    await committing.wait()
    writing.cancel()
    assert await waits(writing)
    may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await writing
    monkeypatch.undo()
    assert (made, await threads(documents)) == (["kept"], ["t"])


async def test_whoever_gives_up_waiting_lets_others_begin(open_documents):
    here, there = await open_documents(), await open_documents()
    async with here.transaction("a"):
        waiting = [asyncio.create_task(threads(there)) for _ in range(3)]
        assert await waits(waiting[0])
        waiting[0].cancel()
        waiting[1].cancel()
        await asyncio.wait(waiting[:2])
    assert await waiting[2] == []
    assert [task.cancelled() for task in waiting] == [True, True, False]


async def test_what_is_cancelled_in_a_query_leaves_nothing_and_a_usable_connection(documents):
    async def write():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t", id="t", doc={})
            await tx._session.fetch("SELECT pg_sleep(60) IS NULL")

    writing = asyncio.create_task(write())
    assert await waits(writing)
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    assert await threads(documents) == []


# --- bad days ---------------------------------------------------------------------------------------------------------


async def test_a_lost_connection_fails_its_transaction_and_no_other(postgres, database, documents):
    async def lose():
        async with documents.transaction("a") as tx:
            tx.insert(Thread, "t1", id="t1", doc={})
            await tx.all(Thread)
            postgres.disconnect(name_of(database))
            await tx.all(Thread)

    with pytest.raises(UnavailableDatabaseError):
        await lose()
    await add(documents, "t2")
    assert await threads(documents) == ["t2"]


async def test_connections_that_were_lost_in_the_meantime_are_not_noticed(postgres, database, documents):
    await asyncio.gather(*(add(documents, "t", ns=f"n{number}") for number in range(8)))
    for _ in range(2):
        assert postgres.disconnect(name_of(database)) > 1
        found = await asyncio.gather(*(threads(documents, f"n{number}") for number in range(8)))
        assert found == [["t"]] * 8
        postgres.disconnect(name_of(database))
        assert await documents.database.read("SELECT count(*) FROM threads") == [(8,)]


async def test_a_lost_connection_at_the_commit_is_told(postgres, database, documents):
    made = []

    async def lose():
        async with documents.transaction("a") as tx:
            tx.after_commit(lambda: made.append("kept"))
            tx.after_rollback(lambda: made.append("unknown"))
            tx.insert(Thread, "t1", id="t1", doc={})
            postgres.disconnect(name_of(database))

    with pytest.raises(UnavailableDatabaseError):
        await lose()
    assert made == ["unknown"]
    assert await threads(documents) == []


async def test_a_server_that_is_started_again_is_used_again(postgres, documents):
    await add(documents, "t1")
    postgres.stop("immediate")
    waiting = asyncio.create_task(add(documents, "t2"))
    assert await waits(waiting)
    postgres.start()
    await waiting
    assert await threads(documents) == ["t1", "t2"]


async def test_a_server_that_is_away_is_said_to_be(postgres, documents, monkeypatch):
    monkeypatch.setattr(database_module, "PATIENCE", 0.2)
    postgres.stop("immediate")
    try:
        with pytest.raises(UnavailableDatabaseError):
            await threads(documents)
        while documents.database.trouble() is None:
            await waits(asyncio.create_task(asyncio.Event().wait()))
    finally:
        postgres.start()
    monkeypatch.undo()
    assert await threads(documents) == []
    while documents.database.trouble() is not None:
        await waits(asyncio.create_task(asyncio.Event().wait()))


async def test_more_namespaces_at_a_time_than_connections_are_said_to_be_too_many(documents, monkeypatch):
    monkeypatch.setattr(database_module, "PATIENCE", 0.2)
    busy = [await documents.begin(f"n{number}") for number in range(database_module.MOST_CONNECTIONS)]
    with pytest.raises(UnavailableDatabaseError):
        await threads(documents)
    for tx in busy:
        await tx.roll_back()
    assert await threads(documents) == []


async def test_a_process_that_hangs_does_not_keep_a_namespace_for_good(open_documents, monkeypatch):
    settings = database_module._SETTINGS.replace("timeout = '15s'", "timeout = '200ms'")
    monkeypatch.setattr(database_module, "_SETTINGS", settings)
    here, there = await open_documents(), await open_documents()

    async def hang():
        async with here.transaction("a") as tx:
            await tx.all(Thread)
            await asyncio.create_task(threads(there))
            tx.insert(Thread, "t", id="t", doc={})

    with pytest.raises(UnavailableDatabaseError):
        await hang()
    assert await threads(here) == []


# --- time -------------------------------------------------------------------------------------------------------------


def test_no_answer_that_comes_late_moves_the_time():
    machine = [100.0]
    database = object.__new__(PostgresDatabase)
    database.ahead, database._machine_time = 0.0, lambda: machine[0]
    for sent, there, came, ahead in [
        (100.0, 107.0, 100.5, 6.5),  # at least, for the answer took up to half a second
        (101.0, 109.0, 109.0, 6.5),  # it is more than 0 and at most 8
        (110.0, 116.8, 110.1, 6.7),
        (120.0, 126.0, 120.1, 6.0),  # one of the clocks was set
    ]:
        machine[0] = came
        database._compare(there, sent)
        assert database.ahead == pytest.approx(ahead)

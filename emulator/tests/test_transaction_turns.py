"""One transaction at a time, in the order of arrival; and what a kill leaves of them."""

import asyncio
import subprocess
import sys

import pytest

from emulator.store.sqlite.opening import open_database
from emulator.store.tables import Thread


async def add(documents, name):
    async with documents.transaction("a") as tx:
        tx.insert(Thread, name, id=name)


async def threads(documents):
    async with documents.transaction("a") as tx:
        return [row["id"] for row in await tx.all(Thread)]


async def test_whoever_comes_while_a_transaction_is_open_waits_for_its_end_in_the_order_of_arrival(documents):
    seen = []

    async def read(name):
        async with documents.transaction("a") as tx:
            seen.append((name, [row["id"] for row in await tx.all(Thread)]))
            await asyncio.sleep(0)
            tx.insert(Thread, name, id=name)

    async with documents.transaction("a") as tx:
        waiting = [asyncio.create_task(read(name)) for name in ("first", "second")]
        await asyncio.sleep(0)
        tx.insert(Thread, "t1", id="t1")
        await tx.all(Thread)
        assert seen == []
    await read("third")  # those who waited come first
    await asyncio.gather(*waiting)
    assert seen == [("first", ["t1"]), ("second", ["t1", "first"]), ("third", ["t1", "first", "second"])]


async def test_whoever_gives_up_waiting_leaves_the_turn_to_the_next(documents):
    async with documents.transaction("a"):
        gone, stays = (asyncio.create_task(add(documents, name)) for name in ("t1", "t2"))
        await asyncio.sleep(0)
        gone.cancel()
    await stays
    assert gone.cancelled()
    assert await threads(documents) == ["t2"]


@pytest.mark.parametrize("ns", ["a", "b"])
async def test_a_transaction_within_one_of_the_same_task_is_refused_and_waits_for_nothing(documents, ns):
    async with documents.transaction("a") as tx:
        tx.insert(Thread, "t1", id="t1")
        with pytest.raises(RuntimeError, match="a transaction within a transaction"):
            await documents.begin(ns)
        tx.insert(Thread, "t2", id="t2")
    assert await threads(documents) == ["t1", "t2"]


# --- a kill ----------------------------------------------------------------------------------------------------------

WRITING = """
import asyncio, sys
from pathlib import Path
from emulator.store.sqlite.opening import open_database
from emulator.store.documents import Documents
from emulator.store.journal import Journal
from emulator.store.tables import Thread

async def main():
    documents = Documents(open_database(Path(sys.argv[1])), Journal())
    for n in range(10**6):
        async with documents.transaction("a") as tx:
            tx.insert(Thread, f"{n}a", id=f"{n}a", doc={"n": n})
            assert await tx.has(Thread, f"{n}a")
            tx.insert(Thread, f"{n}b", id=f"{n}b", doc={"n": n})
        print(n, flush=True)

asyncio.run(main())
"""


def test_what_was_acknowledged_survives_a_kill_and_half_a_transaction_is_never_there(tmp_path):
    path = tmp_path / "x.db"
    writer = subprocess.Popen([sys.executable, "-c", WRITING, str(path)], stdout=subprocess.PIPE, text=True)
    with writer:
        acknowledged = [int(writer.stdout.readline()) for _ in range(300)]
        writer.kill()
    connection = open_database(path)
    found = [name for (name,) in connection.driver.execute("SELECT id FROM threads ORDER BY seq")]
    assert found == [f"{n}{half}" for n in range(len(found) // 2) for half in "ab"]
    assert len(found) // 2 >= len(acknowledged)
    connection.close()

"""A namespace that several processes have open at the same time."""

import asyncio

import pytest

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptSource
from emulator.service import assistants, threads
from emulator.store.tables import Assistant, NamespaceRecord, Scripts
from emulator.wire.assistants import CreateAssistant
from emulator.wire.threads import CreateThread

BODY = CreateAssistant(model="gpt-4o")
SCRIPT = "emulator: 1\nturns:\n  - steps:\n      - say: Hello\n"


async def names(namespace):
    async with namespace.transaction() as tx:
        return [row["id"] for row in await tx.all(Assistant)]


async def test_two_processes_that_use_a_new_one_at_the_same_time_make_one(open_namespaces):
    processes = [await open_namespaces() for _ in range(2)]
    opened = await asyncio.gather(*(process.open("a") for process in processes))
    made = await asyncio.gather(*(assistants.create(namespace, BODY) for namespace in opened for _ in range(5)))
    assert len({one["id"] for one in made}) == 10
    assert opened[0].generation == opened[1].generation
    for namespace in opened:
        assert sorted(await names(namespace)) == sorted(one["id"] for one in made)
    assert [row["ns"] for row in await processes[0].documents.namespaces()] == ["a"]


async def test_ids_are_those_of_one_process_whichever_makes_them(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    pair = await here.open("a"), await there.open("a")
    shared = [(await assistants.create(pair[number % 2], BODY))["id"] for number in range(6)]
    alone = await here.open("b")
    alone.ids = here.make_ids(5, "a")
    assert shared == [(await assistants.create(alone, BODY))["id"] for _ in range(6)]


async def test_what_is_not_kept_is_not_remembered_either(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    one, other = await here.open("a"), await there.open("a")
    await assistants.create(one, BODY)

    async def fail():
        async with one.transaction() as tx:
            one.ids.make("asst")
            one.clock.change("frozen", at=1_000_000_000.0)
            tx.insert(Assistant, "x", id="x", doc={})
            raise ValueError

    with pytest.raises(ValueError):
        await fail()
    made = [(await assistants.create(other, BODY))["id"], (await assistants.create(one, BODY))["id"]]
    assert len(set(made)) == 2
    assert one.clock.state() == other.clock.state()
    assert one.ids.counters() == {"asst": 3}


async def test_what_one_configures_holds_for_the_other(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    await here.put("a", {"seed": 11, "wire": "2024-05-01"})
    other = await there.open("a")
    await here.put("a", {"seed": 12})
    await names(other)
    assert (other.config.seed, other.config.wire) == (12, "2024-05-01")
    made = await threads.create(other, CreateThread())
    alone = await there.open("b")
    alone.ids = there.make_ids(12, "a")
    assert made["id"] == (await threads.create(alone, CreateThread()))["id"]


async def test_one_that_is_reset_elsewhere_is_empty_here_and_leaves_no_rows(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    one, other = await here.open("a"), await there.open("a")
    first = await assistants.create(one, BODY)
    assert await names(other) == [first["id"]]
    await here.reset("a")
    assert await names(other) == []
    assert await assistants.create(other, BODY) == {**first, "created_at": other.now()}
    async with here.documents.session() as session:
        assert await session.fetch("SELECT count(*), count(DISTINCT ns) FROM assistants") == [(1, 1)]


async def test_one_that_is_deleted_elsewhere_refuses_to_be_written_by_whoever_has_it_open(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    one = await here.open("a")
    await assistants.create(one, BODY)
    other = await there.open("a")
    await here.delete("a")
    with pytest.raises(ApiError, match="was deleted meanwhile"):
        await assistants.create(other, BODY)
    async with here.documents.session() as session:
        assert await session.fetch("SELECT count(*) FROM assistants") == [(0,)]
        assert await session.fetch("SELECT count(*) FROM namespaces") == [(0,)]


async def test_scripts_that_another_process_has_put_are_loaded_when_they_are_needed(open_namespaces):
    here, there = await open_namespaces(), await open_namespaces()
    one, other = await here.open("a"), await there.open("a")
    await names(other)
    loaded = await here.scripts.read([ScriptSource("s.yaml", SCRIPT)])
    async with one.transaction() as tx:
        await here.scripts.put(one, tx, loaded, fresh=True)
    async with other.transaction() as tx:
        assert other.script_version == one.script_version > 0
        assert (await there.scripts.loaded(other, tx)).sources == loaded.sources
        with pytest.raises(LookupError):
            await there.scripts.backend("a", tx, 99)


async def test_everything_of_a_namespace_goes_with_the_transaction_that_deletes_it(open_namespaces):
    here = await open_namespaces()
    namespace = await here.open("a")
    async with namespace.transaction() as tx:
        for number in range(1_300):
            tx.insert(Assistant, number, id=f"asst_{number}", doc={})
    await here.delete("a")
    async with here.documents.session() as session:
        for table in (Assistant, Scripts, NamespaceRecord):
            assert await session.fetch(f"SELECT count(*) FROM {table.name}") == [(0,)]
        assert await session.fetch("SELECT count(*) FROM removals") == [(0,)]

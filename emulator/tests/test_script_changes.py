"""Scripts are read beside the event loop; what changes them keeps its order, and happens as a whole or not at all."""

import asyncio
from threading import Condition, Event

import pytest
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient

from emulator.control import scripts
from emulator.domain.errors import ServerStopsError
from emulator.domain.ports import LoadedScripts, ScriptError, ScriptSource
from emulator.store.tables import Scripts

LONGEST_WAIT = 60


class Loader:
    """Reads a source as soon as a test lets it; those whose names begin with "bad" are refused."""

    def __init__(self, backend):
        self.began = []
        self._backend = backend
        self._gates = {}
        self._progress = Condition()

    def hold(self, name):
        self._gates[name] = Event()

    def release(self, name):
        self._gates[name].set()

    def __call__(self, sources):
        name = sources[-1].name
        with self._progress:
            self.began.append([source.name for source in sources])
            self._progress.notify_all()
        if name in self._gates:
            assert self._gates[name].wait(LONGEST_WAIT), f"{name} was never released"
        if name.startswith("bad"):
            raise ScriptError([f"{name}:1: scenario: wrong"])
        return LoadedScripts(backend=self._backend)

    async def begins(self, *names):
        def wait():
            with self._progress:
                return self._progress.wait_for(lambda: list(names) in self.began, LONGEST_WAIT)

        assert await asyncio.to_thread(wait)


@pytest.fixture
def s(engine):
    s = engine()
    s.namespaces.scripts.load = s.loader = Loader(s.backend)
    return s


def source(name):
    return [ScriptSource(name, "")]


async def sources(s, name="default"):
    namespace = await s.namespaces.find(name)
    async with namespace.transaction() as tx:
        return [one.name for one in await s.namespaces.scripts.sources(namespace, tx)]


async def test_other_requests_are_served_while_scripts_are_read(s):
    s.loader.hold("a")
    put = asyncio.create_task(s.namespaces.put_scripts("default", source("a")))
    await s.loader.begins("a")
    await s.namespaces.put("other", {"seed": 3})
    await s.namespaces.put("default", {"seed": 3})
    assert (s.namespace.script_version, put.done()) == (0, False)
    s.loader.release("a")
    await put
    assert s.namespace.script_version == 1


async def test_of_two_simultaneous_puts_the_later_one_stays(s):
    s.loader.hold("first")
    first = asyncio.create_task(s.namespaces.put_scripts("default", source("first")))
    await s.loader.begins("first")
    second = asyncio.create_task(s.namespaces.put_scripts("default", source("second")))
    await asyncio.sleep(0)
    s.loader.release("first")
    await asyncio.gather(first, second)
    assert (await sources(s), s.namespace.script_version) == (["second"], 2)


async def test_of_two_simultaneous_additions_none_is_lost(s):
    s.loader.hold("first")
    first = asyncio.create_task(s.namespaces.add_scripts("default", source("first")))
    await s.loader.begins("first")
    second = asyncio.create_task(s.namespaces.add_scripts("default", source("second")))
    await asyncio.sleep(0)
    s.loader.release("first")
    await asyncio.gather(first, second)
    assert await sources(s) == ["first", "second"]
    assert s.loader.began == [["first"], ["first", "second"]]


async def test_scripts_that_are_refused_change_nothing_and_hold_up_nobody(s):
    await s.namespaces.put_scripts("default", source("good"))
    s.loader.hold("bad")
    bad = asyncio.create_task(s.namespaces.add_scripts("default", source("bad")))
    await s.loader.begins("good", "bad")
    added = asyncio.create_task(s.namespaces.add_scripts("default", source("more")))
    s.loader.release("bad")
    with pytest.raises(ScriptError):
        await bad
    await added
    assert await sources(s) == ["good", "more"]


async def test_scripts_are_removed_after_those_that_came_before(s):
    await s.namespaces.put("default", {"seed": 3})
    s.loader.hold("a")
    put = asyncio.create_task(s.namespaces.put_scripts("default", source("a")))
    await s.loader.begins("a")
    removed = asyncio.create_task(s.namespaces.remove_scripts("default"))
    await asyncio.sleep(0)
    s.loader.release("a")
    await asyncio.gather(put, removed)
    assert s.namespace.script_version == 0


@pytest.mark.parametrize("change", ["put_scripts", "add_scripts"])
async def test_a_namespace_that_is_deleted_while_its_scripts_are_read_is_made_anew(s, change):
    await s.namespaces.put_scripts("default", source("old"))
    s.loader.hold("new")
    changed = asyncio.create_task(getattr(s.namespaces, change)("default", source("new")))
    await s.loader.begins(*(("old", "new") if change == "add_scripts" else ("new",)))
    await s.namespaces.delete("default")
    s.loader.release("new")
    await changed
    assert await sources(s) == ["new"]


async def test_two_are_read_at_a_time_and_the_others_in_their_order(s):
    names = ["a", "b", "c", "d"]
    for name in names:
        s.loader.hold(name)
    puts = [asyncio.create_task(s.namespaces.put_scripts(f"ns-{name}", source(name))) for name in names]
    await s.loader.begins("a")
    await s.loader.begins("b")
    assert len(s.loader.began) == 2
    s.loader.release("b")
    await s.loader.begins("c")
    assert len(s.loader.began) == 3
    for name in names:
        s.loader.release(name)
    await asyncio.gather(*puts)
    assert s.loader.began[2:] == [["c"], ["d"]]


async def test_a_server_that_stops_reads_no_more(s):
    for name in ("a", "b"):
        s.loader.hold(name)
    puts = [asyncio.create_task(s.namespaces.put_scripts(f"ns-{name}", source(name))) for name in ("a", "b")]
    await s.loader.begins("a")
    await s.loader.begins("b")
    waiting = asyncio.create_task(s.namespaces.put_scripts("default", source("c")))
    await asyncio.sleep(0)
    s.namespaces.stop_reading()
    for name in ("a", "b"):
        s.loader.release(name)
    with pytest.raises(ServerStopsError):
        await waiting
    await asyncio.gather(*puts)


async def test_stored_scripts_are_read_again_beside_the_loop_where_their_namespace_is_opened(engine, tmp_path):
    s = engine(db=tmp_path / "emulator.db")
    s.namespaces.scripts.load = Loader(s.backend)
    await s.namespaces.put_scripts("default", source("a"))
    await s.namespaces.stop()
    s.open()
    s.namespaces.scripts.load = loader = Loader(s.backend)
    loader.hold("a")
    opened = asyncio.create_task(s.namespaces.open("default"))
    await loader.begins("a")
    await s.namespaces.open("other")
    loader.release("a")
    namespace = await opened
    async with namespace.transaction() as tx:
        assert await s.namespaces.scripts.loaded(namespace, tx) is not None


async def test_stored_scripts_that_are_refused_by_now_are_refused_where_they_are_used(engine, tmp_path):
    s = engine(db=tmp_path / "emulator.db")
    s.namespaces.scripts.load = lambda _: LoadedScripts(backend=s.backend)
    await s.namespaces.put_scripts("default", source("bad"))
    await s.namespaces.stop()
    s.open()
    s.namespaces.scripts.load = Loader(s.backend)
    namespace = await s.namespaces.open("default")
    for _ in range(2):
        async with namespace.transaction() as tx:
            with pytest.raises(ScriptError):
                await s.namespaces.scripts.loaded(namespace, tx)
    assert len(s.rows(Scripts)) == 1


async def test_lint_runs_beside_the_loop(s):
    began, gate = Event(), Event()

    def lint(_sources):
        began.set()
        assert gate.wait(LONGEST_WAIT)
        return [{"message": "odd"}]

    app = FastAPI()
    app.include_router(scripts.router(s.namespaces, lint))
    async with AsyncClient(transport=ASGITransport(app), base_url="http://test") as client:
        linted = asyncio.create_task(client.post("/lint", content="emulator: 1"))
        assert await asyncio.to_thread(began.wait, LONGEST_WAIT)
        await s.namespaces.put("default", {"seed": 3})
        assert (await client.get("/ns/default/scripts")).status_code == 200
        assert not linted.done()
        gate.set()
        assert (await linted).json() == {"problems": [{"message": "odd"}]}


async def test_what_is_kept_of_large_scripts_is_not_read_again_while_they_play(s):
    statements = []
    await s.namespaces.put_scripts("default", source("a"))
    s.namespaces.documents.database.driver.set_trace_callback(statements.append)
    await s.namespaces.put_scripts("default", source("b"))
    assert await sources(s) == ["b"]
    assert [one for one in statements if "INSERT INTO scripts" in one]
    assert not [one for one in statements if one.startswith("SELECT") and "sources" in one]

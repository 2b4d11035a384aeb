import asyncio

import pytest

from emulator.domain.actions import Hold, RunCode, Say
from emulator.domain.errors import ApiError
from emulator.domain.ports import LoadedScripts, ScriptSource, Turn
from emulator.service.scripts import ServerScripts
from emulator.store.tables import File, NamespaceRecord


class Scripts:
    """Stands for a loader: sources are names of scripts that a test prepared."""

    def __init__(self, **loaded):
        self.loaded = loaded

    def __call__(self, sources):
        return self.loaded[sources[-1].name]


def loaded(backend, **fixtures):
    return LoadedScripts(backend=backend, fixtures=fixtures)


def source(name):
    return [ScriptSource(name, "")]


THREAD = {"id": "thread_a", "messages": [{"role": "user", "content": "hello"}]}
RULES = {"id": "file-a", "filename": "a.txt", "purpose": "assistants", "content": "data:text/plain,pie"}
STORE = {"id": "vs_a", "name": "a", "file_ids": ["file-a"]}


@pytest.fixture
def engine_on_file(engine, tmp_path):
    return lambda begin=None: engine(begin, db=tmp_path / "emulator.db")


async def test_listing_namespaces_opens_none_and_makes_no_fixture(engine_on_file):
    s = engine_on_file()
    for name in ("one", "two"):
        await s.namespaces.put(name, {"seed": 3})
    await s.namespaces.stop()
    s.open()
    s.namespaces.scripts.of_server = ServerScripts(s.backend, (), loaded(s.backend, threads=[THREAD]))
    records = await s.namespaces.records()
    assert [(one["namespace"], one["seed"]) for one in records] == [("one", 3), ("two", 3)]
    assert not s.namespaces._open


async def test_one_namespace_that_cannot_be_stored_is_not_changed(engine):
    s = engine()
    await s.namespaces.put("default", {"models": ("gpt-4o",)})
    with pytest.raises(TypeError):
        await s.namespaces.put("default", {"models": ("\ud800",)})
    assert s.namespace.config.models == ("gpt-4o",)
    assert [one["models"] for one in await s.namespaces.records()] == [("gpt-4o",)]


async def test_a_restart_goes_on_with_what_is_unfinished_and_opens_nothing_else(engine_on_file):
    s = engine_on_file([Hold("gate"), Say("done")])
    await s.play()
    await s.namespaces.put("at-rest", {})
    await s.crash()
    assert list(s.namespaces._open) == ["default"]


async def test_stop_waits_for_what_it_cancels_before_the_database_closes(engine):
    ended = []

    async def actions():
        try:
            yield Hold("gate")
        finally:
            await asyncio.sleep(0)
            ended.append(True)

    s = engine(lambda _view: Turn(actions()))
    task = await s.play()
    await s.namespaces.stop()
    assert task._task.done()
    assert s.documents.database.closed


# --- scripts are put whole, or not at all ---------------------------------------------------------------------------


def state_of(s):
    tables = (
        "threads",
        "messages",
        "files",
        "vector_stores",
        "vector_store_files",
        "assistants",
        "scripts",
        "script_memory",
    )
    rows = {name: s.documents.database.driver.execute(f"SELECT * FROM {name}").fetchall() for name in tables}
    return rows, s.namespace.script_version, s.namespace.config, dict(s.namespace.ids.counters())


@pytest.mark.parametrize(
    "refused",
    [
        {"vector_stores": [{**STORE, "name": "b", "file_ids": ["file-missing"]}]},
        {"files": [{**RULES, "content": "data:text/plain,cake"}], "vector_stores": [{**STORE, "file_ids": ["file-b"]}]},
        {
            "threads": [
                {**THREAD, "messages": []},
                {"id": "thread_b", "tool_resources": {"code_interpreter": {"file_ids": ["file-b"]}}},
            ]
        },
    ],
    ids=str,
)
async def test_scripts_whose_fixtures_are_refused_change_nothing(engine, refused):
    s = engine()
    good = loaded(s.backend, files=[RULES], vector_stores=[STORE], threads=[THREAD])
    s.namespaces.scripts.load = Scripts(good=good, bad=loaded(s.backend, **refused))
    await s.namespaces.put_scripts("default", source("good"))
    await s.namespace.settle()
    before = state_of(s)
    with pytest.raises(ApiError):
        await s.namespaces.put_scripts("default", source("bad"))
    await s.namespace.settle()
    assert state_of(s) == before
    (row,) = s.rows(File, id="file-a")
    assert s.namespace.blobs.read(row["blob"]) == b"pie"


async def test_the_first_scripts_of_a_namespace_that_are_refused_make_none(engine):
    s = engine()
    bad = LoadedScripts(
        backend=s.backend,
        seed=9,
        wire="2024-05-01",
        clock="2026-01-05T09:00:00Z",
        fixtures={
            "vector_stores": [{**STORE, "file_ids": ["file-missing"]}],
        },
    )
    s.namespaces.scripts.load = Scripts(bad=bad)
    await s.namespaces.open("default")
    config, now = s.namespace.config, s.namespace.clock.now()
    with pytest.raises(ApiError):
        await s.namespaces.put_scripts("default", source("bad"))
    assert (s.namespace.config, s.namespace.clock.now(), s.namespace.is_stored) == (config, now, False)
    assert await s.namespaces.records() == []


async def test_the_configuration_of_scripts_is_stored_with_them(engine):
    s = engine()
    await s.namespaces.put("default", {"strict": True})
    s.namespaces.scripts.load = Scripts(good=LoadedScripts(backend=s.backend, seed=9, wire="2024-05-01"))
    await s.namespaces.put_scripts("default", source("good"))
    config = s.rows(NamespaceRecord)[0]["config"]
    assert (config["seed"], config["wire"], config["strict"]) == (9, "2024-05-01", True)


async def test_a_run_on_a_fixture_thread_survives_scripts_that_are_refused(engine):
    s = engine([Hold("gate"), RunCode("1", logs="1"), Say("done")])
    good = loaded(s.backend, threads=[THREAD])
    bad = loaded(
        s.backend, threads=[{**THREAD, "messages": []}], vector_stores=[{**STORE, "file_ids": ["file-missing"]}]
    )
    s.namespaces.scripts.load = Scripts(good=good, bad=bad)
    await s.namespaces.put_scripts("default", source("good"))
    await s.begin(on="thread_a")
    await s.namespace.settle()
    with pytest.raises(ApiError):
        await s.namespaces.put_scripts("default", source("bad"))
    assert await s.release("gate")
    assert s.run["status"] == "completed"


async def test_a_fixture_thread_that_is_made_anew_forgets_what_its_script_remembered(engine):
    s = engine()
    changed = {**THREAD, "messages": [{"role": "user", "content": "good bye"}]}
    s.namespaces.scripts.load = Scripts(
        first=loaded(s.backend, threads=[THREAD]), again=loaded(s.backend, threads=[changed])
    )
    await s.namespaces.put_scripts("default", source("first"))
    async with s.namespace.transaction() as tx:
        for scope in ("thread:thread_a/orders", "thread:thread_b/orders", "namespace/orders"):
            await s.namespace.remember(tx, scope, {"state": "paid"})
    await s.namespaces.put_scripts("default", source("again"))
    assert (await s.memory("thread_a")).scopes == {"namespace/orders": {"state": "paid"}}
    assert "thread:thread_b/orders" in (await s.memory("thread_b")).scopes

"""Scripts that are loaded again when their files change."""

import asyncio

import pytest

from emulator.script_files import read_scripts
from emulator.script_watch import ScriptWatch
from emulator.service.scripts import ScriptRegistry
from emulator.settings import Settings
from emulator.store.tables import Assistant

GREETING = "emulator: 1\nname: greeting\nturns:\n- {name: hello, steps: [{say: WORD}, {hold: here}, {say: end}]}\n"
HELPER = "fixtures: {assistants: {helper: {id: asst_helper, model: gpt-4o, instructions: WORD}}}\n"


@pytest.fixture
def watched(engine, tmp_path):
    """An engine that plays files, and whoever watches them; a look follows another, as in the course of time."""

    class Watched:
        def __init__(self, *names):
            self.settings = Settings(scripts=tuple(tmp_path / name for name in names), watch=True)

        def write(self, text, name="greeting.yaml"):
            (tmp_path / name).write_text(text)

        def start(self):
            self.engine = engine()
            scripts = ScriptRegistry(self.engine.namespaces.scripts.load, read_scripts(self.settings), outlives=True)
            self.engine.namespaces.scripts = scripts
            self.watch = ScriptWatch(self.settings, self.engine.namespaces)
            return self

        async def look(self):
            return [await self.watch.look() for _ in range(3)]

        async def texts(self):
            await self.engine.play()
            return self.engine.texts

    return Watched


@pytest.fixture
def greeting(watched):
    watched = watched("greeting.yaml")
    watched.write(GREETING)
    return watched.start()


async def test_the_next_run_plays_what_is_in_the_file_now(greeting, caplog):
    assert await greeting.texts() == ["WORD"]
    greeting.write(GREETING.replace("WORD", "changed"))
    assert await greeting.look() == [False, True, False]
    assert await greeting.texts() == ["changed"]
    (line,) = [record.message for record in caplog.records]
    assert line == f"scripts loaded again: {greeting.settings.scripts[0]}"


async def test_a_file_that_stays_as_it_is_is_loaded_once(greeting, caplog):
    assert await greeting.look() == [False, False, False]
    assert caplog.records == []


async def test_a_file_that_is_being_written_is_left_alone(greeting):
    for number in range(4):
        greeting.write(GREETING.replace("WORD", "long " * number))
        assert not await greeting.watch.look()
    assert await greeting.watch.look()


async def test_a_run_under_way_keeps_its_script(greeting):
    s = greeting.engine
    await s.play()
    greeting.write(GREETING.replace("WORD", "changed").replace("end", "new end"))
    await greeting.look()
    await s.release("here")
    await s.settle()
    assert s.texts == ["WORD", "end"]


async def test_a_run_that_is_taken_up_from_the_store_keeps_its_script(greeting):
    s = greeting.engine
    await s.play()
    greeting.write(GREETING.replace("WORD", "changed").replace("end", "new end"))
    await greeting.look()
    s.namespace.runs.stop()
    await s.namespace.runs.resume(s.run_id)
    await s.release("here")
    await s.settle()
    assert s.texts == ["WORD", "end"]


@pytest.mark.parametrize(
    "broken,problem",
    [
        (GREETING.replace("say", "sya"), ":4: turns[0].steps[0]"),
        ("emulator: [\n", ":2: scenario: "),
        (GREETING.replace("WORD", "'{{ params.word }}'"), "params.word has no value"),
        (GREETING + "fixtures: {assistants: {a: {model: m, temperature: 9.0}}}", ":5: fixtures.assistants.a: Invalid "),
    ],
)
async def test_a_file_that_does_not_load_leaves_the_last_good_version(broken, problem, greeting, caplog):
    greeting.write(broken)
    assert await greeting.look() == [False, False, False]
    assert await greeting.texts() == ["WORD"]
    assert problem in caplog.records[0].message
    assert caplog.records[-1].message.startswith("scripts not loaded, the last good ones go on: ")
    greeting.write(GREETING.replace("WORD", "mended"))
    await greeting.look()
    assert await greeting.texts() == ["mended"]


async def test_a_file_that_is_gone_leaves_the_last_good_version(greeting, caplog):
    greeting.settings.scripts[0].unlink()
    await greeting.look()
    assert await greeting.texts() == ["WORD"]
    assert caplog.records[0].message.endswith("greeting.yaml: No such file or directory")


async def test_files_that_a_scenario_names_are_watched(watched, tmp_path):
    both = watched("greeting.yaml")
    both.write("one", "notes.txt")
    both.write(GREETING + "fixtures: {files: {notes: {path: notes.txt}}}\n")
    both.start()
    both.write("two", "notes.txt")
    assert await both.look() == [False, True, False]


async def test_a_file_that_a_scenario_names_and_that_comes_later_is_waited_for(greeting):
    greeting.write(GREETING + "fixtures: {files: {notes: {path: notes.txt}}}\n")
    assert await greeting.look() == [False, False, False]
    greeting.write("there", "notes.txt")
    assert await greeting.look() == [False, True, False]


async def test_fixtures_that_change_are_made_anew(watched):
    helper = watched("greeting.yaml")
    helper.write(GREETING + HELPER)
    s = helper.start().engine
    await helper.texts()

    def instructions():
        return [row["doc"]["instructions"] for row in s.rows(Assistant, id="asst_helper")]

    assert instructions() == ["WORD"]
    helper.write(GREETING + HELPER.replace("WORD", "changed"))
    await helper.look()
    assert instructions() == ["changed"]


async def test_namespaces_with_scripts_of_their_own_go_on_with_those(greeting):
    await greeting.engine.namespaces.open("default")
    source = read_scripts(greeting.settings).sources[0]
    await greeting.engine.namespaces.put_scripts("default", [source])
    greeting.write(GREETING.replace("WORD", "changed"))
    await greeting.look()
    assert await greeting.texts() == ["WORD"]


async def test_python_scripts_are_watched_too(watched):
    python = watched("script.py")
    text = "from scripted_models import *\nscript = Script()\n@script.turn\ndef hello():\n    yield Say('WORD')\n"
    python.write(text, "script.py")
    python.start()
    assert await python.texts() == ["WORD"]
    for word in ("next", "last"):  # as long as the first: what Python keeps of a file goes by seconds and size
        python.write(text.replace("WORD", word), "script.py")
        await python.look()
        assert await python.texts() == [word]


async def test_it_looks_by_itself_until_it_is_stopped(greeting, monkeypatch):
    monkeypatch.setattr("emulator.script_watch.PAUSE", 0)
    greeting.watch.start()
    greeting.write(GREETING.replace("WORD", "changed"))
    async with asyncio.timeout(60):
        while await greeting.texts() != ["changed"]:
            pass
    await greeting.watch.stop()
    greeting.write(GREETING.replace("WORD", "later"))
    for _ in range(20):
        await asyncio.sleep(0)
    assert await greeting.texts() == ["changed"]

"""Exports as fixtures: threads of before that are there when a scenario is loaded, and go on from there."""

import json

import pytest

from contract_tests.harness import MODEL
from contract_tests.test_import import DAY, message, run
from emulator import LiveServer, ScriptError, cli
from scripted_models import lint, load_file

SCENARIO = """
emulator: 1
name: pier
fixtures:
  exports:
    - pier.objects.json
turns: [{steps: [{say: Goes on.}]}]
"""
ASSISTANT = {"id": "asst_1", "object": "assistant", "model": MODEL, "created_at": DAY}
OBJECTS = [
    ASSISTANT,
    message(1),
    message(2, at=DAY + 5, role="assistant", run_id="run_1", assistant_id="asst_1"),
    run(),
]
RAW = [{"thread_id": "thread_1", "role": "user", "text": "text 1"}]


@pytest.fixture
def written(tmp_path):
    def write(objects, scenario=SCENARIO):
        text = objects if isinstance(objects, str) else json.dumps(objects)
        (tmp_path / "pier.objects.json").write_text(text, encoding="utf-8")
        (tmp_path / "pier.yaml").write_text(scenario, encoding="utf-8")
        return tmp_path / "pier.yaml"

    return write


@pytest.fixture
def playing(written):
    """A namespace of a server of its own that plays the scenario."""
    with LiveServer() as server:
        yield server.namespace("pier")


def said(namespace):
    return [one["content"][0]["text"]["value"] for one in namespace.threads.get("thread_1")["messages"]]


@pytest.mark.parametrize("objects", [{"objects": OBJECTS}, OBJECTS, {"thread": {"id": "thread_1"}, "messages": RAW}])
def test_an_export_is_there_when_the_scenario_is_loaded(playing, written, objects):
    playing.load(written(objects))
    assert said(playing)[0] == "text 1"


def test_the_next_run_goes_on_from_there(playing, written):
    playing.load(written(OBJECTS))
    with playing.client() as client:
        client.beta.threads.runs.create_and_poll(thread_id="thread_1", assistant_id="asst_1")
    assert said(playing) == ["text 1", "text 2", "Goes on."]
    assert playing.threads.get("thread_1")["runs"][0]["id"] == "run_1"


def test_what_stayed_the_same_is_left_alone_and_what_changed_or_was_deleted_is_made_anew(playing, written):
    playing.load(written(OBJECTS))
    with playing.client() as client:
        client.beta.threads.messages.create("thread_1", role="user", content="Mine.")
        client.beta.threads.messages.update("msg_1", thread_id="thread_1", metadata={"mine": "yes"})
        client.beta.assistants.delete("asst_1")
    playing.load(written(OBJECTS))
    assert said(playing) == ["text 1", "text 2", "Mine."]
    assert playing.threads.get("thread_1")["messages"][0]["metadata"] == {"mine": "yes"}
    with playing.client() as client:
        assert client.beta.assistants.retrieve("asst_1").id == "asst_1"
    playing.load(written([ASSISTANT, message(1, content="changed"), *OBJECTS[2:]]))
    assert said(playing) == ["changed", "text 2", "Mine."]


def test_a_reset_makes_them_again(playing, written):
    playing.load(written(OBJECTS))
    playing.reset()
    assert said(playing) == ["text 1", "text 2"]


def test_a_server_that_is_started_with_it_has_it_too(written, tmp_path):
    from emulator import Settings

    for _ in range(2):
        with LiveServer(Settings(db=tmp_path / "a.db"), script=written(OBJECTS)) as server:
            with server.namespace("other").client() as client:
                assert client.beta.threads.messages.list("thread_1").data[0].id == "msg_2"
            assert said(server.namespace("other")) == ["text 1", "text 2"]


def test_what_has_no_time_is_as_old_as_the_namespace(playing, written):
    playing.clock.freeze("2026-01-05T12:00:00Z")
    playing.load(written(RAW))
    (only,) = playing.threads.get("thread_1")["messages"]
    assert only["created_at"] == only["completed_at"] == 1767614400


def test_what_is_left_out_is_said_in_the_notes(playing, written):
    notes = playing.load(written([message(1), message(2, role="nobody")]))
    assert any("pier.yaml:6: fixtures.exports[0]: msg_2 is left out: role" in note for note in notes)


@pytest.mark.parametrize(
    "objects, expected",
    [("name,age", "holds no objects in JSON"), ("{broken", "neither JSON nor NDJSON"), ('{"role": 5', "neither JSON")],
)
def test_an_export_that_cannot_be_read_is_an_error_of_its_line(playing, written, capsys, objects, expected):
    file = written(objects)
    with pytest.raises(ScriptError) as caught:
        playing.load(file)
    (problem,) = caught.value.problems
    assert f"{file}:6: fixtures.exports[0]: " in problem
    assert expected in problem
    assert cli.main(["lint", str(file)]) == 1
    assert f"{file}:6: " in capsys.readouterr().out
    with pytest.raises(ScriptError, match=":6: "), LiveServer(script=file):
        pass


def test_lint_reads_a_good_one_and_names_a_missing_file(written, capsys):
    file = written(OBJECTS)
    assert lint([load_file(file)]) == []
    assert cli.main(["lint", str(file)]) == 0
    (file.parent / "pier.objects.json").unlink()
    assert cli.main(["lint", str(file)]) == 1
    assert ':6: fixtures.exports[0]: no file "pier.objects.json" beside the scenario' in capsys.readouterr().out

"""Scripts of a server that change while runs wait: the runs go on with those that they began with."""

import os
import sqlite3
import sys

import pytest

from contract_tests.harness import Namespace
from emulator import LiveServer, Settings

HEADERS = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
OLD = "emulator: 1\nname: talk\nturns:\n- {name: first, steps: [{say: one}, {hold: here}, {say: old}]}\n"
NEW = "emulator: 1\nname: talk\nturns:\n- {name: first, steps: [{say: two}, {say: new}]}\n"
PYTHON = (
    "from scripted_models import *\nscript = Script()\n@script.turn\ndef talk():\n    yield {}\n    yield Say('end')\n"
)


class Talk:
    """A server on one file, stopped and started again, and a run that waits in it."""

    def __init__(self, db, http):
        self.settings = Settings(db=db, clock="auto")
        self._http = http

    def serve(self, *scripts, **more):
        return LiveServer(self.settings, script=list(scripts), **more)

    def attach(self, server, name="default"):
        self.ns = Namespace(name, server.url, self._http)
        self._api = f"{server.url}/v1"

    def _post(self, path, body):
        answer = self._http.post(f"{self._api}{path}", json=body, headers=HEADERS)
        assert answer.is_success, answer.text
        return answer.json()

    def begin(self):
        assistant = self._post("/assistants", {"model": "gpt-4o"})
        thread = {"messages": [{"role": "user", "content": "hi"}]}
        run = self._post("/threads/runs", {"assistant_id": assistant["id"], "thread": thread})
        self.thread, self.run = run["thread_id"], run["id"]

    def finish(self):
        """Release the run; return its texts, or the message of its error."""
        self._http.post(f"{self.ns.control_url}/runs/{self.run}/release", json={"hold": "here"})
        run = self._http.get(f"{self._api}/threads/{self.thread}/runs/{self.run}", headers=HEADERS).json()
        if run["last_error"]:
            return run["last_error"]["message"]
        messages = self._http.get(f"{self._api}/threads/{self.thread}/messages?order=asc", headers=HEADERS).json()
        return [one["content"][0]["text"]["value"] for one in messages["data"] if one["run_id"] == self.run]


@pytest.fixture
def talk(tmp_path, http):
    return Talk(tmp_path / "x.db", http)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "talk.yaml"


def versions(db):
    with sqlite3.connect(db) as connection:
        found = [version for (version,) in connection.execute("SELECT version FROM scripts ORDER BY version")]
    connection.close()
    return found


def test_a_waiting_run_goes_on_with_its_own_script_after_a_restart_with_another(talk, file):
    file.write_text(OLD)
    with talk.serve(file) as server:
        talk.attach(server)
        talk.begin()
    file.write_text(NEW)
    with talk.serve(file) as server:
        talk.attach(server)
        assert talk.finish() == ["one", "old"]
        talk.begin()
        assert talk.finish() == ["two", "new"]
        assert talk.ns.control("GET")["script_version"] == 0


def test_a_waiting_run_goes_on_after_a_restart_without_any_script(talk, file):
    file.write_text(OLD)
    with talk.serve(file) as server:
        talk.attach(server)
        talk.begin()
    with talk.serve() as server:
        talk.attach(server)
        assert talk.finish() == ["one", "old"]


def test_a_waiting_run_keeps_the_parameters_of_its_server(talk, file):
    file.write_text(OLD.replace("say: old", "say: '{{ params.word }}'"))
    with talk.serve(file, set={"word": "first"}) as server:
        talk.attach(server)
        talk.begin()
    with talk.serve(file, set={"word": "second"}) as server:
        talk.attach(server)
        assert talk.finish() == ["one", "first"]


def test_versions_that_no_run_needs_are_not_kept(talk, file, tmp_path):
    for number in range(4):
        file.write_text(OLD.replace("say: old", f"say: text {number}"))
        with talk.serve(file) as server:
            talk.attach(server)
            talk.begin()
            talk.begin()
            if number < 3:
                talk.finish()
        assert len(versions(talk.settings.db)) <= number + 1
    with talk.serve(file) as server:  # with the same scripts, nothing is stored again
        talk.attach(server)
        assert talk.finish() == ["one", "text 3"]
        talk.begin()
    assert len(versions(talk.settings.db)) == 4


def test_in_memory_nothing_is_kept(http):
    with LiveServer(script=OLD) as server:
        talk = Talk(None, http)
        talk.attach(server)
        talk.begin()
        assert talk.ns.control("PUT", "/scripts", {"emulator": 1, "turns": []})["version"] == 1


def test_a_run_of_a_python_script_that_changed_says_so(talk, tmp_path):
    script = tmp_path / "talk.py"
    script.write_text(PYTHON.format("Hold('here')"))
    with talk.serve(script) as server:
        talk.attach(server)
        talk.begin()
    script.write_text(PYTHON.format("Say('other')"))
    with talk.serve(script) as server:
        talk.attach(server)
        message = "[emulator] the script changed since this run began: it is another one at action 1"
        assert talk.finish() == message
        assert [line["message"] for line in talk.ns.report()["script"]] == [message]


def test_a_run_of_a_python_script_that_is_gone_says_so(talk, tmp_path, file):
    script = tmp_path / "talk.py"
    script.write_text(PYTHON.format("Hold('here')"))
    with talk.serve(script) as server:
        talk.attach(server)
        talk.begin()
    file.write_text("emulator: 1\nturns: [{when: {message: never}, steps: []}]")
    with talk.serve(file) as server:
        talk.attach(server)
        assert talk.finish().startswith("[emulator] the script changed since this run began, and cannot continue: ")


def test_a_run_of_a_python_script_that_did_not_change_goes_on(talk, tmp_path):
    script = tmp_path / "talk.py"
    script.write_text(PYTHON.format("Hold('here')"))
    for _ in range(2):
        with talk.serve(script) as server:
            talk.attach(server)
            if not hasattr(talk, "run"):
                talk.begin()
            else:
                assert talk.finish() == ["end"]


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_runs_of_a_script_whose_path_is_not_unicode_begin_as_ever(talk, tmp_path):
    file = tmp_path / os.fsdecode(b"talk-\xff.yaml")
    file.write_text(OLD)
    with talk.serve(file) as server:
        talk.attach(server)
        talk.begin()
        assert talk.finish() == ["one", "old"]


def test_runs_of_a_very_large_script_go_on_or_say_that_it_changed(talk, file):
    filler = "# " + "x" * 1024 * 1024 + "\n"
    file.write_text(filler + OLD)
    with talk.serve(file) as server:
        talk.attach(server)
        talk.begin()
    assert versions(talk.settings.db) == []
    file.write_text(filler + NEW)
    with talk.serve(file) as server:
        talk.attach(server)
        assert "the script changed since this run began" in talk.finish()

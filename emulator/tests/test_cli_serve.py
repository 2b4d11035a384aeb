"""The command `serve` as a process: the file that says where it answers, and scripts that change."""

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager

import httpx
import pytest

LONGEST = 60
GREETING = "emulator: 1\nname: greeting\nturns: [{name: hello, steps: [{say: WORD}]}]\n"


@contextmanager
def serving(*options, **more):
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", *map(str, options)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(file):
    deadline = time.monotonic() + LONGEST
    while not file.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    return json.loads(file.read_text())


def test_a_ready_file_says_where_requests_are_answered_and_goes_with_the_server(tmp_path):
    file = tmp_path / "ready.json"
    with serving("--ready-file", file) as process:
        ready = wait_for(file)
        assert ready == {
            "url": ready["url"],
            "control_url": f"{ready['url']}/_emulator",
            "inspector_url": f"{ready['url']}/_emulator/inspector",
            "pid": process.pid,
        }
        assert httpx.get(f"{ready['control_url']}/health", trust_env=False, timeout=60).json() == {"status": "ok"}
        assert [one.name for one in tmp_path.iterdir()] == ["ready.json"]
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0
    assert not file.exists()


def test_a_ready_file_of_a_server_that_was_killed_is_removed_before_the_next_is_ready(tmp_path):
    file, broken = tmp_path / "ready.json", tmp_path / "broken.yaml"
    file.write_text('{"url": "http://127.0.0.1:1"}')
    broken.write_text("emulator: 1\n")
    with serving("--ready-file", file, "--script", broken) as process:
        assert process.wait(LONGEST) == 2
    assert not file.exists()


def test_a_ready_file_that_cannot_be_written_ends_the_server_in_one_line(tmp_path):
    folder = tmp_path / "ready.json"
    folder.mkdir()
    with serving("--ready-file", folder) as process:
        _, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert "ready.json" in err


def test_watched_scripts_are_loaded_again_with_one_line_on_stderr(tmp_path):
    file, ready_file = tmp_path / "greeting.yaml", tmp_path / "ready.json"
    file.write_text(GREETING)
    with serving("--script", file, "--watch", "--ready-file", ready_file) as process:
        url = wait_for(ready_file)["url"]
        headers = {"Authorization": "Bearer sk-emu-default", "OpenAI-Beta": "assistants=v2"}
        with httpx.Client(base_url=f"{url}/v1", headers=headers, trust_env=False, timeout=60) as http:
            assistant = http.post("/assistants", json={"model": "gpt-4o"}).json()

            def answer():
                thread = {"messages": [{"role": "user", "content": "hi"}]}
                run = http.post("/threads/runs", json={"assistant_id": assistant["id"], "thread": thread}).json()
                messages = http.get(f"/threads/{run['thread_id']}/messages").json()
                return messages["data"][0]["content"][0]["text"]["value"]

            assert answer() == "WORD"
            file.write_text(GREETING.replace("WORD", "changed"))
            assert process.stderr.readline() == f"scripts loaded again: {file}\n"
            assert answer() == "changed"
            file.write_text(GREETING.replace("say", "sya"))
            assert process.stderr.readline().startswith(f"{file}:3: turns[0].steps[0]: ")
            assert process.stderr.readline() == f"scripts not loaded, the last good ones go on: {file}\n"
            assert answer() == "changed"
        process.send_signal(signal.SIGTERM)
        assert process.wait(LONGEST) == 0


@pytest.mark.parametrize("day", ["2019-01-01", "2030-01-01"])
def test_a_day_of_which_nothing_is_known_is_refused(day):
    with serving("--wire", day) as process:
        _, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, err.count("\n")) == (2, 1)
    assert "choose a day from" in err

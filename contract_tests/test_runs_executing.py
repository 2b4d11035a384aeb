"""Runs whose code is really running: a client, the clock, and whoever stops the server reach them all the same."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from contract_tests.harness import Namespace, parse_events
from emulator import LiveServer, Settings
from emulator.sandbox import available

ENDLESS = "while True: pass"
BYTES = b'{"a": "file"}'
OVERWRITING = """
import os
for number in range(3, 30):
    try: os.write(number, bytes(10**6))
    except OSError: pass
"""
# One page of each huge page goes into a pipe, and then all of them are unmapped.
PINNING = """
import ctypes, mmap, os
library = ctypes.CDLL(None, use_errno=True)
reading, writing = os.pipe()
memory = mmap.mmap(-1, 2**26)
memory.madvise(mmap.MADV_HUGEPAGE)
memory[:] = bytes(2**26)
start = ctypes.addressof(ctypes.c_char.from_buffer(memory))
pieces = (ctypes.c_size_t * 2)()
for place in range(0, 2**26, 2**21):
    pieces[:] = [start + place, 4096]
    if library.vmsplice(writing, pieces, ctypes.c_size_t(1), 0) < 0: raise OSError(ctypes.get_errno(), "refused")
print("pinned")
"""
TOOLS = [{"type": "code_interpreter"}]
SCRIPT = {
    "emulator": 1,
    "turns": [
        {"when": {"message": "sum"}, "steps": [{"code": "print(6 * 7)", "execute": True}, {"say": "done"}]},
        {"when": {"message": "wait"}, "steps": [{"code": "import time\ntime.sleep(0.3)", "execute": True}]},
        {"when": {"message": "bytes"}, "steps": [{"code": "1", "execute": True}, {"say": "never"}]},
        {"when": {"message": "descriptors"}, "steps": [{"code": OVERWRITING, "execute": True}, {"say": "done"}]},
        {"when": {"message": "pin"}, "steps": [{"code": PINNING, "execute": True}, {"say": "done"}]},
        {"steps": [{"code": ENDLESS, "execute": True, "stream": {"chunk": "whole"}}, {"say": "never"}]},
    ],
}


@pytest.fixture(scope="module")
def isolation():
    found = available()
    if found.ok:
        return
    if os.environ.get("CI") == "true" and os.getuid() == 0 and shutil.which("apt-get"):
        pytest.fail(f"these tests must run here, and could: {found.why}")
    pytest.skip(found.why)


class Client(Namespace):
    """A namespace whose runs execute code, and a client of it."""

    def request(self, method, path, body=None):
        headers = {"Authorization": f"Bearer {self.key}", "OpenAI-Beta": "assistants=v2"}
        return self.http.request(method, f"{self.url}/v1/{path}", json=body, headers=headers)

    def ask(self, method, path, body=None):
        response = self.request(method, path, body)
        assert response.status_code == 200, response.text
        return response.json()

    def prepare(self):
        self.freeze()
        self.load(SCRIPT)
        self.assistant = self.ask("POST", "assistants", {"model": "gpt-4o", "tools": TOOLS})["id"]
        return self

    def thread(self, question="go on"):
        messages = [{"role": "user", "content": question}]
        return f"threads/{self.ask('POST', 'threads', {'messages': messages})['id']}"

    def upload(self, purpose, name):
        headers = {"Authorization": f"Bearer {self.key}"}
        form = {"data": {"purpose": purpose}, "files": {"file": (name, BYTES)}}
        return self.http.post(f"{self.url}/v1/files", headers=headers, **form).json()["id"]

    def finished(self, thread):
        """Return a new run as it is at its end."""
        run = self.ask("POST", f"{thread}/runs", {"assistant_id": self.assistant})
        return self.ask("GET", f"{thread}/runs/{run['id']}")

    def logs(self, thread):
        """Return what the code of a thread's only run has printed."""
        (run,) = self.ask("GET", f"{thread}/runs")["data"]
        steps = self.ask("GET", f"{thread}/runs/{run['id']}/steps")["data"]
        (output,) = steps[-1]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
        return output["logs"]

    def stream(self, thread):
        """Begin a run; return its stream, which shows the code as soon as it is handed to the interpreter."""
        headers = {"Authorization": f"Bearer {self.key}", "OpenAI-Beta": "assistants=v2"}
        body = {"assistant_id": self.assistant, "stream": True}
        return self.http.stream("POST", f"{self.url}/v1/{thread}/runs", json=body, headers=headers)

    def begin(self, thread):
        """Begin a run, and return its path once its code is running; whoever has streamed it has gone."""
        with self.stream(thread) as response:
            return self.until_it_runs(thread, response.iter_text())[0]

    def until_it_runs(self, thread, texts):
        """Return the path of a run and the text of its stream so far."""
        head = ""
        while ENDLESS not in head:
            head += next(texts)
        return f"{thread}/runs/{json.loads(head.split('data: ')[1].splitlines()[0])['id']}", head


def client_of(url, http):
    return Client("executing", url, http)


@pytest.fixture(scope="module")
def executing(isolation):
    """A server that executes code, and a client of it."""
    with LiveServer(Settings(execute_code=True)) as server, httpx.Client(trust_env=False, timeout=90) as http:
        yield client_of(server.url, http).prepare()


@pytest.fixture
def client(executing):
    executing.freeze()
    return executing


def check_cut_off(client, run, status):
    """Check that a run ended while its code was running."""
    assert client.ask("GET", run)["status"] == status
    (step,) = client.ask("GET", f"{run}/steps")["data"]
    assert step["status"] == status
    assert step["step_details"]["tool_calls"][0]["code_interpreter"] == {"input": ENDLESS, "outputs": []}


def test_a_cancel_reaches_code_that_is_running(client):
    run = client.begin(client.thread())
    answer = client.request("POST", f"{run}/cancel")
    assert (answer.status_code, answer.json()["status"]) == (200, "cancelling")
    check_cut_off(client, run, "cancelled")


def test_a_stream_shows_how_code_was_cancelled(client):
    thread = client.thread()
    with client.stream(thread) as response:
        texts = response.iter_text()
        run, head = client.until_it_runs(thread, texts)
        assert client.ask("POST", f"{run}/cancel")["status"] == "cancelling"
        events = [name for name, _ in parse_events(head + "".join(texts))]
    assert events[-4:] == ["thread.run.cancelling", "thread.run.step.cancelled", "thread.run.cancelled", "done"]


def test_the_next_run_of_the_thread_can_execute_code_again(client):
    thread = client.thread()
    client.ask("POST", f"{client.begin(thread)}/cancel")
    client.ask("POST", f"{thread}/messages", {"role": "user", "content": "sum"})
    run = client.ask("POST", f"{thread}/runs", {"assistant_id": client.assistant})
    assert client.ask("GET", f"{thread}/runs/{run['id']}")["status"] == "completed"
    steps = client.ask("GET", f"{thread}/runs/{run['id']}/steps")["data"]
    (call,) = steps[-1]["step_details"]["tool_calls"]
    assert call["code_interpreter"]["outputs"] == [{"type": "logs", "logs": "42"}]


@pytest.mark.parametrize("clock", ["2026-01-05T12:10:00Z", {"mode": "real", "speed": 1_000_000}], ids=["set", "real"])
def test_code_that_is_running_ends_when_its_run_expires(client, clock):
    run = client.begin(client.thread())
    client.put(clock=clock)
    check_cut_off(client, run, "expired")


def test_advancing_the_clock_waits_for_code_so_that_its_speed_makes_no_difference(client):
    thread = client.thread("wait")
    run = client.ask("POST", f"{thread}/runs", {"assistant_id": client.assistant})
    fired = client.advance("10m")
    assert [one["event"] for one in fired if one["run"] == run["id"]] == []
    after = client.ask("GET", f"{thread}/runs/{run['id']}")
    assert (after["status"], after["completed_at"]) == ("completed", run["created_at"])


def test_deleting_the_thread_ends_code_that_is_running(client):
    thread = client.thread()
    with client.stream(thread) as response:
        texts = response.iter_text()
        run, _ = client.until_it_runs(thread, texts)
        assert client.ask("DELETE", thread)["deleted"] is True
        assert "done" not in "".join(texts)
    assert client.request("GET", run).status_code == 404
    assert client.request("GET", thread).status_code == 404
    client.advance("1h")


# --- a server of its own ----------------------------------------------------------------------------------------------


class Process:
    """A server in a process of its own, on a file."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--execute-code"]
        command += ["--db", str(folder / "executing.db")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        greeting = self.process.stdout.readline()
        assert " at http://127.0.0.1:" in greeting, greeting + self.process.stderr.read()
        self.url = greeting.split(" at ")[1].split()[0]

    def end(self, how):
        self.process.send_signal(how)
        return self.process.communicate(timeout=60)[1]


def descendants(pid):
    """The processes below one, each by its id and the time of its start, so that no later one is taken for it."""
    parents = dict(filter(None, map(parent_of, Path("/proc").glob("[0-9]*"))))
    found, new = set(), {pid}
    while new := {one for one in parents if parents[one] in new}:
        found |= new
        new = {number for number, _ in new}
    return found


def parent_of(folder):
    """((id, start), id of the parent) of a process; None if it has ended meanwhile."""
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return (int(folder.name), fields[19]), int(fields[1])


def are_gone(processes, seconds=20.0):
    """Whether processes end, which those of a killed server do by themselves."""
    end = time.monotonic() + seconds
    while left := {found[0] for folder in Path("/proc").glob("[0-9]*") if (found := parent_of(folder))} & processes:
        if time.monotonic() > end:
            break
        time.sleep(0.05)
    return not left


@pytest.fixture
def server(isolation, tmp_path):
    """Return a function that starts a server on a file."""
    started = []

    def start():
        started.append(Process(tmp_path))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            one.process.kill()
            one.process.communicate()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="code is isolated on Linux only")
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_no_interpreter_is_left_when_the_server_ends_and_the_next_one_begins_the_code_anew(server, how):
    first = server()
    with httpx.Client(trust_env=False, timeout=90) as http:
        client = client_of(first.url, http).prepare()
        run = client.begin(client.thread())
        # The interpreter may still be starting; a request about another thread shows that the server goes on.
        other = client.thread("sum")
        path = f"{other}/runs/{client.ask('POST', f'{other}/runs', {'assistant_id': client.assistant})['id']}"
        assert client.ask("GET", path)["status"] == "completed"
        interpreters = descendants(first.process.pid)
        assert interpreters
        errors = first.end(how)
    assert "Traceback" not in errors
    assert are_gone(interpreters)
    with httpx.Client(trust_env=False, timeout=90) as http:
        again = client_of(server().url, http)
        assert again.ask("POST", f"{run}/cancel")["status"] == "cancelling"
        check_cut_off(again, run, "cancelled")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="code is isolated on Linux only")
def test_a_server_that_is_stopped_takes_the_end_of_code_for_no_result(server):
    first = server()
    with httpx.Client(trust_env=False, timeout=90) as http:
        client = client_of(first.url, http).prepare()
        run = client.begin(client.thread())
        first.end(signal.SIGTERM)
    database = next(Path(first.process.args[-1]).parent.glob("executing.db"))
    assert b"the interpreter ended" not in database.read_bytes()
    with httpx.Client(trust_env=False, timeout=90) as http:
        again = client_of(server().url, http)
        again.put(clock="2026-01-05T12:10:00Z")
        check_cut_off(again, run, "expired")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="code is isolated on Linux only")
def test_hostile_code_and_lost_bytes_fail_their_own_run_and_the_log_has_no_traceback(server, tmp_path):
    first = server()
    with httpx.Client(trust_env=False, timeout=90) as http:
        client = client_of(first.url, http).prepare()
        file, other = client.upload("assistants", "a.txt"), client.upload("batch", "b.jsonl")
        blobs = [path for path in tmp_path.rglob("*") if path.is_file() and path.read_bytes() == BYTES]
        assert len(blobs) == 2
        for blob in blobs:
            blob.unlink()
        store = client.ask("POST", "vector_stores", {"file_ids": [file]})["id"]
        for _ in range(100):
            if (counts := client.ask("GET", f"vector_stores/{store}")["file_counts"])["in_progress"] == 0:
                break
        assert counts["failed"] == 1
        assert client.request("GET", f"files/{other}/content").status_code == 500

        thread = client.thread("bytes")
        attachment = {"file_id": file, "tools": TOOLS}
        client.ask("POST", f"{thread}/messages", {"role": "user", "content": "bytes", "attachments": [attachment]})
        error = client.finished(thread)["last_error"]
        assert error == {
            "code": "server_error",
            "message": f"[emulator] {file} cannot be read: No such file or directory",
        }

        thread = client.thread("descriptors")
        assert client.finished(thread)["status"] == "completed"
        assert "[emulator] the interpreter's answer makes no sense" in client.logs(thread)
        thread = client.thread("pin")
        assert client.finished(thread)["status"] == "completed"
        assert client.logs(thread).endswith("PermissionError: [Errno 1] refused")
    log = first.end(signal.SIGTERM)
    assert "Traceback" not in log
    assert len([line for line in log.splitlines() if file in line and "run_" in line]) == 1, log

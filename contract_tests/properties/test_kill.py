import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import threading

import httpx
import pytest

from contract_tests.properties.namespaces import Namespace, complete_events, outputs_for
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.store.tables import SCHEMA_VERSION

SCENARIO = """
emulator: 1
name: load
turns:
  - name: tools
    when: {message: {contains: tools}}
    steps:
      - say: Let me look.
      - call: [{name: lookup, args: {a: 1}}, {name: store, as: saved}]
      - say: "It is {{ outputs.lookup }}, stored as {{ outputs.saved }}."
  - name: slow
    when: {message: {contains: slow}}
    steps:
      - say: one two three four five six
        stream: {tps: 1}
      - wait: 5s
      - code: print(1)
        logs: "1"
        stream: {chunk: char, tps: 2}
      - say: end
  - name: wait
    when: {message: {contains: wait}}
    steps:
      - wait: 20s
      - say: I waited.
  - name: quick
    steps:
      - say: At once.
"""
TEXTS = {
    "tools": ["Let me look.", "It is out 0, stored as out 1."],
    "slow": ["one two three four five six", "end"],
    "wait": ["I waited."],
    "quick": ["At once."],
}
STEP_COUNTS = {"tools": 3, "slow": 3, "wait": 1, "quick": 1}  # of a completed run

_numbers = itertools.count(1)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


class Server:
    """A server in its own process, with a database file."""

    def __init__(self, folder):
        self.db = folder / "stored.db"
        self.script = folder / "load.yaml"
        self.script.write_text(SCENARIO)
        self.process = None
        self.clients = []
        self.start()

    def start(self):
        command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--clock", "frozen"]
        command += ["--db", str(self.db), "--script", str(self.script)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        greeting = self.process.stdout.readline()
        assert " at http://127.0.0.1:" in greeting, greeting + self.process.stderr.read()
        self.url = greeting.split(" at ")[1].strip()

    def kill(self):
        self.process.kill()
        self.process.communicate()

    def terminate(self):
        """Terminate the server, and return its exit code and its stderr."""
        self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=20)
        return self.process.returncode, errors

    def namespace(self, name):
        self.clients.append(Namespace(self.url, name))
        return self.clients[-1]

    def schema_version(self):
        connection = sqlite3.connect(self.db)
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        connection.close()
        return version


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Server(tmp_path_factory.mktemp("kill"))
    yield running
    for client in running.clients:
        client.close()
    running.kill()
    assert running.schema_version() == SCHEMA_VERSION


@pytest.fixture
def namespace(server, request):
    new_namespace = server.namespace(f"load-{next(_numbers)}")
    new_namespace.assistant_id = new_namespace.create_assistant()
    return new_namespace


def start_run(namespace, kind):
    """Start a run; return the paths of its thread and of itself."""
    thread = f"threads/{namespace.create_thread(kind)}"
    run = namespace.post(f"{thread}/runs", {"assistant_id": namespace.assistant_id})
    return thread, f"{thread}/runs/{run['id']}"


def restart(server, namespace):
    """Kill the server, start it again, and return the same namespace on the new server."""
    server.kill()
    assert server.schema_version() == SCHEMA_VERSION
    server.start()
    return reconnected(server, namespace)


def reconnected(server, namespace):
    other = server.namespace(namespace.name)
    other.assistant_id = namespace.assistant_id
    return other


def finish(namespace, path):
    """Submit outputs and advance the clock until a run ends."""
    for _ in range(100):
        run = namespace.get(path)
        if run["status"] in RUN_TERMINAL:
            return run
        if run["status"] == "requires_action":
            namespace.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs_for(run)})
        else:
            namespace.advance("3s")
    raise AssertionError(f"still {run['status']}")


def assistant_texts(namespace, thread):
    return [m["content"][0]["text"]["value"] for m in namespace.all(f"{thread}/messages") if m["role"] == "assistant"]


def check_completed(namespace, thread, path, kind):
    run = finish(namespace, path)
    assert run["status"] == "completed"
    assert assistant_texts(namespace, thread) == TEXTS[kind]
    steps = namespace.all(f"{path}/steps")
    assert [step["status"] for step in steps] == ["completed"] * STEP_COUNTS[kind]
    assert run["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in steps)


def read_until(text, word):
    """Return the text of a stream up to a word."""
    head = ""
    while word not in head:
        head += next(text)
    return head


def test_every_run_resumes_after_the_server_is_killed(server, namespace):
    outputs_thread, outputs_path = start_run(namespace, "tools")
    waiting_for_outputs = namespace.get(outputs_path)
    answered, answered_path = start_run(namespace, "tools")
    answering, answering_path = start_run(namespace, "tools")
    calls = outputs_for(namespace.get(answering_path))
    waiting, waiting_path = start_run(namespace, "wait")
    assert namespace.get(waiting_path)["status"] == "in_progress"
    cancelled, cancelled_path = start_run(namespace, "slow")
    namespace.get(cancelled_path)

    streaming = f"threads/{namespace.create_thread('slow')}"
    body = {"assistant_id": namespace.assistant_id, "stream": True}
    with namespace.http.stream("POST", f"{namespace.base_url}/{streaming}/runs", json=body) as response:
        text = response.iter_text()
        head = read_until(text, "one")
        namespace.advance("2s")
        head += read_until(text, "three")
        now = namespace.control("GET", "/clock")["now"]
        assert namespace.post(f"{cancelled_path}/cancel")["status"] == "cancelling"
        outputs = {"tool_outputs": outputs_for(namespace.get(answered_path))}
        sending = threading.Thread(
            target=try_post, args=(namespace, f"{answering_path}/submit_tool_outputs", {"tool_outputs": calls})
        )
        sending.start()
        assert namespace.post(f"{answered_path}/submit_tool_outputs", outputs)["status"] == "queued"
        other = restart(server, namespace)
        with pytest.raises(httpx.HTTPError):
            list(text)
    sending.join()

    assert other.control("GET", "/clock")["now"] == now
    assert other.get(outputs_path) == waiting_for_outputs
    assert other.get(answered_path)["status"] == "completed"
    assert other.get(cancelled_path)["status"] == "cancelled"
    assert [step["status"] for step in other.all(f"{cancelled_path}/steps")] == ["cancelled"]
    other.post(f"{cancelled}/messages", {"role": "user", "content": "the thread is free"})
    events = complete_events(head)
    message = next(data for event, data in events if event == "thread.message.created")
    # Events of an unfinished message are sent again; only completed messages are stored.
    assert other.get(f"{streaming}/messages/{message['id']}")["content"] == []
    other.advance("17.5s")
    assert other.get(waiting_path)["status"] == "in_progress"
    other.advance("0.5s")
    assert other.get(waiting_path)["status"] == "completed"
    check_completed(other, waiting, waiting_path, "wait")
    check_completed(other, outputs_thread, outputs_path, "tools")
    check_completed(other, answered, answered_path, "tools")
    check_completed(other, answering, answering_path, "tools")
    check_completed(other, streaming, f"{streaming}/runs/{events[0][1]['id']}", "slow")
    assert message["id"] in [m["id"] for m in other.all(f"{streaming}/messages")]


def try_post(namespace, path, body):
    try:
        return namespace.request("POST", path, json=body)
    except httpx.HTTPError:
        return None


class Load:
    """A client that sends request after request and records what was acknowledged, until the server is gone."""

    def __init__(self, namespace, assistant, seed, on_response):
        self.namespace = namespace
        self.assistant = assistant
        self.dice = random.Random(seed)
        self.on_response = on_response  # called after each response
        self.threads = {}  # thread -> texts of acknowledged messages
        self.runs = {}  # path -> (thread, kind)
        self.cancelled = set()
        self.sent = []  # texts of all messages, acknowledged or not

    def work(self):
        try:
            while True:
                self.converse()
        except httpx.HTTPError:
            pass

    def post(self, path, body=None):
        response = self.namespace.request("POST", path, json=body or {})
        self.on_response()
        return response

    def converse(self):
        thread = f"threads/{self.post('threads').json()['id']}"
        self.threads[thread] = []
        kind = self.dice.choice(list(TEXTS))
        for n in range(self.dice.randrange(1, 4)):
            text = f"{kind} {thread} {n}"
            self.sent.append(text)
            if self.post(f"{thread}/messages", {"role": "user", "content": text}).status_code == 200:
                self.threads[thread].append(text)
        streams = self.dice.random() < 0.3 and kind in ("quick", "tools")
        response = self.post(f"{thread}/runs", {"assistant_id": self.assistant, "stream": streams})
        run = complete_events(response.text)[0][1] if streams else response.json()
        path = f"{thread}/runs/{run['id']}"
        self.runs[path] = (thread, kind)
        if self.dice.random() < 0.2 and self.post(f"{path}/cancel").status_code == 200:
            self.cancelled.add(path)
        run = self.namespace.get(path)
        self.on_response()
        if run["status"] == "requires_action" and self.dice.random() < 0.8:
            body = {"tool_outputs": outputs_for(run), "stream": self.dice.random() < 0.3}
            self.post(f"{path}/submit_tool_outputs", body)
        if self.dice.random() < 0.5:
            advance = {"by": self.dice.choice([1, 7, 0.5])}
            self.namespace.http.post(f"{self.namespace.control_url}/clock/advance", json=advance)
            self.on_response()


def test_acknowledged_requests_survive_repeated_kills_under_load(server, namespace):
    long_thread, long_path = start_run(namespace, "slow")
    for round_ in range(3):
        namespace = kill_under_load(server, namespace, round_)
    check_completed(namespace, long_thread, long_path, "slow")
    check_completed(namespace, *start_run(namespace, "quick"), "quick")


def kill_under_load(server, namespace, round_):
    responses, enough, limit = [], threading.Event(), random.Random(round_).randrange(40, 160)

    def on_response():
        responses.append(1)
        if len(responses) >= limit:
            enough.set()

    clients = [
        Load(server.namespace(namespace.name), namespace.assistant_id, f"{round_}/{n}", on_response) for n in range(3)
    ]
    workers = [threading.Thread(target=client.work) for client in clients]
    for one in workers:
        one.start()
    assert enough.wait(60)
    other = restart(server, namespace)
    for one in workers:
        one.join()

    assert sum(len(client.runs) for client in clients) > 3
    for client in clients:
        for thread, texts in client.threads.items():
            found = [m["content"][0]["text"]["value"] for m in other.all(f"{thread}/messages") if m["role"] == "user"]
            assert len(set(found)) == len(found)
            assert found[: len(texts)] == texts
            assert set(found) <= set(client.sent)
        for path, (thread, kind) in client.runs.items():
            if path in client.cancelled:
                assert finish(other, path)["status"] == "cancelled"
                continue
            # A cancel that was not acknowledged may have happened or not.
            if finish(other, path)["status"] != "cancelled":
                check_completed(other, thread, path, kind)
    return other


def test_a_terminated_server_ends_cleanly_with_open_streams_and_resumes_later(server, namespace):
    thread = f"threads/{namespace.create_thread('slow')}"
    body = {"assistant_id": namespace.assistant_id, "stream": True}
    waiting, waiting_path = start_run(namespace, "tools")
    with namespace.http.stream("POST", f"{namespace.base_url}/{thread}/runs", json=body) as response:
        head = read_until(response.iter_text(), "one")
        assert server.terminate() == (0, "")
    server.start()
    other = reconnected(server, namespace)
    check_completed(other, thread, f"{thread}/runs/{complete_events(head)[0][1]['id']}", "slow")
    check_completed(other, waiting, waiting_path, "tools")

import itertools
import random
import signal
import sqlite3
import subprocess
import sys
import threading

import httpx
import pytest

from contract_tests.properties.namespaces import Namespace, events_of, outputs_for
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
      - call: [{name: lookup, args: {a: 1}}, {name: store, as: kept}]
      - say: "It is {{ outputs.lookup }}, kept as {{ outputs.kept }}."
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
    "tools": ["Let me look.", "It is out 0, kept as out 1."],
    "slow": ["one two three four five six", "end"],
    "wait": ["I waited."],
    "quick": ["At once."],
}
STATUSES = {"tools": 3, "slow": 3, "wait": 1, "quick": 1}  # how many steps a whole run has

_numbers = itertools.count(1)
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX's")


class Server:
    """A real process on a real file."""

    def __init__(self, folder):
        self.db = folder / "kept.db"
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

    def end(self):
        """Ask it to end, and return its exit code and what it complained of."""
        self.process.send_signal(signal.SIGTERM)
        _, complaints = self.process.communicate(timeout=20)
        return self.process.returncode, complaints

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
    made = server.namespace(f"load-{next(_numbers)}")
    made.assistant_id = made.assistant()
    return made


def begin(namespace, kind):
    """Begin a run; return its thread's and its own path."""
    thread = f"threads/{namespace.thread(kind)}"
    run = namespace.post(f"{thread}/runs", {"assistant_id": namespace.assistant_id})
    return thread, f"{thread}/runs/{run['id']}"


def again(server, namespace):
    """Kill the server, start it again, and go on in the same namespace."""
    server.kill()
    assert server.schema_version() == SCHEMA_VERSION
    server.start()
    return renewed(server, namespace)


def renewed(server, namespace):
    other = server.namespace(namespace.name)
    other.assistant_id = namespace.assistant_id
    return other


def finish(namespace, path):
    """Do what is asked for and let time pass until a run is over."""
    for _ in range(100):
        run = namespace.get(path)
        if run["status"] in RUN_TERMINAL:
            return run
        if run["status"] == "requires_action":
            namespace.post(f"{path}/submit_tool_outputs", {"tool_outputs": outputs_for(run)})
        else:
            namespace.advance("3s")
    raise AssertionError(f"still {run['status']}")


def spoken(namespace, thread):
    return [m["content"][0]["text"]["value"] for m in namespace.all(f"{thread}/messages") if m["role"] == "assistant"]


def check_whole(namespace, thread, path, kind):
    run = finish(namespace, path)
    assert run["status"] == "completed"
    assert spoken(namespace, thread) == TEXTS[kind]
    steps = namespace.all(f"{path}/steps")
    assert [step["status"] for step in steps] == ["completed"] * STATUSES[kind]
    assert run["usage"]["total_tokens"] == sum(step["usage"]["total_tokens"] for step in steps)


def read_until(text, word):
    """Return what a stream says up to a word."""
    head = ""
    while word not in head:
        head += next(text)
    return head


def test_killed_in_the_middle_of_everything_each_run_goes_on_from_where_it_was(server, namespace):
    held, held_path = begin(namespace, "tools")
    waiting_for_outputs = namespace.get(held_path)
    answered, answered_path = begin(namespace, "tools")
    answering, answering_path = begin(namespace, "tools")
    calls = outputs_for(namespace.get(answering_path))
    waiting, waiting_path = begin(namespace, "wait")
    assert namespace.get(waiting_path)["status"] == "in_progress"
    cancelled, cancelled_path = begin(namespace, "slow")
    namespace.get(cancelled_path)

    streaming = f"threads/{namespace.thread('slow')}"
    body = {"assistant_id": namespace.assistant_id, "stream": True}
    with namespace.http.stream("POST", f"{namespace.api_url}/{streaming}/runs", json=body) as answer:
        text = answer.iter_text()
        head = read_until(text, "one")
        namespace.advance("2s")
        head += read_until(text, "three")
        now = namespace.control("GET", "/clock")["now"]
        assert namespace.post(f"{cancelled_path}/cancel")["status"] == "cancelling"
        outputs = {"tool_outputs": outputs_for(namespace.get(answered_path))}
        sending = threading.Thread(
            target=_try, args=(namespace, f"{answering_path}/submit_tool_outputs", {"tool_outputs": calls})
        )
        sending.start()
        assert namespace.post(f"{answered_path}/submit_tool_outputs", outputs)["status"] == "queued"
        other = again(server, namespace)
        with pytest.raises(httpx.HTTPError):
            list(text)
    sending.join()

    assert other.control("GET", "/clock")["now"] == now
    assert other.get(held_path) == waiting_for_outputs
    assert other.get(answered_path)["status"] == "completed"
    assert other.get(cancelled_path)["status"] == "cancelled"
    assert [step["status"] for step in other.all(f"{cancelled_path}/steps")] == ["cancelled"]
    other.post(f"{cancelled}/messages", {"role": "user", "content": "the thread is free"})
    told = events_of(head)
    message = next(data for event, data in told if event == "thread.message.created")
    # What a stream told of a message that was not finished is told again; only whole messages are kept.
    assert other.get(f"{streaming}/messages/{message['id']}")["content"] == []
    other.advance("17.5s")
    assert other.get(waiting_path)["status"] == "in_progress"
    other.advance("0.5s")
    assert other.get(waiting_path)["status"] == "completed"
    check_whole(other, waiting, waiting_path, "wait")
    check_whole(other, held, held_path, "tools")
    check_whole(other, answered, answered_path, "tools")
    check_whole(other, answering, answering_path, "tools")
    check_whole(other, streaming, f"{streaming}/runs/{told[0][1]['id']}", "slow")
    assert message["id"] in [m["id"] for m in other.all(f"{streaming}/messages")]


def _try(namespace, path, body):
    try:
        return namespace.ask("POST", path, json=body)
    except httpx.HTTPError:
        return None


class Load:
    """A client that does one thing after the other and notes what was acknowledged, until nobody answers."""

    def __init__(self, namespace, assistant, seed, note):
        self.namespace = namespace
        self.assistant = assistant
        self.dice = random.Random(seed)
        self.note = note  # called after each answer
        self.threads = {}  # thread -> texts of acknowledged messages
        self.runs = {}  # path -> (thread, kind)
        self.cancelled = set()
        self.asked = []  # texts that were sent

    def work(self):
        try:
            while True:
                self.one()
        except httpx.HTTPError:
            pass

    def post(self, path, body=None):
        answer = self.namespace.ask("POST", path, json=body or {})
        self.note()
        return answer

    def one(self):
        thread = f"threads/{self.post('threads').json()['id']}"
        self.threads[thread] = []
        kind = self.dice.choice(list(TEXTS))
        for n in range(self.dice.randrange(1, 4)):
            text = f"{kind} {thread} {n}"
            self.asked.append(text)
            if self.post(f"{thread}/messages", {"role": "user", "content": text}).status_code == 200:
                self.threads[thread].append(text)
        streams = self.dice.random() < 0.3 and kind in ("quick", "tools")
        answer = self.post(f"{thread}/runs", {"assistant_id": self.assistant, "stream": streams})
        run = events_of(answer.text)[0][1] if streams else answer.json()
        path = f"{thread}/runs/{run['id']}"
        self.runs[path] = (thread, kind)
        if self.dice.random() < 0.2 and self.post(f"{path}/cancel").status_code == 200:
            self.cancelled.add(path)
        run = self.namespace.get(path)
        self.note()
        if run["status"] == "requires_action" and self.dice.random() < 0.8:
            body = {"tool_outputs": outputs_for(run), "stream": self.dice.random() < 0.3}
            self.post(f"{path}/submit_tool_outputs", body)
        if self.dice.random() < 0.5:
            self.namespace.http.post(
                f"{self.namespace.control_url}/clock/advance", json={"by": self.dice.choice([1, 7, 0.5])}
            )
            self.note()


def test_killed_again_and_again_under_load_nothing_that_was_acknowledged_is_lost(server, namespace):
    long_thread, long_path = begin(namespace, "slow")
    for round_ in range(3):
        namespace = put_under_load(server, namespace, round_)
    check_whole(namespace, long_thread, long_path, "slow")
    check_whole(namespace, *begin(namespace, "quick"), "quick")


def put_under_load(server, namespace, round_):
    answers, enough, over = [], threading.Event(), random.Random(round_).randrange(40, 160)

    def note():
        answers.append(1)
        if len(answers) >= over:
            enough.set()

    clients = [Load(server.namespace(namespace.name), namespace.assistant_id, f"{round_}/{n}", note) for n in range(3)]
    working = [threading.Thread(target=client.work) for client in clients]
    for one in working:
        one.start()
    assert enough.wait(60)
    other = again(server, namespace)
    for one in working:
        one.join()

    assert sum(len(client.runs) for client in clients) > 3
    for client in clients:
        for thread, texts in client.threads.items():
            found = [m["content"][0]["text"]["value"] for m in other.all(f"{thread}/messages") if m["role"] == "user"]
            assert len(set(found)) == len(found)
            assert found[: len(texts)] == texts
            assert set(found) <= set(client.asked)
        for path, (thread, kind) in client.runs.items():
            if path in client.cancelled:
                assert finish(other, path)["status"] == "cancelled"
                continue
            # Without an acknowledgement either may have come to be.
            if finish(other, path)["status"] != "cancelled":
                check_whole(other, thread, path, kind)
    return other


def test_told_to_end_it_ends_cleanly_with_streams_open_and_goes_on_later(server, namespace):
    thread = f"threads/{namespace.thread('slow')}"
    body = {"assistant_id": namespace.assistant_id, "stream": True}
    waiting, waiting_path = begin(namespace, "tools")
    with namespace.http.stream("POST", f"{namespace.api_url}/{thread}/runs", json=body) as answer:
        head = read_until(answer.iter_text(), "one")
        assert server.end() == (0, "")
    server.start()
    other = renewed(server, namespace)
    check_whole(other, thread, f"{thread}/runs/{events_of(head)[0][1]['id']}", "slow")
    check_whole(other, waiting, waiting_path, "tools")

"""Streams of runs that another process plays: web replicas serve them, workers play, and any of them may die."""

import contextlib
import itertools
import json
import threading
import time

import httpx
import psycopg
import pytest

from contract_tests.harness import NOON, TIDES, event_names, scenario
from contract_tests.replicas.servers import Replica
from emulator import LiveServer, Settings

WORDS = ["word", *(f" word{number}" for number in range(150))]
NAMES = (f"streams-{number}" for number in itertools.count())
PATIENCE = 60
# More than a socket holds.
MESSAGES = [f"{number} {'fog ' * 2_000}" for number in range(1_000)]


class Client:
    """A client of one server, in one namespace."""

    def __init__(self, url, name):
        self.name = name
        headers = {"authorization": "Bearer sk-emu-a", "openai-beta": "assistants=v2"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False)

    def ask(self, method, path, body=None):
        response = self.http.request(method, f"/ns/{self.name}/v1{path}", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    def control(self, method, path="", body=None):
        response = self.http.request(method, f"/_emulator/ns/{self.name}{path}", json=body)
        assert response.status_code < 300, response.text
        return response.json() if response.content else None

    def thread(self):
        """Make what a run needs, and return the path of a thread's runs and the body that begins one."""
        assistant = self.ask("POST", "/assistants", {"model": "gpt-4o", "tools": [TIDES]})["id"]
        thread = self.ask("POST", "/threads", {"messages": [{"role": "user", "content": "Tides?"}]})["id"]
        return f"/threads/{thread}/runs", {"assistant_id": assistant}

    @contextlib.contextmanager
    def streaming(self, path, body=None, method="POST"):
        """Yield the events of a stream, as they come."""
        body = None if body is None else {**body, "stream": True}
        with self.http.stream(method, f"/ns/{self.name}/v1{path}", json=body) as response:
            assert response.status_code == 200, response.read()
            yield events_of(response)

    @contextlib.contextmanager
    def following(self, after=0):
        with self.http.stream("GET", f"/_emulator/ns/{self.name}/events", params={"after": after}) as response:
            assert response.status_code == 200, response.read()
            yield events_of(response)


def events_of(response):
    """Yield the (name, data) pairs of a stream as they come."""
    name = None
    for line in response.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            data = line.removeprefix("data: ")
            yield name, data if data == "[DONE]" else json.loads(data)


def pieces_of(events):
    return [data["delta"]["content"][0]["text"]["value"] for name, data in events if name == "thread.message.delta"]


@pytest.fixture(scope="module")
def database_url(postgres, migrated):
    url = postgres.create(migrated)
    yield url
    postgres.drop(url)


@pytest.fixture(scope="module")
def replicas(database_url, tmp_path_factory):
    """Two replicas that serve, and one that plays."""
    folder = tmp_path_factory.mktemp("replicas")
    roles = {"web-1": "web", "web-2": "web", "worker": "worker"}
    replicas = [Replica(name, database_url, folder, "--role", role, "--grace", "0.2") for name, role in roles.items()]
    with contextlib.ExitStack() as stack:
        for one in replicas:
            stack.callback(_end, one.launch())
        yield [one.wait() for one in replicas]


def _end(replica):
    if replica.runs:
        replica.stop()


@pytest.fixture
def clients(replicas):
    """A client of each replica that serves."""
    name = next(NAMES)
    clients = [Client(one.url, name) for one in replicas[:2]]
    clients[0].control("PUT", body={"seed": 5, "clock": {"mode": "frozen", "at": NOON}})
    yield clients
    for one in clients:
        one.http.close()


@pytest.fixture
def in_one_process(clients):
    """A client of a server that is alone, in a namespace of the same name, and so with the same ids."""
    with LiveServer(Settings()) as server:
        client = Client(server.url, clients[0].name)
        client.control("PUT", body={"seed": 5, "clock": {"mode": "frozen", "at": NOON}})
        yield client
        client.http.close()


def play(client, *steps):
    client.control("PUT", "/scripts", scenario(*steps))


# --- the same ---------------------------------------------------------------------------------------------------------


def streamed(client):
    """Stream a run with texts and a call, and return all events of both of its streams."""
    play(
        client,
        {"say": "".join(WORDS)},
        {"call": "read_tides", "args": {"place": 'a "quay" \\ \u2603'}},
        {"say": "Low."},
    )
    path, body = client.thread()
    with client.streaming(path, body) as stream:
        events = list(stream)
    run = events[-2][1]
    (call,) = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    outputs = {"tool_outputs": [{"tool_call_id": call["id"], "output": "low"}]}
    with client.streaming(f"{path}/{run['id']}/submit_tool_outputs", outputs) as stream:
        return events, list(stream)


def test_a_stream_of_a_run_that_is_played_elsewhere_has_the_events_of_one_process_in_their_order(
    clients, in_one_process
):
    expected, there = streamed(in_one_process), streamed(clients[0])
    assert [event_names(events) for events in there] == [event_names(events) for events in expected]
    assert there == expected
    assert pieces_of(there[0]) == WORDS


def test_a_response_that_is_played_elsewhere_has_the_events_of_one_process(clients, in_one_process):
    def stream(client):
        play(client, {"say": "".join(WORDS[:20])})
        with client.streaming("/responses", {"model": "gpt-4o", "input": "Tides?"}) as events:
            return [(name, {**data, "obfuscation": None}) for name, data in events]

    assert stream(clients[1]) == stream(in_one_process)


def test_two_streams_of_a_response_on_two_replicas_have_the_same_events(clients):
    play(clients[0], {"say": "".join(WORDS[:30])}, {"hold": "middle"}, {"say": "the end"})
    body = {"model": "gpt-4o", "input": "Tides?", "background": True}
    with clients[0].streaming("/responses", body) as first:
        received = [next(first) for _ in range(10)]
        response = received[0][1]["response"]["id"]
        after = received[4][1]["sequence_number"]
        path = f"/responses/{response}?stream=true&starting_after={after}"
        with clients[1].streaming(path, method="GET") as second:
            again = [next(second) for _ in range(5)]
            assert again == received[5:]
            clients[1].control("POST", f"/runs/{response}/release", {"hold": "middle"})
            received += first
            again += second
    assert again == received[5:]
    assert [data["sequence_number"] for _, data in received] == list(range(len(received)))
    assert received[-1][0] == "response.completed"


def test_who_connects_to_another_replica_goes_on_where_it_was(clients):
    play(clients[0], {"say": "Low."})
    path, body = clients[0].thread()
    with clients[0].following() as events:
        clients[1].ask("POST", path, body)
        seen = [next(event for event in events if event[1]["seq"]) for _ in range(4)]
    with clients[1].following(after=seen[1][1]["seq"]) as events:
        again = [next(events) for _ in range(2)]
    assert again == seen[2:]


# --- what happens to them ---------------------------------------------------------------------------------------------


def test_a_run_is_cancelled_on_another_replica_while_it_is_streamed(clients):
    play(clients[0], {"say": "half of it"}, {"wait": "1m"}, {"say": "the other half"})
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        run = next(stream)[1]["id"]
        events = [next(event for event in stream if event[0] == "thread.message.completed")]
        assert clients[1].ask("POST", f"{path}/{run}/cancel")["status"] == "cancelling"
        events += stream
    assert [name for name, _ in events][-3:] == ["thread.run.cancelling", "thread.run.cancelled", "done"]


@pytest.mark.parametrize("end", ["thread", "reset", "namespace"])
def test_a_stream_ends_with_an_error_whose_run_is_taken_away_on_another_replica(clients, end):
    play(clients[0], {"say": "half of it"}, {"hold": "gate"})
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        assert next(event for event in stream if event[0] == "thread.message.completed")
        if end == "thread":
            clients[1].ask("DELETE", path.removesuffix("/runs"))
        elif end == "reset":
            clients[1].control("POST", "/reset")
        else:
            clients[1].control("DELETE")
        *_, (name, data) = stream
    assert name == "error"
    assert data["error"]["message"]


def test_at_the_pace_of_polls_a_stream_on_one_replica_moves_a_run_that_others_do_not_poll(clients):
    clients[0].control("PUT", "/pace", {"progression": "polls", "times": 3})
    play(clients[0], {"say": "Low."})
    path, body = clients[0].thread()
    with clients[1].streaming(path, body) as stream:
        assert [name for name, _ in stream][-2:] == ["thread.run.completed", "done"]


def test_the_timeline_says_on_every_replica_that_a_run_is_streamed(clients):
    play(clients[0], {"hold": "gate"})
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        run = next(stream)[1]["id"]
        path = f"/_emulator/ns/{clients[0].name}/runs/{run}/timeline.svg"
        pictures = [one.http.get(path).text for one in clients]
        assert pictures[0] == pictures[1]
        assert "a client is reading it" in pictures[0]


# --- readers that are slow, or gone -----------------------------------------------------------------------------------


def test_a_run_waits_for_a_client_that_does_not_read_and_is_read_to_its_end(clients, database_url):
    play(clients[0], *({"say": text, "stream": {"chunk": "whole"}} for text in MESSAGES))
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        run = next(stream)[1]["id"]
        eventually(lambda: clients[1].control("GET", f"/runs/{run}")["waits_for"] == "reader")
        # What it has read before goes some seconds later.
        eventually(lambda: count(database_url, "stream_entries") < 3_000)
        *events, (name, _) = stream
    assert name == "done"
    texts = [data["content"][0]["text"]["value"] for name, data in events if name == "thread.message.completed"]
    assert texts == MESSAGES
    eventually(lambda: count(database_url, "stream_entries") == count(database_url, "stream_followers") == 0)


def test_a_client_that_leaves_leaves_nothing_behind_and_its_run_goes_on(clients, database_url):
    play(clients[0], {"say": "half of it"}, {"hold": "gate"}, {"say": "the other half"})
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        run = next(stream)[1]["id"]
    eventually(lambda: count(database_url, "stream_followers") == 0)
    clients[1].control("POST", f"/runs/{run}/release", {"hold": "gate"})
    assert clients[1].ask("GET", f"{path}/{run}")["status"] == "completed"
    eventually(lambda: count(database_url, "stream_entries") == 0)


# --- deaths -----------------------------------------------------------------------------------------------------------


def in_real_time(client):
    client.control("PUT", body={"clock": {"mode": "real"}})
    play(client, {"say": "".join(WORDS), "stream": {"tps": 40, "chunk": "word"}})


@pytest.mark.parametrize("api", ["assistants", "responses"])
def test_a_stream_goes_on_where_it_was_when_the_worker_is_killed(replicas, clients, api):
    in_real_time(clients[0])
    path, body = clients[0].thread() if api == "assistants" else ("/responses", {"model": "gpt-4o", "input": "Tides?"})
    delta = "thread.message.delta" if api == "assistants" else "response.output_text.delta"
    with clients[0].streaming(path, body) as stream:
        events = list(itertools.islice((event for event in stream if event[0] == delta), 30))
        replicas[2].kill()
        restarting = threading.Thread(target=replicas[2].start)
        restarting.start()
        rest = list(stream)
        restarting.join()
    events += [event for event in rest if event[0] == delta]
    texts = pieces_of(events) if api == "assistants" else [data["delta"] for _, data in events]
    assert texts == WORDS
    assert rest[-1][0] in ("done", "response.completed")


def test_a_stream_goes_on_where_it_was_when_the_database_crashes(postgres, clients):
    in_real_time(clients[0])
    path, body = clients[0].thread()
    with clients[0].streaming(path, body) as stream:
        events = list(itertools.islice((event for event in stream if event[0] == "thread.message.delta"), 30))
        postgres.restart("immediate")
        events += stream
    assert pieces_of(events) == WORDS
    assert [name for name, _ in events][-2:] == ["thread.run.completed", "done"]


def test_a_run_goes_on_whose_stream_was_served_by_a_replica_that_was_killed(replicas, clients, database_url):
    play(clients[1], {"say": "half of it"}, {"hold": "gate"}, {"say": "the other half"})
    path, body = clients[0].thread()
    with contextlib.suppress(httpx.HTTPError), clients[0].streaming(path, body) as stream:
        run = next(stream)[1]["id"]
        replicas[0].kill()
        list(stream)
    clients[1].control("POST", f"/runs/{run}/release", {"hold": "gate"})
    assert clients[1].ask("GET", f"{path}/{run}")["status"] == "completed"
    eventually(lambda: count(database_url, "stream_entries") == count(database_url, "stream_followers") == 0)
    replicas[0].start()


def count(url, table):
    with psycopg.connect(url) as connection:
        return connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


def eventually(condition):
    """Wait until something holds that has to hold soon."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)

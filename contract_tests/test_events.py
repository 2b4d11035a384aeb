"""What happens in a namespace, as server-sent events: what is sent, what is kept, and who notices that somebody reads."""

import contextlib
import json
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partialmethod
from typing import Any, NamedTuple

import httpx
import pytest

from contract_tests.harness import MODEL, NOON_SECONDS, WEATHER, Namespace, outputs_of
from emulator import LiveServer, Settings
from emulator.service.namespaces import Namespaces
from emulator.store import journal as journal_module
from emulator.store.journal import Journal

# How long something is waited for that has to happen, on however slow a machine.
PATIENCE = 60
# What a turn of one message does, as (event, whether it changes a status).
MESSAGE_RUN = [
    ("thread.run.created", False),
    ("thread.run.queued", True),
    ("thread.run.in_progress", True),
    ("thread.run.step.created", False),
    ("thread.run.step.in_progress", True),
    ("thread.message.created", False),
    ("thread.message.in_progress", True),
    ("thread.message.completed", True),
    ("thread.run.step.completed", True),
    ("thread.run.completed", True),
]
CHANGES = [event for event, changes in MESSAGE_RUN if changes]


class Event(NamedTuple):
    id: int | None
    name: str
    data: dict[str, Any]


class Events:
    """The events of a response, read one by one."""

    def __init__(self, response):
        self.response = response
        self._lines = response.iter_lines()

    def next(self):
        """Return the next event; None at the end of the stream."""
        fields = {}
        for line in self._lines:
            if not line:
                data = json.loads(fields["data"])
                return Event(int(fields["id"]) if "id" in fields else None, fields["event"], data)
            name, _, value = line.partition(": ")
            fields[name] = value
        assert not fields
        return None

    def take(self, count):
        """Return so many events that have a number, and none of the others."""
        numbered = (event for event in iter(self.next, None) if event.id is not None)
        return [next(numbered) for _ in range(count)]

    def until(self, name, **data):
        """Return the events up to the next one of a name that has this data."""
        events = []
        while (event := self.next()) is not None:
            events.append(event)
            if event.name == name and data.items() <= event.data.items():
                return events
        raise AssertionError(f"the stream ended without {name}: {events}")

    def rest(self):
        return list(iter(self.next, None))


@contextlib.contextmanager
def following(ns, after=None, *, last_event_id=None):
    """Follow a namespace; what a test causes inside comes after the beginning of the stream."""
    params = {} if after is None else {"after": after}
    headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
    with ns.http.stream(
        "GET", f"{ns.control_url}/events", params=params, headers=headers, timeout=PATIENCE
    ) as response:
        assert response.status_code == 200, response.read()
        assert response.headers["content-type"].startswith("text/event-stream")
        yield Events(response)


def kept(ns, after=0):
    """Return what the journal has kept behind a number: all that comes before an event that is caused here."""
    with following(ns, after) as events:
        raw(ns, "/threads")
        return events.until("thread.created")[:-1]


def raw(ns, path, body=None, method="POST"):
    headers = {"Authorization": "Bearer sk-emu-any", "OpenAI-Beta": "assistants=v2"}
    response = ns.http.request(method, f"{ns.base_url}{path}", json=body or {}, headers=headers)
    assert response.status_code == 200, response.text
    return response.json()


def start_run(ns, content="How is the harbour today?", **more):
    """Start a run on a new thread."""
    assistant_id = raw(ns, "/assistants", {"model": MODEL})["id"]
    thread = {"messages": [{"role": "user", "content": content}]}
    return raw(ns, "/threads/runs", {"assistant_id": assistant_id, "thread": thread, **more})


def settled(ns, run):
    """Return a run as its client sees it."""
    return raw(ns, f"/threads/{run['thread_id']}/runs/{run['id']}", method="GET")


def complete_runs(ns, count):
    for _ in range(count):
        assert settled(ns, start_run(ns))["status"] == "completed"


def numbers(events):
    return [event.id for event in events if event.id is not None]


def runs_of(events):
    return {event.data["run_id"] for event in events} - {None}


def consecutive(first, count):
    return list(range(first, first + count))


@pytest.fixture
def other(ns):
    namespace = Namespace(f"{ns.name[:58]}-other", ns.url, ns.http)
    namespace.put(clock="auto")
    yield namespace
    namespace.control("DELETE")


@pytest.fixture
def few_kept(monkeypatch):
    """Let a journal keep the newest ten changes, and no more."""
    monkeypatch.setattr(journal_module, "MOST_KEPT", 10)
    monkeypatch.setattr(journal_module, "_AT_ONCE", 1)


@pytest.fixture
def small_pages(monkeypatch):
    """Read the journal in pages of three."""
    monkeypatch.setattr(Journal, "read", partialmethod(Journal.read, most=3))


@pytest.fixture
def few_waiting(monkeypatch):
    """Let fewer events wait for a follower than a run causes at once."""
    monkeypatch.setattr(journal_module, "MOST_WAITING", 3)


# --- what is sent -----------------------------------------------------------------------------------------------------


def test_the_events_of_a_run_arrive_in_order_and_their_ids_count_from_one_without_gaps(ns):
    ns.play({"say": "Foggy."})
    with following(ns) as events:
        run = start_run(ns)
        assert settled(ns, run)["status"] == "completed"
        received = events.until("thread.run.completed")
    assert {event.name for event in received[:2]} == {"thread.created", "thread.message.created"}
    assert [(event.name, event.id is not None) for event in received[2:]] == MESSAGE_RUN
    assert numbers(received) == consecutive(1, len(CHANGES))


def test_a_change_of_a_status_says_of_what_to_what_why_and_when(frozen, client, assistant, thread):
    frozen.play({"say": "Foggy."})
    with following(frozen) as events:
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        received = [event for event in events.until("thread.run.completed") if event.id is not None]
    (message,) = client.beta.threads.messages.list(thread.id, run_id=run.id)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    told = [(event.data["object_id"], event.data["status"], event.data["cause"]) for event in received]
    assert told == [
        (run.id, "queued", "create"),
        (run.id, "in_progress", "start"),
        (step.id, "in_progress", "create"),
        (message.id, "in_progress", "create"),
        (message.id, "completed", "complete"),
        (step.id, "completed", "complete"),
        (run.id, "completed", "complete"),
    ]
    for event in received:
        assert event.data == {
            "seq": event.id,
            "event": event.name,
            "object_id": event.data["object_id"],
            "status": event.data["status"],
            "cause": event.data["cause"],
            "at": NOON_SECONDS,
            "thread_id": thread.id,
            "run_id": run.id,
        }


def test_each_change_has_its_time_on_the_clock_of_the_namespace(frozen):
    frozen.play({"wait": "2500ms"}, {"say": "Foggy."})
    with following(frozen) as events:
        start_run(frozen)
        frozen.advance("1m")
        times = {event.name: event.data["at"] for event in events.until("thread.run.completed") if event.id}
    assert times["thread.run.in_progress"] == NOON_SECONDS
    assert times["thread.run.completed"] == pytest.approx(NOON_SECONDS + 2.5)


def test_what_clients_ask_for_is_the_cause_of_what_follows(ns, client, thread):
    ns.play({"call": "look_outside", "args": {}}, {"say": "Fog."})
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    runs = client.beta.threads.runs

    def causes(events, last):
        own = (event for event in events.until(last) if event.data["object_id"] == event.data["run_id"] and event.id)
        return [(event.data["status"], event.data["cause"]) for event in own]

    with following(ns) as events:
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        assert causes(events, "thread.run.requires_action") == [
            ("queued", "create"),
            ("in_progress", "start"),
            ("requires_action", "require_action"),
        ]
        outputs = outputs_of(run, look_outside="fog")
        runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
        assert causes(events, "thread.run.completed") == [
            ("queued", "submit"),
            ("in_progress", "start"),
            ("completed", "complete"),
        ]
        run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        runs.cancel(run.id, thread_id=thread.id)
        assert causes(events, "thread.run.cancelled")[-2:] == [("cancelling", "cancel"), ("cancelled", "cancelled")]


def test_what_changes_no_status_has_no_id_and_is_seen_by_whoever_is_connected(ns, client, assistant):
    with following(ns) as events:
        thread = client.beta.threads.create()
        message = client.beta.threads.messages.create(thread.id, role="user", content="Hello")
        run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
        received = events.until("thread.run.completed")
    (answer,) = client.beta.threads.messages.list(thread.id, run_id=run.id)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
    assert [event.data for event in received if event.id is None] == [
        {"seq": None, "event": name, "object_id": object_id, "thread_id": thread.id, "run_id": run_id}
        for name, object_id, run_id in (
            ("thread.created", thread.id, None),
            ("thread.message.created", message.id, None),
            ("thread.run.created", run.id, run.id),
            ("thread.run.step.created", step.id, run.id),
            ("thread.message.created", answer.id, run.id),
        )
    ]
    assert [event.name for event in kept(ns)] == CHANGES


def test_no_delta_is_sent(ns, stream_events):
    ns.play({"code": "print('a picture of the harbour')", "logs": "x"}, {"say": "One word after the other."})
    with following(ns) as events:
        assert any(name.endswith(".delta") for name, _ in stream_events(tools=[{"type": "code_interpreter"}]))
        received = events.until("thread.run.completed")
    assert not any(event.name.endswith(".delta") for event in received)
    assert numbers(received) == consecutive(1, len(numbers(received)))


def test_each_namespace_has_events_and_numbers_of_its_own(ns, other):
    with following(ns) as own, following(other) as others:
        runs = [start_run(namespace) for namespace in (ns, other, ns)]
        received = own.until("thread.run.completed", run_id=runs[0]["id"])
        received += own.until("thread.run.completed", run_id=runs[2]["id"])
        theirs = others.until("thread.run.completed")
    assert runs_of(received) == {runs[0]["id"], runs[2]["id"]}
    assert runs_of(theirs) == {runs[1]["id"]}
    assert numbers(received) == consecutive(1, 2 * len(CHANGES))
    assert numbers(theirs) == consecutive(1, len(CHANGES))


# --- what is kept -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["after", "last_event_id"])
def test_what_was_kept_behind_a_number_comes_first_and_what_happens_then_follows(ns, how):
    complete_runs(ns, 2)
    with following(ns, **{how: 5}) as events:
        past = events.take(2 * len(CHANGES) - 5)
        run = start_run(ns)
        live = events.until("thread.run.completed")
    assert numbers(past) == consecutive(6, 9)
    assert [event.name for event in past] == (CHANGES * 2)[5:]
    assert [event.name for event in live[2:]] == [name for name, _ in MESSAGE_RUN]
    assert numbers(live) == consecutive(15, len(CHANGES))
    assert runs_of(live) == {run["id"]}


def test_an_event_looks_the_same_when_it_is_read_later(ns):
    with following(ns) as events:
        start_run(ns)
        live = [event for event in events.until("thread.run.completed") if event.id is not None]
    assert kept(ns) == live


def test_the_number_that_a_client_received_last_is_stronger_than_the_one_it_began_with(ns):
    complete_runs(ns, 1)
    with following(ns, 0, last_event_id=4) as events:
        assert numbers(events.take(3)) == [5, 6, 7]


def test_without_a_number_nothing_of_the_past_is_sent(ns):
    complete_runs(ns, 1)
    with following(ns) as events:
        run = start_run(ns)
        received = events.until("thread.run.completed")
    assert runs_of(received) == {run["id"]}
    assert numbers(received) == consecutive(len(CHANGES) + 1, len(CHANGES))


def test_the_number_of_the_newest_event_has_nothing_behind_it(ns):
    complete_runs(ns, 1)
    assert kept(ns, len(CHANGES)) == []


def test_a_namespace_in_which_nothing_has_happened_can_be_followed_from_its_beginning(ns):
    with following(ns, 0) as events:
        start_run(ns)
        assert numbers(events.until("thread.run.completed")) == consecutive(1, len(CHANGES))


@pytest.mark.usefixtures("small_pages")
def test_nothing_is_missed_or_repeated_while_much_happens_between_the_past_and_what_follows(ns):
    last = 40 * len(CHANGES) + 1

    def follow(client):
        received, count = [], 0
        with following(Namespace(ns.name, ns.url, client), 0) as events:
            while count < last:
                event = events.next()
                received.append(event)
                count += event.id is not None
        return received

    client = httpx.Client(trust_env=False, limits=httpx.Limits(max_connections=None), timeout=60)
    with client, ThreadPoolExecutor(12) as readers, ThreadPoolExecutor(4) as writers:
        reading = []
        for _ in range(10):
            writing = [writers.submit(complete_runs, ns, 1) for _ in range(4)]
            reading.append(readers.submit(follow, client))
            for written in writing:
                written.result()
        ns.control("PUT", "/pace", {"progression": "manual"})
        start_run(ns)  # whose one status is the last event
        streams = [one.result() for one in reading]
    for received in streams:
        assert numbers(received) == consecutive(1, last)
        for run_id in {event.data["run_id"] for event in received if event.name == "thread.run.completed"}:
            own = [event.name for event in received if event.data["run_id"] == run_id]
            order = [name for name, _ in MESSAGE_RUN]
            assert [name for name in own if name in CHANGES] == CHANGES
            assert [name for name in own if name in order] == [name for name in order if name in own]


def test_the_numbers_go_on_after_a_restart(tmp_path, http):
    settings = Settings(db=tmp_path / "emulator.db")
    with LiveServer(settings) as server:
        ns = Namespace("lasting", server.url, http)
        ns.play({"hold": "gate"}, {"say": "Foggy."})
        run = start_run(ns)
        assert settled(ns, run)["status"] == "in_progress"
        before = kept(ns)
    with LiveServer(settings) as server:
        ns = Namespace("lasting", server.url, http)
        with following(ns, last_event_id=before[-1].id) as events:
            ns.release(run["id"], "gate")
            received = events.until("thread.run.completed")
        assert kept(ns)[: len(before)] == before
    assert numbers(received) == consecutive(before[-1].id + 1, len(CHANGES) - len(before))
    assert [event.name for event in before + received if event.id is not None] == CHANGES


# --- what is gone -----------------------------------------------------------------------------------------------------


@pytest.fixture
def held(ns):
    """A run that its script holds."""
    ns.load(
        """
        emulator: 1
        turns:
          - {when: {message: hold}, steps: [{hold: gate}, {say: Open.}]}
          - {steps: [{say: Foggy.}]}
        """
    )
    run = start_run(ns, "hold")
    assert settled(ns, run)["status"] == "in_progress"
    return run


def what_is_unfinished(*runs):
    return [
        {"run": run["id"], "thread": run["thread_id"], "status": "in_progress", "waits_for": "hold:gate"}
        for run in runs
    ]


@pytest.mark.usefixtures("few_kept")
@pytest.mark.parametrize("after", [0, 1, 5])
def test_a_number_behind_which_something_is_gone_gets_the_present_state_and_then_what_is_kept(ns, held, after):
    complete_runs(ns, 3)
    last = 2 + 3 * len(CHANGES)
    with following(ns, after) as events:
        gone = events.next()
        past = events.take(10)
        complete_runs(ns, 1)
        live = events.until("thread.run.completed")
    assert gone == Event(
        last - 10,
        "gone",
        {"seq": last - 10, "event": "gone", "first": last - 9, "last": last, "runs": what_is_unfinished(held)},
    )
    assert numbers(past) == consecutive(last - 9, 10)
    assert numbers(live) == consecutive(last + 1, len(CHANGES))


@pytest.mark.usefixtures("few_kept", "held")
def test_whoever_has_received_that_something_is_gone_can_go_on_from_there(ns):
    complete_runs(ns, 3)
    with following(ns, 0) as events:
        gone = events.next()
    assert numbers(kept(ns, gone.id)) == consecutive(gone.data["first"], 10)


@pytest.mark.usefixtures("few_kept")
def test_the_oldest_number_behind_which_all_is_kept_gets_no_word_of_what_is_gone(ns):
    complete_runs(ns, 3)
    last = 3 * len(CHANGES)
    assert numbers(kept(ns, last - 10)) == consecutive(last - 9, 10)
    assert kept(ns, last - 11)[0].name == "gone"


def test_the_numbers_go_on_over_a_reset_and_one_from_before_it_is_gone(ns):
    complete_runs(ns, 2)
    last = 2 * len(CHANGES)
    ns.control("POST", "/reset")
    with following(ns, 3) as events:
        gone, reset = events.take(2)
        complete_runs(ns, 1)
        live = events.until("thread.run.completed")
    assert (gone.id, gone.name) == (last, "gone")
    assert gone.data == {"seq": last, "event": "gone", "first": last + 1, "last": last + 1, "runs": []}
    assert (reset.id, reset.name) == (last + 1, "namespace.reset")
    assert (reset.data["object_id"], reset.data["status"], reset.data["cause"]) == (ns.name, "reset", "reset")
    assert numbers(live) == consecutive(last + 2, len(CHANGES))


def test_whoever_had_received_everything_before_a_reset_receives_the_reset_next(ns):
    complete_runs(ns, 1)
    ns.control("POST", "/reset")
    assert [(event.id, event.name) for event in kept(ns, len(CHANGES))] == [(len(CHANGES) + 1, "namespace.reset")]


@pytest.mark.parametrize("after", [3, 4711, 2**63 - 1])
def test_a_number_that_is_still_to_come_is_gone(ns, held, after):
    with following(ns, after) as events:
        gone = events.next()
        past = events.take(2)
        ns.release(held["id"], "gate")
        live = events.until("thread.run.completed")
    assert (gone.id, gone.name) == (0, "gone")
    assert (gone.data["first"], gone.data["last"], gone.data["runs"]) == (1, 2, what_is_unfinished(held))
    assert numbers(past + live) == consecutive(1, len(CHANGES))


def test_a_number_of_a_deleted_namespace_is_gone_when_the_name_is_used_again(ns):
    complete_runs(ns, 1)
    ns.control("DELETE")
    ns.put(clock="auto")
    (gone,) = kept(ns, 5)
    assert (gone.name, gone.data["first"], gone.data["last"], gone.data["runs"]) == ("gone", 1, 0, [])


# --- what is refused --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "number, message",
    [
        ("-1", "Input should be greater than or equal to 0"),
        ("latest", "Input should be a valid integer"),
        ("1.5", "Input should be a valid integer"),
        ("", "Input should be a valid integer"),
        ("9223372036854775808", "Input should be less than or equal to 9223372036854775807"),
        ("9" * 5000, "Unable to parse input string as an integer"),
    ],
    ids=["negative", "text", "fraction", "empty", "beyond 64 bits", "thousands of digits"],
)
def test_what_is_no_number_of_an_event_is_refused(ns, number, message):
    url = f"{ns.control_url}/events"
    for response, param in (
        (ns.http.get(url, params={"after": number}), "after"),
        (ns.http.get(url, headers={"Last-Event-ID": number}), "Last-Event-ID"),
    ):
        assert response.status_code == 400
        error = response.json()["error"]
        assert (error["type"], error["param"]) == ("control_error", param)
        assert error["message"].startswith(f"{param}: {message}")


def test_an_unknown_namespace_has_no_events_and_does_not_come_into_being(ns):
    unknown = Namespace("never-heard-of", ns.url, ns.http)
    for _ in range(2):
        error = unknown.control("GET", "/events", status=404)["error"]
        assert (error["type"], "never-heard-of" in error["message"]) == ("control_error", True)


def test_the_control_api_describes_both_ways_to_name_a_number(ns):
    described = ns.http.get(f"{ns.url}/_emulator/openapi.json").json()["paths"]["/ns/{ns}/events"]["get"]
    numbers_of = {one["name"]: one for one in described["parameters"] if one["name"] != "ns"}
    assert {(name, one["in"]) for name, one in numbers_of.items()} == {("after", "query"), ("Last-Event-ID", "header")}
    assert all(one["description"] for one in numbers_of.values())
    assert list(described["responses"]["200"]["content"]) == ["text/event-stream"]


# --- how it ends ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("verb, path", [("DELETE", ""), ("POST", "/reset")], ids=["deleted", "reset"])
def test_the_stream_ends_when_the_namespace_is(ns, other, verb, path):
    with following(ns) as events, following(ns, 0) as from_the_beginning, following(other) as others:
        start_run(ns)
        settled(ns, start_run(ns))
        ns.control(verb, path)
        assert numbers(events.rest()) == numbers(from_the_beginning.rest()) == consecutive(1, 2 * len(CHANGES))
        start_run(other)
        assert numbers(others.until("thread.run.completed")) == consecutive(1, len(CHANGES))
    ns.put(clock="auto")


def test_the_stream_ends_where_the_namespace_is_deleted_just_before_it_is_followed(monkeypatch, ns):
    find = Namespaces.find

    async def find_and_delete(self, name):
        monkeypatch.setattr(Namespaces, "find", find)
        namespace = await self.find(name)
        await self.delete(name)
        return namespace

    monkeypatch.setattr(Namespaces, "find", find_and_delete)
    with following(ns) as events:
        assert events.rest() == []
    ns.put(clock="auto")


def test_the_stream_ends_when_the_server_stops(http):
    server = LiveServer(Settings(), grace=PATIENCE).start()
    try:
        ns = Namespace("stopping", server.url, http)
        ns.put(clock="auto")
        with following(ns) as events:
            settled(ns, start_run(ns))
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            assert numbers(events.rest()) == consecutive(1, len(CHANGES))
            stopping.join(PATIENCE)
            assert not stopping.is_alive()
    finally:
        server.stop()


# --- who does not read ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("few_waiting")
def test_an_observer_that_does_not_keep_up_reads_from_the_journal_what_it_has_lost(ns):
    with following(ns) as events, following(ns, 0) as from_the_beginning:
        complete_runs(ns, 4)
        for one in (events, from_the_beginning):
            assert numbers(one.take(4 * len(CHANGES))) == consecutive(1, 4 * len(CHANGES))


@pytest.fixture
def narrow(monkeypatch):
    """A server whose connections hold little, so that a client which does not read holds up what is sent to it."""
    from emulator import live_server

    bound = live_server.bound

    def narrowed(host, port):
        listening = bound(host, port)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        return listening

    monkeypatch.setattr(live_server, "bound", narrowed)
    with LiveServer(Settings()) as server, httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        ns = Namespace("narrow", server.url, client)
        ns.put(clock="auto")
        yield server, ns


@contextlib.contextmanager
def not_reading(ns, query=""):
    """A client that follows a namespace and reads nothing but what the test reads."""
    address = httpx.URL(ns.url)
    with socket.socket() as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.settimeout(PATIENCE)
        client.connect((address.host, address.port))
        client.sendall(f"GET /_emulator/ns/{ns.name}/events{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        yield client


def read_lines(client, last):
    """Read a stream up to the event of a number."""
    lines = []
    with client.makefile("r", encoding="utf-8") as stream:
        while f"id: {last}\n" not in lines[-4:-3]:
            lines.append(stream.readline())
            assert lines[-1], lines
    return [line.removesuffix("\n") for line in lines]


def read_numbers(client, last):
    """Read a stream up to the event of a number, and return the numbers on the way."""
    return [int(line.removeprefix("id: ")) for line in read_lines(client, last) if line.startswith("id: ")]


def journal_of(server):
    return server._server._app.state.close_streams.__self__


def followers(server, ns):
    return list(journal_of(server).followers_of(ns))


def eventually(condition):
    """Wait until something holds that has to hold soon."""
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def run_until_one_is_full(server, ns):
    """Complete runs until what waits for an observer is more than may wait; return how many."""
    count = 0
    while not any(follower.has_gap for follower in followers(server, ns.name)):
        complete_runs(ns, 1)
        count += 1
        assert count < 2_000
    return count


@pytest.mark.parametrize("query", ["", "?after=0"])
def test_an_observer_that_does_not_read_for_long_loses_nothing_that_is_kept(monkeypatch, narrow, query):
    monkeypatch.setattr(journal_module, "MOST_WAITING", 100)
    server, ns = narrow
    with not_reading(ns, query) as client:
        runs = run_until_one_is_full(server, ns)
        assert read_numbers(client, runs * len(CHANGES)) == consecutive(1, runs * len(CHANGES))


def test_what_happens_while_the_past_is_sent_follows_it_in_order(narrow):
    server, ns = narrow
    complete_runs(ns, 100)
    with not_reading(ns, "?after=0") as client:
        eventually(lambda: followers(server, ns.name))
        run = start_run(ns)
        lines = read_lines(client, last=101 * len(CHANGES))
    names = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    assert names[: 100 * len(CHANGES)] == CHANGES * 100
    assert {names[100 * len(CHANGES)], names[100 * len(CHANGES) + 1]} == {"thread.created", "thread.message.created"}
    assert names[100 * len(CHANGES) + 2 :] == [name for name, _ in MESSAGE_RUN]
    assert json.loads(lines[-2].removeprefix("data: "))["run_id"] == run["id"]


@pytest.mark.usefixtures("few_kept")
def test_an_observer_that_does_not_read_for_too_long_is_told_what_is_gone(monkeypatch, narrow):
    monkeypatch.setattr(journal_module, "MOST_WAITING", 100)
    server, ns = narrow
    with not_reading(ns) as client:
        last = run_until_one_is_full(server, ns) * len(CHANGES)
        received = read_numbers(client, last)
    assert received[-11:] == [last - 10, *consecutive(last - 9, 10)]
    assert received[:-11] == consecutive(1, len(received) - 11)


def test_a_run_does_not_wait_for_an_observer_that_does_not_read(monkeypatch, narrow):
    monkeypatch.setattr(journal_module, "MOST_WAITING", 100)
    server, ns = narrow
    with not_reading(ns):
        run_until_one_is_full(server, ns)
        ns.play({"say": "One word after the other."}, {"hold": "gate"}, {"say": "Open."})
        run = start_run(ns)
        assert settled(ns, run)["status"] == "in_progress"
        with following(ns, 2**63 - 1) as events:
            assert [one["waits_for"] for one in events.next().data["runs"]] == ["hold:gate"]
        assert ns.release(run["id"], "gate")["status"] == "completed"


def test_an_observer_moves_no_run_that_waits_for_polls(ns, start, poll):
    ns.control("PUT", "/pace", {"progression": "polls", "times": 3})
    ns.play({"say": "Fog."})
    with following(ns) as events, following(ns, 0):
        run = start()
        events.until("thread.run.queued")
        statuses = [poll(run).status for _ in range(7)]
    assert statuses == ["queued"] * 3 + ["in_progress"] * 3 + ["completed"]


def test_an_observer_moves_no_run_that_waits_for_steps_or_for_the_clock(frozen, start, poll):
    frozen.play({"say": "Fog."})
    with following(frozen) as events:
        for pace, move in (
            ({"progression": "manual"}, lambda run: frozen.control("POST", f"/runs/{run.id}/step")),
            ({"progression": "time", "seconds": 5}, lambda _: frozen.advance(5)),
        ):
            frozen.control("PUT", "/pace", pace)
            run = start()
            assert events.until("thread.run.queued", run_id=run.id)[-1].data["cause"] == "create"
            assert [poll(run).status for _ in range(3)] == ["queued"] * 3
            move(run)
            events.until("thread.run.in_progress", run_id=run.id)
            assert [poll(run).status for _ in range(3)] == ["in_progress"] * 3
            move(run)
            events.until("thread.run.completed", run_id=run.id)


@pytest.mark.usefixtures("few_waiting")
def test_observers_take_nothing_from_the_stream_of_a_client(ns, stream_events):
    ns.play({"say": "One word after the other."})
    with following(ns) as events:
        streamed = [name for name, _ in stream_events()]
        assert numbers(events.take(len(CHANGES))) == consecutive(1, len(CHANGES))
    assert [name for name in streamed if name in CHANGES] == CHANGES
    assert streamed.count("thread.message.delta") == 5


# --- who has gone -----------------------------------------------------------------------------------------------------


def test_a_client_that_disconnects_leaves_no_follower_behind(server, ns):
    with following(ns) as first, following(ns, 0) as second:
        start_run(ns)
        for one in (first, second):
            one.until("thread.run.completed")
        assert len(followers(server, ns.name)) == 2
    eventually(lambda: not followers(server, ns.name))


def test_a_client_that_disconnects_while_much_waits_for_it_leaves_no_follower_behind(monkeypatch, narrow):
    monkeypatch.setattr(journal_module, "MOST_WAITING", 100)
    server, ns = narrow
    with not_reading(ns), not_reading(ns, "?after=0"):
        run_until_one_is_full(server, ns)
        assert len(followers(server, ns.name)) == 2
    eventually(lambda: not followers(server, ns.name))
    with not_reading(ns, "?after=0"):  # which is busy with the past
        eventually(lambda: followers(server, ns.name))
    eventually(lambda: not followers(server, ns.name))


def test_the_end_of_a_stream_leaves_no_follower_behind(server, ns):
    with following(ns) as events:
        ns.control("POST", "/reset")
        assert events.rest() == []
    eventually(lambda: not followers(server, ns.name))

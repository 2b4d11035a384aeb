import threading

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.properties.namespaces import HEADERS, Namespace, complete_events, outputs_for
from contract_tests.properties.scripts import scenarios
from emulator.direct.transports import Transport
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.in_process import InProcess
from emulator.live_server import LiveServer
from emulator.settings import Settings

extras = st.sampled_from(["message", "list", "runs", "steps", "missing thread", "bad body", "modify", "cancel", "time"])
stories = st.lists(
    st.tuples(
        st.booleans(), scenarios(), st.lists(extras, max_size=3), st.sampled_from(["answer", "cancel", "expire"])
    ),
    min_size=1,
    max_size=3,
)


class RecordingClient:
    """Plays a story and records every byte of the responses, headers included."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.responses = []

    def request(self, method, path, **more):
        response = self.namespace.request(method, path, **more)
        headers = sorted((name, value) for name, value in response.headers.raw if name.lower() != b"date")
        self.responses.append((response.status_code, headers, response.content))
        return response

    def run_of(self, response):
        if response.headers["content-type"].startswith("text/event-stream"):
            return next(data for event, data in reversed(complete_events(response.text)) if event.startswith("thread.run.") and ".step." not in event)  # fmt: skip
        return response.json()

    def play(self, story):
        created = self.request("POST", "assistants", json={"model": "gpt-4o", "tools": [{"type": "code_interpreter"}]})
        assistant = created.json()["id"]
        for streams, scenario, extras, ending in story:
            self.namespace.load(scenario)
            thread = f"threads/{self.request('POST', 'threads', json={'messages': [{'role': 'user', 'content': 'hi'}]}).json()['id']}"
            response = self.request("POST", f"{thread}/runs", json={"assistant_id": assistant, "stream": streams})
            run = self.run_of(response)
            for what in extras:
                self.send_extra(what, thread, run["id"])
            while run["status"] not in RUN_TERMINAL:
                run = self.request("GET", f"{thread}/runs/{run['id']}").json()
                if run["status"] == "requires_action" and ending == "answer":
                    outputs = {"tool_outputs": outputs_for(run), "stream": streams}
                    run = self.run_of(
                        self.request("POST", f"{thread}/runs/{run['id']}/submit_tool_outputs", json=outputs)
                    )
                elif run["status"] == "requires_action" and ending == "cancel":
                    self.request("POST", f"{thread}/runs/{run['id']}/cancel")
                elif run["status"] == "requires_action":
                    self.namespace.advance("10m")
            for path in ("/messages", "/runs", f"/runs/{run['id']}/steps"):
                self.request("GET", f"{thread}{path}", params={"limit": 100})
        return self.responses

    def send_extra(self, what, thread, run_id):
        match what:
            case "message":
                self.request("POST", f"{thread}/messages", json={"role": "user", "content": "more"})
            case "list":
                self.request("GET", f"{thread}/messages")
            case "runs":
                self.request("GET", f"{thread}/runs")
            case "steps":
                self.request("GET", f"{thread}/runs/{run_id}/steps", params={"order": "asc"})
            case "missing thread":
                self.request("GET", "threads/thread_no")
            case "bad body":
                self.request("POST", f"{thread}/messages", content=b"{")
            case "modify":
                self.request("POST", thread, json={"metadata": {"a": "b"}})
            case "cancel":
                self.request("POST", f"{thread}/runs/{run_id}/cancel")
            case "time":
                self.namespace.advance("1s")


@pytest.fixture(scope="module")
def second():
    with LiveServer(Settings(clock="frozen")) as running:
        yield running


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_same_requests_give_the_same_bytes(server, second, story):
    here, there = Namespace(server.url, "bytes"), Namespace(second.url, "bytes")
    first = RecordingClient(here.recreate()).play(story)
    assert RecordingClient(there.recreate()).play(story) == first
    assert RecordingClient(here.recreate()).play(story) == first
    here.control("POST", "/reset")
    assert RecordingClient(here).play(story) == first
    here.close()
    there.close()


@pytest.fixture(scope="module")
def inside():
    with InProcess() as running:
        yield running


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_a_server_in_process_gives_the_same_bytes(server, inside, story):
    over_http, direct = Namespace(server.url, "inside"), Namespace(inside.url, "inside")
    expected = RecordingClient(over_http.recreate()).play(story)
    direct.close()
    direct.http = httpx.Client(transport=Transport(httpx, inside._running()), headers=HEADERS, timeout=60)
    assert RecordingClient(direct.recreate()).play(story) == expected
    over_http.close()
    direct.close()


def test_another_seed_gives_other_ids_and_the_same_responses(namespaces):
    scenario = {"emulator": 1, "turns": [{"steps": [{"say": "hello"}]}]}
    story = [(True, scenario, [], "answer")]
    first, second = (RecordingClient(namespaces("seeds", seed=seed)).play(story) for seed in (1, 2))
    assert first != second
    assert [(status, len(body)) for status, _, body in first] == [(status, len(body)) for status, _, body in second]


SLOW = {
    "emulator": 1,
    "turns": [
        {"steps": [{"say": "one two three four", "stream": {"ttft": "2s", "tps": 1}}, {"wait": "9s"}, {"say": "end"}]}
    ],
}


def test_a_stream_that_waits_for_the_clock_has_the_same_bytes_however_it_is_moved(namespaces):
    bodies = []
    for by in ("1s", "7s"):
        namespace = namespaces("paced")
        namespace.load(SLOW)
        assistant, thread = namespace.create_assistant(), namespace.create_thread()
        chunks, started = [], threading.Event()

        def read(namespace, assistant, thread, chunks, started):
            body = {"assistant_id": assistant, "stream": True}
            with namespace.http.stream("POST", f"{namespace.base_url}/threads/{thread}/runs", json=body) as response:
                for chunk in response.iter_raw():
                    chunks.append(chunk)
                    started.set()

        reader = threading.Thread(target=read, args=(namespace, assistant, thread, chunks, started))
        reader.start()
        assert started.wait(30)
        for _ in range(21):
            namespace.advance(by)
            if by == "7s" and len(namespace.control("GET", "/report")["waiting"]) == 0:
                break
        reader.join(30)
        bodies.append(b"".join(chunks))
    assert bodies[0] == bodies[1]
    assert bodies[0].endswith(b"event: done\ndata: [DONE]\n\n")

import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract_tests.properties.namespaces import Namespace, events_of, outputs_for
from contract_tests.properties.scripts import scenarios
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.live_server import LiveServer
from emulator.settings import Settings

asks = st.sampled_from(["message", "list", "runs", "steps", "nothing there", "bad body", "modify", "cancel", "time"])
stories = st.lists(
    st.tuples(st.booleans(), scenarios(), st.lists(asks, max_size=3), st.sampled_from(["answer", "cancel", "expire"])),
    min_size=1,
    max_size=3,
)


class Heard:
    """Plays a story and keeps every byte that comes back, headers included."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.bytes = []

    def ask(self, method, path, **body):
        answer = self.namespace.ask(method, path, **body)
        headers = sorted((name, value) for name, value in answer.headers.raw if name.lower() != b"date")
        self.bytes.append((answer.status_code, headers, answer.content))
        return answer

    def run_of(self, answer):
        if answer.headers["content-type"].startswith("text/event-stream"):
            return next(data for event, data in reversed(events_of(answer.text)) if event.startswith("thread.run.") and ".step." not in event)  # fmt: skip
        return answer.json()

    def play(self, story):
        made = self.ask("POST", "assistants", json={"model": "gpt-4o", "tools": [{"type": "code_interpreter"}]})
        assistant = made.json()["id"]
        for streams, scenario, asks, then in story:
            self.namespace.load(scenario)
            thread = f"threads/{self.ask('POST', 'threads', json={'messages': [{'role': 'user', 'content': 'hi'}]}).json()['id']}"
            answer = self.ask("POST", f"{thread}/runs", json={"assistant_id": assistant, "stream": streams})
            run = self.run_of(answer)
            for what in asks:
                self.aside(what, thread, run["id"])
            while run["status"] not in RUN_TERMINAL:
                run = self.ask("GET", f"{thread}/runs/{run['id']}").json()
                if run["status"] == "requires_action" and then == "answer":
                    submit = {"tool_outputs": outputs_for(run), "stream": streams}
                    run = self.run_of(self.ask("POST", f"{thread}/runs/{run['id']}/submit_tool_outputs", json=submit))
                elif run["status"] == "requires_action" and then == "cancel":
                    self.ask("POST", f"{thread}/runs/{run['id']}/cancel")
                elif run["status"] == "requires_action":
                    self.namespace.advance("10m")
            for path in ("/messages", "/runs", f"/runs/{run['id']}/steps"):
                self.ask("GET", f"{thread}{path}", params={"limit": 100})
        return self.bytes

    def aside(self, what, thread, run_id):
        match what:
            case "message":
                self.ask("POST", f"{thread}/messages", json={"role": "user", "content": "more"})
            case "list":
                self.ask("GET", f"{thread}/messages")
            case "runs":
                self.ask("GET", f"{thread}/runs")
            case "steps":
                self.ask("GET", f"{thread}/runs/{run_id}/steps", params={"order": "asc"})
            case "nothing there":
                self.ask("GET", "threads/thread_no")
            case "bad body":
                self.ask("POST", f"{thread}/messages", content=b"{")
            case "modify":
                self.ask("POST", thread, json={"metadata": {"a": "b"}})
            case "cancel":
                self.ask("POST", f"{thread}/runs/{run_id}/cancel")
            case "time":
                self.namespace.advance("1s")


@pytest.fixture(scope="module")
def second():
    with LiveServer(Settings(clock="frozen")) as running:
        yield running


@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(story=stories)
def test_the_same_calls_give_the_same_bytes(server, second, story):
    here, there = Namespace(server.url, "bytes"), Namespace(second.url, "bytes")
    first = Heard(here.begin()).play(story)
    assert Heard(there.begin()).play(story) == first
    assert Heard(here.begin()).play(story) == first
    here.control("POST", "/reset")
    assert Heard(here).play(story) == first
    here.close()
    there.close()


def test_another_seed_gives_other_ids_and_the_same_story(namespaces):
    scenario = {"emulator": 1, "turns": [{"steps": [{"say": "hello"}]}]}
    story = [(True, scenario, [], "answer")]
    first, second = (Heard(namespaces("seeds", seed=seed)).play(story) for seed in (1, 2))
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
        assistant, thread = namespace.assistant(), namespace.thread()
        heard, begun = [], threading.Event()

        def read(namespace, assistant, thread, heard, begun):
            body = {"assistant_id": assistant, "stream": True}
            with namespace.http.stream("POST", f"{namespace.api_url}/threads/{thread}/runs", json=body) as answer:
                for piece in answer.iter_raw():
                    heard.append(piece)
                    begun.set()

        reading = threading.Thread(target=read, args=(namespace, assistant, thread, heard, begun))
        reading.start()
        assert begun.wait(30)
        for _ in range(21):
            namespace.advance(by)
            if by == "7s" and len(namespace.control("GET", "/report")["waiting"]) == 0:
                break
        reading.join(30)
        bodies.append(b"".join(heard))
    assert bodies[0] == bodies[1]
    assert bodies[0].endswith(b"event: done\ndata: [DONE]\n\n")

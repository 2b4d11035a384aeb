"""Whatever goes wrong on the way: a program that looks before it repeats, and reads each run, fails no verdict."""

import itertools
import json

import openai
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contract_tests.harness import MODEL, NOON, WEATHER, Namespace, outputs_of

ATTEMPTS = 9  # more than all faults together hit
BUSY = {"status": 429, "headers": {"retry-after": "20"}}
SCRIPTS = [
    [{"say": "one two three"}],
    [{"call": "look_outside"}, {"say": "fair"}],
    [{"call": "look_outside"}, {"fail": "server_error", "message": "broken"}],
    [{"say": "one"}, {"stop": "max_completion_tokens"}],
]
answers = st.sampled_from([
    BUSY, {"status": 500}, {"status": 503, "before": False}, {"disconnect": True},
    {"disconnect": True, "before": False}, {"truncate": 30},
])  # fmt: skip
endings = st.sampled_from([
    {"cut_stream_after": 0}, {"cut_stream_after": 3}, {"cut_stream_after": 5, "clean": True}, {"error_event": True},
    {"omit_done": True}, {"garble_event": 4}, {"duplicate_event": 2},
])  # fmt: skip
STREAMED = ["/threads/*/runs", "/threads/*/runs/*/submit_tool_outputs"]
paths = st.sampled_from([*STREAMED, "/threads/*/messages", "/threads/*/runs/*", "/**"])
hits = st.tuples(answers, paths) | st.tuples(endings, st.sampled_from(STREAMED))
faults = st.lists(st.tuples(hits, st.integers(1, 2), st.integers(0, 2)), max_size=4)
numbers = itertools.count()


@pytest.fixture(scope="module")
def names(server, http):
    """Return a function that makes a namespace."""

    def named():
        ns = Namespace(f"sound-{next(numbers)}", server.url, http)
        ns.put(clock=NOON)
        return ns

    return named


class Sound:
    """A program that has thought of everything."""

    def __init__(self, ns, client):
        self.ns, self.threads = ns, client.beta.threads
        self.assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
        self.thread = self.threads.create()

    def safely(self, call, look=lambda: None):
        """Call until it succeeds, later each time; look before each repetition whether it was done."""
        for number in range(ATTEMPTS):
            wait = 2**number
            try:
                return call()
            except openai.APIStatusError as error:
                wait = max(wait, float(error.response.headers.get("retry-after", 0)))
            except (openai.APIError, json.JSONDecodeError):
                pass
            self.ns.advance(f"{wait}s")
            if (found := look()) is not None:
                return found
        raise AssertionError("too many attempts")

    def talk(self, *, stream):
        self.safely(self.say, lambda: next(iter(self.messages()), None))
        run = self.safely(lambda: self.start(stream=stream), self.newest_run)
        run = self.read(run)
        while run.status not in ("completed", "failed", "incomplete", "cancelled", "expired"):
            if run.status == "requires_action":
                self.safely(lambda run=run: self.submit(run, stream=stream), lambda run=run: self.moved(run))
            run = self.read(run)
        return self.messages() if run.status == "completed" else []

    def say(self):
        return self.threads.messages.create(self.thread.id, role="user", content="How is the harbour today?")

    def messages(self):
        return self.safely(lambda: self.threads.messages.list(self.thread.id).data)

    def start(self, *, stream):
        answer = self.threads.runs.create(self.thread.id, assistant_id=self.assistant.id, stream=stream)
        return next(event.data for event in list(answer) if event.event == "thread.run.created") if stream else answer

    def newest_run(self):
        return next(iter(self.safely(lambda: self.threads.runs.list(self.thread.id).data)), None)

    def read(self, run):
        return self.safely(lambda: self.threads.runs.retrieve(run.id, thread_id=self.thread.id))

    def submit(self, run, *, stream):
        about = {"thread_id": self.thread.id, "tool_outputs": outputs_of(run, look_outside="fair"), "stream": stream}
        answer = self.threads.runs.submit_tool_outputs(run.id, **about)
        return list(answer) if stream else answer

    def moved(self, run):
        now = self.read(run)
        return None if now.status == "requires_action" else now


@settings(max_examples=25, deadline=None)
@given(st.sampled_from(SCRIPTS), faults, st.booleans())
def test_a_sound_program_fails_no_verdict(names, server, script, faults, stream):
    ns = names()
    with openai.OpenAI(base_url=ns.base_url, api_key=ns.key, max_retries=0, timeout=60) as client:
        program = Sound(ns, client)
        ns.play(*script)
        for (do, path), times, after in faults:
            ns.fault(do, method="POST" if path in STREAMED else None, path=path, times=times, after=after)
        program.talk(stream=stream)
        verdict = ns.control("GET", "/verdict")
    ns.control("DELETE")
    assert verdict["passed"], [one["message"] for one in verdict["findings"]]

"""Fixture threads of before: what their parts say about each other, and what becomes of them."""

import json

import pytest

from emulator.domain.instants import moment


def whole(thread, **fixtures):
    written = {"emulator": 1, "fixtures": {"threads": {"t": thread}, **fixtures}, "turns": []}
    return json.dumps(written)


CLERK = {"clerk": {"id": "asst_clerk", "model": "gpt-4o"}}
ASKED = {"role": "assistant", "content": "x"}


@pytest.mark.parametrize(
    "thread,path,message",
    [
        ({"messages": [{**ASKED, "run": "serch"}], "runs": {"search": {"assistant": "clerk"}}}, "messages[0].run", 'no run "serch" of this thread, did you mean search?'),
        ({"messages": [{**ASKED, "run": "r"}]}, "messages[0].run", "a run that is not there has an id, run_…"),
        ({"messages": [{"content": "x", "run": "run_1"}]}, "messages[0]", "run belongs to messages of the role assistant"),
        ({"messages": [{"content": "x", "assistant": "clerk"}]}, "messages[0]", "assistant belongs to messages of the role assistant"),
        ({"messages": [{**ASKED, "assistant": "clrk"}]}, "messages[0].assistant", 'no assistant "clrk" among the fixtures, did you mean clerk?'),
        ({"messages": [{**ASKED, "run": "r", "assistant": "asst_2"}], "runs": {"r": {"assistant": "clerk"}}}, "messages[0].assistant", 'the run is one of the assistant "clerk"'),
        ({"messages": [{"content": [{"type": "text", "text": "x"}], "annotations": [{}]}]}, "messages[0]", "annotations belong to a content that is a text"),
        ({"messages": [{**ASKED, "annotations": [{"start_index": "a"}]}]}, "messages[0].annotations[0].start_index", "expected a whole number of characters"),
        ({"messages": [{"content": "x", "created_at": "yesterday"}]}, "messages[0].created_at", "'yesterday' is no time: write 2026-01-05T09:00:00Z, or -3d for three days ago"),
        ({"created_at": "-3 days"}, "created_at", "is not a duration"),
        ({"created_at": 3}, "created_at", "expected text, got 3"),
        ({"runs": {"r": {}}}, "runs.r.assistant", "is missing"),
        ({"runs": {"r": {"assistant": "asst_gone"}}}, "runs.r.model", "is missing: the assistant of the run is not among the fixtures"),
        ({"runs": {"r": {"assistant": "nobody"}}}, "runs.r.assistant", 'no assistant "nobody" among the fixtures'),
        ({"runs": {"r": {"assistant": "clerk", "status": "queued"}}}, "runs.r.status", "expected completed, failed"),
        ({"runs": {"r": {"assistant": "clerk", "status": "expired", "fail": "server_error"}}}, "runs.r", "with fail the status is failed"),
        ({"runs": {"r": {"assistant": "clerk", "message": "x"}}}, "runs.r", "message belongs to fail"),
        ({"runs": {"r": {"assistant": "clerk", "fail": "server_error", "stop": "content_filter"}}}, "runs.r", "a run ends once"),
        ({"runs": {"r": {"assistant": "clerk", "usage": {"prompt_tokens": 3}}}}, "runs.r.usage.completion_tokens", "is missing"),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"say": "x"}]}}}, "runs.r.steps[0]", "a step of an old run has one of message, call, code, search or tool_calls"),
        ({"runs": {"r": {"assistant": "clerk", "steps": ["x"]}}}, "runs.r.steps[0]", "expected a step"),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"call": "f", "outptu": "x"}]}}}, "runs.r.steps[0].outptu", "did you mean output?"),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"call": "f", "output": 3}]}}}, "runs.r.steps[0].output", "expected text, got 3; put it in quotes"),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"code": "x", "images": "plot"}]}}}, "runs.r.steps[0].images", 'no file "plot" among the fixtures'),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"search": "x", "results": [{}]}]}}}, "runs.r.steps[0].results[0]", "a result needs file_id"),
        ({"runs": {"r": {"assistant": "clerk", "steps": [{"tool_calls": [{"type": "mcp"}]}]}}}, "runs.r.steps[0].tool_calls[0]", "a call needs its id and its type"),
        ({"messages": [{**ASKED, "id": "msg_1"}], "runs": {"r": {"assistant": "clerk", "steps": [{"message": "msg_1"}]}}}, "runs.r.steps[0].message", 'no message "msg_1" of this run; the message needs this id, and this run'),
        ({"messages": [{**ASKED, "id": "msg_1", "run": "r"}], "runs": {"r": {"assistant": "clerk", "steps": [{"message": "msg_2"}]}}}, "runs.r.steps[0].message", "did you mean msg_1?"),
        ({"messages": [{"id": "msg_1", "content": "x"}, {"id": "msg_1", "content": "y"}]}, "messages[1].id", 'the id "msg_1" is pinned twice, first by threads.t.messages.0'),
    ],
)  # fmt: skip
def test_a_conversation_that_contradicts_itself_is_refused_at_its_place(problems, thread, path, message):
    found = problems(whole(thread, assistants=CLERK))
    assert any(f": fixtures.threads.t.{path}: " in one and message in one for one in found), found


def test_ids_that_two_fixtures_pin_are_refused(problems):
    twice = {"a": {"id": "asst_1", "model": "m"}, "b": {"id": "asst_1", "model": "m"}}
    (found,) = problems(whole({}, assistants=twice))
    assert found.endswith('fixtures.assistants.b.id: the id "asst_1" is pinned twice, first by assistants.a')


def test_ids_without_the_prefix_of_the_api_are_warned_about(linted):
    text = """
        fixtures:
          files: {a: {id: notes, text: x}, b: {id: assistant-x, text: x}, c: {id: file-x, text: x}}
          vector_stores: {s: {id: store_1}}
          assistants: {a: {id: clerk, model: m}}
          threads:
            t:
              id: t1
              messages: [{id: m1, content: x}]
              runs: {r: {id: r1, assistant: a, steps: [{call: f, step_id: s1}]}}
        turns: []
        """
    assert [one.split(": ", 1)[1] for one in linted(text)] == [
        "fixtures.files.a.id: ids of files begin with file-",
        "fixtures.vector_stores.s.id: ids of vector stores begin with vs_",
        "fixtures.assistants.a.id: ids of assistants begin with asst_",
        "fixtures.threads.t.id: ids of threads begin with thread_",
        "fixtures.threads.t.messages[0].id: ids of messages begin with msg_",
        "fixtures.threads.t.runs.r.id: ids of runs begin with run_",
        "fixtures.threads.t.runs.r.steps[0].step_id: ids of steps begin with step_",
    ]


def test_messages_that_go_back_in_time_are_warned_about(linted):
    days = "[{content: x, created_at: '2026-01-02T00:00:00Z'}, {content: y, created_at: '2026-01-01T00:00:00Z'}]"
    (found,) = linted(f"fixtures: {{threads: {{t: {{messages: {days}}}}}}}\nturns: []")
    assert found.endswith("messages[1].created_at: is earlier than that of the message before it")


def test_a_thread_without_a_past_is_only_a_body(scenario):
    (thread,) = scenario(whole({"id": "thread_t", "messages": [{"content": "hi"}]})).fixtures["threads"]
    assert thread == {"id": "thread_t", "messages": [{"role": "user", "content": "hi"}]}


def test_ids_that_are_not_pinned_are_always_the_same_and_look_like_the_real_ones(scenario):
    thread = {"messages": [{**ASKED, "run": "r"}], "runs": {"r": {"assistant": "clerk", "steps": [{"call": "f"}]}}}
    first, second = (scenario(whole(thread, assistants=CLERK)).fixtures["threads"][0] for _ in range(2))
    assert first == second
    (message,), (run,) = first["history"]["messages"], first["history"]["runs"]
    assert (message["id"][:4], run["id"][:4], message["run_id"]) == ("msg_", "run_", run["id"])
    call, written = run["steps"]
    assert (call["id"][:5], call["calls"][0]["id"][:5], written["message"]) == ("step_", "call_", message["id"])


@pytest.mark.parametrize(
    "text,seconds",
    [("-3d", 1_000_000 - 259_200), ("-1h30m", 1_000_000 - 5_400), ("1970-01-02T00:00:00Z", 86_400), ("-9999d", 0)],
)
def test_a_time_is_an_instant_or_lies_before_now(text, seconds):
    assert moment(text, now=1_000_000) == seconds

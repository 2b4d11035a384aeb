"""Open streams: what other requests can do meanwhile, and how a stream can break."""

import threading

import openai
import pytest

from contract_tests.harness import WEATHER, event_names, parse_events


@pytest.fixture
def open_stream(client, thread, assistant):
    """Return a function that opens a stream."""
    opened = []

    def start_stream(**more):
        opened.append(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True, **more))
        return opened[-1]

    yield start_stream
    for stream in opened:
        stream.close()


def test_each_event_can_be_read_over_rest_as_soon_as_it_is_received(ns, client, open_stream):
    ns.play({"say": "one two three", "stream": {"chunk": "word"}}, {"hold": "gate"}, {"say": "four"})
    names = set()
    for event in open_stream():
        data = event.data
        if event.event == "thread.run.in_progress":
            assert client.beta.threads.runs.retrieve(data.id, thread_id=data.thread_id).status == "in_progress"
            run = data
        elif event.event == "thread.message.created":
            assert client.beta.threads.messages.retrieve(data.id, thread_id=data.thread_id).id == data.id
        elif event.event == "thread.run.step.created":
            steps = client.beta.threads.runs.steps.list(data.run_id, thread_id=data.thread_id).data
            assert data.id in {step.id for step in steps}
            # A hold follows the first message; only after its release is the second one written.
            if not names & {"thread.run.step.created"}:
                ns.release(run.id, "gate")
        elif event.event == "thread.run.completed":
            assert client.beta.threads.runs.retrieve(data.id, thread_id=data.thread_id).status == "completed"
        names.add(event.event)
    assert "thread.run.completed" in names


def test_outputs_can_be_submitted_while_the_first_stream_is_still_open(ns, client, open_stream):
    ns.play({"call": "look_outside"}, {"say": "{{ outputs.look_outside }}"})
    texts = []
    for event in open_stream(tools=[WEATHER]):
        if event.event == "thread.run.requires_action":
            (call,) = event.data.required_action.submit_tool_outputs.tool_calls
            nested = client.beta.threads.runs.submit_tool_outputs(
                event.data.id,
                thread_id=event.data.thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": "fog"}],
                stream=True,
            )
            texts += [
                inner.data.delta.content[0].text.value for inner in nested if inner.event == "thread.message.delta"
            ]
    assert texts == ["fog"]


def test_a_cancel_in_the_middle_of_a_stream_ends_it(frozen, client, open_stream):
    frozen.play({"say": "half of it"}, {"wait": "1m"}, {"say": "the other half"})
    events = []
    for event in open_stream():
        events.append(event)
        if event.event == "thread.run.in_progress":
            client.beta.threads.runs.cancel(event.data.id, thread_id=event.data.thread_id)
    seen = [event.event for event in events]
    assert seen[seen.index("thread.run.cancelling") :] == ["thread.run.cancelling", "thread.run.cancelled"]
    assert "thread.message.completed" in seen
    assert events[-1].data.status == "cancelled"


def test_a_cancel_while_a_message_is_written_leaves_it_incomplete(frozen, client, open_stream):
    frozen.play({"say": "one two three four", "stream": {"tps": 1}})
    stream = open_stream()
    events = []
    for event in stream:
        events.append(event)
        if event.event == "thread.message.delta" and "thread.run.cancelling" not in {one.event for one in events}:
            client.beta.threads.runs.cancel(events[0].data.id, thread_id=events[0].data.thread_id)
    assert [event.event for event in events][-4:] == [
        "thread.run.cancelling", "thread.message.incomplete", "thread.run.step.cancelled", "thread.run.cancelled"
    ]  # fmt: skip
    message = events[-3].data
    assert (message.incomplete_details.reason, message.content[0].text.value) == ("run_cancelled", "one")


def test_a_stream_ends_when_its_run_expires(frozen, open_stream):
    frozen.play({"say": "wait"}, {"expire": True})
    seen = []
    # In its own thread: the request may return only after all events it causes were sent.
    advancing = threading.Thread(target=frozen.advance, args=("11m",))
    for event in open_stream():
        seen.append(event.event)
        if event.event == "thread.run.in_progress":
            advancing.start()
    advancing.join()
    assert seen[-1] == "thread.run.expired"
    assert "thread.run.step.expired" in seen


def test_events_arrive_before_the_stream_is_complete(frozen, open_stream):
    frozen.play({"say": "one two three", "stream": {"tps": 1}})
    stream = open_stream()
    first = next(event for event in stream if event.event == "thread.message.delta")
    assert first.data.delta.content[0].text.value == "one"
    frozen.advance("10s")
    assert [event.event for event in stream][-1] == "thread.run.completed"


def test_a_client_that_disconnects_does_not_affect_the_run(frozen, client, open_stream):
    frozen.play({"say": "one two three", "stream": {"tps": 1}})
    stream = open_stream()
    run = next(stream).data
    next(event for event in stream if event.event == "thread.message.delta")
    stream.close()
    frozen.advance("10s")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "one two three"


def test_two_streams_of_two_threads_do_not_mix(ns, client, assistant):
    ns.play({"say": "{{ message }}", "stream": {"chunk": "char"}})
    runs = []
    for word in ("ebb", "flow"):
        thread = client.beta.threads.create(messages=[{"role": "user", "content": word}])
        runs.append(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    texts = [
        "".join(e.data.delta.content[0].text.value for e in run if e.event == "thread.message.delta") for run in runs
    ]
    assert texts == ["ebb", "flow"]


def test_a_stream_that_a_fault_cuts_cleanly_just_ends(ns, raw, client, thread, assistant):
    ns.play({"say": "one two three"})
    ns.fault({"cut_stream_after": 4, "clean": True}, method="POST", path="/threads/*/runs", times=1)
    events = parse_events(
        raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True}).text
    )
    assert [name for name, _ in events] == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created"
    ]  # fmt: skip
    run = client.beta.threads.runs.retrieve(events[0][1]["id"], thread_id=thread.id)
    assert run.status == "completed"


def test_an_error_event_ends_a_stream_without_done(ns, raw, thread, assistant):
    ns.play({"say": "one two three"})
    ns.fault({"cut_stream_after": 8, "error_event": True}, path="/threads/*/runs", times=1)
    response = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    events = parse_events(response.text)
    assert event_names(events)[-1] == "error"
    assert len(events) == 9
    error = events[-1][1]["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, None)
    assert response.headers["x-request-id"] in error["message"]


@pytest.mark.parametrize("do", [{"error_event": True}, {"cut_stream_after": 100, "error_event": True}])
def test_an_error_event_replaces_done(ns, raw, thread, assistant, do):
    ns.play({"say": "one"})
    ns.fault(do, path="/threads/*/runs", times=1)
    events = parse_events(
        raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True}).text
    )
    assert event_names(events)[-2:] == ["thread.run.completed", "error"]


def test_the_client_raises_the_error_of_an_error_event(ns, open_stream):
    ns.play({"say": "one"})
    error = {"message": "Out of rope.", "type": "server_error", "param": None, "code": "no_rope"}
    ns.fault({"cut_stream_after": 5, "error_event": True, "error": error}, path="/threads/*/runs")
    with pytest.raises(openai.APIError, match="Out of rope") as excinfo:
        list(open_stream())
    assert excinfo.value.code == "no_rope"


# --- streams whose run is taken away ---------------------------------------------------------------------------------


def delete_thread(ns, client, run):
    client.beta.threads.delete(run["thread_id"])
    return f"No thread found with id '{run['thread_id']}'.", "invalid_request_error"


def reset_namespace(ns, client, run):
    ns.control("POST", "/reset")
    return f"[emulator] namespace {ns.name} was reset or deleted while this stream was open", "server_error"


def delete_namespace(ns, client, run):
    ns.control("DELETE")
    return f"[emulator] namespace {ns.name} was reset or deleted while this stream was open", "server_error"


HELD = [
    [{"say": "half"}, {"hold": "gate"}],
    [{"wait": "1m"}],
    [{"expire": True}],
    [{"say": "one two", "stream": {"tps": 0.01}}],
]


@pytest.mark.parametrize("steps", HELD, ids=str)
@pytest.mark.parametrize("take_away", [delete_thread, reset_namespace, delete_namespace])
def test_a_stream_whose_run_is_taken_away_ends_with_an_error_event(frozen, client, raw, take_away, steps):
    frozen.play(*steps)
    assistant = client.beta.assistants.create(model="gpt-4o", instructions="x")
    received, expected = "", None
    with raw.stream("POST", "/threads/runs", json={"assistant_id": assistant.id, "stream": True}) as response:
        for text in response.iter_text():
            received += text
            complete = received.rpartition("\n\n")[0]
            if expected is None and "thread.run.in_progress" in complete:
                expected = take_away(frozen, client, dict(parse_events(complete))["thread.run.in_progress"])
    frozen.put(clock="auto")  # so that the namespace exists, which the fixture deletes
    *_, (name, data) = parse_events(received)
    assert name == "error"
    assert list(data["error"]) == ["message", "type", "param", "code"]
    assert (data["error"]["message"], data["error"]["type"]) == expected
    assert "done" not in event_names(parse_events(received))


def test_the_client_raises_the_error_that_ends_such_a_stream(frozen, client, open_stream):
    frozen.play({"hold": "gate"})
    stream = open_stream()
    run = next(event for event in stream if event.event == "thread.run.in_progress").data
    client.beta.threads.delete(run.thread_id)
    with pytest.raises(openai.APIError, match="No thread found"):
        list(stream)

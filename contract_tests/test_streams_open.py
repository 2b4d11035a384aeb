"""Streams while they are open: what others may do meanwhile, and how a stream may break."""

import threading

import openai
import pytest

from contract_tests.harness import WEATHER, events, names


@pytest.fixture
def running(client, thread, assistant):
    """Open a stream and return it."""
    opened = []

    def begin(**more):
        opened.append(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True, **more))
        return opened[-1]

    yield begin
    for stream in opened:
        stream.close()


def test_each_event_can_be_read_over_rest_as_soon_as_it_is_heard(ns, client, running):
    ns.plays({"say": "one two three", "stream": {"chunk": "word"}}, {"hold": "door"}, {"say": "four"})
    met = set()
    for event in running():
        data = event.data
        if event.event == "thread.run.in_progress":
            assert client.beta.threads.runs.retrieve(data.id, thread_id=data.thread_id).status == "in_progress"
            run = data
        elif event.event == "thread.message.created":
            assert client.beta.threads.messages.retrieve(data.id, thread_id=data.thread_id).id == data.id
        elif event.event == "thread.run.step.created":
            steps = client.beta.threads.runs.steps.list(data.run_id, thread_id=data.thread_id).data
            assert data.id in {step.id for step in steps}
            # The run is held after its first message: only now may it write the second.
            if not met & {"thread.run.step.created"}:
                ns.release(run.id, "door")
        elif event.event == "thread.run.completed":
            assert client.beta.threads.runs.retrieve(data.id, thread_id=data.thread_id).status == "completed"
        met.add(event.event)
    assert "thread.run.completed" in met


def test_outputs_can_be_submitted_while_the_first_stream_is_still_open(ns, client, running):
    ns.plays({"call": "look_outside"}, {"say": "{{ outputs.look_outside }}"})
    texts = []
    for event in running(tools=[WEATHER]):
        if event.event == "thread.run.requires_action":
            (call,) = event.data.required_action.submit_tool_outputs.tool_calls
            nested = client.beta.threads.runs.submit_tool_outputs(
                event.data.id,
                thread_id=event.data.thread_id,
                tool_outputs=[{"tool_call_id": call.id, "output": "fog"}],
                stream=True,
            )
            texts += [told.data.delta.content[0].text.value for told in nested if told.event == "thread.message.delta"]
    assert texts == ["fog"]


def test_a_cancel_in_the_middle_of_a_stream_ends_it(frozen, client, running):
    frozen.plays({"say": "half of it"}, {"wait": "1m"}, {"say": "the other half"})
    told = []
    for event in running():
        told.append(event)
        if event.event == "thread.run.in_progress":
            client.beta.threads.runs.cancel(event.data.id, thread_id=event.data.thread_id)
    seen = [event.event for event in told]
    assert seen[seen.index("thread.run.cancelling") :] == ["thread.run.cancelling", "thread.run.cancelled"]
    assert "thread.message.completed" in seen
    assert told[-1].data.status == "cancelled"


def test_a_cancel_while_a_message_is_written_leaves_it_incomplete(frozen, client, running):
    frozen.plays({"say": "one two three four", "stream": {"tps": 1}})
    stream = running()
    told = []
    for event in stream:
        told.append(event)
        if event.event == "thread.message.delta" and "thread.run.cancelling" not in {one.event for one in told}:
            client.beta.threads.runs.cancel(told[0].data.id, thread_id=told[0].data.thread_id)
    assert [event.event for event in told][-4:] == [
        "thread.run.cancelling", "thread.message.incomplete", "thread.run.step.cancelled", "thread.run.cancelled"
    ]  # fmt: skip
    message = told[-3].data
    assert (message.incomplete_details.reason, message.content[0].text.value) == ("run_cancelled", "one")


def test_a_stream_of_a_run_that_expires_ends_with_it(frozen, running):
    frozen.plays({"say": "wait"}, {"expire": True})
    seen = []
    # On a thread of its own: it may be answered only when all that it causes has been told.
    mover = threading.Thread(target=frozen.advance, args=("11m",))
    for event in running():
        seen.append(event.event)
        if event.event == "thread.run.in_progress":
            mover.start()
    mover.join()
    assert seen[-1] == "thread.run.expired"
    assert "thread.run.step.expired" in seen


def test_an_early_reader_is_not_kept_waiting_for_the_end(frozen, running):
    frozen.plays({"say": "one two three", "stream": {"tps": 1}})
    stream = running()
    first = next(event for event in stream if event.event == "thread.message.delta")
    assert first.data.delta.content[0].text.value == "one"
    frozen.advance("10s")
    assert [event.event for event in stream][-1] == "thread.run.completed"


def test_a_client_that_goes_away_changes_nothing_for_the_run(frozen, client, running):
    frozen.plays({"say": "one two three", "stream": {"tps": 1}})
    stream = running()
    run = next(stream).data
    next(event for event in stream if event.event == "thread.message.delta")
    stream.close()
    frozen.advance("10s")
    assert client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "completed"
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == "one two three"


def test_two_streams_of_two_threads_do_not_mix(ns, client, assistant):
    ns.plays({"say": "{{ message }}", "stream": {"chunk": "char"}})
    runs = []
    for word in ("ebb", "flow"):
        thread = client.beta.threads.create(messages=[{"role": "user", "content": word}])
        runs.append(client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True))
    heard = [
        "".join(e.data.delta.content[0].text.value for e in run if e.event == "thread.message.delta") for run in runs
    ]
    assert heard == ["ebb", "flow"]


def test_a_stream_cut_by_a_fault_just_ends(ns, raw, client, thread, assistant):
    ns.plays({"say": "one two three"})
    ns.fault({"cut_stream_after": 4}, method="POST", path="/threads/*/runs", times=1)
    told = events(raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True}).text)
    assert [name for name, _ in told] == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.step.created"
    ]  # fmt: skip
    run = client.beta.threads.runs.retrieve(told[0][1]["id"], thread_id=thread.id)
    assert run.status == "completed"


def test_an_error_event_ends_a_stream_without_done(ns, raw, thread, assistant):
    ns.plays({"say": "one two three"})
    ns.fault({"cut_stream_after": 8, "error_event": True}, path="/threads/*/runs", times=1)
    answer = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True})
    told = events(answer.text)
    assert names(told)[-1] == "error"
    assert len(told) == 9
    error = told[-1][1]["error"]
    assert list(error) == ["message", "type", "param", "code"]
    assert (error["type"], error["param"], error["code"]) == ("server_error", None, None)
    assert answer.headers["x-request-id"] in error["message"]


@pytest.mark.parametrize("do", [{"error_event": True}, {"cut_stream_after": 100, "error_event": True}])
def test_an_error_event_takes_the_place_of_done(ns, raw, thread, assistant, do):
    ns.plays({"say": "one"})
    ns.fault(do, path="/threads/*/runs", times=1)
    told = events(raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id, "stream": True}).text)
    assert names(told)[-2:] == ["thread.run.completed", "error"]


def test_the_client_raises_what_an_error_event_says(ns, running):
    ns.plays({"say": "one"})
    error = {"message": "Out of rope.", "type": "server_error", "param": None, "code": "no_rope"}
    ns.fault({"cut_stream_after": 5, "error_event": True, "error": error}, path="/threads/*/runs")
    with pytest.raises(openai.APIError, match="Out of rope") as broken:
        list(running())
    assert broken.value.code == "no_rope"

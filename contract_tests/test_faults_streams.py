"""Faults of streams: cut, truncated, garbled, stalled; each acts at its event, and the run goes on behind it."""

import json

import httpx
import openai
import pytest

from contract_tests.harness import WEATHER, event_names, parse_events

WHOLE = 14  # events of such a stream, done included
SHORT = 0.3


@pytest.fixture
def words(ns):
    ns.play({"say": "one two three", "stream": {"chunk": "word"}})
    return ns


@pytest.fixture
def read(raw, thread, assistant):
    """Return a function that streams a run; it returns the text that came, and whether the connection broke off."""

    def read_stream(path=None, timeout=30, **more):
        text = b""
        body = {"assistant_id": assistant.id, "stream": True, **more}
        with raw.stream("POST", path or f"/threads/{thread.id}/runs", json=body, timeout=timeout) as response:
            assert response.status_code == 200
            try:
                for piece in response.iter_raw():
                    text += piece
            except httpx.RemoteProtocolError:
                return text.decode(), True
        return text.decode(), False

    return read_stream


def hits(ns):
    return [fault["hits"] for fault in ns.control("GET", "/faults")["faults"]]


def names(text):
    return [frame.split("\n")[0].removeprefix("event: ") for frame in text.split("\n\n") if frame]


# --- cut ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("count", [0, 1, 7, WHOLE - 1])
def test_a_stream_breaks_off_behind_so_many_events(words, read, client, thread, count):
    words.fault({"cut_stream_after": count}, path="/threads/*/runs", method="POST", times=1)
    text, broke_off = read()
    assert (len(parse_events(text)), broke_off) == (count, True)
    assert [run.status for run in client.beta.threads.runs.list(thread.id).data] == ["completed"]
    assert hits(words) == [1]
    assert read()[1] is False


@pytest.mark.parametrize("count", [WHOLE, WHOLE + 1, 1000])
def test_a_stream_that_is_shorter_spends_no_cut(words, read, count):
    words.fault({"cut_stream_after": count}, path="/threads/*/runs", times=1)
    text, broke_off = read()
    assert (len(parse_events(text)), broke_off, hits(words)) == (WHOLE, False, [0])


def test_the_client_raises_what_breaks_off_once_it_has_read_what_was_promised(words, client, thread, assistant):
    words.fault({"cut_stream_after": 7}, path="/threads/*/runs")
    events = []
    stream = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
        events.extend(stream)
    assert len(events) == 7


async def test_the_asynchronous_client_raises_it_too(words, async_client, thread, assistant):
    words.fault({"cut_stream_after": 7}, path="/threads/*/runs")
    stream = await async_client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
    events = []

    async def read():
        async for event in stream:
            events.append(event)  # noqa: PERF401 - those before the error count

    with pytest.raises((openai.APIConnectionError, httpx.RemoteProtocolError)):
        await read()
    assert len(events) == 7


@pytest.mark.parametrize(
    "more, last, breaks_off",
    [
        ({"clean": True}, "thread.run.step.created", False),
        ({"clean": False}, "thread.run.step.created", True),
        ({"error_event": True}, "error", False),
        ({"error_event": True, "clean": True}, "error", False),
        ({"error_event": True, "clean": False}, "error", True),
    ],
    ids=str,
)
def test_a_cut_is_as_clean_as_it_says(words, read, more, last, breaks_off):
    words.fault({"cut_stream_after": 4, **more}, path="/threads/*/runs")
    text, broke_off = read()
    assert (names(text)[-1], broke_off) == (last, breaks_off)
    assert len(names(text)) == 4 + ("error_event" in more)


def test_a_cut_does_not_wait_for_the_next_event(frozen, read):
    frozen.play({"say": "one"}, {"hold": "gate"}, {"say": "two"})
    frozen.fault({"cut_stream_after": 4}, path="/threads/*/runs", times=1)
    assert (len(parse_events(read()[0])), hits(frozen)) == (4, [1])


def test_a_stream_of_outputs_is_cut_as_well(ns, read, start, raw, thread):
    ns.play({"call": "look_outside"}, {"say": "{{ outputs.look_outside }}"})
    ns.fault({"cut_stream_after": 2}, path="/threads/*/runs/*/submit_tool_outputs")
    run = start(tools=[WEATHER])
    waiting = raw.get(f"/threads/{thread.id}/runs/{run.id}").json()
    (call,) = waiting["required_action"]["submit_tool_outputs"]["tool_calls"]
    body = {"stream": True, "tool_outputs": [{"tool_call_id": call["id"], "output": "fog"}]}
    with pytest.raises(httpx.RemoteProtocolError):
        raw.post(f"/threads/{thread.id}/runs/{run.id}/submit_tool_outputs", json=body)
    assert raw.get(f"/threads/{thread.id}/runs/{run.id}").json()["status"] == "completed"


# --- truncated ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [0, 10, 1500])
def test_a_stream_breaks_off_within_an_event(words, read, length):
    words.fault({"truncate": length}, path="/threads/*/runs", method="POST", times=1)
    text, broke_off = read()
    assert (len(text.encode()), broke_off, hits(words)) == (length, True, [1])


# --- changed --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [1, 3, WHOLE])
def test_one_event_cannot_be_parsed(words, read, number):
    words.fault({"garble_event": number}, path="/threads/*/runs")
    text, broke_off = read()
    frames = [frame for frame in text.split("\n\n") if frame]
    broken = []
    for place, frame in enumerate(frames, 1):
        data = frame.partition("\ndata: ")[2]
        try:
            json.loads(data)
        except ValueError:
            broken.append(place)
    assert (len(frames), broke_off) == (WHOLE, False)
    assert broken == sorted({number, WHOLE})  # [DONE] is no JSON anyway
    assert frames[-1].endswith("[DONE]") == (number != WHOLE)


def test_a_garbled_event_stays_text(ns, raw, client, read):
    ns.play({"say": "ä" * 50})
    ns.fault({"garble_event": 8}, path="/threads/*/runs")
    assert "ä" in read()[0]


@pytest.mark.parametrize("number", [1, 3, WHOLE])
def test_one_event_comes_twice(words, read, number):
    words.fault({"duplicate_event": number}, path="/threads/*/runs")
    frames = read()[0].split("\n\n")[:-1]
    assert len(frames) == WHOLE + 1
    assert frames[number - 1] == frames[number]


def test_a_stream_ends_without_done(words, read):
    words.fault({"omit_done": True}, path="/threads/*/runs")
    text, broke_off = read()
    assert (names(text)[-1], broke_off) == ("thread.run.completed", False)


def test_an_event_that_never_comes_spends_no_fault(words, read):
    words.fault({"garble_event": WHOLE + 1, "duplicate_event": WHOLE + 1}, path="/threads/*/runs")
    assert len(parse_events(read()[0])) == WHOLE
    assert hits(words) == [0]


def test_several_changes_of_one_fault_act_on_the_same_stream(words, read):
    words.fault({"garble_event": 2, "duplicate_event": 3, "cut_stream_after": 5, "error_event": True}, times=1)
    text, broke_off = read()
    assert broke_off is False
    assert names(text) == [
        "thread.run.created", "thread.run.queued", "thread.run.in_progress", "thread.run.in_progress",
        "thread.run.step.created", "thread.run.step.in_progress", "error",
    ]  # fmt: skip
    assert hits(words) == [1]


def test_a_stream_meets_the_first_fault_that_can_act_on_it(words, read):
    words.fault({"cut_stream_after": 1000}, path="/threads/*/runs")
    words.fault({"cut_stream_after": 5}, path="/threads/*/runs")
    words.fault({"cut_stream_after": 3}, path="/threads/*/runs", times=1)
    assert len(parse_events(read()[0])) == 3
    assert len(parse_events(read()[0])) == 5
    assert hits(words) == [0, 1, 1]


# --- stalled --------------------------------------------------------------------------------------------------------


def test_a_stream_that_stalls_stays_open_until_the_client_times_out(words, client, thread, assistant):
    words.fault({"stall_stream_after": 7, "for": "1h"}, path="/threads/*/runs")
    events = []
    impatient = client.with_options(timeout=SHORT)
    stream = impatient.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
    with pytest.raises((openai.APITimeoutError, httpx.ReadTimeout)):
        events.extend(stream)
    assert len(events) == 7
    assert client.beta.threads.runs.retrieve(events[0].data.id, thread_id=thread.id).status == "completed"


@pytest.mark.parametrize("count", [0, 7])
def test_a_stall_ends_by_itself_on_the_clock_of_the_machine(frozen, read, count):
    frozen.play({"say": "one two three"})
    frozen.fault({"stall_stream_after": count, "for": "5ms"}, path="/threads/*/runs")
    assert event_names(parse_events(read()[0]))[-1] == "done"
    assert hits(frozen) == [1]


def test_removing_the_faults_ends_a_stall(words, client, thread, assistant):
    words.fault({"stall_stream_after": 7, "for": "1h"}, path="/threads/*/runs")
    events = []
    for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True):
        events.append(event.event)
        if len(events) == 7:
            words.control("DELETE", "/faults")
    assert events[-1] == "thread.run.completed"


def test_a_fault_that_was_removed_acts_no_more(words, client, thread, assistant):
    words.fault({"cut_stream_after": 14}, path="/threads/*/runs")
    words.play({"say": "one two three"}, {"hold": "gate"}, {"say": "four"})
    events = []
    for event in client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True):
        events.append(event.event)
        if event.event == "thread.run.in_progress":
            words.control("DELETE", "/faults")
            words.release(event.data.id, "gate")
    assert len(events) > 14
    assert events[-1] == "thread.run.completed"


def test_a_stream_may_stall_and_then_break_off(words, read):
    words.fault({"stall_stream_after": 3, "for": "1ms", "cut_stream_after": 3}, path="/threads/*/runs")
    text, broke_off = read()
    assert (len(parse_events(text)), broke_off) == (3, True)


# --- late -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("do", [{"delay": "1h"}, {"delay": "1h", "cut_stream_after": 2}], ids=str)
def test_a_delay_holds_back_the_head_of_a_stream(words, client, thread, assistant, do):
    words.fault(do, method="POST", path="/threads/*/runs")
    impatient = client.with_options(timeout=SHORT, max_retries=0)
    with pytest.raises(openai.APITimeoutError):
        impatient.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)
    assert hits(words) == [1]


def test_a_late_stream_is_cut_as_it_says(words, read):
    words.fault({"delay": "1ms", "cut_stream_after": 2}, path="/threads/*/runs")
    assert len(parse_events(read()[0])) == 2


def test_a_delay_of_a_stream_is_not_spent_by_an_answer_that_is_none(words, raw, thread, assistant):
    words.fault({"delay": "1h", "cut_stream_after": 2}, path="/threads/*/runs", times=1)
    assert raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id}).status_code == 200
    assert hits(words) == [0]

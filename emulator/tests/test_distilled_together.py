"""Several recordings of one conversation: requests in the order of their times, and what two of them show counts once."""

import dataclasses
import json
from pathlib import Path

import pytest

from contract_tests.made_up_recordings import (
    NOON,
    Recorder,
    asked,
    exported,
    message,
    run,
    scenario,
    step,
    thread,
)
from emulator.recording.recordings import HttpRecording
from emulator.tests.test_distilled_runs import streamed

RUNS = "/threads/thread_1/runs"
MESSAGES = "/threads/thread_1/messages"


def two_questions():
    """Two runs on a thread, a second for each request."""
    recorder = Recorder().add("POST", "/threads", thread(), {})
    for number in (1, 2):
        at = NOON + len(recorder.exchanges)
        question = asked(f"Question {number}", f"msg_q{number}", at=at)
        recorder.add("POST", MESSAGES, question, {"role": "user", "content": f"Question {number}"})
        begun = {"id_": f"run_{number}", "created_at": at + 1}
        recorder.add("POST", RUNS, run("queued", **begun), {"assistant_id": "asst_1"})
        recorder.add("GET", f"{RUNS}/run_{number}", run(**begun))
        answer = message(f"Answer {number}", f"msg_a{number}", f"run_{number}", at=at + 2)
        recorder.add("GET", f"{MESSAGES}/msg_a{number}", answer)
    return recorder.exchanges


def played(*files, timed=True):
    """Return what was asked and answered according to some lists of exchanges, each of them a recording."""
    recordings = [
        HttpRecording(
            Path(f"{number}.yaml"),
            "vcrpy",
            f"{number}" * 64,
            [one if timed else dataclasses.replace(one, at=None) for one in exchanges],
        )
        for number, exchanges in enumerate(files)
    ]
    turns = scenario(*recordings).document["turns"]
    return [(one["when"]["message"], one["steps"][0]["say"]) for one in turns]


@pytest.mark.parametrize("timed", [True, False], ids=["of known times", "with the times of what was made"])
def test_one_recording_for_each_endpoint_is_read_request_by_request(timed):
    by_endpoint = {}
    for one in two_questions():
        by_endpoint.setdefault((one.method, "/runs" in one.url, "/messages" in one.url), []).append(one)
    files = list(by_endpoint.values())
    expected = [("Question 1", "Answer 1"), ("Question 2", "Answer 2")]
    assert len(files) == 5
    assert played(*files, timed=timed) == expected
    assert played(*files[::-1], timed=timed) == expected


def test_recordings_that_overlap_show_a_conversation_once():
    every = two_questions()
    for first, second in ((every[:6], every[3:]), (every[:-1], every[1:]), (every, every)):
        for files in ((first, second), (second, first)):
            assert played(*files) == [("Question 1", "Answer 1"), ("Question 2", "Answer 2")]


def test_a_stream_that_two_recordings_hold_is_read_once():
    one = streamed("In", " Bre", "men.")
    again = streamed("In", " Bre", "men.").recording("again.yaml")
    made = scenario(one, again)
    assert made.document["turns"][0]["steps"] == [{"say": "In Bremen.", "stream": {"chunk": ["In", " Bre", "men."]}}]
    assert made.fidelity == "full"


def test_a_call_whose_deltas_two_recordings_hold_is_made_once():
    def call_delta(text):
        call = {"index": 0, "id": "call_1", "type": "function", "function": {"name": "stock", "arguments": text}}
        details = {"type": "tool_calls", "tool_calls": [call]}
        return (
            "thread.run.step.delta",
            {"id": "step_1", "object": "thread.run.step.delta", "delta": {"step_details": details}},
        )

    def recorded(name):
        recorder = Recorder().add("POST", "/threads", thread(), {})
        events = [
            ("thread.run.created", run("queued")),
            ("thread.run.step.created", step("step_1", status="in_progress")),
            call_delta('{"a":'),
            call_delta("1}"),
            ("thread.run.requires_action", run("requires_action")),
        ]
        return recorder.stream(RUNS, *events).recording(name)

    made = scenario(recorded("a.yaml"), recorded("b.yaml"))
    (only,) = made.document["turns"][0]["steps"]
    assert only["args"] == {"a": 1}


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_pages_of_an_export_may_come_in_any_order(order):
    older = exported(thread(), asked("Question 1"), message("One.", at=NOON + 5), name="older.json")
    newer = exported(
        message("And more.", "msg_2", at=NOON + 5),
        asked("Question 2", "msg_3", at=NOON + 9),
        message("Two.", "msg_4", "run_2", at=NOON + 9),
        name="newer.json",
    )
    made = scenario(*([older, newer][number] for number in order))
    assert [(one["when"]["message"], one["steps"]) for one in made.document["turns"]] == [
        ("Question 1", [{"say": "One."}, {"say": "And more."}]),
        ("Question 2", [{"say": "Two."}]),
    ]
    (objects,) = (json.loads(data) for name, data in made.assets.items() if name.endswith(".objects.json"))
    on_it = [one["id"] for one in objects if one["object"] != "thread.run"]
    assert on_it == ["thread_1", "msg_0", "msg_1", "msg_2", "msg_3", "msg_4"]

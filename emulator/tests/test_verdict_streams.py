"""What is found of streams that ended early, in logs that are made up."""

import pytest

from emulator.tests.made_up_logs import MESSAGES, RUN, RUNS, STREAM, kinds, sent

SILENT = [{"cut_stream_after": 3, "clean": True}, {"omit_done": True}]
LOUD = [
    {"cut_stream_after": 3},
    {"cut_stream_after": 3, "error_event": True},
    {"error_event": True},
    {"garble_event": 3},
    {"truncate": 300},
]


def streamed(fault, ending="cut", **more):
    """Return the stream of a run that a fault hit."""
    shows = None if "truncate" in fault else [("run_1", "in_progress")]
    more = {"at": 0, "answer": [STREAM], "run": "run_1", "fault": fault, "shows": shows or (), **more}
    return sent("POST", RUNS, ending=ending if shows else None, **more)


def looked(at, status="completed"):
    return sent(at=at, shows=[("run_1", status)], run="run_1")


@pytest.mark.parametrize("fault", SILENT)
def test_a_part_that_comes_without_an_error_is_taken_for_the_whole_unless_the_run_is_read(fault):
    assert kinds(streamed(fault)) == ["part_taken_for_whole"]
    assert kinds(streamed(fault), looked(1)) == []


@pytest.mark.parametrize("fault", SILENT)
def test_a_look_while_the_stream_was_still_going_on_is_none_at_its_end(fault):
    assert kinds(streamed(fault, took=1), looked(0.5)) == ["part_taken_for_whole"]


@pytest.mark.parametrize("fault", LOUD)
@pytest.mark.parametrize(
    "method, path, run", [("GET", MESSAGES, None), ("POST", MESSAGES, None), ("POST", RUNS, "run_2")]
)
def test_whoever_goes_on_behind_a_broken_stream_takes_a_part_for_the_whole(fault, method, path, run):
    went_on = sent(method, path, at=2, run=run, body=b"{1}")
    if "truncate" not in fault or run is None:  # of which nobody knows whether anything of it could be read
        assert kinds(streamed(fault), went_on) == ["part_taken_for_whole"]
    assert kinds(streamed(fault), looked(1), went_on) == []


@pytest.mark.parametrize("fault", LOUD)
def test_whoever_does_nothing_more_gave_up(fault):
    assert kinds(streamed(fault)) == ["gave_up"]
    assert kinds(streamed(fault), looked(1)) == []


def test_what_is_done_on_another_thread_is_not_going_on():
    other = sent("GET", "/threads/thread_2/messages", at=1)
    other.thread = "thread_2"
    assert kinds(streamed(LOUD[0]), other) == ["gave_up"]


def test_whoever_leaves_a_stream_that_stalls_has_to_read_the_run_too():
    stalled = {"stall_stream_after": 3, "for": "30s"}
    assert kinds(streamed(stalled, "left")) == ["gave_up"]
    # That a client has left is noticed later than its next request may come.
    assert kinds(streamed(stalled, "left", took=3), looked(2)) == []
    assert kinds(streamed(stalled, "left", took=3), sent("GET", MESSAGES, at=2)) == ["part_taken_for_whole"]


def test_a_stream_that_is_whole_is_no_finding():
    assert kinds(streamed({"duplicate_event": 3}, "done")) == []
    assert kinds(sent("POST", RUNS, at=0, answer=[STREAM], run="run_1", ending="left")) == []


def test_outputs_that_answer_what_the_stream_showed_show_the_run_again():
    outputs = sent("POST", f"{RUN}/submit_tool_outputs", at=1, shows=[("run_1", "queued")])
    assert kinds(streamed(SILENT[0], shows=[("run_1", "requires_action")]), outputs) == []

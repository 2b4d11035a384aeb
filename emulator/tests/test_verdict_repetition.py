"""What is found of work that was done twice, in logs that are made up."""

import pytest

from emulator.tests.made_up_logs import MESSAGES, RUN, RUNS, STREAM, judged, kinds, sent

LOST = {"disconnect": True, "before": False}


def lost(path, at, *, done=200, status=0, fault=None, body=b"{}", **more):
    """Return a request that was done, and whose answer did not reach its client."""
    return sent("POST", path, status, at=at, body=body, fault=fault or LOST, done=done, **more)


def again(path, at, status=200, body=b"{}", **more):
    return sent("POST", path, status, at=at, body=body, **more)


@pytest.mark.parametrize(
    "path",
    [MESSAGES, RUNS, "/threads/runs", f"{RUN}/submit_tool_outputs", "/assistants", "/files", "/vector_stores"],
)
def test_what_was_done_and_is_asked_for_again_is_done_twice(path):
    assert kinds(lost(path, 0), again(path, 1)) == ["did_it_twice"]


@pytest.mark.parametrize(
    "how",
    [
        {"fault": {"status": 503, "before": False}, "status": 503},
        {"fault": {"truncate": 10}, "status": 200},
        {"fault": {"delay": "1h", "before": False}, "status": 499},
        {"fault": {"cut_stream_after": 0}, "status": 200, "answer": [STREAM], "ending": "cut"},
    ],
)
def test_an_answer_is_lost_in_many_ways(how):
    assert kinds(lost(RUNS, 0, **how), again(RUNS, 1)) == ["did_it_twice"]


def test_what_was_not_done_the_first_time_is_not_done_twice():
    assert kinds(lost(RUNS, 0, done=None, fault={"disconnect": True}), again(RUNS, 1)) == []
    assert kinds(lost(RUNS, 0, done=400), again(RUNS, 1)) == []


def test_what_is_refused_the_second_time_is_not_done_twice():
    assert kinds(lost(RUNS, 0), again(RUNS, 1, 400)) == ["gave_up"]  # of what was done


def test_what_can_be_done_twice_without_harm_is_no_finding():
    assert kinds(lost("/threads", 0), again("/threads", 1)) == []
    assert kinds(lost("/assistants/asst_1", 0), again("/assistants/asst_1", 1)) == []
    assert kinds(lost(f"{RUN}/cancel", 0), again(f"{RUN}/cancel", 1)) == []


def test_another_message_is_no_repetition():
    assert "did_it_twice" not in kinds(lost(MESSAGES, 0, body=b"{1}"), again(MESSAGES, 1, body=b"{2}"))


def test_whoever_looks_in_between_may_mean_to_do_it_again():
    assert kinds(lost(MESSAGES, 0), sent("GET", MESSAGES, at=1, more=False), again(MESSAGES, 2)) == []
    look = sent("GET", RUN, at=1, shows=[("run_1", "completed")])
    assert kinds(lost(RUNS, 0, run="run_1"), look, again(RUNS, 2)) == []


def test_a_look_that_shows_nothing_is_none():
    refused = sent("GET", MESSAGES, 503, at=1)
    assert "did_it_twice" in kinds(lost(MESSAGES, 0), refused, again(MESSAGES, 2))
    elsewhere = sent("GET", "/threads/thread_2/messages", at=1, more=False)
    assert kinds(lost(MESSAGES, 0), elsewhere, again(MESSAGES, 2)) == ["did_it_twice"]


def test_all_repetitions_are_one_finding():
    (finding,) = judged(lost(MESSAGES, 0), lost(MESSAGES, 1), again(MESSAGES, 5)).findings
    assert finding.message.endswith("there are 3 messages where one was meant")


def test_what_was_lost_each_time_was_done_twice_all_the_same():
    assert kinds(lost(MESSAGES, 0), lost(MESSAGES, 1)) == ["did_it_twice"]

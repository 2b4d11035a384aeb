"""What is found of the ends of runs, and of waits for them, in logs that are made up."""

import pytest

from emulator.domain.config import Pace
from emulator.domain.verdict.history import RunRecord
from emulator.tests.made_up_logs import MESSAGES, RUN, RUNS, STREAM, judged, kinds, sent

BAD = ["failed", "incomplete", "expired", "cancelled"]


def ended(status, at=1.0, run="run_1"):
    return RunRecord(run, "thread_1", status, ended=at)


def created(at=0.0, run="run_1", **more):
    return sent("POST", RUNS, at=at, shows=[(run, "queued")], run=run, **more)


def looked(at, status, run="run_1"):
    return sent(at=at, path=f"{RUNS}/{run}", shows=[(run, status)], run=run)


def read(at, path=MESSAGES, **more):
    return sent("GET", path, at=at, **more)


# --- an end that nobody looked at -----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", BAD)
@pytest.mark.parametrize("path", [MESSAGES, f"{MESSAGES}/msg_1"])
def test_messages_that_are_read_behind_a_bad_end_that_was_not_shown_are_taken_for_an_answer(status, path):
    assert kinds(created(), read(2, path), runs=[ended(status)]) == ["end_not_looked_at"]
    assert kinds(created(), looked(1.5, status), read(2, path), runs=[ended(status)]) == []


def test_a_look_behind_the_messages_comes_too_late():
    assert kinds(created(), read(2), looked(3, "failed"), runs=[ended("failed")]) == ["end_not_looked_at"]


def test_a_good_end_need_not_be_looked_at():
    assert kinds(created(), read(2)) == []


def test_a_stream_shows_the_end():
    stream = created(answer=[STREAM])
    stream.observed = looked(0, "failed").observed
    assert kinds(stream, read(2), runs=[ended("failed")]) == []


def test_messages_that_were_read_before_the_end_are_no_finding():
    assert kinds(created(), read(0.5), runs=[ended("failed", at=1)]) == []
    # Under a frozen clock the two are at the same time.
    frozen = {"clock": 1.0}
    log = created(clock=1.0), read(0.5, **frozen), looked(0.7, "in_progress"), looked(0.9, "failed")
    assert kinds(*log, runs=[ended("failed", at=1.0)]) == []


def test_whoever_cancels_a_run_knows_how_it_ends():
    cancelled = sent("POST", f"{RUN}/cancel", at=0.5, shows=[("run_1", "cancelling")], run="run_1")
    assert kinds(created(), cancelled, read(2), runs=[ended("cancelled")]) == []


def test_messages_are_read_for_the_newest_run():
    log = created(), created(3, "run_2"), looked(5, "completed", "run_2"), read(6)
    assert kinds(*log, runs=[ended("failed")]) == []
    # Whatever is asked of an older one does not make it the newest.
    again = sent("POST", RUN, at=5.5, run="run_1")
    assert kinds(*log, again, runs=[ended("failed")]) == []


def test_a_run_that_no_request_made_is_not_the_programs():
    assert kinds(read(2), runs=[ended("failed")]) == []


def test_messages_that_could_not_be_read_are_no_finding():
    lost = read(2, status=200, fault={"truncate": 5}), read(2.1, status=200)
    assert kinds(created(), lost[0], looked(2.05, "failed"), lost[1], runs=[ended("failed")]) == []


def test_an_end_is_found_once():
    assert kinds(created(), read(2), read(3), runs=[ended("failed")]) == ["end_not_looked_at"]


# --- an end that never came -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_a_run_that_is_not_over_is_left_behind(status):
    (finding,) = judged(created(), runs=[RunRecord("run_1", "thread_1", status)]).findings
    assert (finding.kind, finding.line.split(" s: ")[1][:12]) == ("run_left_behind", "POST /thread")


def test_a_run_whose_calls_nobody_answers_says_so():
    (finding,) = judged(runs=[RunRecord("run_1", "thread_1", "requires_action", "outputs")]).findings
    assert finding.message == "run_1 still waits for tool outputs, so its thread thread_1 stays locked"
    assert finding.request is finding.line is None


@pytest.mark.parametrize("waits_for", ["hold:here", "hold:in_progress"])
def test_a_run_that_is_held_is_not_left_behind(waits_for):
    assert kinds(runs=[RunRecord("run_1", "thread_1", "in_progress", waits_for)]) == []


def test_a_run_that_only_the_test_moves_is_not_left_behind():
    gate = [RunRecord("run_1", "thread_1", "in_progress", "gate")]
    assert kinds(runs=gate, pace=Pace("manual")) == []
    assert kinds(runs=gate, pace=Pace("polls")) == ["run_left_behind"]


# --- waits ----------------------------------------------------------------------------------------------------------


def test_a_stall_that_is_sat_through_shows_that_there_is_no_read_time_out():
    stall = {"stall_stream_after": 2, "for": "30s"}
    whole = created(answer=[STREAM], took=31, fault=stall, ending="done")
    assert kinds(whole, looked(32, "completed")) == ["no_read_timeout"]
    left = created(answer=[STREAM], took=31, fault=stall, ending="left")
    assert kinds(left, looked(32, "completed")) == []
    released = created(answer=[STREAM], took=1, fault=stall, ending="done")
    assert kinds(released) == []


@pytest.mark.parametrize("before", [{}, {"before": False}])
def test_a_long_delay_that_is_sat_through_shows_it_too(before):
    assert kinds(created(took=5, fault={"delay": "5s", **before})) == ["no_read_timeout"]
    assert kinds(created(took=4.9, fault={"delay": "4900ms", **before})) == []
    assert kinds(created(took=1, fault={"delay": "5s", **before})) == []


def test_whoever_leaves_an_answer_that_is_late_has_a_time_out():
    assert kinds(created(took=5, status=499, fault={"delay": "5s"}), created(5.5)) == []


# --- polls ----------------------------------------------------------------------------------------------------------

HELPER = [(b"x-stainless-poll-helper", b"true")]
POLL_AFTER = [(b"openai-poll-after-ms", b"1")]


def polls(times, pause=0.001, status="in_progress", **more):
    """Return polls of a run, all of which see the same."""
    return [sent(at=at * (0.01 + pause), shows=[("run_1", status)], run="run_1", **more) for at in range(times)]


@pytest.mark.parametrize("status", ["queued", "in_progress", "requires_action", "cancelling"])
def test_more_than_ten_polls_without_a_pause_are_too_fast(status):
    assert kinds(*polls(10, status=status)) == []
    assert kinds(*polls(11, status=status)) == ["polled_too_fast"]


def test_polls_with_a_pause_are_not():
    assert kinds(*polls(30, pause=0.05)) == []
    assert kinds(*polls(30, pause=0.049)) == ["polled_too_fast"]


def test_another_status_or_a_pause_begins_anew():
    first = polls(10)
    second = [looked(1 + at * 0.011, "requires_action") for at in range(10)]
    third = [looked(2 + at * 0.011, "requires_action") for at in range(10)]
    assert kinds(*first, *second, *third) == []


def test_the_pace_says_how_many_polls_a_status_is_worth():
    assert kinds(*polls(3), pace=Pace("polls", times=3)) == []
    assert kinds(*polls(4), pace=Pace("polls", times=3)) == ["polled_too_fast"]
    assert kinds(*polls(8), pace=Pace("time", seconds=2)) == []
    assert kinds(*polls(9), pace=Pace("time", seconds=2)) == ["polled_too_fast"]


@pytest.mark.parametrize("pace", [Pace("polls", times=1), Pace("time", seconds=0.1)])
def test_the_pace_says_nothing_of_a_run_that_waits_for_its_client(pace):
    assert kinds(*polls(10, status="requires_action"), pace=pace) == []
    assert kinds(*polls(11, status="requires_action"), pace=pace) == ["polled_too_fast"]


def test_a_helper_that_this_server_has_told_to_poll_at_once_does_not_poll_too_fast():
    assert kinds(*polls(30, headers=HELPER, answer=POLL_AFTER)) == []
    assert kinds(*polls(30, headers=HELPER)) == ["polled_too_fast"]
    assert kinds(*polls(30, answer=POLL_AFTER)) == ["polled_too_fast"]


def test_polls_of_what_is_over_are_another_matter():
    assert kinds(*polls(30, status="completed")) == []


def test_polls_of_two_runs_are_counted_apart():
    first, second = polls(10), [looked(0.005 + at * 0.011, "queued", "run_2") for at in range(10)]
    assert kinds(*first, *second) == []


def test_it_is_found_once_for_each_status():
    assert kinds(*polls(100)) == ["polled_too_fast"]


# --- the verdict ----------------------------------------------------------------------------------------------------


def test_warnings_fail_a_strict_verdict_only():
    verdict = judged(*polls(11))
    assert verdict.passes()
    assert not verdict.passes(strict=True)
    assert not judged(runs=[RunRecord("run_1", "thread_1", "queued")]).passes()
    assert judged().passes(strict=True)


def test_failures_come_first():
    assert kinds(*polls(11), runs=[RunRecord("run_1", "thread_1", "queued")]) == ["run_left_behind", "polled_too_fast"]


def test_a_verdict_says_how_much_was_judged():
    verdict = judged(created(fault={"status": 429}), looked(1, "completed"))
    assert verdict.to_json() == {"passed": True, "strict": False, "requests": 2, "faults": 1, "findings": []}


def test_every_kind_of_finding_says_what_a_sound_program_does():
    from emulator.domain.verdict.findings import Finding, FindingKind

    assert all(Finding(kind, "").advice for kind in FindingKind)

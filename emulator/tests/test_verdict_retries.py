"""What is found of attempts, in logs whose times are made up."""

import pytest

from emulator.domain.request_log import MOST_BODY_BYTES
from emulator.tests.made_up_logs import MESSAGES, RUN, RUNS, judged, kinds, sent

NEVER = (b"x-should-retry", b"false")
AGAIN = (b"x-should-retry", b"true")


def post(status, at, wait=None, **more):
    """Return an attempt to make a run. wait: of the answer's Retry-After, as it is sent."""
    answer = list(more.pop("answer", ()))
    if wait is not None:
        answer.append((b"retry-after", wait))
    return sent("POST", RUNS, status, at=at, body=more.pop("body", b"{}"), answer=answer, **more)


# --- Retry-After ----------------------------------------------------------------------------------------------------


def test_an_attempt_before_the_time_that_retry_after_says_ignores_it():
    assert kinds(post(429, 0, b"2"), post(200, 1)) == ["retry_after_ignored"]


def test_an_attempt_that_is_early_by_less_than_a_twentieth_heeds_it():
    assert kinds(post(429, 0, b"2"), post(200, 1.92)) == []
    assert kinds(post(429, 0, b"2"), post(200, 1.90)) == ["retry_after_ignored"]


def test_the_wait_begins_when_the_answer_was_sent():
    assert kinds(post(429, 0, b"2", took=1), post(200, 2.5)) == ["retry_after_ignored"]


def test_milliseconds_count_before_seconds():
    milliseconds = (b"retry-after-ms", b"20")
    assert kinds(post(429, 0, b"2", answer=[milliseconds]), post(200, 0.05)) == []
    assert kinds(post(429, 0, b"0", answer=[milliseconds]), post(200, 0.02)) == ["retry_after_ignored"]


def test_a_wait_of_more_than_a_minute_which_official_clients_do_not_heed_is_one_all_the_same():
    assert kinds(post(429, 0, b"61"), post(200, 8)) == ["retry_after_ignored"]


def test_what_the_clock_of_the_namespace_went_on_by_is_waited():
    assert kinds(post(429, 0, b"120", clock=1000), post(200, 0.1, clock=1120)) == []
    assert kinds(post(429, 0, b"120", clock=1000), post(200, 0.1, clock=1060)) == ["retry_after_ignored"]


def test_what_the_clock_jumps_by_within_the_next_attempt_is_not_waited():
    assert kinds(post(429, 0, b"20", clock=1000), post(200, 0.1, clock=1060, clock_began=1000)) == [
        "retry_after_ignored"
    ]


def test_a_date_is_compared_with_the_clock_of_the_namespace():
    date = b"Mon, 05 Jan 2026 12:00:30 GMT"  # half a minute after noon
    assert kinds(post(503, 0, date, clock=1767614400), post(200, 1, clock=1767614431)) == []
    assert kinds(post(503, 0, date, clock=1767614400), post(200, 1, clock=1767614401)) == ["retry_after_ignored"]


@pytest.mark.parametrize("wait", [b"", b"soon", b"-5", b"nan", b"inf", b"1e999", b"Mon, 99 Foo 2026"])
def test_a_retry_after_that_says_nothing_is_none(wait):
    assert kinds(post(429, 0, wait), post(200, 0.1)) == []


def test_it_is_found_once_for_a_call():
    assert kinds(post(429, 0, b"5"), post(429, 1, b"5"), post(200, 2)).count("retry_after_ignored") == 1


# --- what cannot be retried -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_was_refused_for_what_it_says_and_comes_again_directly_was_retried_in_vain(status):
    assert kinds(post(status, 0), post(status, 1)) == ["retried_non_retryable"]


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_any_other_refusal_may_be_retried(status):
    assert kinds(post(status, 0), post(200, 1)) == []


def test_a_request_in_between_by_the_same_client_may_have_changed_something():
    assert kinds(post(400, 0), sent(at=0.5), post(200, 1)) == []


def test_a_request_in_between_by_another_client_has_not():
    other = (b"authorization", b"Bearer sk-emu-b")
    assert kinds(post(400, 0), sent(at=0.5, key=other), post(400, 1)) == ["retried_non_retryable"]


def test_what_the_service_says_of_a_repetition_counts_first():
    assert kinds(post(400, 0, answer=[AGAIN]), post(200, 1)) == []
    assert kinds(post(500, 0, answer=[NEVER]), post(200, 1)) == ["retried_non_retryable"]
    assert kinds(post(500, 0, answer=[NEVER])) == []


# --- which requests are attempts of one call ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "other",
    [
        {"body": b'{"a": 1}'},
        {"key": (b"authorization", b"Bearer sk-emu-b")},
        {"headers": [(b"user-agent", b"curl")]},
    ],
)
def test_another_body_or_another_client_is_another_call(other):
    assert kinds(post(400, 0), post(400, 1, **other)) == []


def test_of_a_body_that_is_cut_its_size_counts_too():
    cut = b"x" * MOST_BODY_BYTES
    one, same, longer = (post(400, at, body=cut, size=MOST_BODY_BYTES + more) for at, more in ((0, 1), (1, 1), (2, 2)))
    assert kinds(one, longer) == []
    assert kinds(one, same) == ["retried_non_retryable"]


def test_a_long_body_that_a_fault_kept_from_being_read_is_the_same_as_one_of_its_size():
    unread = post(503, 0, size=MOST_BODY_BYTES + 1)
    unread.body = None
    assert kinds(unread, post(200, 1, body=b"x" * MOST_BODY_BYTES, size=MOST_BODY_BYTES + 1)) == []


def test_forms_are_compared_by_their_fields_and_not_by_their_boundaries():
    def upload(at, status, name, boundary):
        kind = (b"content-type", b"multipart/form-data; boundary=" + boundary)
        form = name and {"purpose": "assistants", "file": {"filename": name, "bytes": 3}}
        return sent("POST", "/files", status, at=at, body=boundary, headers=[kind], form=form)

    assert kinds(upload(0, 400, "a.txt", b"1"), upload(1, 400, "a.txt", b"22")) == ["retried_non_retryable"]
    assert kinds(upload(0, 400, "a.txt", b"1"), upload(1, 400, "b.txt", b"1")) == []
    assert kinds(upload(0, 503, None, b"1"), upload(1, 200, "a.txt", b"22")) == []


def test_programs_that_send_the_same_at_the_same_time_do_not_repeat_each_other():
    assert kinds(post(400, 0, took=1), post(400, 0.5, took=1)) == []


def test_a_success_ends_the_attempts():
    assert kinds(*(post(status, at) for at, status in enumerate([503, 200] * 11))) == []


def test_what_the_log_has_given_up_is_not_judged():
    one, other = post(400, 0), post(400, 1)
    one.give_up_contents()
    other.give_up_contents()
    assert kinds(one, other) == []


# --- how many, and how soon -----------------------------------------------------------------------------------------


def failing(times, pause):
    """Return attempts that all fail. pause: before each, by how many there were."""
    at, log = 0.0, []
    for number in range(times):
        log.append(post(500, at))
        at += 0.01 + pause(number)
    return log


def test_more_than_ten_attempts_that_all_fail_are_a_storm():
    assert "retry_storm" not in kinds(*failing(10, lambda number: 2**number))
    assert "retry_storm" in kinds(*failing(11, lambda number: 2**number))


def test_a_success_behind_a_storm_does_not_undo_it():
    log = failing(11, lambda number: 2**number)
    assert kinds(*log, post(200, log[-1].ended + 5000)) == ["retry_storm"]


def test_the_same_pause_each_time_is_no_backoff():
    assert kinds(*failing(3, lambda _: 1.0)) == ["no_backoff"]
    assert kinds(*failing(3, lambda number: 1.0 + 0.09 * number)) == ["no_backoff"]
    assert kinds(*failing(3, lambda number: 1.0 + 0.12 * number)) == []


def test_two_attempts_are_no_pattern():
    assert kinds(*failing(2, lambda _: 1.0)) == []


def test_a_backoff_that_has_come_to_its_limit_is_one():
    assert kinds(*failing(6, lambda number: min(2**number, 8))) == []


def test_no_pause_at_all_is_the_same_pause_whatever_the_machine_makes_of_it():
    assert kinds(*failing(3, lambda number: 0.001 + 0.004 * number)) == ["no_backoff"]


def test_a_small_backoff_is_one():
    assert kinds(*failing(4, lambda number: 0.005 * 2**number)) == []


def test_whoever_waits_as_long_as_retry_after_says_needs_no_backoff():
    assert kinds(*(post(429, at, b"1") for at in (0, 1.01, 2.02)), post(200, 3.03)) == []


# --- giving up ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 503])
def test_what_may_be_retried_and_is_not_was_given_up(status):
    assert kinds(post(status, 0)) == ["gave_up"]


def test_the_last_of_several_attempts_is_none_that_was_given_up():
    assert kinds(post(503, 0), post(503, 1)) == []


def test_a_lost_connection_that_is_left_at_that_was_given_up():
    assert kinds(post(0, 0, fault={"disconnect": True})) == ["gave_up"]
    assert kinds(post(499, 0, fault={"delay": "1h"})) == ["gave_up"]


def test_a_client_that_leaves_by_itself_gives_nothing_up():
    assert kinds(post(499, 0)) == []


def test_whoever_finds_that_it_was_done_has_no_need_to_try_again():
    lost = {"disconnect": True, "before": False}
    message = sent("POST", MESSAGES, 0, at=0, fault=lost, done=200)
    assert kinds(message, sent("GET", MESSAGES, at=1, more=False)) == []
    run = post(0, 0, fault=lost, done=200, run="run_1")
    assert kinds(run, sent("GET", RUN, at=1, shows=[("run_1", "completed")])) == []


@pytest.mark.parametrize("lost", [{"disconnect": True, "before": False}, {"truncate": 20}])
def test_a_repetition_that_is_refused_because_the_work_was_done_leaves_that_to_be_looked_at(lost):
    run = post(200 if "truncate" in lost else 0, 0, fault=lost, done=200, run="run_1")
    again = post(400, 1)
    assert kinds(run, again) == ["gave_up"]
    assert kinds(run, again, sent("GET", RUN, at=2, shows=[("run_1", "completed")])) == []
    assert kinds(run, again, sent("GET", RUNS, at=2, more=False)) == []


@pytest.mark.parametrize(
    "method, path, status", [("DELETE", "/assistants/asst_1", 404), ("POST", f"{RUN}/cancel", 400)]
)
def test_a_refusal_says_enough_of_what_is_gone_or_cancelled(method, path, status):
    lost = sent(method, path, 0, at=0, fault={"disconnect": True, "before": False}, done=200)
    assert kinds(lost, sent(method, path, status, at=1)) == []


def test_a_repetition_that_is_refused_and_that_nothing_was_done_before_is_none_that_was_given_up():
    assert kinds(post(0, 0, fault={"disconnect": True}), post(400, 1)) == []
    assert kinds(post(503, 0, fault={"status": 503}), post(404, 1)) == []


def test_whoever_finds_that_it_was_not_done_has():
    message = sent("POST", MESSAGES, 0, at=0, fault={"disconnect": True})
    assert kinds(message, sent("GET", MESSAGES, at=1, more=False)) == ["gave_up"]


def test_a_finding_names_the_request_what_it_met_and_the_line_of_the_log():
    request = post(429, 1.5, fault={"status": 429}, took=0.02)
    (finding,) = judged(request).findings
    assert finding.to_json() == {
        "kind": "gave_up",
        "severity": "warn",
        "message": f"POST {RUNS} was answered 429, and was not tried again",
        "request": request.id,
        "fault": {"status": 429},
        "advice": finding.advice,
        "line": f"1.500 s: POST {RUNS}: 429 after 20 ms ({request.id})",
    }


def test_a_finding_shows_no_key():
    (finding,) = judged(sent("POST", "/threads/sk-proj-abcdefghijklmnopqrstuvwxyz0123456789/runs", 429, at=0)).findings
    assert "abcdefghijkl" not in str(finding.to_json())


def test_a_loop_does_not_fill_the_verdict():
    log = [post(429, at, body=b"%d" % at) for at in range(100)]
    assert len(judged(*log).findings) == 20


def test_of_many_attempts_at_the_same_time_each_is_compared_with_some_only():
    """What takes a time that grows with the square of the log would take minutes here."""
    log = [post(503, at / 1000, took=100) for at in range(10_000)]
    assert kinds(*log) == ["gave_up"] * 20


def test_many_calls_that_fail_are_compared_by_their_content():
    log = [post(503, at, body=b"%d" % at) for at in range(10_000)]
    assert kinds(*log) == ["gave_up"] * 20

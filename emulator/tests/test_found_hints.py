"""Hints that are found in request logs which a test makes up, with times of its own."""

from itertools import count

import pytest

from emulator.domain.hints.kinds import HintKind
from emulator.domain.hints.outputs import at_wrong_time, to_wrong_calls
from emulator.domain.hints.rules import hints_in
from emulator.domain.hints.trace import Trace
from emulator.domain.observations import Observed, Seen
from emulator.domain.request_log import LoggedRequest
from emulator.wire.history.behaviors import behaviors_of

RUNS, RUN = "/threads/thread_1/runs", "/threads/thread_1/runs/run_1"
STORE_FILE, STORE = "/vector_stores/vs_1/files/file-1", Seen("vector_store", "vs_1", "completed")
BATCH = "/vector_stores/vs_1/file_batches/vsfb_1"
_NUMBERS = count(1)


def sent(method, path, *seen, at=None, took=0.5, status=200, query="", more=None, hint=None, headers=(), run=None):
    """Return a request. seen: objects, or statuses of the run; at: when it came; each comes after the last by itself."""
    number = next(_NUMBERS)
    began = float(number) if at is None else at
    objects = tuple(one if isinstance(one, Seen) else Seen("thread.run", "run_1", one) for one in seen)
    run = "run_1" if path.startswith(RUN) else run
    address = (method, path, query.encode(), path.encode(), "openai", status, took * 1000, None, run, None, hint)
    request = LoggedRequest(f"req_{number}", *address, headers, 0, None, None, (), 0, b"")
    request.ended = began + took
    request.observed = Observed(objects, more) if objects or more is not None else None
    return request


def found(*log, runs=None, day="2026-08-30"):
    """Return the kinds of the hints in a log, with what they are about and how often."""
    ended = sorted(log, key=lambda request: request.ended)
    hints = hints_in(Trace.of(ended, {"run_1": runs} if runs else {}, behaviors_of(day)))
    return [(hint.kind.value, hint.about, hint.count) for hint in hints]


# --- polls ----------------------------------------------------------------------------------------------------------


def reads(times, status="failed"):
    return [sent("GET", RUN, status) for _ in range(times)]


def test_the_read_that_shows_the_end_and_two_more_are_fine():
    assert found(*reads(3)) == []
    assert found(*reads(4)) == [("polled_past_end", "run_1", 3)]


def test_reads_of_a_run_that_goes_on_are_fine():
    assert found(*reads(50, "in_progress")) == []


@pytest.mark.parametrize(
    "end",
    [("GET", RUNS, "completed"), ("POST", RUNS, "in_progress", "completed"), ("POST", f"{RUN}/cancel", "cancelled")],
)
def test_any_answer_shows_an_end(end):
    assert found(sent(*end), *reads(2, end[-1])) == []
    assert found(sent(*end), *reads(3, end[-1])) == [("polled_past_end", "run_1", 3)]


def test_reads_that_were_under_way_when_the_end_was_shown_are_fine():
    assert found(*[sent("GET", RUN, "failed", at=1000.0 + number / 100, took=0.5) for number in range(8)]) == []


def test_a_run_that_is_modified_or_whose_steps_are_read_is_not_polled():
    others = [sent("POST", RUN, "completed") for _ in range(9)]
    assert found(*reads(1, "completed"), *others, *[sent("GET", f"{RUN}/steps", more=False) for _ in range(9)]) == []


# --- statuses -------------------------------------------------------------------------------------------------------


def created(*seen, status=200):
    return sent("POST", RUNS, *(seen or ("queued",)), status=status, run="run_1")


@pytest.mark.parametrize("status", ["requires_action", "failed", "incomplete", "expired"])
def test_a_status_that_no_answer_showed_is_hinted_at(status):
    came_to = ("queued", "in_progress", status)
    assert found(created(), runs=came_to) == [("status_never_shown", "run_1", 1)]
    assert found(created(), *reads(1, status), runs=came_to) == []
    assert found(created("queued", status), runs=came_to) == []


@pytest.mark.parametrize("status", ["completed", "cancelled", "in_progress", "cancelling"])
def test_a_status_that_needs_no_answer_is_not(status):
    assert found(created(), runs=("queued", status)) == []


def test_a_run_that_no_client_made_is_not_hinted_at():
    """It came with a fixture, or its answer was lost, or the log has forgotten how it began."""
    assert found(sent("GET", RUN, "queued"), runs=("queued", "failed")) == []
    assert found(created(status=500), runs=("queued", "failed")) == []


def test_a_refusal_that_names_the_status_shows_it():
    assert found(created(), sent("POST", f"{RUN}/cancel", status=400), runs=("queued", "failed")) == []
    assert found(created(), sent("POST", f"{RUN}/cancel", status=404), runs=("queued", "failed")) != []


def test_a_run_that_was_answered_or_cancelled_need_not_be_seen_waiting():
    waited = ("queued", "in_progress", "requires_action")
    for verb in ("submit_tool_outputs", "cancel"):
        assert found(created(), sent("POST", f"{RUN}/{verb}", "queued"), runs=waited) == []
    (hint,) = hints_in(Trace.of([created()], {"run_1": (*waited, "expired")}, behaviors_of("2026-01-01")))
    assert "came to requires_action and then expired, and no answer" in hint.message


# --- outputs --------------------------------------------------------------------------------------------------------


def timeline(*changes):
    return [dict(zip(("status", "cause"), change.split(), strict=True)) for change in changes]


BEGUN = ("queued create", "in_progress start")
ASKED = (*BEGUN, "requires_action require_action")


@pytest.mark.parametrize(
    "changes, kind",
    [
        (BEGUN, HintKind.OUTPUTS_UNASKED),
        ((*BEGUN, "completed complete"), HintKind.OUTPUTS_UNASKED),
        ((*ASKED, "expired expire"), HintKind.OUTPUTS_TOO_LATE),
        ((*ASKED, "cancelling cancel", "cancelled cancelled"), HintKind.OUTPUTS_TOO_LATE),
        ((*ASKED, "queued submit"), HintKind.OUTPUTS_TWICE),
        ((*ASKED, "queued submit", "in_progress start", "completed complete"), HintKind.OUTPUTS_TWICE),
        ((*ASKED, "queued submit", *ASKED[1:], "expired expire"), HintKind.OUTPUTS_TOO_LATE),
    ],
)
def test_why_a_run_takes_no_outputs_follows_from_what_it_came_to(changes, kind):
    assert at_wrong_time(timeline(*changes)) == kind


@pytest.mark.parametrize(
    "changes, got, kind",
    [
        (ASKED, ("a", "b"), None),
        (ASKED, ("a", "b", "c"), None),
        (ASKED, ("a", "b", "b"), None),
        (ASKED, ("a",), HintKind.OUTPUTS_INCOMPLETE),
        (ASKED, ("a", "c"), HintKind.OUTPUTS_INCOMPLETE),
        (ASKED, (), HintKind.OUTPUTS_INCOMPLETE),
        ((*ASKED, "queued submit", *ASKED[1:]), ("c",), HintKind.OUTPUTS_TWICE),
        ((*ASKED, "queued submit", *ASKED[1:]), ("b",), HintKind.OUTPUTS_INCOMPLETE),
    ],
)
def test_what_is_wrong_with_the_calls_that_are_answered(changes, got, kind):
    assert to_wrong_calls(timeline(*changes), ("a", "b"), got) == kind


# --- lists ----------------------------------------------------------------------------------------------------------


def page(query="", path="/assistants", *, more=True):
    return sent("GET", path, query=query, more=more)


def test_a_list_that_goes_on_is_hinted_at_unless_another_page_is_asked_for():
    unread = [("rest_of_list_unread", "GET /assistants", 1)]
    assert found(page()) == unread
    assert found(page(more=False)) == []
    for query in ("after=asst_1", "limit=2&before=asst_9&order=asc"):
        assert found(page(), page(query, more=False)) == []
    assert found(page(), page("after=msg_1", "/threads/thread_1/messages")) == unread


@pytest.mark.parametrize("query", ["limit=1", "limit=1&order=desc", "order=desc&limit=1&run_id=run_1"])
def test_whoever_asks_for_the_newest_reads_the_whole_list(query):
    assert found(page(query)) == []


@pytest.mark.parametrize("query", ["limit=1&order=asc", "limit=2", "limit=100&order=desc", "limit=11", "limit=%31%30"])
def test_any_other_limit_does_not_excuse(query):
    assert found(page(query), page(query)) == [("rest_of_list_unread", "GET /assistants", 2)]


# --- addresses ------------------------------------------------------------------------------------------------------


def test_urls_that_are_wrong_in_one_way_are_one_hint_about_the_first_of_them():
    log = [sent("POST", path, status=404, hint="base_url lacks /v1") for path in ("/threads", "/files", "/threads")]
    other = sent("POST", "/chat/completions", status=404, hint="this server speaks the Assistants API and")
    assert found(*log, other) == [("wrong_url", "POST /threads", 3), ("wrong_url", "POST /chat/completions", 1)]


def test_no_hint_holds_a_key():
    (url,) = found(sent("GET", "/sk-proj-q7zx9lw2vb/threads", status=404, hint="base_url lacks /v1"))
    (rest,) = found(page(path="/threads/sk-proj-q7zx9lw2vb/messages"))
    assert "q7zx9lw2vb" not in str((url, rest))


# --- the wire's day -------------------------------------------------------------------------------------------------


def test_a_batch_that_was_read_as_its_store_names_the_last_day_on_which_it_was_not():
    (hint,) = hints_in(Trace.of([sent("GET", BATCH, STORE)], {}, behaviors_of("2026-01-01")))
    assert (hint.kind, hint.about) == ("batch_read_as_store", "vsfb_1")
    assert "With --wire 2025-10-24 (wire of the namespace)" in hint.message


def test_batches_that_are_polled_by_a_helper_or_read_as_themselves_are_fine():
    helper = ((b"X-Stainless-Poll-Helper", b"true"),)
    assert found(sent("GET", BATCH, STORE, headers=helper)) == []
    assert found(sent("GET", BATCH, Seen("vector_store.file_batch", "vsfb_1", "completed"))) == []
    assert found(sent("GET", "/vector_stores/vs_1", STORE), sent("GET", f"{BATCH}/files", more=False)) == []


def test_a_store_that_is_taken_for_a_batch_is_hinted_at():
    log = [sent("POST", "/vector_stores", STORE), sent("GET", f"{BATCH[:-6]}vs_1/files", status=404)]
    assert found(*log) == [("batch_read_as_store", "vs_1", 1)]


def test_an_order_that_changes_nothing_is_hinted_at_where_it_could_have():
    files = [Seen("vector_store.file", f"file-{number}", "completed") for number in range(2)]
    log = [sent("GET", f"{BATCH}/files", *files, query="order=asc", more=False)]
    assert found(*log) == [("batch_order_ignored", "vsfb_1", 1)]
    assert found(*log, day="2025-09-30") == []
    assert found(sent("GET", f"{BATCH}/files", *files, more=False)) == []
    assert found(sent("GET", f"{BATCH}/files", files[0], query="order=asc", more=False)) == []


def test_a_file_that_is_deleted_before_it_is_removed_from_its_store_is_hinted_at():
    shown = sent("POST", STORE_FILE[:-7], Seen("vector_store.file", "file-1", "in_progress"))
    log = [sent("DELETE", "/files/file-1"), sent("DELETE", STORE_FILE, status=404)]
    assert found(shown, *log) == [("file_left_its_stores", "file-1", 1)]
    assert found(shown, *log, day="2025-10-31") == []
    assert found(*log) == []
    assert found(shown, sent("DELETE", STORE_FILE), sent("DELETE", "/files/file-1")) == []

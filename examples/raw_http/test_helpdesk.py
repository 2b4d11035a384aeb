"""The suite: what the app answers on success and on failure."""

import pytest


@pytest.mark.parametrize("number, answer", [("K7", "Parcel K7 is on the van."), ("Z9", "There is no parcel Z9.")])
def test_the_answer_follows_the_data(desk, number, answer):
    assert desk.ask(f"Where is parcel {number}?") == answer


@pytest.mark.unmatched
def test_an_unscripted_question_fails_the_run_and_is_reported(desk, namespace):
    assert desk.ask("Do you sell stamps?") == "Something went wrong. Please ask a colleague."
    (entry,) = namespace.report()["unmatched"]
    assert entry["message"].startswith("[emulator] no scripted turn matches")


def test_a_failed_run_is_reported_politely(desk):
    assert desk.ask("Will it come before Christmas?") == "Something went wrong. Please ask a colleague."


def test_an_expired_run_is_reported_politely(desk, namespace):
    namespace.configure(clock="2026-01-05T09:00:00Z")  # frozen: only the test advances it
    run = desk.start("What does customs say?")
    assert "thread.run.expired" in namespace.advance("10m1s")
    assert desk.finish(run) == "That took too long. Please ask again."


def test_a_busy_service_is_retried(desk, namespace):
    namespace.fault("POST", "/threads/*/runs", status=429, headers={"retry-after-ms": "1"})
    assert desk.ask("What are your hours?").startswith("We are open")
    assert namespace.count_requests("POST", "/runs") == 2


def test_a_broken_service_is_reported_politely(desk, namespace):
    namespace.fault("POST", "/threads", status=500, headers={"x-should-retry": "false"})
    assert desk.ask("What are your hours?") == "We cannot be reached at the moment."


def test_a_stream_is_read_to_its_end(desk):
    assert desk.ask_streaming("What are your hours?").endswith("until noon.")


def test_a_stream_that_is_cut_is_marked_as_unfinished(desk, namespace):
    namespace.fault("POST", "/threads/*/runs", cut_stream_after=12)
    assert desk.ask_streaming("What are your hours?").endswith(" …")


def test_requests_of_other_tests_are_not_visible(namespace):
    assert namespace.count_requests("POST", "/runs") == 0

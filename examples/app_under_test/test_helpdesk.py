"""The suite: what the app says when all goes well, and when it does not."""

import pytest


@pytest.mark.parametrize("number, answer", [("K7", "Parcel K7 is on the van."), ("Z9", "There is no parcel Z9.")])
def test_the_answer_follows_the_data(desk, number, answer):
    assert desk.ask(f"Where is parcel {number}?") == answer


@pytest.mark.unmatched
def test_a_question_that_nobody_scripted_fails_the_run_and_is_reported(desk, namespace):
    assert desk.ask("Do you sell stamps?") == "Something went wrong. Please ask a colleague."
    (line,) = namespace.report()["unmatched"]
    assert line["message"].startswith("[emulator] no scripted turn matches")


def test_a_failed_run_is_told_kindly(desk):
    assert desk.ask("Will it come before Christmas?") == "Something went wrong. Please ask a colleague."


def test_a_run_that_expires_is_told_kindly(desk, namespace):
    namespace.setup(clock="2026-01-05T09:00:00Z")  # frozen there: ten minutes pass when the test says so
    run = desk.begin("What does customs say?")
    assert "thread.run.expired" in namespace.advance("10m1s")
    assert desk.finish(run) == "That took too long. Please ask again."


def test_a_busy_service_is_asked_again(desk, namespace):
    namespace.fault("POST", "/threads/*/runs", status=429, headers={"retry-after-ms": "1"})
    assert desk.ask("What are your hours?").startswith("We are open")
    assert namespace.requests("POST", "/runs") == 2


def test_a_broken_service_is_told_kindly(desk, namespace):
    namespace.fault("POST", "/threads", status=500, headers={"x-should-retry": "false"})
    assert desk.ask("What are your hours?") == "We cannot be reached at the moment."


def test_a_stream_is_read_to_its_end(desk):
    assert desk.read_aloud("What are your hours?").endswith("until noon.")


def test_a_stream_that_is_cut_is_marked_as_unfinished(desk, namespace):
    namespace.fault("POST", "/threads/*/runs", cut_stream_after=12)
    assert desk.read_aloud("What are your hours?").endswith(" …")


def test_what_one_test_did_is_not_seen_by_another(namespace):
    assert namespace.requests("POST", "/runs") == 0

"""The suite: what the app answers on success and on failure. Its fixtures come from the emulator's pytest plugin."""

import pytest
from helpdesk import Helpdesk

PARCELS = {"K7": "on the van", "M2": "at the depot"}


@pytest.fixture
def desk(openai_client):
    return Helpdesk(openai_client, PARCELS.get)


@pytest.mark.parametrize("number, answer", [("K7", "Parcel K7 is on the van."), ("Z9", "There is no parcel Z9.")])
def test_the_answer_follows_the_data(desk, emulator, number, answer):
    assert desk.ask(f"Where is parcel {number}?") == answer
    assert emulator.runs.last.calls["find_parcel"].output == PARCELS.get(number, "unknown")


@pytest.mark.emulator(allow="unmatched")
def test_an_unscripted_question_fails_the_run(desk, emulator):
    assert desk.ask("Do you sell stamps?") == "Something went wrong. Please ask a colleague."
    assert emulator.runs.last.timeline == ["queued", "in_progress", "failed"]


def test_a_failed_run_is_reported_politely(desk):
    assert desk.ask("Will it come before Christmas?") == "Something went wrong. Please ask a colleague."


@pytest.mark.emulator(clock="frozen")
def test_an_expired_run_is_reported_politely(desk, emulator):
    run = desk.start("What does customs say?")
    emulator.clock.advance("10m1s")
    assert desk.finish(run) == "That took too long. Please ask again."


def test_a_busy_service_is_retried(desk, emulator):
    emulator.fault("POST", "/threads/*/runs", status=429, headers={"retry-after-ms": "1"}, times=1)
    assert desk.ask("What are your hours?").startswith("We are open")
    emulator.requests.assert_called("POST", "/threads/*/runs", times=2)


def test_a_broken_service_is_reported_politely(desk, emulator):
    emulator.fault("POST", "/threads", status=500, headers={"x-should-retry": "false"})
    assert desk.ask("What are your hours?") == "We cannot be reached at the moment."


def test_a_connection_that_breaks_is_reported_politely(desk, emulator):
    emulator.fault("POST", "/threads", disconnect=True)
    assert desk.ask("What are your hours?") == "We cannot be reached at the moment."


def test_a_stream_is_read_to_its_end(desk):
    assert desk.ask_streaming("What are your hours?").endswith("until noon.")


def test_a_stream_that_breaks_off_is_marked_as_unfinished(desk, emulator):
    emulator.fault("POST", "/threads/*/runs", cut_stream_after=12)
    assert desk.ask_streaming("What are your hours?").endswith(" …")


def test_a_slow_run_is_polled_until_it_ends(desk, emulator):
    emulator.pace("polls", times=3)
    assert desk.ask("What are your hours?").startswith("We are open")
    emulator.requests.assert_called("GET", "/threads/*/runs/*", at_least=6)

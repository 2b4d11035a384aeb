"""The verdict on programs, against a real server: each finding has a program that earns it, and one that does not."""

import pytest

from contract_tests import resilience as programs
from contract_tests.harness import NOON
from contract_tests.resilience import Setting

RUNS, MESSAGES = "/threads/*/runs", "/threads/*/messages"
SAYS, ASKS, FAILS = {"say": "one two three"}, {"call": "look_outside"}, {"fail": "server_error", "message": "broken"}
BUSY = {"status": 429, "headers": {"retry-after": "20"}}
LOST = {"disconnect": True, "before": False}

# finding, what the script does, what goes wrong where and how often, the program that earns it, one that does not
TABLE = [
    (
        "retry_after_ignored",
        SAYS,
        (BUSY, RUNS, 1),
        programs.comes_back_before_its_time,
        programs.comes_back_when_it_may,
    ),
    ("retried_non_retryable", ASKS, None, programs.repeats_what_was_refused, programs.waits_until_the_run_is_over),
    ("retry_storm", SAYS, ({"status": 503}, RUNS, 11), programs.never_stops, programs.stops_after_some),
    ("did_it_twice", SAYS, (LOST, MESSAGES, 1), programs.asks_again, programs.looks_first),
    (
        "did_it_twice",
        SAYS,
        ({"status": 500, "before": False}, RUNS, 1),
        programs.starts_again,
        programs.looks_for_the_run,
    ),
    ("did_it_twice", SAYS, ({"truncate": 20}, RUNS, 1), programs.starts_again, programs.looks_for_the_run),
    (
        "part_taken_for_whole",
        SAYS,
        ({"cut_stream_after": 6, "clean": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"omit_done": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"cut_stream_after": 6}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "part_taken_for_whole",
        SAYS,
        ({"error_event": True}, RUNS, 1),
        programs.believes_the_stream,
        programs.reads_the_run_behind_a_stream,
    ),
    (
        "end_not_looked_at",
        FAILS,
        None,
        programs.reads_the_answer_unseen,
        programs.reads_the_answer_of_a_completed_run,
    ),
    ("run_left_behind", ASKS, None, programs.leaves_its_run, programs.cancels_its_run),
    ("gave_up", SAYS, ({"status": 503}, RUNS, 2), programs.tries_once, programs.stops_after_some),
    (
        "gave_up",
        SAYS,
        ({"cut_stream_after": 6}, RUNS, 1),
        programs.leaves_it_at_an_error,
        programs.reads_the_run_behind_a_stream,
    ),
    ("no_backoff", SAYS, ({"status": 503}, RUNS, 2), programs.tries_at_one_pace, programs.stops_after_some),
    (
        "no_read_timeout",
        SAYS,
        ({"stall_stream_after": 3, "for": "200ms"}, RUNS, 1),
        programs.reads_the_run_behind_a_stream,
        None,
    ),
    (
        "no_read_timeout",
        SAYS,
        ({"stall_stream_after": 3, "for": "1h"}, RUNS, 1),
        None,
        programs.has_a_read_time_out,
    ),
    ("polled_too_fast", ASKS, None, programs.polls_without_a_pause, programs.polls_as_its_helper_does),
]


@pytest.fixture
def setting(ns, client):
    """What a program works with; its clock is frozen, and goes on only while the program waits."""
    ns.put(clock=NOON)
    return Setting(ns, client)


@pytest.fixture
def judge(ns, setting):
    """Return a function that runs a program within what goes wrong, and returns the kinds of what is found of it."""

    def judged(step, fault, program):
        ns.play(step)
        if fault is not None:
            do, path, times = fault
            ns.fault(do, method="POST", path=path, times=times)
        program(setting)
        return [one["kind"] for one in ns.control("GET", "/verdict")["findings"]]

    return judged


def rows(place):
    """Return the rows of the table that have a program in a place."""
    return [
        pytest.param(row[0], row[1], row[2], row[place], id=f"{row[0]}-{row[place].__name__}-{number}")
        for number, row in enumerate(TABLE)
        if row[place] is not None
    ]


@pytest.mark.parametrize("kind, step, fault, program", rows(3))
def test_a_program_earns_its_finding(judge, kind, step, fault, program):
    assert kind in judge(step, fault, program)


@pytest.mark.parametrize("kind, step, fault, program", rows(4))
def test_a_sound_program_earns_none(judge, kind, step, fault, program):
    assert judge(step, fault, program) == []

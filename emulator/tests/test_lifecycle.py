import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain import lifecycle
from emulator.domain.lifecycle import (
    ENDINGS,
    FROM_OUTSIDE,
    MACHINES,
    MESSAGE,
    RESPONSE,
    RUN,
    RUN_STEP,
    RUN_TERMINAL,
    VECTOR_STORE,
    Arrival,
    IllegalSignalError,
    Signal,
    advance,
    apply,
    store_signal,
    terminal,
)

EDGES = [
    (name, status, signal, arrival)
    for name, machine in MACHINES.items()
    for status, row in machine.items()
    for signal, arrival in row.items()
]
SIGNALS = sorted(Signal)


# --- signals ---------------------------------------------------------------------------------------------------------


def test_every_signal_moves_something_or_comes_from_outside():
    assert {signal for *_, signal, _ in EDGES} | set(FROM_OUTSIDE) == set(Signal)


def test_the_machines_know_signals_and_no_other_names():
    assert all(type(signal) is Signal for *_, signal, _ in EDGES)


def test_what_is_asked_of_a_run_from_outside_is_one_of_its_signals_or_moves_no_status():
    of_runs = {signal for row in RUN.values() for signal in row}
    assert {signal for signal in FROM_OUTSIDE if signal not in of_runs} == {Signal.RELEASE, Signal.STEP}


def test_a_signal_is_kept_as_its_name():
    assert Signal("submit") is Signal.SUBMIT
    assert orjson.dumps({"cause": Signal.SUBMIT}) == b'{"cause":"submit"}'
    assert f"{Signal.CANCELLED}" == "cancelled"


# --- machines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", MACHINES)
def test_every_arrival_has_a_row_of_its_own(name):
    machine = MACHINES[name]
    assert {arrival.status for row in machine.values() for arrival in row.values()} <= set(machine)


@pytest.mark.parametrize("name", MACHINES)
def test_every_status_but_the_first_can_be_reached(name):
    machine = MACHINES[name]
    first, *others = machine
    reached, waiting = {first}, [first]
    while waiting:
        for arrival in machine[waiting.pop()].values():
            if arrival.status not in reached:
                reached.add(arrival.status)
                waiting.append(arrival.status)
    assert reached == {first, *others}


def test_the_ends_are_written_down_as_empty_rows():
    assert terminal(RUN) == {"completed", "failed", "cancelled", "incomplete", "expired"}
    assert terminal(RUN_STEP) == {"completed", "failed", "cancelled", "expired"}
    assert terminal(MESSAGE) == {"completed", "incomplete"}
    assert all(machine[status] == {} for machine in MACHINES.values() for status in terminal(machine))


def test_from_every_status_of_a_run_an_end_can_be_reached():
    ends = set(terminal(RUN))
    while grown := {status for status, row in RUN.items() if any(a.status in ends for a in row.values())} - ends:
        ends |= grown
    assert ends == set(RUN)


@pytest.mark.parametrize("name", MACHINES)
@given(data=st.data())
def test_only_the_edges_of_the_table_are_legal(name, data):
    machine = MACHINES[name]
    status, signal = data.draw(st.sampled_from(sorted(machine))), data.draw(st.sampled_from(SIGNALS))
    if signal in machine[status]:
        assert advance(machine, status, signal) is machine[status][signal]
    else:
        with pytest.raises(IllegalSignalError, match=f"{signal}.*{status}"):
            advance(machine, status, signal)


def test_an_unknown_status_is_illegal_too():
    with pytest.raises(IllegalSignalError):
        advance(RUN, "paused", Signal.START)


def test_a_refusal_names_the_signal_and_the_status():
    with pytest.raises(IllegalSignalError, match="signal 'submit' is not legal in status 'queued'") as refused:
        advance(RUN, "queued", Signal.SUBMIT)
    assert (refused.value.status, refused.value.signal) == ("queued", Signal.SUBMIT)


@pytest.mark.parametrize(
    "start,target",
    [
        ("in_progress", "queued"),
        ("requires_action", "in_progress"),
        ("completed", "in_progress"),
        ("cancelled", "queued"),
    ],
)
def test_ways_that_the_service_never_went(start, target):
    assert target not in {arrival.status for arrival in RUN[start].values()}


@given(st.lists(st.sampled_from(SIGNALS), max_size=12))
def test_a_walk_of_signals_keeps_the_time_stamps_that_its_status_has(walk):
    doc = {"status": "queued", "expires_at": 700, "required_action": None}
    doc |= dict.fromkeys(("started_at", "completed_at", "failed_at", "cancelled_at"))
    now = 100
    for signal in walk:
        now += 1
        if signal not in RUN[doc["status"]]:
            continue
        before = dict(doc)
        doc, event = apply(RUN, doc, signal, now)
        assert event == f"thread.run.{doc['status']}"
        assert before["status"] != doc["status"]
        if doc["status"] == "in_progress":
            assert doc["started_at"] == now
        elif doc["status"] == "queued":
            assert doc["started_at"] == before["started_at"]
    ended = {name: doc[name] for name in ("completed_at", "failed_at", "cancelled_at") if doc[name] is not None}
    over = doc["status"] in RUN_TERMINAL
    assert len(ended) == over
    assert (doc["expires_at"] is None) == over


@pytest.mark.parametrize(
    "signal,stamp",
    [
        (Signal.COMPLETE, "completed_at"),
        (Signal.STOP, "completed_at"),
        (Signal.FAIL, "failed_at"),
        (Signal.EXPIRE, "completed_at"),
    ],
)
def test_an_end_sets_its_stamp_and_clears_the_deadline(signal, stamp):
    doc, _ = apply(RUN, {"status": "in_progress", "expires_at": 600, stamp: None}, signal, 42)
    assert (doc[stamp], doc["expires_at"]) == (42, None)


def test_what_waits_for_the_client_is_forgotten_when_it_is_answered_or_over():
    waiting = {"status": "requires_action", "expires_at": 600, "required_action": {"type": "submit_tool_outputs"}}
    for signal in RUN["requires_action"]:
        assert apply(RUN, waiting, signal, 1)[0]["required_action"] is None


def test_applying_a_signal_leaves_the_old_document_alone():
    doc = {"status": "in_progress"}
    apply(RUN_STEP, doc, Signal.COMPLETE, 9)
    assert doc == {"status": "in_progress"}


def test_an_expired_step_has_no_time_stamp_of_its_own():
    assert RUN_STEP["in_progress"][Signal.EXPIRE] == Arrival("expired", "thread.run.step.expired")


def test_a_stream_ends_with_its_run_or_with_a_question():
    assert {f"thread.run.{status}" for status in terminal(RUN)} | {
        "thread.run.requires_action"
    } == lifecycle.STREAM_ENDS


# --- what is open when a run ends ------------------------------------------------------------------------------------


def test_every_signal_that_ends_a_run_says_what_becomes_of_what_is_open():
    ends = {signal for row in RUN.values() for signal, arrival in row.items() if arrival.status in RUN_TERMINAL}
    # What is open is closed with the signal that asks for the end; `cancelled` only says that it is done.
    assert ENDINGS.keys() == (ends - {Signal.CANCELLED}) | {Signal.CANCEL}


@pytest.mark.parametrize("signal", ENDINGS)
def test_what_is_open_is_ended_in_ways_that_it_knows(signal):
    ending = ENDINGS[signal]
    assert advance(RUN_STEP, "in_progress", ending.step).status in terminal(RUN_STEP)
    assert advance(MESSAGE, "in_progress", ending.message).status in terminal(MESSAGE)


def test_a_message_that_is_cut_short_has_a_reason_and_only_that():
    assert {signal: ending.reason for signal, ending in ENDINGS.items()} == {
        Signal.COMPLETE: None,
        Signal.STOP: "max_tokens",
        Signal.FAIL: "run_failed",
        Signal.CANCEL: "run_cancelled",
        Signal.EXPIRE: "run_expired",
    }
    assert {signal for signal, ending in ENDINGS.items() if ending.message is Signal.STOP} == set(ENDINGS) - {
        Signal.COMPLETE
    }


def test_a_step_ends_as_its_run_does_but_for_one_that_was_cut_short():
    assert {signal for signal, ending in ENDINGS.items() if ending.step is not signal} == {Signal.STOP}
    assert ENDINGS[Signal.STOP].step is Signal.COMPLETE  # recorded


# --- vector stores ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", VECTOR_STORE)
@pytest.mark.parametrize("busy", [True, False])
def test_a_store_is_in_progress_while_files_are_on_their_way(status, busy):
    signal = store_signal(status, busy=busy)
    after = status if signal is None else advance(VECTOR_STORE, status, signal).status
    assert after == ("expired" if status == "expired" else "in_progress" if busy else "completed")


# --- events ----------------------------------------------------------------------------------------------------------


def test_events_are_named_after_the_status_they_tell():
    for name, _, _, arrival in EDGES:
        if arrival.event is not None:
            # A stream of a response knows three ends, and a cancelled one has not succeeded.
            told = "failed" if arrival == RESPONSE["in_progress"][Signal.CANCEL] else arrival.status
            assert arrival.event.rsplit(".", 1)[-1] == told, name

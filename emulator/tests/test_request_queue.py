"""Requests of several programs that wait in several processes, as one row has them."""

import json

import pytest

from emulator.domain.request_order import RequestOrder
from emulator.domain.request_queue import Place, RequestQueue, Waiter

HERE, THERE = 1, 2


@pytest.fixture
def queue():
    return RequestQueue(RequestOrder(("a", "b"), "ab"), 60.0)


def test_the_request_that_is_due_is_let_in_and_others_wait_for_its_end(queue):
    queue.enter(Waiter("1", "b", "GET /x", HERE), 0.0)
    queue.enter(Waiter("2", "a", "GET /y", THERE), 0.0)
    assert (queue.place("1"), queue.place("2")) == (Place.WAITING, Place.DUE)
    queue.leave("2", 1.0)
    assert (queue.place("1"), queue.order.admitted) == (Place.DUE, "ab")


def test_requests_of_a_process_that_is_gone_hold_up_nobody(queue):
    queue.enter(Waiter("1", "a", "GET /x", THERE), 0.0)
    queue.enter(Waiter("2", "b", "GET /y", HERE), 0.0)
    queue.look({HERE}, 1.0)
    assert queue.place("2") is Place.DUE


def test_patience_ends_on_the_clock_of_all_processes(queue):
    queue.enter(Waiter("1", "b", "GET /x", HERE), 10.0)
    queue.look({HERE}, 69.9)
    assert queue.place("1") is Place.WAITING
    queue.look({HERE}, 70.0)
    assert (queue.place("1"), queue.is_over) == (Place.PASSED, True)
    assert "GET /x of program b waited 60 s" in queue.stalled


def test_requests_of_a_program_that_has_ended_are_broken_off_once(queue):
    queue.enter(Waiter("1", "b", "GET /x", HERE), 0.0)
    queue.end("b", 0.0)
    assert queue.place("1") is Place.BROKEN
    queue.leave("1", 0.0)
    assert not queue.broken


def test_a_queue_is_the_same_in_every_process(queue):
    queue.enter(Waiter("1", "b", "GET /x", HERE), 0.0)
    queue.enter(Waiter("2", "a", "GET /y", THERE), 0.0)
    queue.end("b", 0.0)
    assert RequestQueue.from_state(json.loads(json.dumps(queue.state()))) == queue

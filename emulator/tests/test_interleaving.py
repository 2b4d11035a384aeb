"""Requests wait until they are due, and go on where the order, their client or the server ends."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.request_order import RequestOrder
from emulator.interleaving import Interleaving

LONG = 3600.0


@pytest.fixture
def gone():
    return asyncio.Event()


@pytest.fixture
def interleaving():
    return Interleaving(RequestOrder(("a", "b"), "ab"), LONG)


async def waiting(interleaving, gone, program="b"):
    task = asyncio.create_task(interleaving.enter(program, "POST /threads", gone.wait))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert interleaving.waiting == [program]
    return task


@given(st.text("abc", max_size=8), st.sets(st.sampled_from("abc"), max_size=2))
def test_letters_come_in_their_order_but_for_those_who_have_ended(letters, ended):
    order = RequestOrder(("a", "b", "c"), letters)
    for program in ended:
        order = order.end(program)
    for _ in range(20):
        order = order.admit()
    of_letters = "".join(letter for letter in letters if letter not in ended)
    behind = order.admitted.removeprefix(of_letters)
    assert order.admitted.startswith(of_letters)
    assert len(order.admitted) == 20
    fair = 3 - len(ended)
    assert all(len(set(behind[at : at + fair])) == fair for at in range(len(behind) - fair))


def test_nobody_is_due_where_all_have_ended():
    order = RequestOrder(("a", "b"), "ab").end("a").end("b")
    assert order.due is None
    assert order.admit() is order


async def test_a_request_that_is_due_is_let_in_at_once_and_the_next_behind_it(interleaving, gone):
    second = await waiting(interleaving, gone)
    first = await interleaving.enter("a", "POST /threads", gone.wait)
    assert not second.done()
    await first.end()
    await first.end()
    assert await second is not None
    assert interleaving.order.admitted == "ab"


async def test_a_request_whose_client_goes_away_leaves_the_queue(interleaving, gone):
    second = await waiting(interleaving, gone)
    gone.set()
    assert await second is None
    assert interleaving.waiting == []


async def test_a_request_that_is_cancelled_while_it_is_let_in_lets_the_next_in(gone):
    interleaving = Interleaving(RequestOrder(("a", "b"), "abb"), LONG)
    second = await waiting(interleaving, gone)
    await (await interleaving.enter("a", "POST /threads", gone.wait)).end()
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    assert await interleaving.enter("b", "GET /threads", gone.wait) is not None


async def test_nothing_goes_on_behind_the_end_of_the_server(interleaving, gone):
    second = await waiting(interleaving, gone)
    interleaving.stop()
    with pytest.raises(BrokenConnectionError):
        await second


async def test_an_order_that_is_over_lets_everybody_in(interleaving, gone):
    second = await waiting(interleaving, gone)
    interleaving.open()
    assert await second is not None
    assert await interleaving.enter("b", "POST /threads", gone.wait) is not None


async def test_waiting_leaves_no_task_behind(interleaving, gone):
    before = asyncio.all_tasks()
    second = await waiting(interleaving, gone)
    interleaving.open()
    await second
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


async def test_what_a_program_has_waiting_is_broken_off_where_it_ends(interleaving, gone):
    late = await waiting(interleaving, gone)
    interleaving.end("b")
    with pytest.raises(BrokenConnectionError):
        await late
    assert interleaving.order.due == "a"


async def test_what_a_program_sends_behind_its_end_takes_no_turn(interleaving, gone):
    interleaving.end("b")
    first = await interleaving.enter("a", "POST /threads", gone.wait)
    await (await interleaving.enter("b", "GET /threads", gone.wait)).end()
    second = await waiting(interleaving, gone, "a")
    await first.end()
    assert await second is not None
    assert interleaving.order.admitted == "aa"

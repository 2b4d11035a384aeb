"""A few requests begin in each turn of the event loop, in the order they came."""

import asyncio

import pytest

from emulator.listening import bound
from emulator.server import Server
from emulator.turns import CROWD, MOST, Turns


async def test_a_few_begin_in_each_turn_and_in_order():
    turns, begun = Turns((), 3), []

    async def request(number):
        await turns.begin()
        begun.append(number)

    requests = [asyncio.create_task(request(number)) for number in range(10)]
    most = 0
    while len(begun) < 10:
        before = len(begun)
        await asyncio.sleep(0)
        most = max(most, len(begun) - before)
    await asyncio.gather(*requests)
    assert begun == list(range(10))
    assert most == 3


async def test_a_request_that_comes_alone_begins_at_once():
    turns = Turns((), 1)
    for _ in range(3):
        beginning = turns.begin()
        try:
            beginning.send(None)
        except StopIteration:
            await asyncio.sleep(0)
            continue
        raise AssertionError("it waits")


async def test_one_that_has_gone_keeps_nobody_waiting():
    turns, begun = Turns((), 1), []

    async def request(number):
        await turns.begin()
        begun.append(number)

    requests = [asyncio.create_task(request(number)) for number in range(5)]
    await asyncio.sleep(0)
    for gone in (1, 2, 4):
        requests[gone].cancel()
    await asyncio.gather(*requests, return_exceptions=True)
    assert begun == [0, 3]
    late = asyncio.create_task(request(5))
    await late
    assert begun == [0, 3, 5]


@pytest.mark.parametrize("size, begun_before", [(CROWD + 1, MOST), (CROWD, CROWD)])
async def test_whoever_asks_for_the_health_of_the_server_does_not_wait_behind_a_crowd(size, begun_before):
    begun = []

    async def app(scope, receive, send):
        begun.append(scope["path"])

    async def request(path):
        await server.config.app({"type": "http", "path": path}, None, None)

    with bound("127.0.0.1", 0) as sock:
        server = Server(app, sock, ready=None)
        crowd = [asyncio.create_task(request(f"/v1/threads/{number}")) for number in range(size)]
        server.server_state.tasks.update(crowd)
        health = asyncio.create_task(request("/_emulator/health"))
        await asyncio.gather(health, *crowd)
    assert begun.index("/_emulator/health") == begun_before
    assert len(begun) == size + 1

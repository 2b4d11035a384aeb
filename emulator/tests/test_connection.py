import asyncio
import socket
import struct

import pytest

from emulator.connection import JoiningTransport

HEAD = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\n"
STREAM = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
ALONE, TOGETHER = {"this"}, {"this", "another"}


class Transport:
    """A transport that records what is done with it."""

    def __init__(self):
        self.calls = []
        self.closing = False

    def write(self, data):
        self.calls.append(data)

    def close(self):
        self.calls.append("close")
        self.closing = True

    def abort(self):
        self.calls.append("abort")
        self.closing = True

    def is_closing(self):
        return self.closing

    def get_extra_info(self, name):
        return {"socket": self}[name]

    def setsockopt(self, level, option, value):
        self.calls.append(("setsockopt", level, option, value))


@pytest.fixture
def transport():
    return Transport()


@pytest.fixture
async def join(transport):
    return lambda requests: JoiningTransport(transport, asyncio.get_running_loop(), requests)


async def turn():
    await asyncio.sleep(0)


async def test_the_answer_to_a_single_request_is_sent_as_soon_as_it_is_whole(transport, join):
    joining = join(ALONE)
    joining.write(HEAD)
    assert transport.calls == []
    joining.write(b"body")
    assert transport.calls == [HEAD + b"body"]


async def test_a_head_without_a_body_is_sent_at_the_end_of_the_turn(transport, join):
    joining = join(ALONE)
    joining.write(HEAD)
    await turn()
    assert transport.calls == [HEAD]


async def test_answers_to_several_requests_are_sent_at_the_end_of_the_turn(transport, join):
    joining = join(TOGETHER)
    joining.write(HEAD)
    joining.write(b"body")
    assert transport.calls == []
    await turn()
    assert transport.calls == [HEAD + b"body"]
    joining.write(HEAD)
    await turn()
    await turn()
    assert transport.calls == [HEAD + b"body", HEAD]


async def test_an_answer_stays_in_order_when_the_others_end_before_it(transport, join):
    requests = set(TOGETHER)
    joining = join(requests)
    joining.write(HEAD)
    requests.clear()
    joining.write(b"body")
    await turn()
    assert transport.calls == [HEAD + b"body"]


async def test_streams_are_sent_at_once(transport, join):
    joining = join(TOGETHER)
    for data in (STREAM, b"6\r\nevent:\r\n", b"0\r\n\r\n"):
        joining.write(data)
    assert transport.calls == [STREAM, b"6\r\nevent:\r\n", b"0\r\n\r\n"]


async def test_much_is_sent_before_the_turn_is_over(transport, join):
    joining = join(TOGETHER)
    joining.write(HEAD)
    joining.write(b"x" * 65536)
    assert transport.calls == [HEAD + b"x" * 65536]
    await turn()
    assert len(transport.calls) == 1


async def test_closing_sends_first(transport, join):
    joining = join(TOGETHER)
    joining.write(HEAD)
    joining.close()
    await turn()
    assert transport.calls == [HEAD, "close"]


async def test_a_lost_connection_gets_nothing_more(transport, join):
    joining = join(TOGETHER)
    joining.write(HEAD)
    joining.abort()
    await turn()
    assert transport.calls == ["abort"]


async def test_a_reset_connection_lingers_for_nothing(transport, join):
    joining = join(TOGETHER)
    joining.write(HEAD)
    joining.reset()
    await turn()
    assert transport.calls == [("setsockopt", socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)), "abort"]

"""Requests that wait for an answer: few are taken in, and none is begun before the client reads."""

import asyncio

import pytest
import uvicorn
from uvicorn.server import ServerState

from emulator.connection import Connection

GET = b"GET /a HTTP/1.1\r\n\r\n"
POST = b"POST /a HTTP/1.1\r\ncontent-length: 2\r\n\r\n{}"
BLOCK = 256 * 1024
# What wait at most, and what one slice of bytes may hold beyond.
FEW = 16 + 8 * 1024 // len(GET) + 1


class Transport:
    """A transport that records what is written, and whether it reads."""

    def __init__(self):
        self.written = b""
        self.reads = True
        self.closing = False

    def write(self, data):
        self.written += data

    def get_extra_info(self, _name):
        return None

    def pause_reading(self):
        self.reads = False

    def resume_reading(self):
        self.reads = True

    def is_closing(self):
        return self.closing

    def can_write_eof(self):
        return False

    def close(self):
        self.closing = True


class App:
    """An app that reads bodies; it answers when it may, and counts the requests it was given."""

    def __init__(self):
        self.begun = 0
        self.bodies = []
        self.may_answer = asyncio.Event()

    async def __call__(self, scope, receive, send):
        self.begun += 1
        if scope["method"] == "POST":
            body, more = b"", True
            while more:
                message = await receive()
                body, more = body + message.get("body", b""), message.get("more_body", False)
            self.bodies.append(body)
        await self.may_answer.wait()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body"})


class Client:
    """A connection, from its client's side."""

    def __init__(self):
        self.app, self.transport = App(), Transport()
        config = uvicorn.Config(
            self.app, http=Connection, ws="none", interface="asgi3", log_config=None, lifespan="off"
        )
        self.connection = Connection(config, ServerState(), {})
        self.connection.connection_made(self.transport)

    def send(self, data):
        self.connection.data_received(data)

    async def settle(self):
        seen = None
        while seen != (seen := (self.app.begun, len(self.transport.written), len(self.app.bodies))) or seen is None:
            for _ in range(20):
                await asyncio.sleep(0)

    @property
    def answers(self):
        return self.transport.written.count(b"HTTP/1.1 200")


@pytest.fixture
async def client():
    client = Client()
    yield client
    client.app.may_answer.set()
    client.connection.connection_lost(None)
    await asyncio.sleep(0)


@pytest.mark.parametrize("one", [GET, POST], ids=["GET", "POST"])
async def test_of_one_block_few_requests_are_taken_in(client, one):
    client.send(one * (BLOCK // len(one)))
    await client.settle()
    assert client.app.begun == 1
    assert len(client.connection.pipeline) <= FEW
    assert not client.transport.reads


@pytest.mark.parametrize("one", [GET, POST], ids=["GET", "POST"])
async def test_all_requests_of_one_block_are_answered_in_the_end(client, one):
    count = BLOCK // len(one)
    client.app.may_answer.set()
    client.send(one * count)
    while client.answers < count:
        before = client.app.begun
        await client.settle()
        assert client.app.begun > before or client.answers == count
    assert client.app.begun == count
    assert set(client.app.bodies) <= {b"{}"}
    assert client.transport.reads


async def test_a_body_that_is_looked_at_does_not_let_more_requests_in(client):
    client.send(POST * 3)
    await client.settle()
    assert (client.app.begun, client.transport.reads) == (1, False)


async def test_a_body_that_comes_behind_waiting_requests_arrives_whole(client):
    size = 3 * BLOCK
    client.send(GET * 40 + b"POST /a HTTP/1.1\r\ncontent-length: %d\r\n\r\n" % size + b"x" * 100)
    client.app.may_answer.set()
    await client.settle()
    assert client.transport.reads
    client.send(b"x" * BLOCK * 2)
    client.send(b"x" * (BLOCK - 100) + GET)
    await client.settle()
    assert client.app.bodies == [b"x" * size]
    assert client.answers == 42


@pytest.mark.parametrize("count", [1, 100])
async def test_no_request_is_begun_while_the_client_does_not_read(client, count):
    client.app.may_answer.set()
    client.send(GET)
    await client.settle()
    client.connection.pause_writing()
    client.send(POST * count)
    await client.settle()
    assert (client.app.begun, client.transport.reads) == (1, False)
    client.connection.resume_writing()
    await client.settle()
    assert (client.answers, client.transport.reads) == (1 + count, True)


async def test_a_request_that_goes_wrong_before_it_was_begun_is_refused_alone(client):
    client.app.may_answer.set()
    client.send(GET)
    await client.settle()
    client.connection.pause_writing()
    client.send(b"POST /a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n")
    client.connection.resume_writing()
    await client.settle()
    assert client.app.begun == 1
    assert client.transport.written.count(b"HTTP/1.1 400") == 1


async def test_what_waits_is_forgotten_with_the_connection(client):
    client.send(GET * 1_000)
    client.transport.closing = True
    client.connection.connection_lost(None)
    client.app.may_answer.set()
    await client.settle()
    assert (client.app.begun, len(client.connection.pipeline)) == (1, 0)


@pytest.mark.parametrize(
    "rest",
    [
        b"http://localhost:99999/a HTTP/1.1\r\n\r\n",
        b"/a HTTP/1.1\r\nno header\r\n\r\n",
        b"/a HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\nno size\r\n",
        b"/a HTTP/1.1\r\nx: " + b"x" * 200_000,
    ],
    ids=["port", "header", "chunk", "large"],
)
@pytest.mark.parametrize("method, has_body", [(b"HEAD", False), (b"GET", True)])
async def test_a_refused_head_request_gets_no_body(client, method, has_body, rest):
    client.send(method + b" " + rest)
    await client.settle()
    head, _, body = client.transport.written.partition(b"\r\n\r\n")
    assert head.split()[1] in (b"400", b"431")
    assert (b"error" in body) == has_body


async def test_the_method_before_says_nothing_of_what_is_no_request(client):
    client.app.may_answer.set()
    client.send(b"HEAD /a HTTP/1.1\r\n\r\n")
    await client.settle()
    client.send(b"nonsense\r\n\r\n")
    await client.settle()
    assert b"Invalid HTTP request" in client.transport.written

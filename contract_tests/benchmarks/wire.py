"""A client of almost no weight: HTTP/1.1 on one open connection, so that a ratio is about the servers."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from typing import Any, TypeVar

import uvloop

T = TypeVar("T")
_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_HEADERS = b"Host: 127.0.0.1\r\nAuthorization: Bearer sk-emu-default\r\nOpenAI-Beta: assistants=v2\r\n"


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine on the event loop that the servers use too."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(coroutine)


def request(method: str, path: str, body: Any = None) -> bytes:
    """Return the bytes of a request."""
    content = b"" if body is None else json.dumps(body).encode()
    kind = b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(content) if content else b""
    return b"%b %b HTTP/1.1\r\n" % (method.encode(), path.encode()) + _HEADERS + kind + b"\r\n" + content


class Connection:
    """One connection to a server on this machine."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> "Connection":
        return cls(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))

    def close(self) -> None:
        self._writer.close()

    async def send(self, request: bytes, status: int = 200) -> bytes:
        """Return the body of the answer; any other status is an error."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        body = await self._reader.readexactly(int(length.group(1))) if length else b""
        if not head.startswith(b"HTTP/1.1 %d" % status):
            raise RuntimeError(f"{head[:60]!r} {body[:300]!r}")
        return body

    async def call(self, method: str, path: str, body: Any = None) -> Any:
        return json.loads(await self.send(request(method, path, body)))

    async def stream(self, request: bytes) -> AsyncIterator[bytes]:
        """Yield the pieces of a chunked answer as they come."""
        self._writer.write(request)
        head = await self._reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(repr(head[:200]))
        while size := int(await self._reader.readuntil(b"\r\n"), 16):
            piece = await self._reader.readexactly(size + 2)
            yield piece[:-2]
        await self._reader.readexactly(2)


async def hammer(port: int, requests: Sequence[bytes], times: int, connections: int, status: int = 200) -> float:
    """Send so many requests over some connections, jumping about in the list; return requests per second."""
    opened = [await Connection.open(port) for _ in range(connections)]

    async def one(connection: Connection, numbers: range) -> None:
        for number in numbers:
            await connection.send(requests[number * 7919 % len(requests)], status)

    started = time.perf_counter()
    await asyncio.gather(*(one(c, range(i, times, connections)) for i, c in enumerate(opened)))
    seconds = time.perf_counter() - started
    for connection in opened:
        connection.close()
    return times / seconds

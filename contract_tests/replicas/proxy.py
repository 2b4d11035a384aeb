"""A plain reverse proxy: each request goes to the next server in turn, and nobody's requests stay with one of them."""

import asyncio
import contextlib
import socket
import struct
import threading
from itertools import count

import uvloop

from contract_tests.replicas.framing import BrokenError, Reader, pieces, read_head

_NOBODY = (
    b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/plain\r\nContent-Length: 17\r\nConnection: close\r\n\r\n"
    b"no server answers"
)
# Seconds.
_LINGER = 2
_NO_BODY = (b"204", b"304")


class Proxy:
    """Serves on a thread of its own, on 127.0.0.1 and a free port; a context manager.

    targets: ports of servers on this machine; may be changed while it runs. A request goes to the next one, also on a
    connection on which there were others before. Where nobody listens the one after it has its turn. What comes is
    passed on as soon as it comes. A server that breaks off in the middle breaks the client's connection, and a client
    that leaves breaks the server's.
    """

    def __init__(self, targets=()):
        self.targets = list(targets)
        self._turns = count()
        self._ready = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)
        self.port = None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self._thread.start()
        self._ready.wait()
        return self

    def __exit__(self, *_):
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    # --- its thread -----------------------------------------------------------------------------------------------

    def _run(self):
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(self._protocol, "127.0.0.1", 0, backlog=2_000))
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        self._loop.run_forever()
        self._loop.run_until_complete(_end(server))

    def _protocol(self):
        return asyncio.StreamReaderProtocol(Reader(), self._serve)

    async def _serve(self, reader, writer):
        # Cancelled only when the proxy ends, and the protocol takes that for an error.
        with contextlib.closing(writer), contextlib.suppress(OSError, asyncio.CancelledError):
            try:
                while (head := await read_head(reader)) is not None:
                    if not await self._pass_on(head, reader, writer):
                        await _linger(reader, writer)
                        break
            except BrokenError as error:
                if error.is_reset:
                    _reset(writer)

    # --- one request ----------------------------------------------------------------------------------------------

    async def _pass_on(self, head, reader, writer):
        """Pass a request on and its answer back; return whether the connection may go on. Raises BrokenError."""
        upstream = await self._connected()
        if upstream is None:
            writer.write(_NOBODY)
            await writer.drain()
            return False
        answers, requests = upstream
        sending = asyncio.create_task(_send(head, reader, requests))
        answering = asyncio.create_task(_answer(head, answers, writer))
        leaving = asyncio.create_task(reader.ended.wait())
        try:
            await asyncio.wait({answering, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not answering.done():
                return False
            # A server may answer before it has read all, and then nobody reads the rest.
            return answering.result() and sending.done() and not sending.exception()
        finally:
            tasks = (sending, answering, leaving)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            requests.transport.abort()

    async def _connected(self):
        """Return a connection to the next server that listens, None where none does."""
        targets, first = list(self.targets), next(self._turns)
        for place in range(len(targets)):
            port = targets[(first + place) % len(targets)]
            with contextlib.suppress(OSError):
                reader = Reader()
                transport, protocol = await self._loop.create_connection(
                    lambda reader=reader: asyncio.StreamReaderProtocol(reader), "127.0.0.1", port
                )
                return reader, asyncio.StreamWriter(transport, protocol, reader, self._loop)
        return None


async def _end(server):
    server.close()
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await asyncio.sleep(0.05)  # so that what was closed is gone


async def _linger(reader, writer):
    """Let a client that still sends read its answer: a connection with unread bytes would be broken off."""
    if writer.is_closing():
        return
    writer.write_eof()
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_LINGER):
            while await reader.read(65_536):
                pass


def _reset(writer):
    """Break a connection off as its server did: the client is to notice the same."""
    if writer.is_closing():
        return
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def _send(head, reader, requests):
    """Send a request to its server."""
    requests.write(head.raw)
    async for piece in pieces(reader, head, until_end=False):
        requests.write(piece)
        await requests.drain()


async def _answer(request, answers, writer):
    """Send an answer to its client; return whether the client's connection may go on. Raises BrokenError."""
    while True:
        head = await read_head(answers)
        if head is None:
            raise BrokenError
        status = head.first[1]
        if status[:1] != b"1":
            break
        writer.write(head.raw)
    has_body = request.first[0] != b"HEAD" and status not in _NO_BODY
    says_its_end = not has_body or head.is_chunked or head.length is not None
    writer.write(head.raw)
    if has_body:
        async for piece in pieces(answers, head, until_end=True):
            writer.write(piece)
            await writer.drain()
    else:
        await writer.drain()
    is_the_last = any(one.says(b"connection", b"close") for one in (request, head))
    return says_its_end and not is_the_last

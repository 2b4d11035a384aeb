"""HTTP connections that refuse what is no request, and join answers while several requests are under way.

The answers of one turn of the event loop are sent together. Each write may wake up a client, which costs more than most
answers. So the head of an answer waits for its body, which follows at once. Clients that are waiting at the same time
are woken up once, after all of their answers; a client that is alone gets its answer as soon as it is whole.
"""

import asyncio
import os
import socket
import struct
from collections.abc import Callable, Collection
from functools import partial
from typing import Any, Final, cast

import httptools
import orjson
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.errors import ApiError

_HEAD: Final = b"HTTP/1.1 "
_SEVERAL: Final = 2
_OF_STREAM: Final = b"transfer-encoding: chunked\r\n\r\n"
# As much as common servers take; none of the clients comes near it.
MOST_HEAD_BYTES: Final = 64 * 1024
# Seconds that a client gets to read why it was refused, while it is still sending.
_LINGER: Final = 1.0
# More than this is sent at once, so that a transport which cannot keep up says so before much has piled up.
_MOST: Final = 64 * 1024
# Requests that wait behind one that is being answered; no client sends more of them ahead.
_MOST_WAITING: Final = 16
# Bytes that the parser gets at once: it cannot be stopped in between, and a request may have as few as 18 bytes.
_SLICE: Final = 8 * 1024
# Lets a socket be reset where it is closed, with nothing more sent; Windows has shorter numbers there.
_NO_LINGER: Final = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class JoiningTransport:
    """A transport that may hold back answers until the end of the turn; all else is done by the one behind it.

    requests: those under way on all connections. Streams are never held back.
    """

    def __init__(
        self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop, requests: Collection[Any]
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._requests = requests
        self._pieces: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:
        """Return what the transport behind has of that name."""
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send data, at the latest in the next turn."""
        if not self._pieces:
            if not data.startswith(_HEAD) or data.endswith(_OF_STREAM):
                self._transport.write(data)
                return
            self._loop.call_soon(self._flush)
            self._pieces.append(data)
            self._size = len(data)
            return
        self._pieces.append(data)
        self._size += len(data)
        if self._size >= _MOST or len(self._requests) < _SEVERAL:
            self._flush()

    def is_closing(self) -> bool:
        """Return whether it is being closed; asked after every answer, which `__getattr__` would make slow."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Send what has been written, and close."""
        self._flush()
        self._transport.close()

    def reset(self) -> None:
        """Reset the connection: whoever reads from it meets an error and no end."""
        sock = self._transport.get_extra_info("socket")
        if sock is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER)
        self._transport.abort()

    def write_eof(self) -> None:
        """Send what has been written, and say that no more will come."""
        self._flush()
        self._transport.write_eof()

    def _flush(self) -> None:
        if not self._pieces:
            return
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if not self._transport.is_closing():  # the client may have gone away
            self._transport.write(data)


class _Flow(FlowControl):
    """Flow control that reads nothing while requests wait, though uvicorn goes on with every answer and every body."""

    def __init__(self, transport: asyncio.Transport, has_waiting: Callable[[], bool]) -> None:
        super().__init__(transport)
        self._has_waiting = has_waiting

    def resume_reading(self) -> None:
        """Read on, unless requests wait."""
        if not self._has_waiting():
            super().resume_reading()


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol on such a transport; heads are bounded, and refusals have the form that clients know.

    So are the requests that wait for an answer, and none is begun while the client does not read those before it.
    A request that offers another protocol is answered in this one: the JDK's client offers HTTP/2 by default.
    """

    _begun = 0  # requests so far
    _head_size = 0
    _in_head = True
    _in_body = False
    _unparsed = b""  # what came behind as many requests as may wait
    _next: tuple[RequestResponseCycle, Any] | None = None  # begun as soon as the client reads; with its app
    _refusal: bytes | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Serve a connection."""
        joining = JoiningTransport(transport, self.loop, self.tasks)
        super().connection_made(cast("asyncio.Transport", joining))
        self.flow = _Flow(self.transport, self._has_waiting)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the requests that wait."""
        super().connection_lost(exc)
        self.pipeline.clear()
        self._unparsed, self._next = b"", None

    # --- reading ----------------------------------------------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that goes on and on is refused."""
        self._unset_keepalive_if_required()
        self._unparsed += data
        self._parse()

    def _parse(self) -> None:
        """Parse what has come, until as many requests wait as may; of what follows a refusal, nothing."""
        data, self._unparsed = self._unparsed, b""
        for start in range(0, len(data), _SLICE):
            if self._refusal is not None:
                return
            if len(self.pipeline) >= _MOST_WAITING:
                self._unparsed = data[start:]
                return
            self._parse_slice(data[start : start + _SLICE])

    def _parse_slice(self, data: bytes) -> None:
        begun = self._begun
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as offer:
            if self.scope["method"] != "CONNECT":  # which has no body
                self._stay(data[offer.args[0] :])
        except httptools.HttpParserError:
            if self._head_size > MOST_HEAD_BYTES:
                self._refuse_head()
            else:
                self._refuse(400, b"Bad Request", "Invalid HTTP request received.")
        else:
            if self._in_head and begun == self._begun:
                self._head_size += len(data)
                if self._head_size > MOST_HEAD_BYTES:
                    self._refuse_head()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._begun += 1
        self._in_head, self._head_size = True, 0

    def on_headers_complete(self) -> None:
        """Begin to answer a request; for a head that is too large raise, which stops the parser."""
        if self._head_size > MOST_HEAD_BYTES - 2 * _SLICE:  # its first and its last slice are not counted
            self._head_size = sum(len(name) + len(value) for name, value in self.headers)
            if self._head_size > MOST_HEAD_BYTES:
                raise ValueError("the headers are too large")
        if b"://" in self.url and not self.url.startswith(b"/"):
            # What a whole URL names as its host wins over the header (RFC 9112, 3.2.2).
            others = [header for header in self.headers if header[0] != b"host"]
            self.headers[:] = [*others, (b"host", self.url.partition(b"://")[2].partition(b"/")[0])]
        super().on_headers_complete()
        self._in_head, self._in_body = False, True
        self.headers = []  # what comes behind the body are no headers: nothing was checked against them

    def on_message_complete(self) -> None:
        """Note that a request is whole, which the parser says too early of one that offers another protocol."""
        if self.parser.should_upgrade() and self.scope["method"] != "CONNECT":
            return
        self._in_body = False
        super().on_message_complete()

    def _stay(self, rest: bytes) -> None:
        """Go on in this protocol with a request that offers another one. rest: what came behind its head.

        The parser takes that for the other protocol, so a new one gets the head again, without the offer.
        """
        target = self.url or b"/"
        head = [self.scope["method"].encode() + b" " + target + b" HTTP/1.1"]
        head += [name + b": " + value for name, value in self.scope["headers"] if name != b"upgrade"]
        staying = _Staying(self)
        self.parser = httptools.HttpRequestParser(staying)
        self.parser.feed_data(b"\r\n".join((*head, b"", b"")))
        staying.knows_head = False
        if rest:
            self._parse_slice(rest)

    # --- refusing ---------------------------------------------------------------------------------------------------

    def _refuse_head(self) -> None:
        self._refuse(431, b"Request Header Fields Too Large", "The headers of the request are too large.")

    def _refuse(self, status: int, reason: bytes, message: str) -> None:
        """Refuse what is no request, once those before it are answered, and close the connection."""
        body = orjson.dumps({"error": ApiError(status, message).body()["error"]}, option=orjson.OPT_INDENT_2)
        head = (
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            % (status, reason, len(body))
        )
        self._refusal = head if self._asks_for_head() else head + body
        if self._in_body and self.pipeline:  # this request will never be whole
            self.pipeline.popleft()
        elif self._in_body:
            self._next = None
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self._end()
            return
        newest: RequestResponseCycle | None = self.cycle
        if newest is None or newest.response_complete:
            self._end()

    def _asks_for_head(self) -> bool:
        """Return whether what is refused is known to be a HEAD request, whose answers have no body."""
        if self._in_body:
            return bool(self.scope["method"] == "HEAD")
        return self._in_head and self._begun > 0 and bool(self.url) and self.parser.get_method() == b"HEAD"

    # --- answering --------------------------------------------------------------------------------------------------

    def on_response_complete(self) -> None:
        """Go on with the next request, or with the refusal of what came behind the last."""
        is_last = not self.pipeline
        super().on_response_complete()
        if is_last and self._refusal is not None:
            self._end()
        self._go_on()

    def resume_writing(self) -> None:
        """Begin the request that waited until the client reads."""
        super().resume_writing()
        if self._next is not None:
            (cycle, app), self._next = self._next, None
            super()._start_asgi_task(cycle, partial(self._answer, cycle, app))
            self._go_on()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        if self.flow.write_paused:
            self._next = cycle, app
            self.flow.pause_reading()
        else:
            super()._start_asgi_task(cycle, partial(self._answer, cycle, app))

    async def _answer(self, cycle: RequestResponseCycle, app: Any, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, or break the connection off where the app does."""
        try:
            await app(scope, receive, send)
        except BrokenConnectionError as broken:
            cycle.disconnected = True  # no more is to come, though the answer is not whole
            if broken.is_reset:
                cast("JoiningTransport", self.transport).reset()
            else:
                self.transport.close()

    def _go_on(self) -> None:
        """Take in more, now that one request less is waiting."""
        if not self.transport.is_closing():
            self._parse()
            self.flow.resume_reading()

    def _has_waiting(self) -> bool:
        return self._next is not None or bool(self.pipeline)

    def _end(self) -> None:
        """Send the refusal, and close the connection once the client has had time to read it."""
        if self._refusal is None or self.transport.is_closing():
            return
        self._unset_keepalive_if_required()
        self.transport.write(self._refusal)
        if not self.transport.can_write_eof():  # TLS knows no half-closed connection
            self.transport.close()
            return
        # With bytes still unread, closing at once would take the answer back.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)


class _Staying:
    """What a parser calls that is given a head a second time: of that head, nothing counts any more.

    knows_head: until all of it is given.
    """

    def __init__(self, connection: Connection) -> None:
        self.knows_head = True
        self._connection = connection
        self.on_body = connection.on_body
        self.on_message_complete = connection.on_message_complete

    def on_message_begin(self) -> None:
        if not self.knows_head:
            self._connection.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self.knows_head:
            self._connection.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.knows_head:
            self._connection.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self.knows_head:
            self._connection.on_headers_complete()

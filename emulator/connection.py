"""HTTP connections that refuse what is no request, and join answers while several requests are under way.

The answers of one turn of the event loop are sent together. Each write may wake up a client, which costs more than most
answers. So the head of an answer waits for its body, which follows at once. Clients that are waiting at the same time
are woken up once, after all of their answers; a client that is alone gets its answer as soon as it is whole.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final, cast

import orjson
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

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


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol on such a transport; heads are bounded, and refusals have the form that clients know."""

    _head_size = 0
    _in_head = True
    _is_refused = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Serve a connection."""
        joining = JoiningTransport(transport, self.loop, self.tasks)
        super().connection_made(cast("asyncio.Transport", joining))

    def data_received(self, data: bytes) -> None:
        """Take bytes; a head that goes on and on is refused."""
        if self._is_refused:
            return
        super().data_received(data)
        if self._in_head and not self._is_refused:
            self._head_size += len(data)
            if self._head_size > MOST_HEAD_BYTES:
                self._refuse(431, b"Request Header Fields Too Large", "The headers of the request are too large.")

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head_size = True, 0

    def on_headers_complete(self) -> None:
        """Begin to answer a request."""
        self._in_head = False
        if b"://" in self.url and not self.url.startswith(b"/"):
            # What a whole URL names as its host wins over the header (RFC 9112, 3.2.2).
            others = [header for header in self.headers if header[0] != b"host"]
            self.headers[:] = [*others, (b"host", self.url.partition(b"://")[2].partition(b"/")[0])]
        super().on_headers_complete()
        self.headers = []  # what comes behind the body are no headers: nothing was checked against them

    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        self._refuse(400, b"Bad Request", msg)

    def _refuse(self, status: int, reason: bytes, message: str) -> None:
        body = orjson.dumps({"error": ApiError(status, message).body()["error"]}, option=orjson.OPT_INDENT_2)
        head = (
            b"HTTP/1.1 %d %s\r\ncontent-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n\r\n"
            % (status, reason, len(body))
        )
        self.transport.write(head + body)
        self._is_refused = True
        if not self.transport.can_write_eof():  # TLS knows no half-closed connection
            self.transport.close()
            return
        # With bytes still unread, closing at once would take the answer back.
        self.transport.write_eof()
        self.loop.call_later(_LINGER, self.transport.close)

    def _unsupported_upgrade_warning(self) -> None:
        """Stay silent: a client that offers another protocol is answered in this one."""

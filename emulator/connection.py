"""HTTP connections that send the answers of one turn of the event loop together, while several requests are under way.

Each write may wake up a client, which costs more than most answers. So the head of an answer waits for its body, which
follows at once. Clients that are waiting at the same time are woken up once, after all of their answers; a client that
is alone gets its answer as soon as it is whole.
"""

import asyncio
from collections.abc import Collection
from typing import Any, Final, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_HEAD: Final = b"HTTP/1.1 "
_SEVERAL: Final = 2
_OF_STREAM: Final = b"transfer-encoding: chunked\r\n\r\n"
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

    def _flush(self) -> None:
        if not self._pieces:
            return
        data = b"".join(self._pieces)
        self._pieces.clear()
        self._size = 0
        if not self._transport.is_closing():  # the client may have gone away
            self._transport.write(data)


class Connection(HttpToolsProtocol):
    """Uvicorn's protocol on such a transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn narrows it
        """Serve a connection."""
        joining = JoiningTransport(transport, self.loop, self.tasks)
        super().connection_made(cast("asyncio.Transport", joining))

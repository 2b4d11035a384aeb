"""What a client sends while its request waits, kept for the endpoint; and whether the client is still there."""

import asyncio
from collections import deque
from typing import Final

from starlette.types import Message, Receive

# Bytes of a body that are kept; the rest is read when the endpoint asks for it.
_MOST_AHEAD: Final = 1 << 20


class ReadAhead:
    """What a client sends while its request waits, so that its going away is noticed; the endpoint reads it.

    It relies on what ASGI says: `http.disconnect` comes when the client has gone, and no sooner.
    """

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._kept: deque[Message] = deque()

    async def __call__(self) -> Message:
        """Return the next message."""
        return self._kept.popleft() if self._kept else await self._receive()

    async def leaving(self) -> None:
        """Return when the client goes away; of one that sends much, that is noticed later."""
        size = 0
        while size <= _MOST_AHEAD:
            message = await self._receive()
            self._kept.append(message)
            if message["type"] == "http.disconnect":
                return
            size += len(message.get("body", b""))
        await asyncio.Event().wait()

"""Answers that are server-sent events."""

import asyncio
from collections.abc import AsyncGenerator

from starlette.types import Receive, Scope, Send

from emulator.api.headers import RawHeaders
from emulator.store.journal import Follower


class EventStream:
    """An answer of server-sent events, each sent as soon as it comes; it ends early where the client has gone.

    It sends what there is before it waits for anything, so that a stream among many does not wait for all the others.
    gone: set once the client has gone.
    """

    __slots__ = ("_follower", "frames", "gone", "raw_headers", "status_code")

    def __init__(self, frames: AsyncGenerator[bytes], follower: Follower, raw_headers: RawHeaders) -> None:
        self.frames = frames
        self.raw_headers = raw_headers
        self.status_code = 200
        self.gone = asyncio.Event()
        self._follower = follower

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - any ASGI app's shape
        """Send it."""
        watching = asyncio.create_task(self._watch(receive))
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            async for frames in self.frames:
                if self.gone.is_set():
                    return
                await send({"type": "http.response.body", "body": frames, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            watching.cancel()
            await self.frames.aclose()

    async def drop(self) -> None:
        """Let go of the run: the stream is never sent."""
        self._follower.leave()

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self.gone.set()
        self._follower.close()

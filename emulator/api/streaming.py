"""Streams: the journal of one run, as server-sent events."""

from collections.abc import AsyncIterator

from starlette.responses import StreamingResponse

from emulator.api.exchange import Exchange
from emulator.api.headers import POLL_AFTER
from emulator.api.responses import Response
from emulator.domain.lifecycle import STREAM_ENDS
from emulator.store.journal import Entry, Follower
from emulator.wire import sse
from emulator.wire.projection import project_event

# Several events to a send: the client reads them one by one anyway.
_AT_ONCE = 32


def stream(exchange: Exchange, follower: Follower, *, content: bool = False) -> Response:
    """Answer with the events that a follower gets, up to the end of the run or its next question to the client."""
    # No charset is added twice: the service's own spelling (recorded). Nobody polls a stream.
    headers = {name: value for name, value in exchange.named_headers().items() if name != POLL_AFTER}
    headers["content-type"] = f"{sse.MEDIA_TYPE}; charset=utf-8"
    return StreamingResponse(_chunks(exchange, follower, content=content), headers=headers)


async def _chunks(exchange: Exchange, follower: Follower, *, content: bool) -> AsyncIterator[bytes]:
    frames: list[bytes] = []
    try:
        async for batch in follower:
            for entry in batch:
                frames.append(_frame(exchange, entry, content=content))
                if entry.event in STREAM_ENDS:
                    frames.append(sse.DONE)
                    yield b"".join(frames)
                    return
                if len(frames) >= _AT_ONCE:
                    yield b"".join(frames)
                    frames.clear()
                    await exchange.namespace.clock.yield_to_loop()
            if frames:
                yield b"".join(frames)
                frames.clear()
    finally:
        follower.leave()


def _frame(exchange: Exchange, entry: Entry, *, content: bool) -> bytes:
    if entry.data.get("object") == "thread.message.delta":  # never changed, and most of what is sent
        return sse.frame(entry.event, entry.data)
    return sse.frame(*project_event(entry.event, entry.data, exchange.wire, content=content))

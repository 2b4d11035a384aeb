"""Streams: the journal of one run, as server-sent events."""

from collections.abc import AsyncGenerator, Mapping
from functools import partial
from typing import Any

from emulator.api import headers
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.domain.lifecycle import STREAM_ENDS
from emulator.domain.observations import error_name
from emulator.store.journal import Follower
from emulator.wire import sse
from emulator.wire.pieces import Pieces
from emulator.wire.projection import project_event

# Several events to a send: the client reads them one by one anyway.
_AT_ONCE = 32


def stream(exchange: Exchange, follower: Follower, *, content: bool = False) -> EventStream:
    """Answer with the events that a follower gets, up to the end of the run or its next question to the client.

    A stream that is cut off before either ends with an error event, so that no client takes it for complete.
    """
    exchange.own_headers.pop(headers.POLL_AFTER, None)  # nobody polls a stream
    # The service's own spelling of the type (recorded).
    raw = [*exchange.raw_headers(), (b"content-type", f"{sse.MEDIA_TYPE}; charset=utf-8".encode())]
    return EventStream(_chunks(exchange, follower, content=content), follower, raw)


async def _chunks(exchange: Exchange, follower: Follower, *, content: bool) -> AsyncGenerator[bytes]:
    frames: list[bytes] = []
    observed = exchange.observe()
    try:
        async for batch in follower:
            for entry in batch:
                frame = partial(_frame, exchange, entry.event, content=content)
                if isinstance(entry.data, Pieces):
                    observed.see(entry.event, entry.data.make(""), len(entry.data))
                    for several in entry.data.frames(frame, _AT_ONCE):
                        frames.append(several)
                        yield b"".join(frames)
                        frames.clear()
                        await exchange.namespace.clock.yield_to_loop()
                    continue
                observed.see(entry.event, entry.data)
                frames.append(frame(entry.data))
                if entry.event in STREAM_ENDS:
                    observed.ending = "done"
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
        if follower.error is not None:  # its run will never end, or not here; unverified
            observed.error = error_name(follower.error.body()["error"])
            yield sse.frame("error", follower.error.body())
    finally:
        follower.leave()


def _frame(exchange: Exchange, event: str, data: Mapping[str, Any], *, content: bool) -> bytes:
    return sse.frame(*project_event(event, data, exchange.wire, content=content))

"""Streams: the journal of one run, as server-sent events."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.responses import Response, StreamingResponse

from emulator.api.call import Call
from emulator.api.headers import POLL_AFTER
from emulator.domain import errors
from emulator.domain.lifecycle import STREAM_ENDS
from emulator.store.journal import Entry, Follower
from emulator.wire import sse, steps, threads, versions

# Several events to a send: the client reads them one by one anyway.
_AT_ONCE = 32


def stream(call: Call, follower: Follower, *, content: bool = False) -> Response:
    """Answer with the events that a follower hears, up to the end of the run or its next question to the client."""
    sent = (
        _cut(call, _frames(call, follower, content=content)) if call.fault else _frames(call, follower, content=content)
    )
    # No charset is added twice: the service's own spelling (recorded). Nobody polls a stream.
    kept = {name: value for name, value in call.headers.items() if name != POLL_AFTER}
    return StreamingResponse(sent, headers={**kept, "content-type": "text/event-stream; charset=utf-8"})


async def _frames(call: Call, follower: Follower, *, content: bool) -> AsyncIterator[bytes]:
    waiting: list[bytes] = []
    try:
        async for batch in follower:
            for entry in batch:
                waiting.append(_frame(call, entry, content=content))
                if entry.event in STREAM_ENDS:
                    waiting.append(sse.DONE)
                    yield b"".join(waiting)
                    return
                if len(waiting) >= _AT_ONCE:
                    yield b"".join(waiting)
                    waiting.clear()
                    await call.world.clock.breathe()
            if waiting:
                yield b"".join(waiting)
                waiting.clear()
    finally:
        follower.leave()


def _frame(call: Call, entry: Entry, *, content: bool) -> bytes:
    data: Mapping[str, Any] = entry.data
    kind = data.get("object")
    if kind == "thread.message.delta":
        return sse.frame(entry.event, data)
    if kind == "thread":
        data = threads.when_read(data)
    elif kind == "thread.run.step":
        data = steps.shown(data, content=content)
    event, shown = versions.show_event(entry.event, data, call.wire)
    return sse.frame(event, shown)


async def _cut(call: Call, frames: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """End a stream after so many events, and with an error event if the fault wants one, which nothing follows."""
    do = call.fault.do if call.fault else {}
    left = do.get("cut_stream_after")
    async for whole in frames:
        some = whole.removesuffix(sse.DONE) if do.get("error_event") else whole
        if left is None:
            yield some
            continue
        events = [event + b"\n\n" for event in some.split(b"\n\n") if event]
        yield b"".join(events[:left])
        left -= len(events)
        if left <= 0:
            break
    if do.get("error_event"):
        error = do.get("error") or errors.server_error(call.request_id).body()["error"]
        yield sse.frame("error", {"error": error})

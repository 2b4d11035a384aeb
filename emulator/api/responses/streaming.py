"""How responses are answered: whole, or as the events of a stream."""

from collections.abc import AsyncGenerator, Collection, Mapping
from typing import Any, Final

from emulator.api.answers import Answer
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.api.stream_ends import error_event
from emulator.domain import observations
from emulator.domain.lifecycle import RESPONSE_ENDS
from emulator.domain.observations import error_name
from emulator.store.journal import Follower
from emulator.wire import layout, sse
from emulator.wire.history.responses import layout as in_layout
from emulator.wire.pieces import Pieces
from emulator.wire.responses import items
from emulator.wire.responses.frames import Framing

# Several events to a send: the client reads them one by one anyway.
_AT_ONCE: Final = 32


def answer_of(exchange: Exchange, doc: Mapping[str, Any], include: Collection[str]) -> Answer:
    """Answer with a response as it is. include: what is shown only to who asks for it."""
    shown = in_layout(
        {**doc, "output": [items.shown(item, include) for item in doc["output"]]},
        exchange.namespace.config.wire,
        at_rest=True,
    )
    exchange.observed = observations.of_document(shown)
    # Recorded, Jun 2026; that it is so on other days is unverified. Streams carry characters as they are (recorded).
    return Answer(layout.escaped(layout.body(shown)), exchange.raw_headers())


def stream(exchange: Exchange, follower: Follower, framing: Framing, include: Collection[str]) -> EventStream:
    """Answer with the events that a follower gets, up to the end of the response."""
    raw = [*exchange.raw_headers(), (b"content-type", f"{sse.MEDIA_TYPE}; charset=utf-8".encode())]
    return EventStream(_chunks(exchange, follower, framing, include), follower, raw)


async def _chunks(
    exchange: Exchange, follower: Follower, framing: Framing, include: Collection[str]
) -> AsyncGenerator[bytes]:
    number = 0
    observed = exchange.observe()
    frames: list[bytes] = []
    try:
        async for batch in follower:
            for entry in batch:
                if isinstance(entry.data, Pieces):
                    observed.see(entry.event, entry.data.make(""), len(entry.data))
                    for several in framing.pieces(entry.event, entry.data, number, _AT_ONCE):
                        frames.append(several)
                        yield b"".join(frames)
                        frames.clear()
                        await exchange.namespace.clock.yield_to_loop()
                    number += len(entry.data)
                    continue
                shown = _shown(entry.data, include)
                observed.see(entry.event, shown.get("response", shown))
                frames.append(framing.frame(entry.event, shown, number))
                number += 1
                if entry.event in RESPONSE_ENDS:
                    observed.ending = "done"
                    yield b"".join(frames)
                    return
            if frames:
                yield b"".join(frames)
                frames.clear()
        if follower.error is not None:
            error = follower.error.body()["error"]
            observed.error = error_name(error)
            yield error_event(exchange, error, number)
    finally:
        follower.leave()


def _shown(data: Mapping[str, Any], include: Collection[str]) -> Mapping[str, Any]:
    if "item" in data:
        return {**data, "item": items.shown(data["item"], include)}
    if "response" in data and data["response"]["output"]:
        response = data["response"]
        return {**data, "response": {**response, "output": [items.shown(item, include) for item in response["output"]]}}
    return data

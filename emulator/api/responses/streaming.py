"""How responses are answered: whole, or as the events of a stream."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from starlette.types import Receive, Scope, Send

from emulator.api.answers import Answer
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.api.stream_ends import error_event
from emulator.domain import observations
from emulator.domain.lifecycle import RESPONSE_ENDS
from emulator.domain.observations import ObservedStream, error_name
from emulator.service.responses.following import Followed
from emulator.transcripts.responses.stored_events import NumberedEvent
from emulator.wire import layout, sse
from emulator.wire.history.responses import layout as in_layout
from emulator.wire.pieces import Pieces
from emulator.wire.responses import items
from emulator.wire.responses.frames import Framing

# Several events to a send: the client reads them one by one anyway.
_AT_ONCE: Final = 32


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a client wants to see of a stream, and how. include: beside the rest."""

    framing: Framing
    include: Collection[str]


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


class ResponseStream(EventStream):
    """The events of a response, up to its end.

    abandon: called where the client goes before that; None for a response that does not need its client.
    """

    __slots__ = ("_abandon", "_is_over")

    def __init__(
        self,
        exchange: Exchange,
        followed: Followed,
        wanted: Wanted,
        abandon: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        raw = [*exchange.raw_headers(), (b"content-type", f"{sse.MEDIA_TYPE}; charset=utf-8".encode())]
        super().__init__(self._events(exchange, followed, wanted), followed.follower, raw)
        self._abandon = abandon
        self._is_over = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            await super().__call__(scope, receive, send)
        except asyncio.CancelledError:  # the server stops, and sees to what is left
            raise
        except BaseException:
            await self._leave()
            raise
        await self._leave()

    async def drop(self) -> None:
        """Let go of the response: nothing of it is sent."""
        await super().drop()
        await self._leave()

    async def _leave(self) -> None:
        if not self._is_over and self._abandon is not None:
            await self._abandon()

    async def _events(self, exchange: Exchange, followed: Followed, wanted: Wanted) -> AsyncGenerator[bytes]:
        observed = exchange.observe()
        try:
            async for batch in followed:
                for frames, is_last in _frames(observed, wanted, batch):
                    self._is_over = is_last
                    if is_last:
                        observed.ending = "done"
                    yield frames
                    if is_last:
                        return
                    await exchange.namespace.clock.yield_to_loop()
            self._is_over = not self.gone.is_set()
            if self._is_over and followed.is_over:
                observed.ending = "done"
            if followed.error is not None:
                error = followed.error.body()["error"]
                observed.error = error_name(error)
                yield error_event(exchange, error, followed.next)
        finally:
            followed.leave()


def _frames(observed: ObservedStream, wanted: Wanted, batch: Sequence[NumberedEvent]) -> Iterator[tuple[bytes, bool]]:
    """Yield the bytes of events, several at once, and whether the last of them ends the stream."""
    frames: list[bytes] = []
    for numbered in batch:
        if isinstance(numbered.data, Pieces):
            observed.see(numbered.event, numbered.data.make(""), len(numbered.data))
            for several in wanted.framing.pieces(numbered.event, numbered.data, numbered.n, _AT_ONCE):
                yield b"".join([*frames, several]), False
                frames.clear()
            continue
        shown = _shown(numbered.data, wanted.include)
        observed.see(numbered.event, shown.get("response", shown))
        frames.append(wanted.framing.frame(numbered.event, shown, numbered.n))
    if frames:
        yield b"".join(frames), batch[-1].event in RESPONSE_ENDS


def _shown(data: Mapping[str, Any], include: Collection[str]) -> Mapping[str, Any]:
    if "item" in data:
        return {**data, "item": items.shown(data["item"], include)}
    if "response" in data and data["response"]["output"]:
        response = data["response"]
        return {**data, "response": {**response, "output": [items.shown(item, include) for item in response["output"]]}}
    return data

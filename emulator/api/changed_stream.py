"""Streams whose events change on their way out, as a fault says."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import aclosing
from typing import Any, Final

from emulator.api.exchange import Exchange
from emulator.api.stream_ends import error_event, last_events
from emulator.domain import refusals
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.effects import ChangeStream, CutStream, ErrorEvent, OmitDone
from emulator.domain.observations import ObservedStream, error_name

_DATA: Final = b"\ndata: "
_END: Final = b"\n\n"


async def changed(
    exchange: Exchange,
    change: ChangeStream,
    frames: AsyncGenerator[bytes],
    gone: asyncio.Event,
    acts: Callable[[], Awaitable[bool]],
) -> AsyncGenerator[bytes]:
    """Yield the events of a stream as a fault leaves them; what it cuts off is closed at once.

    gone: set once the client has gone. acts: asked where something would change; False: the stream stays as it is.
    Raises `BrokenConnectionError` where the connection is to break off.
    """
    changing = _Changing(exchange, change, gone, acts)
    async with aclosing(frames), aclosing(changing.events(frames)) as events:
        async for event in events:
            yield event
    if changing.is_ended:
        if (error := _error_of(exchange, change)) is not None:
            if isinstance(exchange.observed, ObservedStream):
                exchange.observed.error = error_name(error)
            yield error_event(exchange, error, changing.sent)
        if isinstance(change.end, CutStream) and not change.end.clean:
            raise BrokenConnectionError


class _Changing:
    """What happens to one stream. is_ended: the fault has ended it. sent: how many events there were before."""

    def __init__(
        self, exchange: Exchange, change: ChangeStream, gone: asyncio.Event, acts: Callable[[], Awaitable[bool]]
    ) -> None:
        self.is_ended = False
        self.sent = 0
        self._exchange = exchange
        self._change = change
        self._gone = gone
        self._acts = acts

    async def events(self, frames: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
        """Yield the events up to where the fault ends the stream, or the client leaves."""
        number, last = 0, last_events(self._exchange)
        if await self._is_over(number):
            return
        async for several in frames:
            for event in _split(several):
                number += 1
                is_done = event.startswith(last)
                if is_done and _replaces_done(self._change) and await self._acts():
                    self._end(number - 1)
                    return
                for sent in await self._sent(number, event):
                    yield sent
                if not is_done and await self._is_over(number):
                    return

    async def _sent(self, number: int, event: bytes) -> list[bytes]:
        """Return what is sent of an event."""
        if number == self._change.garble and await self._acts():
            event = _garbled(event)
            if isinstance(self._exchange.observed, ObservedStream):
                self._exchange.observed.garble(number)
        return [event, event] if number == self._change.duplicate and await self._acts() else [event]

    async def _is_over(self, number: int) -> bool:
        """Return whether nothing follows an event: the stream is cut there, or the client leaves while it stalls."""
        stall, end = self._change.stall, self._change.end
        if stall is not None and number == stall.after and await self._acts():
            is_there = await self._exchange.namespace.pauses.wait(stall.seconds, self._gone.wait())
            if not is_there:
                return True
        if isinstance(end, CutStream) and number == end.after and await self._acts():
            self._end(number)
        return self.is_ended

    def _end(self, after: int) -> None:
        """Let nothing follow so many events."""
        self.is_ended, self.sent = True, after
        if isinstance(self._exchange.observed, ObservedStream):
            self._exchange.observed.cut(after)


def _error_of(exchange: Exchange, change: ChangeStream) -> Mapping[str, Any] | None:
    """Return the error that a stream ends with, if it does."""
    match change.end:
        case ErrorEvent(error) | CutStream(error_event=True, error=error):
            usual: Mapping[str, Any] = refusals.server_error(exchange.request_id).body()["error"]
            return error or usual
        case _:
            return None


def _split(frames: bytes) -> list[bytes]:
    """Return events one by one."""
    return [event + _END for event in frames.split(_END) if event]


def _replaces_done(change: ChangeStream) -> bool:
    match change.end:
        case CutStream(error_event=has_error):
            return has_error
        case ErrorEvent() | OmitDone():
            return True
        case None:
            return False


def _garbled(event: bytes) -> bytes:
    """Return an event whose data break off in the middle, at a whole character: no JSON any more."""
    name, _, data = event.removesuffix(_END).partition(_DATA)
    return name + _DATA + data[: len(data) // 2].decode(errors="ignore").encode() + _END

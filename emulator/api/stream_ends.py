"""How streams end: with the last event of their API, or with its event of an error."""

from collections.abc import Mapping
from typing import Any, Final

from emulator.api.exchange import Exchange
from emulator.domain.lifecycle import RESPONSE_ENDS
from emulator.wire import sse

_OF_RESPONSES: Final = "/responses"
# What each of these begins with.
_LAST_OF_RUN: Final = (sse.DONE,)
_LAST_OF_RESPONSE: Final = tuple(f"event: {name}\n".encode() for name in sorted(RESPONSE_ENDS))


def last_events(exchange: Exchange) -> tuple[bytes, ...]:
    """Return what the last event of a stream begins with: a response has no `done`, but ends with its status."""
    return _LAST_OF_RESPONSE if _is_of_response(exchange) else _LAST_OF_RUN


def error_event(exchange: Exchange, error: Mapping[str, Any], number: int) -> bytes:
    """Return an event of an error. number: of the events before it."""
    if not _is_of_response(exchange):
        return sse.frame("error", {"error": error})
    from emulator.wire.history.responses import event_frame  # noqa: PLC0415 - loaded once a response is streamed

    day = exchange.namespace.config.wire
    return sse.frame("error", event_frame("error", {"error": error}, number, day, background=False))


def _is_of_response(exchange: Exchange) -> bool:
    return exchange.address.path.startswith(_OF_RESPONSES)

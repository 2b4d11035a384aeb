"""The layer that faults act in, between the endpoints and the connection.

It takes the place of an answer before the endpoint is asked, or changes a stream on its way out.
"""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, Final, assert_never

from emulator.api import headers
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.api.responses import Answer, Response
from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.faults import CutStream, ErrorEvent, Fault, Respond
from emulator.wire import layout, sse

_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


async def respond(exchange: Exchange, serve: Callable[[Exchange], Awaitable[Response]]) -> Response:
    """Return the answer to a request: that of `serve`, unless a fault of the namespace says otherwise."""
    if not exchange.namespace.faults:
        return await serve(exchange)
    fault = _hit(exchange, Respond)
    if isinstance(fault, Respond):
        return _replacement(exchange, fault)
    response = await serve(exchange)
    if isinstance(response, EventStream):
        fault = _hit(exchange, CutStream, ErrorEvent)
        if fault is not None:
            response.frames = _changed(exchange, fault, response.frames)
    return response


def _hit(exchange: Exchange, *kinds: type) -> Fault | None:
    """Return the fault of some kinds that hits a request, and count it."""
    for armed in exchange.namespace.faults:
        if isinstance(armed.fault, kinds) and armed.applies(exchange.method, exchange.address.path) and armed.fire():
            return armed.fault
    return None


def _replacement(exchange: Exchange, fault: Respond) -> Answer:
    """Answer as a fault says; where it gives a status alone, with what the service said under that status."""
    usual = _usual(fault.status, exchange.request_id, exchange.headers.api_key or "")
    own = {headers.REQUEST_ID: exchange.request_id, **exchange.own_headers}
    answer_headers = headers.of_refusal(usual, exchange.namespace.config.wire, own)
    answer_headers |= {name.lower(): str(value) for name, value in fault.headers.items()}
    body = layout.body({"error": fault.error or usual.body()["error"]})
    return Answer(body, headers.encode(answer_headers.items()), fault.status)


def _usual(status: int, request_id: str, key: str) -> ApiError:
    if status == _UNAUTHORIZED:
        return refusals.incorrect_key(key)
    if status == _TOO_MANY:
        return refusals.rate_limited()
    error = refusals.server_error(request_id)
    error.status = status
    return error


def _changed(exchange: Exchange, fault: Fault, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    match fault:
        case CutStream():
            error = _error(exchange, fault.error) if fault.error_event else None
            return _cut(chunks, fault.after, error)
        case ErrorEvent():
            return _cut(chunks, None, _error(exchange, fault.error))
        case Respond():
            raise TypeError("a whole answer is no change of a stream")
        case _:
            assert_never(fault)


def _error(exchange: Exchange, error: Mapping[str, Any] | None) -> Mapping[str, Any]:
    return error or refusals.server_error(exchange.request_id).body()["error"]


async def _cut(
    chunks: AsyncIterable[bytes], after: int | None, error: Mapping[str, Any] | None
) -> AsyncIterator[bytes]:
    """End a stream after so many events (None: where it ends), with an error event in place of `done` if there is one.

    What was cut off is closed at once.
    """
    try:
        async for chunk in chunks:
            whole = chunk.removesuffix(sse.DONE) if error is not None else chunk
            if after is None:
                yield whole
                continue
            events = [event + b"\n\n" for event in whole.split(b"\n\n") if event]
            yield b"".join(events[:after])
            after -= len(events)
            if after <= 0:
                break
    finally:
        if isinstance(chunks, AsyncGenerator):
            await chunks.aclose()
    if error is not None:
        yield sse.frame("error", {"error": error})

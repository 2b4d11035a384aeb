"""The layer that faults act in, between the endpoints and the connection.

It acts before the endpoint is asked, or on the answer that comes out of it. A request meets one fault at most: the
first, in the order in which they were added, that can act on it. Where nothing more is to come, it raises
`BrokenConnectionError`.
"""

from collections.abc import Awaitable, Callable, Coroutine, Iterable
from functools import partial
from typing import Any, Final, assert_never

from starlette.requests import ClientDisconnect
from starlette.types import Receive

from emulator.api import headers
from emulator.api.answers import Answer, Response, drop
from emulator.api.changed_stream import changed
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.api.read_ahead import ReadAhead
from emulator.api.truncation import Truncated
from emulator.domain import refusals
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.effects import ChangeStream, Disconnect, Fault, Respond, Truncate, to_json
from emulator.domain.errors import ApiError, UnavailableDatabaseError
from emulator.domain.faults import ArmedFault
from emulator.domain.observations import Observed, error_name
from emulator.wire import layout

_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429

Serve = Callable[[Exchange], Awaitable[Response]]


async def respond(exchange: Exchange, serve: Serve) -> Response | Truncated:
    """Return the answer to a request: that of `serve`, unless a fault of the namespace says otherwise.

    Raises `BrokenConnectionError` where there is none, and `ClientDisconnect` where nobody waits for it any more.
    """
    chances = [_Chance(exchange, armed) for armed in exchange.namespace.faults]
    for chance in chances:
        if chance.fault.before and await chance.take():
            return await _respond_first(exchange, chance.fault, serve)
    response = await serve(exchange)
    exchange.endpoint_status = getattr(response, "status_code", None)
    chances = [chance for chance in chances if not chance.fault.before]
    for chance in chances:
        if not chance.fault.changes_answer and await chance.take():
            return await _respond_behind(exchange, chance.fault, response)
    return await _changed(exchange, response, chances)


class _Chance:
    """That of one fault to hit one request, drawn once, where it would act."""

    def __init__(self, exchange: Exchange, armed: ArmedFault) -> None:
        self.fault = armed.fault
        self._exchange = exchange
        self._armed = armed
        self._taken: bool | None = None

    async def take(self) -> bool:
        """Return whether the fault hits the request; the first time, count it."""
        if self._taken is None:
            exchange = self._exchange
            self._taken = exchange.fault is None and await self._hits()
            if self._taken:
                exchange.fault = to_json(self.fault)
        return self._taken

    async def _hits(self) -> bool:
        exchange = self._exchange
        try:
            return await exchange.namespace.hits(self._armed, exchange.method, exchange.address.path)
        except UnavailableDatabaseError:
            if self.fault.before:
                raise
            return False  # what was done is answered


# --- before the endpoint --------------------------------------------------------------------------------------------


async def _respond_first(exchange: Exchange, fault: Fault, serve: Serve) -> Response:
    if fault.delay:
        ahead = ReadAhead(exchange.receive)
        exchange.receive = ahead
        await _wait(exchange, fault, ahead.leaving())
    return await serve(exchange) if fault.outcome is None else _instead(exchange, fault)


async def _wait(exchange: Exchange, fault: Fault, leaving: Coroutine[Any, Any, None]) -> None:
    if not await exchange.namespace.pauses.wait(fault.delay, leaving):
        raise ClientDisconnect


def _instead(exchange: Exchange, fault: Fault) -> Answer:
    """Return what takes the place of an answer."""
    match fault.outcome:
        case Respond():
            return _replacement(exchange, fault.outcome)
        case Disconnect():
            raise BrokenConnectionError(is_reset=True)
        case Truncate() | ChangeStream() | None:
            raise TypeError("a change needs an answer")
        case _:
            assert_never(fault.outcome)


def _replacement(exchange: Exchange, fault: Respond) -> Answer:
    """Answer as a fault says; where it gives a status alone, with what the service said under that status."""
    usual = _usual(fault.status, exchange.request_id, exchange.headers.api_key or "")
    own = {headers.REQUEST_ID: exchange.request_id, **exchange.own_headers}
    answer_headers = headers.of_refusal(usual, exchange.namespace.config.wire, own)
    answer_headers |= {name.lower(): str(value) for name, value in fault.headers.items()}
    error = fault.error or usual.body()["error"]
    exchange.observed = Observed(error=error_name(error))
    body = layout.body({"error": error})
    return Answer(body, headers.encode(answer_headers.items()), fault.status)


def _usual(status: int, request_id: str, key: str) -> ApiError:
    if status == _UNAUTHORIZED:
        return refusals.incorrect_key(key)
    if status == _TOO_MANY:
        return refusals.rate_limited()
    error = refusals.server_error(request_id)
    error.status = status
    return error


# --- behind it ------------------------------------------------------------------------------------------------------


async def _respond_behind(exchange: Exchange, fault: Fault, response: Response) -> Response:
    await _hold(exchange, fault, response)
    if fault.outcome is None:
        return response
    await drop(response)
    exchange.end_observing()
    return _instead(exchange, fault)


async def _changed(exchange: Exchange, response: Response, chances: Iterable[_Chance]) -> Response | Truncated:
    """Return an answer that changes while it is sent."""
    answer: Response | Truncated = response
    for chance in chances:
        fault = chance.fault
        if fault.needs_stream and not isinstance(response, EventStream):
            continue
        if fault.delay and await chance.take():
            await _hold(exchange, fault, response)
        if isinstance(fault.outcome, Truncate):
            answer = Truncated(answer, fault.outcome.after, partial(_truncate, exchange, chance))
        elif isinstance(fault.outcome, ChangeStream) and isinstance(response, EventStream):
            response.frames = changed(exchange, fault.outcome, response.frames, response.gone, chance.take)
    return answer


async def _truncate(exchange: Exchange, chance: _Chance) -> bool:
    """Return whether an answer breaks off; then nobody can read it."""
    is_cut = await chance.take()
    if is_cut:
        exchange.end_observing()
    return is_cut


async def _hold(exchange: Exchange, fault: Fault, response: Response) -> None:
    """Wait; let go of the answer where it is never sent."""
    if not fault.delay:
        return
    try:
        await _wait(exchange, fault, _leaving(exchange.receive))
    except BaseException:
        await drop(response)
        raise


async def _leaving(receive: Receive) -> None:
    """Return when the client goes away; what it still sends is read by nobody."""
    while (await receive())["type"] != "http.disconnect":
        pass

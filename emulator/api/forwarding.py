"""Requests that are passed on to another server, with their answers as they come."""

import asyncio
import logging
import secrets
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from starlette.types import Receive, Scope, Send

from emulator.api.answers import Answer, refusal
from emulator.api.exchange import CLIENT_CLOSED_REQUEST, Exchange
from emulator.api.headers import REQUEST_ID, RawHeaders
from emulator.domain import refusals
from emulator.domain.errors import ApiError
from emulator.domain.forwards import Forward
from emulator.domain.passed_headers import VIA, of_answer, of_message

if TYPE_CHECKING:
    import httpx

# Made anew: the host is another one, and the body is sent in one piece. That a body is expected was said already.
_OF_REQUEST: Final = frozenset((b"host", b"content-length", b"expect"))
# An answer may take long, and the client knows best how long it waits; a connection is made at once, or never.
_TIMEOUTS: Final = {"connect": 10.0, "read": None, "write": None, "pool": None}
# Characters of a path and of a query that are sent as they are (RFC 3986).
_OF_PATH: Final = "/:@!$&'()*+,;=~"
_OF_QUERY: Final = "".join(map(chr, range(0x21, 0x7F)))
_FIRST_FINAL: Final = 200
_log: Final = logging.getLogger(__name__)


class Forwarder:
    """Passes requests on to the servers that were chosen at the start; it follows no redirect, and keeps no cookies."""

    def __init__(self, forwards: Sequence[Forward]) -> None:
        self._forwards = forwards
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        # Says that a request has been here; a token, because another emulator may be meant to be the next.
        self._name = f"1.1 emulator-{secrets.token_hex(8)}".encode()

    def takes(self, path: str) -> bool:
        """Return whether a path, below its namespace, is passed on."""
        return any(forward.takes(path) for forward in self._forwards)

    def forward(self, exchange: Exchange, body: bytes) -> "Relay | None":
        """Return the answer of another server, which is asked when that is sent; None if there is none."""
        path = exchange.address.public_path
        forward = next((forward for forward in self._forwards if forward.takes(path)), None)
        if forward is None:
            return None
        if any(name == VIA and self._name in value for name, value in exchange.scope["headers"]):
            raise refusals.broken_forward(f"the forward of {forward.path} leads back to this server")
        import httpx  # noqa: PLC0415 - an extra, which few servers need

        try:
            request = self._request(exchange, forward, body)
        except httpx.InvalidURL:  # one that is too long
            raise refusals.broken_forward(f"this URL below {forward.path} cannot be passed on") from None
        return Relay(exchange, forward, self._transport(forward), request)

    async def close(self) -> None:
        """Close all connections."""
        for transport in self._transports.values():
            await transport.aclose()

    def _transport(self, forward: Forward) -> "httpx.AsyncHTTPTransport":
        """Return the connections to a server, which no proxy of the environment comes between."""
        import httpx  # noqa: PLC0415 - as above

        if forward.upstream not in self._transports:
            is_tls = forward.upstream.startswith("https:")
            self._transports[forward.upstream] = httpx.AsyncHTTPTransport(verify=is_tls, trust_env=False)
        return self._transports[forward.upstream]

    def _request(self, exchange: Exchange, forward: Forward, body: bytes) -> "httpx.Request":
        import httpx  # noqa: PLC0415 - as above

        base = httpx.URL(forward.upstream)
        # The path that was compared, and not as it was spelled.
        target = base.raw_path.rstrip(b"/") + quote(exchange.address.public_path, safe=_OF_PATH).encode()
        if query := exchange.scope["query_string"]:
            target += b"?" + quote(query, safe=_OF_QUERY).encode()
        kept = of_message(exchange.scope["headers"], _OF_REQUEST)
        headers = [*kept, (VIA, self._name)]
        url = base.copy_with(raw_path=target)
        return httpx.Request(exchange.method, url, headers=headers, content=body, extensions={"timeout": _TIMEOUTS})


class Relay:
    """The answer of another server. It ends where the client has gone, and so does the request to that server."""

    def __init__(
        self, exchange: Exchange, forward: Forward, transport: "httpx.AsyncHTTPTransport", request: "httpx.Request"
    ) -> None:
        self._exchange = exchange
        self._forward = forward
        self._transport = transport
        self._request = request
        self._is_begun = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Ask the other server, and send what it answers."""
        relaying = asyncio.create_task(self._relay(send))
        leaving = asyncio.create_task(_gone(receive))
        try:
            await asyncio.wait((relaying, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            relaying.cancel()  # no effect once it is done
            await asyncio.wait((relaying,))
        if relaying.cancelled():
            if not self._is_begun:  # nobody reads it, but the request log
                await Answer(b"", [], CLIENT_CLOSED_REQUEST)(scope, receive, send)
            return
        try:
            is_whole = relaying.result()
        except ApiError as error:
            await refusal(error, self._exchange.named_headers())(scope, receive, send)
            return
        if is_whole:  # sent last of all: whoever has the whole answer finds the request in the log
            await send({"type": "http.response.body", "body": b""})

    async def _relay(self, send: Send) -> bool:
        """Send all but the end of the answer; return whether it was whole. Raises `ApiError` where there is none."""
        import httpx  # noqa: PLC0415 - loaded already

        try:
            response = await self._transport.handle_async_request(self._request)
        except (httpx.HTTPError, OSError) as error:
            why = f"{self._forward.path} is forwarded to a server that does not answer ({type(error).__name__})"
            raise refusals.broken_forward(why) from error
        try:
            if response.status_code < _FIRST_FINAL:  # another protocol, which nobody asked for
                raise refusals.broken_forward(f"{self._forward.path} is forwarded to a server that does not answer")
            head = {"type": "http.response.start", "status": response.status_code, "headers": self._headers(response)}
            self._is_begun = True
            await send(head)
            async for piece in response.stream:  # type: ignore[union-attr]  # that of an asynchronous transport
                await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx.HTTPError as error:  # half an answer: it is left unfinished, so that the client notices
            _log.warning("the answer of the forward %s broke off: %s", self._forward.path, type(error).__name__)
            return False
        finally:
            await response.aclose()
        return True

    def _headers(self, response: "httpx.Response") -> RawHeaders:
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        names = {name for name, _ in raw}
        kept = of_answer(raw)
        request_id = self._exchange.request_id.encode("latin-1")
        return kept if REQUEST_ID.encode() in names else [*kept, (REQUEST_ID.encode(), request_id)]


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass

"""Who may call the API: programs, and pages of this machine or of the origins that were allowed."""

from collections.abc import Awaitable
from functools import partial
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.api.answers import refusal
from emulator.callers import OF_CONTAINERS, Callers, Source, lacks_host, source_of
from emulator.domain import refusals
from emulator.domain.errors import ApiError

_ALLOW_ORIGIN: Final = b"access-control-allow-origin"
_METHODS: Final = b"DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT"
# What the clients read of answers, beside the headers that every page may read.
_EXPOSED: Final = (
    b"x-request-id, openai-version, openai-organization, openai-processing-ms, openai-poll-after-ms,"
    b" retry-after, retry-after-ms, x-should-retry, content-disposition"
)
_VARY_OF_PREFLIGHT: Final = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_SECONDS_KEPT: Final = b"600"
_CROSSING: Final = "cross-site"
_PRIVATE_NETWORK: Final = b"access-control-request-private-network"


class CheckedCallers:
    """Pure ASGI. A request that is not allowed is refused before it does anything.

    To keep the answer from a page would not be enough: what the request has done would stay done.
    checks_host: whether the `Host` has to be one of the server's names.
    """

    def __init__(self, api: ASGIApp, callers: Callers, *, checks_host: bool) -> None:
        self._api = api
        self._callers = callers
        self._checks_host = checks_host

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Refuse, answer a preflight, or hand on to the API."""
        source = source_of(scope)
        if (error := self._objection(source, scope)) is not None:
            return refusal(error, {})(scope, receive, send)
        if source.origin is None:
            return self._api(scope, receive, send)
        if scope["method"] == "OPTIONS" and _requested(scope, b"access-control-request-method") is not None:
            return self._answer_preflight(source.origin, scope, send)
        return self._api(scope, receive, partial(self._send, source.origin, send))

    def _objection(self, source: Source, scope: Scope) -> ApiError | None:
        if lacks_host(source, scope):
            return refusals.one_host_needed()
        if source.origin is not None:
            if not self._callers.admits(source.origin):
                return refusals.foreign_page(source.origin)
        elif source.site == _CROSSING and not self._callers.any_page:
            return refusals.foreign_page(None)
        if self._checks_host and source.host is not None and not self._callers.answers_to(source.host):
            return refusals.foreign_host(source.host)
        return None

    async def _answer_preflight(self, origin: str, scope: Scope, send: Send) -> None:
        headers = [
            (_ALLOW_ORIGIN, self._allowed(origin)),
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-max-age", _SECONDS_KEPT),
            (b"vary", _VARY_OF_PREFLIGHT),
            (b"content-length", b"0"),
        ]
        if (names := _requested(scope, b"access-control-request-headers")) is not None:
            headers.append((b"access-control-allow-headers", names))
        if _requested(scope, _PRIVATE_NETWORK) is not None:
            headers.append((b"access-control-allow-private-network", b"true"))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b""})

    async def _send(self, origin: str, send: Send, message: Message) -> None:
        if message["type"] == "http.response.start":
            own = [header for header in message["headers"] if header[0] != _ALLOW_ORIGIN]
            of_page = [
                (_ALLOW_ORIGIN, self._allowed(origin)),
                (b"access-control-expose-headers", _EXPOSED),
                (b"vary", b"Origin"),
            ]
            message = {**message, "headers": own + of_page}
        await send(message)

    def _allowed(self, origin: str) -> bytes:
        return b"*" if self._callers.any_page else origin.encode("latin-1")


def callers_of_api(hosts: tuple[str, ...], origins: tuple[str, ...]) -> Callers:
    """Return who may call the API: containers of this machine too. Raises ValueError for what is no host or origin."""
    return Callers((*OF_CONTAINERS, *hosts), origins)


def _requested(scope: Scope, header: bytes) -> bytes | None:
    return next((value for name, value in scope["headers"] if name == header), None)

"""Who may use the control API: programs on this machine, or those with the token; no web page but the server's own."""

import hmac

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.callers import Callers, Source, is_own_page, lacks_host, source_of
from emulator.control.envelope import refusal
from emulator.control.server import HEALTH_PATH, path_of

# What a browser says of requests that no page of another site has caused.
_OWN_SITE = (None, "none", "same-origin")


class Guard:
    """Pure ASGI. With a token every request but /health needs it; without one, the `Host` has to be the server's."""

    def __init__(self, app: ASGIApp, callers: Callers, token: str | None) -> None:
        self._app = app
        self._callers = callers
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the control API."""
        if why := self._refused(scope):
            status, message = why
            await refusal(status, message, code="forbidden")(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        source = source_of(scope)
        if lacks_host(source, scope):
            return 400, "A request needs exactly one Host header, and at most one Origin header."
        if self._is_foreign(source, scope["scheme"]):
            return 403, f"Web pages may not drive the emulator (Origin: {source.origin or 'not named'})."
        if self._token is None:
            if source.host is not None and not self._callers.answers_to(source.host):
                return 403, (
                    f"The control API answers on loopback only; set a control token to use it as {source.host!r}, or"
                    " start the server with --allow-host NAME."
                )
        elif path_of(scope) != HEALTH_PATH and not self._shows_token(Headers(scope=scope)):
            return 401, (
                "The control API needs its token: send 'Authorization: Bearer TOKEN'. Commands and pytest take it"
                " from EMULATOR_CONTROL_TOKEN."
            )
        return None

    def _is_foreign(self, source: Source, scheme: str) -> bool:
        """Return whether a page of another site asks, whatever the API itself allows it."""
        return source.site not in _OWN_SITE or (source.origin is not None and not is_own_page(source, scheme))

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        # As bytes: a token may be written in any alphabet.
        expected = (self._token or "").encode("utf-8", "surrogateescape")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode("latin-1"), expected)

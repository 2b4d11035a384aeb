"""Who may use the control API: programs on this machine, or those with the token; never a web page."""

import hmac
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_LOOPBACK: Final = ("localhost", "127.0.0.1", "::1")


class Guard:
    """Pure ASGI. With a token every request but /health needs it; without one, only loopback names are answered.

    A page of the web that a browser shows on this machine reaches loopback too, but it cannot hide its `Origin`, and
    with a name of its own that resolves to loopback it shows another `Host`.
    """

    def __init__(self, app: ASGIApp, token: str | None) -> None:
        self._app = app
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the control API."""
        if scope["type"] == "http" and (why := self._refused(scope, Headers(scope=scope))):
            status, message = why
            error = {"message": message, "type": "control_error", "param": None, "code": "forbidden"}
            await JSONResponse({"error": error}, status)(scope, receive, send)
            return
        await self._app(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers) -> tuple[int, str] | None:
        if origin := headers.get("origin"):
            return 403, f"Web pages may not drive the emulator (Origin: {origin})."
        if self._token is None:
            host = urlsplit(f"//{headers.get('host', '')}").hostname or ""
            if host not in _LOOPBACK:
                return 403, f"The control API answers on loopback only; set a control token to use it as {host!r}."
        elif not scope["path"].endswith("/health") and not self._shows_token(headers):
            return 401, "The control API needs its token: send 'Authorization: Bearer TOKEN'."
        return None

    def _shows_token(self, headers: Headers) -> bool:
        scheme, _, token = headers.get("authorization", "").partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), (self._token or "").encode())

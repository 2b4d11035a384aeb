"""Who may use the control API: programs on this machine, or those with the token; no web page but the server's own."""

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.callers import Callers, Source, is_own_page, lacks_host, source_of
from emulator.control.access import Access
from emulator.control.envelope import refusal
from emulator.control.inspector.login_redirects import to_login
from emulator.control.inspector.mount import is_of_inspector

# What a browser says of requests that no page of another site has caused.
_OWN_SITE = (None, "none", "same-origin")
_UNKNOWN = (
    "The control API needs its token: send 'Authorization: Bearer TOKEN'. Commands and pytest take it from"
    " EMULATOR_CONTROL_TOKEN."
)


class Guard:
    """Pure ASGI. access: by the control token; without one, the `Host` has to be the server's."""

    def __init__(self, app: ASGIApp, callers: Callers, access: Access | None) -> None:
        self._app = app
        self._callers = callers
        self._access = access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the control API."""
        if why := self._refused(scope):
            status, message = why
            await refusal(status, message, code="forbidden")(scope, receive, send)
        elif self._access is None or await self._access.admits(scope):
            await self._app(scope, receive, send)
        elif is_of_inspector(scope):
            await to_login(scope)(scope, receive, send)
        else:
            await refusal(401, _UNKNOWN, code="forbidden")(scope, receive, send)

    def _refused(self, scope: Scope) -> tuple[int, str] | None:
        source = source_of(scope)
        if lacks_host(source, scope):
            return 400, "A request needs exactly one Host header, and at most one Origin header."
        if self._is_foreign(source, scope["scheme"]):
            return 403, f"Web pages may not drive the emulator (Origin: {source.origin or 'not named'})."
        if self._access is None and source.host is not None and not self._callers.answers_to(source.host):
            return 403, (
                f"The control API answers on loopback only; set a control token to use it as {source.host!r}, or"
                " start the server with --allow-host NAME."
            )
        return None

    def _is_foreign(self, source: Source, scheme: str) -> bool:
        """Return whether a page of another site asks, whatever the API itself allows it."""
        return source.site not in _OWN_SITE or (source.origin is not None and not is_own_page(source, scheme))

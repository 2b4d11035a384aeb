"""Where several processes share a database: a control request sees what all have done, and all see what it has done.

So requests to the API need not ask other processes for anything: whoever changes a namespace is answered once each of
them knows.
"""

import re
from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.control.server import path_of
from emulator.control.waking import may_change
from emulator.domain.peers import Peers
from emulator.service.namespaces import NAME

_NAMESPACE: Final = re.compile(r"(?:/inspector)?/ns/([^/]+)(?:/|$)")
# What is the same everywhere, or of this process only.
_OF_THIS_ONE: Final = frozenset((
    "/health", "/ready", "/info", "/metrics", "/docs", "/openapi.json",
    "/inspector/keys", "/inspector/login", "/inspector/logout",
))  # fmt: skip
_ASSETS: Final = "/inspector/static/"
_REFUSED: Final = 400


class WithBarrier:
    """Pure ASGI, in front of the control API and its pages."""

    def __init__(self, app: ASGIApp, peers: Peers) -> None:
        self._app = app
        self._peers = peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wait for what the others have done, hand the request on, and let them know before it is answered."""
        if scope["type"] != "http" or (ns := _namespace_of(path_of(scope))) is None:
            await self._app(scope, receive, send)
            return
        if not self._peers.is_current:
            await self._peers.ensure_current()
        await self._peers.flush(ns)
        await self._app(scope, receive, self._telling(ns, send) if may_change(scope) else send)

    def _telling(self, ns: str, send: Send) -> Send:
        """Return what sends an answer once all others know of the change."""

        async def telling(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] < _REFUSED:
                await self._peers.refresh(ns)
            await send(message)

        return telling


def _namespace_of(path: str) -> str | None:
    """Return the namespace that a request is about; "" for any of them, None for what concerns no other process."""
    if path in _OF_THIS_ONE or path.startswith(_ASSETS):
        return None
    named = _NAMESPACE.match(path)
    if named is None:
        return ""
    return named[1] if NAME.fullmatch(named[1]) else None

"""Where several processes share a database: one that was away for a while takes in what it has missed first."""

from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.domain.peers import Peers


class UpToDate:
    """Pure ASGI, in front of the API. Raises `UnavailableDatabaseError` while nothing is heard of the others."""

    def __init__(self, app: ASGIApp, peers: Peers) -> None:
        self._app = app
        self._peers = peers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if not self._peers.is_current:
            await self._peers.ensure_current()
        await self._app(scope, receive, send)

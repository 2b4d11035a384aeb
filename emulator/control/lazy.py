"""The control API, made when it is first used: a server starts without its framework, and still reports health."""

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control.server import HEALTH_PATH, HEALTHY, path_of


class LazyControlApi:
    """An ASGI app that makes another one on the first request. make: makes it."""

    def __init__(self, make: Callable[[], ASGIApp]) -> None:
        self._make = make
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the control API."""
        if scope["method"] == "GET" and path_of(scope) == HEALTH_PATH:
            await JSONResponse(HEALTHY)(scope, receive, send)
            return
        if self._app is None:
            self._app = self._make()
        await self._app(scope, receive, send)

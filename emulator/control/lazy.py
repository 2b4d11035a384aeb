"""The control API, made when it is first used: a server starts without its framework, and still reports its health."""

from collections.abc import Callable

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control.server import HEALTH_PATH, HEALTHY, READY_PATH, path_of, ready
from emulator.domain.readiness import Readiness


class LazyControlApi:
    """An ASGI app that makes another one on the first request. make: makes it. readiness: what `/ready` answers."""

    def __init__(self, make: Callable[[], ASGIApp], readiness: Readiness) -> None:
        self._make = make
        self._readiness = readiness
        self._app: ASGIApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or hand on to the control API."""
        if scope["method"] == "GET":
            path = path_of(scope)
            if path == HEALTH_PATH:
                await JSONResponse(HEALTHY)(scope, receive, send)
                return
            if path == READY_PATH:
                await ready(self._readiness)(scope, receive, send)
                return
        if self._app is None:
            self._app = self._make()
        await self._app(scope, receive, send)

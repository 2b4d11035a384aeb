"""`/_emulator/metrics`: the page that Prometheus reads."""

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.metrics.registry import CONTENT_TYPE, PrometheusMeasures

PATH = "/metrics"


class WithMetrics:
    """Pure ASGI: the page in front of the control API."""

    def __init__(self, app: ASGIApp, measures: PrometheusMeasures) -> None:
        self._app = app
        self._measures = measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, or hand on."""
        if scope["method"] == "GET" and scope["path"] == f"{scope['root_path']}{PATH}":
            await Response(self._measures.page(), media_type=None, headers={"content-type": CONTENT_TYPE})(
                scope, receive, send
            )
        else:
            await self._app(scope, receive, send)

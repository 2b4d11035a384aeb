"""The page at /: where clients find the server, and what it holds."""

from typing import Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.control.page_template import PageTemplate, server_url
from emulator.control.start import START_PATH
from emulator.service.namespaces import Namespaces
from emulator.service.overview import overview

# A suite may make a namespace for each of its tests.
MOST_LISTED: Final = 200


class StartPage:
    """Pure ASGI: the page in front of the control API. version: of the emulator."""

    def __init__(self, app: ASGIApp, namespaces: Namespaces, version: str) -> None:
        self._app = app
        self._namespaces = namespaces
        self._version = version
        self._template: PageTemplate | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, or hand on to the control API."""
        if scope["type"] != "http" or scope["path"] != START_PATH:
            await self._app(scope, receive, send)
            return
        self._template = self._template or PageTemplate("start.html")
        listed, total = await overview(self._namespaces, MOST_LISTED)
        html = self._template.draw(
            version=self._version,
            url=server_url(scope),
            control=scope["root_path"],
            namespaces=listed,
            left_out=total - len(listed),
        )
        await Response(html, headers=self._template.headers, media_type="text/html")(scope, receive, send)

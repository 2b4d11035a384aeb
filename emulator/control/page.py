"""The documentation page of the control API: its description as HTML, without scripts and without other resources."""

from typing import TYPE_CHECKING, Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator.control.server import path_of

if TYPE_CHECKING:
    from emulator.control.drawn_page import DrawnPage

PATHS: Final = ("", "/", "/docs")


class DocumentationPage:
    """Pure ASGI: the page in front of the API that it describes."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api
        self._page: DrawnPage | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, or hand on to the API."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or path_of(scope) not in PATHS:
            await self._api(scope, receive, send)
            return
        if self._page is None:
            from emulator.control.drawn_page import DrawnPage  # noqa: PLC0415 - few look at it, and it takes a while

            self._page = DrawnPage()
        html = self._page.draw(self._api.openapi(), scope)
        await Response(html, headers=self._page.headers, media_type="text/html")(scope, receive, send)

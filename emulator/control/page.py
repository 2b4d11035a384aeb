"""The documentation page of the control API: its description as HTML, without scripts and without other resources."""

import re
from base64 import b64encode
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from fastapi import FastAPI
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from emulator.control.description import groups
from emulator.control.server import path_of

PATHS: Final = ("", "/", "/docs")
_CODE: Final = re.compile(r"`([^`]+)`")


class DocumentationPage:
    """Pure ASGI: the page in front of the API that it describes; it is drawn anew for each host name that asks."""

    def __init__(self, api: FastAPI) -> None:
        self._api = api
        folder = files("emulator.control")
        style = folder.joinpath("page.css").read_text("utf-8")
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["prose"] = _prose
        self._template = environment.from_string(folder.joinpath("page.html").read_text("utf-8"))
        # S704: the file is the package's own.
        self._style = Markup(style)  # noqa: S704
        digest = b64encode(sha256(style.encode()).digest()).decode()
        self._headers = {
            "content-security-policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
                " frame-ancestors 'none'"
            ),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer with the page, or hand on to the API."""
        if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD") or path_of(scope) not in PATHS:
            await self._api(scope, receive, send)
            return
        page = Response(self._draw(scope), headers=self._headers, media_type="text/html")
        await page(scope, receive, send)

    def _draw(self, scope: Scope) -> str:
        headers = Headers(scope=scope)
        document: dict[str, Any] = self._api.openapi()
        url = f"{scope['scheme']}://{headers.get('host', 'localhost')}{scope['root_path']}"
        return self._template.render(
            title=document["info"]["title"],
            version=document["info"]["version"],
            about=document["info"]["description"].split("\n\n"),
            url=url,
            description=f"{scope['root_path']}/openapi.json",
            style=self._style,
            groups=groups(document, url, with_token="authorization" in headers),
        )


def _prose(text: str) -> Markup:
    """Return a text of a description as HTML: what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped

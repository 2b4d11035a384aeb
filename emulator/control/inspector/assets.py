"""The files that pages load: one style sheet, the inspector's own scripts, and htmx, all from the package."""

import mimetypes
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.headers import HEADERS
from emulator.domain.inspector_paths import INSPECTOR, asset

_FOLDER: Final = files("emulator.control.inspector").joinpath("static")
# In the order in which pages load them. Their versions and licences: static/VENDORED.md.
NAMES: Final = (
    "inspector.css",
    "inspector.svg",
    "theme.js",
    "htmx.min.js",
    "hx-sse.min.js",
    "inspector.js",
    "news.js",
    "keys.js",
    "editor.js",
)
_FOREVER: Final = "public, max-age=31536000, immutable"


def route() -> Route:
    """Return the route; the address of a file has its digest, so it is loaded once."""
    return Route(f"{INSPECTOR}/static/{{digest}}/{{name}}", _file, methods=["GET"])


@cache
def address(name: str) -> str:
    """Return the address of a file, which changes with its content."""
    return asset(f"{sha256(_data(name)).hexdigest()[:12]}/{name}")


@cache
def _data(name: str) -> bytes:
    return _FOLDER.joinpath(name).read_bytes()


async def _file(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in NAMES:  # no path is made from what a client names
        return Response("There is no such file.", 404, headers=dict(HEADERS), media_type="text/plain")
    media_type = mimetypes.guess_type(name)[0]
    return Response(_data(name), headers={**HEADERS, "cache-control": _FOREVER}, media_type=media_type)

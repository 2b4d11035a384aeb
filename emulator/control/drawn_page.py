"""The documentation page as HTML, drawn from the control API's description."""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape
from starlette.datastructures import Headers
from starlette.types import Scope

from emulator.control.description import groups

_CODE: Final = re.compile(r"`([^`]+)`")


class DrawnPage:
    """Draws the page anew for each host name that asks. headers: of each answer."""

    headers: Mapping[str, str]

    def __init__(self) -> None:
        folder = files("emulator.control")
        style = folder.joinpath("page.css").read_text("utf-8")
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["prose"] = _prose
        self._template = environment.from_string(folder.joinpath("page.html").read_text("utf-8"))
        # S704: the file is the package's own.
        self._style = Markup(style)  # noqa: S704
        digest = b64encode(sha256(style.encode()).digest()).decode()
        self.headers = {
            "content-security-policy": (
                f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none';"
                " frame-ancestors 'none'"
            ),
            "x-content-type-options": "nosniff",
            "referrer-policy": "no-referrer",
            "cache-control": "no-store",
        }

    def draw(self, document: Mapping[str, Any], scope: Scope) -> str:
        """Return the page. document: the OpenAPI description; scope: of the request."""
        headers = Headers(scope=scope)
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

"""Pages of the control API: a template and the one style sheet, without scripts and without other resources."""

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

_CODE: Final = re.compile(r"`([^`]+)`")


class PageTemplate:
    """Draws a page from a file of this package. headers: of each answer."""

    headers: Mapping[str, str]

    def __init__(self, name: str) -> None:
        folder = files("emulator.control")
        style = folder.joinpath("page.css").read_text("utf-8")
        environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
        environment.filters["prose"] = _prose
        # S704: the file is the package's own.
        environment.globals["style"] = Markup(style)  # noqa: S704
        self._template = environment.from_string(folder.joinpath(name).read_text("utf-8"))
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

    def draw(self, **values: Any) -> str:
        """Return the page. values: what the template names."""
        return self._template.render(values)


def server_url(scope: Scope) -> str:
    """Return the URL of the server as whoever asks has written it."""
    return f"{scope['scheme']}://{Headers(scope=scope).get('host', 'localhost')}"


def _prose(text: str) -> Markup:
    """Return a text of a description as HTML: what stands between backticks is code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - it is escaped

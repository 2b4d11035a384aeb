"""The documentation page as HTML, drawn from the control API's description."""

from collections.abc import Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.types import Scope

from emulator.control.description import groups
from emulator.control.page_template import PageTemplate, server_url
from emulator.domain.inspector_paths import namespaces


class DrawnPage:
    """Draws the page anew for each host name that asks. headers: of each answer."""

    headers: Mapping[str, str]

    def __init__(self) -> None:
        self._template = PageTemplate("page.html")
        self.headers = self._template.headers

    def draw(self, document: Mapping[str, Any], scope: Scope) -> str:
        """Return the page. document: the OpenAPI description; scope: of the request."""
        url = f"{server_url(scope)}{scope['root_path']}"
        return self._template.draw(
            title=document["info"]["title"],
            version=document["info"]["version"],
            about=document["info"]["description"].split("\n\n"),
            url=url,
            description=f"{scope['root_path']}/openapi.json",
            inspector=namespaces(),
            groups=groups(document, url, with_token="authorization" in Headers(scope=scope)),
        )

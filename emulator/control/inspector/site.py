"""What the pages are made from: the server that they show, and how one of them is drawn and answered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from emulator.control.inspector.cookies import read_cookie
from emulator.control.inspector.forgery import Forgery
from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.logins import Logins
from emulator.control.inspector.notices import read_notice, without_notice
from emulator.control.inspector.rendering import Rendering
from emulator.control.inspector.script_format import ScriptFormat
from emulator.control.scripts import Lint
from emulator.domain.faults import Route
from emulator.engine.namespace import Namespace
from emulator.service.namespaces import Namespaces


@dataclass(frozen=True, slots=True)
class Site:
    """The server whose pages these are.

    info: its settings, as /info has them. lint: checks scripts; it runs on a thread. routes: what faults may hit.
    scenarios: the format of scripts. logins: of a server with a control token. stands_still: whether a namespace, by
    its name, is a snapshot that is looked at and has not been changed.
    """

    namespaces: Namespaces
    info: Mapping[str, Any]
    lint: Lint
    routes: Sequence[Route]
    scenarios: ScriptFormat
    rendering: Rendering
    forgery: Forgery
    logins: Logins | None
    stands_still: Callable[[str], bool]

    async def namespace(self, request: Request) -> Namespace:
        """Return the namespace that a path names; raise the 404 of one that is not there."""
        return await self.namespaces.find(request.path_params["ns"])

    def page(self, request: Request, template: str, *, title: str, status: int = 200, **values: Any) -> Response:
        """Return a page. template: a file of `templates`, which takes values and what every page has."""
        notice = read_notice(request)
        token, cookie = self.forgery.token(request)
        ns = request.path_params.get("ns")
        html = self.rendering.draw(
            template,
            title=title,
            here=_here(request),
            server=server_of(request),
            info=self.info,
            forgery=token,
            notice=notice,
            has_login=self.has_login(request),
            **{"ns": ns, "is_still": ns is not None and self.stands_still(ns), **values},
        )
        response = HTMLResponse(html, status, headers=dict(HEADERS))
        cookie.set_on(response, request)
        if notice is not None:
            without_notice(response, request)
        return response

    def has_login(self, request: Request) -> bool:
        """Return whether a browser has logged in, which it need not where there is no control token."""
        return self.logins is not None and self.logins.knows(read_cookie(request, "login"))


def server_of(request: Request) -> str:
    """Return scheme and host of a server, as the browser has them."""
    return f"{request.url.scheme}://{request.url.netloc}"


def _here(request: Request) -> str:
    """Return the path and query of a page, which links and live parts go back to."""
    query = request.url.query
    path = quote(request.url.path)
    return f"{path}?{query}" if query else path

"""Where a browser goes that has not logged in: to the page that asks for the token, and back from there."""

from typing import Final
from urllib.parse import quote, unquote

from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse, Response
from starlette.types import Scope

from emulator.control.inspector.current_page import current_page
from emulator.domain.inspector_paths import ROOT, login, namespaces

_READING: Final = ("GET", "HEAD")


def to_login(scope: Scope) -> Response:
    """Return the answer that leads to the login, from there to the page that was asked for or whose form this is."""
    request = HTTPConnection(scope)
    headers = {"cache-control": "no-store"}
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={**headers, "HX-Redirect": login(current_page(request))})
    query = scope["query_string"].decode("latin-1")
    path = quote(scope["path"])
    page = "" if scope["method"] not in _READING else f"{path}?{query}" if query else path
    return RedirectResponse(login(page), 303, headers)


def page_behind(given: object) -> str:
    """Return where a login leads: to a page of the inspector, whatever a link has named."""
    is_page = isinstance(given, str) and (given == ROOT or given.startswith((f"{ROOT}/", f"{ROOT}?")))
    path = given.partition("?")[0] if is_page and isinstance(given, str) else ""
    if not path or path == login() or ".." in unquote(path).split("/") or "\\" in unquote(path):
        return namespaces()
    return str(given)

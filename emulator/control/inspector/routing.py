"""Pages and forms by their paths: each with its refusals as a page, and each form with its token checked."""

from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from emulator.control.inspector.current_page import current_page
from emulator.control.inspector.headers import HEADERS
from emulator.control.inspector.notices import notice
from emulator.control.inspector.refusal_pages import refusal_page
from emulator.control.inspector.site import Site
from emulator.control.limits import MOST_SCRIPT_BYTES, bounded
from emulator.domain.errors import ApiError
from emulator.domain.inspector_paths import INSPECTOR
from emulator.domain.ports import ScriptError
from emulator.forms import read_form

# A refusal of what a page did by itself is shown in it.
_BESIDE: Final = {"HX-Retarget": "#notice", "HX-Reselect": "#notice", "HX-Reswap": "outerHTML"}

# What stands for itself in a header that leads elsewhere: a page behind a login has the name that a client gave it.
_OF_ADDRESSES: Final = ":/%#?=@[]!$&'()*+,;"

Shows = Callable[[Site, Request], Awaitable[Response]]
Does = Callable[[Site, Request, FormData], Awaitable[Response]]


def shows(site: Site, path: str, handler: Shows) -> Route:
    """Return the route of a page. path: below the inspector's own."""

    async def endpoint(request: Request) -> Response:
        try:
            return await handler(site, request)
        except (ApiError, ScriptError) as error:
            return refused(site, request, error)

    return Route(f"{INSPECTOR}{path}", endpoint, methods=["GET"])


def does(site: Site, path: str, handler: Does) -> Route:
    """Return the route of a form, which is sent only by the server's own pages."""

    async def endpoint(request: Request) -> Response:
        try:
            counted = Request(request.scope, bounded(request.scope, request.receive))
            async with read_form(counted, most_files=10, most_fields=100, most_field_bytes=MOST_SCRIPT_BYTES) as form:
                site.forgery.check(request, form)
                return await handler(site, request, form)
        except (ApiError, ScriptError) as error:
            return refused(site, request, error)

    return Route(f"{INSPECTOR}{path}", endpoint, methods=["POST"])


def done(request: Request, to: str, said: str) -> Response:
    """Return the answer to a form: go to a page, which says once what was done."""
    response: Response
    if _is_from_htmx(request) and to != current_page(request):
        response = Response(status_code=200, headers={**HEADERS, "HX-Redirect": quote(to, safe=_OF_ADDRESSES)})
    else:
        response = RedirectResponse(to, 303, headers=dict(HEADERS))
    notice(response, request, said)
    return response


def refused(site: Site, request: Request, error: ApiError | ScriptError) -> Response:
    """Return a refusal: beside what was typed where the page asked by itself, a page of its own elsewhere."""
    status, message, more = _told(error)
    if _is_from_htmx(request) and request.method == "POST":
        html = site.rendering.draw("refusal.html", message=message, more=more)
        return HTMLResponse(html, status, headers={**HEADERS, **_BESIDE})
    ns = request.path_params.get("ns")
    # A page that exists has opened its namespace, whatever it then did not find in it.
    has_namespace = ns is not None and site.namespaces.remembered(ns) is not None
    page = refusal_page(status, request.method, request.path_params, has_namespace=has_namespace)
    values = {"message": message, "more": more, "ways": page.ways, "ns": page.ns}
    return site.page(request, "error.html", title=page.heading, status=status, http_status=status, **values)


def _told(error: Any) -> tuple[int, str, list[str]]:
    if isinstance(error, ApiError):
        return error.status, error.message, []
    problems = [str(one) for one in error.problems]
    return 400, problems[0] if problems else "The script cannot be loaded.", problems[1:]


def _is_from_htmx(request: Request) -> bool:
    return request.headers.get("hx-request") == "true"

"""The inspector as an ASGI app: all its pages, by their paths."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from starlette.requests import Request
from starlette.routing import Router
from starlette.types import ASGIApp

from emulator.control.inspector import assets, live
from emulator.control.inspector.forgery import Forgery
from emulator.control.inspector.logins import Logins
from emulator.control.inspector.pages import (
    files,
    keys,
    login,
    namespace,
    namespace_forms,
    namespaces,
    parity,
    report,
    request,
    requests,
    run,
    runs,
    scenario,
    script_editor,
    scripts,
    snapshots,
    thread,
    threads,
    verification,
)
from emulator.control.inspector.rendering import Rendering
from emulator.control.inspector.routing import refused
from emulator.control.inspector.script_format import ScriptFormat
from emulator.control.inspector.site import Site
from emulator.control.scripts import Lint
from emulator.domain import faults
from emulator.domain.errors import ApiError
from emulator.service.namespaces import Namespaces

_PAGES: Final = (
    files,
    keys,
    login,
    namespace,
    namespace_forms,
    namespaces,
    parity,
    report,
    request,
    requests,
    run,
    runs,
    scenario,
    script_editor,
    scripts,
    snapshots,
    thread,
    threads,
    verification,
)


def inspector(
    namespaces: Namespaces,
    info: Mapping[str, Any],
    lint: Lint,
    routes: Sequence[faults.Route],
    *,
    scenarios: ScriptFormat,
    logins: Logins | None,
    stands_still: Callable[[str], bool],
) -> ASGIApp:
    """Return the inspector of a server.

    Its parameters are those of the control API; scenarios: the format of scripts; logins: if it has a token.
    stands_still: whether a namespace is a snapshot that is looked at, and as it was saved.
    """
    site = Site(
        namespaces, info, lint, routes, scenarios, Rendering(), Forgery(namespaces.rows.secret), logins, stands_still
    )
    pages = [route for page in _PAGES for route in page.routes(site)]
    return Router([*pages, *live.routes(site), assets.route()], redirect_slashes=False, default=_missing(site))


def _missing(site: Site) -> ASGIApp:
    async def missing(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope, receive)
        error = ApiError(404, f"There is no page at {request.url.path}.")
        await refused(site, request, error)(scope, receive, send)

    return missing

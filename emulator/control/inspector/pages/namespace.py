"""One namespace: what happens in it, its clock, pace, faults and coverage."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    values = {"now": namespace.now()}
    return site.page(request, "namespace.html", title=f"Namespace {namespace.name}", **values)

"""The request log: filtered, and each request with its bodies."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/requests", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    requests = list(namespace.requests)
    return site.page(request, "requests.html", title="Requests", requests=requests)

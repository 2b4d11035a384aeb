"""The scripts of a namespace: their use counts, an editor, and which turn would fit a message."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/scripts", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    values = {"version": namespace.script_version}
    return site.page(request, "scripts.html", title="Scripts", **values)

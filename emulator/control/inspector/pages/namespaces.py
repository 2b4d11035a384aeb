"""All namespaces: what each holds; made, reset, deleted, saved and restored here."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.control.start import START_PATH
from emulator.service.overview import overview

_MOST = 200


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    at_root = Route(START_PATH, shows(site, "", _show).endpoint, methods=["GET"])
    return [at_root, shows(site, "", _show)]


async def _show(site: Site, request: Request) -> Response:
    listed, total = await overview(site.namespaces, _MOST)
    return site.page(request, "namespaces.html", title="Namespaces", namespaces=listed, left_out=total - len(listed))

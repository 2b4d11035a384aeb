"""The keys that pages understand, as a page."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/keys", _show)]


async def _show(site: Site, request: Request) -> Response:
    return site.page(request, "keys.html", title="Keys")

"""The threads of a namespace."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.lists import page_of
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.service import thread_records


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/threads", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    values = await thread_records.listing(namespace, page_of(request))
    return site.page(request, "threads.html", title="Threads", **values)

"""A thread: the conversation as a person reads it, with the runs between its messages."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.service import thread_records


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/threads/{thread}", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    values = await thread_records.retrieve(namespace, request.path_params["thread"])
    return site.page(request, "thread.html", title=f"Thread {request.path_params['thread']}", **values)

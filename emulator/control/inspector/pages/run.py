"""A run: its timeline, what the model saw, the turn that was played, and moving it by hand."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.service import run_records


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/runs/{run}", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespaces.find(request.path_params["ns"])
    about = await run_records.retrieve(namespace, request.path_params["run"])
    return site.page(request, "run.html", title=f"Run {request.path_params['run']}", about=about)

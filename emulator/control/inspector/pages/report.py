"""What a test should know of a namespace: the whole report, as the control API has it."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.domain.drift import text_of
from emulator.service.reports import report

# Of each kind; the control API has all of them.
_MOST: Final = 200


def routes(site: Site) -> list[Route]:
    """Return the route."""
    return [shows(site, "/ns/{ns}/report", _show)]


async def _show(site: Site, request: Request) -> Response:
    ns = request.path_params["ns"]
    found = await report(site.namespaces, ns)
    found["drift"] = [{**line, "text": text_of(line)} for line in found["drift"][: _MOST + 1]]
    return site.page(request, "report.html", title="Report", report=found, most=_MOST)

"""The runs of a namespace, the newest first: all of them, or those on a thread or in a status."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.lists import page_of
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.domain.inspector_paths import runs as address
from emulator.domain.lifecycle import RUN
from emulator.service import news
from emulator.service.run_overviews import overview
from emulator.timeline_pictures.scale import lasting


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}/runs", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    seen = await news.position(namespace)
    query = request.query_params
    chosen = {name: query.get(name, "").strip() for name in ("status", "thread")}
    page = page_of(request)
    listed = await overview(namespace, page, chosen["thread"] or None, chosen["status"] or None)
    last = listed["runs"][-1]["id"] if listed["has_more"] else None
    values = {
        "runs": listed["runs"],
        "older": address(namespace.name, **chosen, after=last) if last else "",
        "newest": address(namespace.name, **chosen) if page.after else "",
        "chosen": chosen,
        "statuses": list(RUN),
        "seen": str(seen),
        "now": namespace.clock.now(),
        "lasting": lasting,
    }
    return site.page(request, "runs.html", title="Runs", **values)

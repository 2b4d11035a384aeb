"""One namespace: what needs somebody, what happens in it, its clock, pace, faults and coverage."""

from typing import Any, Final, get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.fault_presets import GROUPS
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site
from emulator.domain.config import Progression
from emulator.domain.coverage_figures import figures_of
from emulator.domain.ports import ClockMode
from emulator.domain.waiting import HELD_AT
from emulator.engine.facets import Kind
from emulator.engine.namespace import Namespace
from emulator.service import clocks
from emulator.service.namespace_contents import contents
from emulator.service.overview import MOST_COUNTED, prefix_of

# Of the rows of the feed, and of each kind that needs somebody.
_MOST_ROWS: Final = 50
# What the page draws anew twice a second while much happens: then most of its time would go into rows that nobody gets.
_REGIONS: Final = ("div#state", "div#fault-list")
_MOST_OF_A_KIND: Final = 10
_METHODS: Final = ("GET", "POST", "DELETE")


def routes(site: Site) -> list[Route]:
    """Return the routes."""
    return [shows(site, "/ns/{ns}", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    rows = 0 if request.headers.get("hx-target") in _REGIONS else _MOST_ROWS
    snapshots = len(await site.namespaces.snapshots.of(namespace.name))
    found = await contents(namespace, rows, _MOST_OF_A_KIND)
    await namespace.facets.look(namespace, Kind.FAULTS, Kind.HINTS)
    met = figures_of(await namespace.met())
    values = {**found._asdict(), **_setting(namespace), "coverage": met, "snapshots": snapshots}
    return site.page(request, "namespace.html", title=f"Namespace {namespace.name}", **values)


def _setting(namespace: Namespace) -> dict[str, Any]:
    """Return how it is set, and what can be chosen."""
    return {
        "now": namespace.clock.now(),
        "clock": clocks.state(namespace),
        "config": namespace.config.to_json(),
        "faults": [fault.to_json() for fault in namespace.faults],
        "hints": sum(1 for _ in namespace.hints),
        "prefix": prefix_of(namespace.name),
        "most_counted": MOST_COUNTED,
        "presets": GROUPS,
        "methods": _METHODS,
        "modes": get_args(ClockMode),
        "progressions": get_args(Progression),
        "held_at": HELD_AT,
    }

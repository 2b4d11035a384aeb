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
from emulator.engine.namespace import Namespace
from emulator.service import clocks
from emulator.service.attention import attention
from emulator.service.feed import feed
from emulator.service.overview import MOST_COUNTED, failures_in, prefix_of, runs_by_status
from emulator.store.tables import Conversation, File, Thread

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
    snapshots = len(site.namespaces.snapshots.of(namespace.name))
    values = {**await _contents(namespace, rows), **_setting(namespace), "snapshots": snapshots}
    return site.page(request, "namespace.html", title=f"Namespace {namespace.name}", **values)


async def _contents(namespace: Namespace, rows: int) -> dict[str, Any]:
    """Return what is in a namespace, all of one moment. rows: how many of the feed."""
    async with namespace.transaction() as tx:
        return {
            "feed": await feed(namespace, tx, rows),
            "attention": await attention(tx, _MOST_OF_A_KIND),
            "runs": await runs_by_status(tx),
            "failures": await failures_in(tx),
            "threads": await tx.count_up_to(Thread, MOST_COUNTED),
            "conversations": await tx.count_up_to(Conversation, MOST_COUNTED),
            "files": await tx.count_up_to(File, MOST_COUNTED),
        }


def _setting(namespace: Namespace) -> dict[str, Any]:
    """Return how it is set, and what can be chosen."""
    return {
        "now": namespace.clock.now(),
        "clock": clocks.state(namespace),
        "config": namespace.config.to_json(),
        "faults": [fault.to_json() for fault in namespace.faults],
        "hints": sum(1 for _ in namespace.hints),
        "coverage": figures_of(namespace.met()),
        "prefix": prefix_of(namespace.name),
        "most_counted": MOST_COUNTED,
        "presets": GROUPS,
        "methods": _METHODS,
        "modes": get_args(ClockMode),
        "progressions": get_args(Progression),
        "held_at": HELD_AT,
    }

"""One request of the log: what was sent and answered, what became of it, and the command that sends it again."""

from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from emulator.control.inspector.curl import command
from emulator.control.inspector.fault_effects import effect_of
from emulator.control.inspector.pages.requests import row_of
from emulator.control.inspector.routing import shows
from emulator.control.inspector.site import Site, server_of
from emulator.domain.redaction import shown_headers
from emulator.service.request_contents import answered, sent
from emulator.service.request_search import find

_VIEWS: Final = ("pretty", "raw")


def routes(site: Site) -> list[Route]:
    """Return the route."""
    return [shows(site, "/ns/{ns}/requests/{request}", _show)]


async def _show(site: Site, request: Request) -> Response:
    namespace = await site.namespace(request)
    found = find(tuple(await namespace.requests.read()), request.path_params["request"])
    asked = request.query_params.get("view")
    logged = found.request
    row = row_of(namespace.name, logged)
    values: dict[str, Any] = {
        "one": row,
        "now": namespace.clock.now(),
        "view": asked if asked in _VIEWS else "pretty",
        "sent": sent(logged),
        "answered": answered(logged),
        "has_contents": logged.has_contents,
        "headers": shown_headers(logged.headers),
        "answer_headers": shown_headers(logged.answer_headers),
        "observed": logged.observed,
        "effect": effect_of(logged),
        "curl": command(logged, server_of(request)),
        "beside": {
            name: None if other is None else other.id
            for name, other in (
                ("before", found.before),
                ("after", found.after),
                ("before_of_run", found.before_of_run),
                ("after_of_run", found.after_of_run),
            )
        },
    }
    return site.page(request, "request.html", title=f"{row['method']} {row['path']}", **values)

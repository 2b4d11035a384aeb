"""Parameters of queries: one that a route does not take is refused, because it is probably misspelled."""

from collections.abc import Iterator

from fastapi.dependencies.models import Dependant
from fastapi.requests import Request
from fastapi.routing import APIRoute

from emulator.domain.errors import ApiError
from emulator.domain.nearest import did_you_mean


async def check_parameters(request: Request) -> None:
    """Refuse a parameter that does not exist, and say which ones do."""
    if not request.query_params:
        return
    known = tuple(_names(request.scope["route"]))
    unknown = next((name for name in request.query_params if name not in known), None)
    if unknown is None:
        return
    message = f"{unknown}: there is no such parameter{did_you_mean(unknown, known)}"
    end = "" if message.endswith("?") else "."
    raise ApiError(400, f"{message}{end} Known: {', '.join(known) or 'none'}", param=unknown)


def _names(route: APIRoute) -> Iterator[str]:
    """Yield the parameters that are declared, also those that the route reads itself."""
    yield from _declared(route.dependant)
    for one in (route.openapi_extra or {}).get("parameters", ()):
        if one["in"] == "query":
            yield one["name"]


def _declared(dependant: Dependant) -> Iterator[str]:
    yield from (field.alias for field in dependant.query_params)
    for one in dependant.dependencies:
        yield from _declared(one)

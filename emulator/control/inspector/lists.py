"""How pages page what is long: fifty at once, and each part with an address of its own."""

from typing import Final

from starlette.requests import Request

from emulator.service.lookup import ListQuery
from emulator.service.thread_windows import Place

AT_ONCE: Final = 50


def page_of(request: Request) -> ListQuery:
    """Return which part of a list a page shows: `?after=` the id of the last one of the page before."""
    return ListQuery(AT_ONCE, "desc", request.query_params.get("after") or None)


def place_of(request: Request) -> Place:
    """Return which part of a dialogue a page shows: `?before=`, `?after=` or `?at=` the id of a message."""
    return Place(*(request.query_params.get(name) or None for name in ("before", "after", "at")))

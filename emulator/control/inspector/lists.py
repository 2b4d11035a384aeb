"""How pages page their lists: fifty at once, the newest first, each page with an address of its own."""

from typing import Final

from starlette.requests import Request

from emulator.service.lookup import ListQuery

AT_ONCE: Final = 50


def page_of(request: Request) -> ListQuery:
    """Return which part of a list a page shows: `?after=` the id of the last one of the page before."""
    return ListQuery(AT_ONCE, "desc", request.query_params.get("after") or None)

"""The template of the path that a request of the API means, for counting: one of few, whatever is sent."""

from functools import cache
from typing import Final

from starlette.types import Scope

from emulator.api.address import RequestHeaders, locate
from emulator.api.dispatch import EndpointTable
from emulator.api.endpoints import ALL, OF_FOUNDRY
from emulator.domain.errors import ApiError

# What is no endpoint: a stub, a forward, or nothing at all.
OTHER: Final = "other"


def route_of(scope: Scope) -> str:
    """Return the template, ``/threads/{thread_id}``, whatever namespace and mount stand in front of it."""
    try:
        address = locate(scope["path"], RequestHeaders(scope["headers"]))
    except ApiError:
        return OTHER
    found = _table(address.mount).find(scope["method"], address.path) if address.mount else None
    return OTHER if found is None else found[0].path


@cache
def _table(mount: str) -> EndpointTable:
    return EndpointTable((*ALL, *OF_FOUNDRY) if mount == "foundry" else ALL)

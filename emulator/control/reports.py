"""/ns/{ns}/report: what a test should look at when it is over."""

from typing import Any

from fastapi import APIRouter

from emulator.service.namespaces import Namespaces
from emulator.service.reports import report


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/report", tags=["reports"])

    @router.get(
        "",
        response_description=(
            'Lists by kind: `{"unmatched", "script", "check", "drift", "unused", "waiting", "hints"}`.'
        ),
    )
    async def get_report(ns: str) -> dict[str, Any]:
        """Read what went wrong, and what did not happen."""
        return await report(namespaces, ns)

    return router

"""/ns/{ns}/report: what a test should look at when it is over."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from emulator.service.namespaces import Namespaces
from emulator.service.reports import report

FailOnDrift = Annotated[bool, Query(description="Whether each difference from what was recorded is a failure.")]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/report", tags=["reports"])

    @router.get(
        "",
        response_description=(
            'Lists by kind: `{"unmatched", "script", "check", "drift", "unused", "waiting", "hints"}`.'
        ),
    )
    async def get_report(ns: str, fail_on_drift: FailOnDrift = False) -> dict[str, Any]:  # noqa: FBT002
        """Read what went wrong, and what did not happen."""
        return await report(namespaces, ns, fail_on_drift=fail_on_drift)

    return router

"""/ns/{ns}/report: what a test should know."""

from typing import Any

from fastapi import APIRouter

from emulator.service.namespaces import Namespaces
from emulator.service.reports import report


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/report", tags=["reports"])

    @router.get("")
    async def get_report(ns: str) -> dict[str, Any]:
        return await report(namespaces, ns)

    return router

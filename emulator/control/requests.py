"""/ns/{ns}/requests: the request log."""

from typing import Any

from fastapi import APIRouter

from emulator.service.namespaces import Namespaces


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/requests", tags=["requests"])

    @router.get("")
    async def list_requests(ns: str) -> dict[str, Any]:
        return {"requests": list((await namespaces.find(ns)).requests)}

    @router.delete("")
    async def delete_requests(ns: str) -> dict[str, Any]:
        (await namespaces.find(ns)).requests.clear()
        return {"requests": []}

    return router

"""/ns/{ns}/requests: the log of the requests that the API has answered."""

from typing import Any

from fastapi import APIRouter

from emulator.service.namespaces import Namespaces


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes."""
    router = APIRouter(prefix="/ns/{ns}/requests", tags=["requests"])

    @router.get("", response_description='`{"requests": [...]}`, the oldest first.')
    async def list_requests(ns: str) -> dict[str, Any]:
        """Read the request log: the newest 10,000, without keys."""
        return {"requests": list((await namespaces.find(ns)).requests)}

    @router.delete("", response_description='`{"requests": []}`.')
    async def delete_requests(ns: str) -> dict[str, Any]:
        """Clear the request log."""
        (await namespaces.find(ns)).requests.clear()
        return {"requests": []}

    return router

"""/health and /info: what the server says of itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.types import Scope

HEALTHY: Final = {"status": "ok"}
HEALTH_PATH: Final = "/health"


def path_of(scope: "Scope") -> str:
    """Return the path of a request below the control API, whole: a namespace may have any name."""
    path: str = scope["path"]
    return path.removeprefix(scope["root_path"])


def router(info: Mapping[str, Any]) -> "APIRouter":
    """Return the routes. info: the answer of /info."""
    from fastapi import APIRouter  # noqa: PLC0415 - `lazy` answers /health without the framework

    router = APIRouter(tags=["server"])

    @router.get("/health", response_description='`{"status": "ok"}`.')
    async def health() -> dict[str, str]:
        """Say that requests are answered; this route alone needs no token."""
        return HEALTHY  # `lazy` has answered it already; here for the description, and for other methods

    @router.get("/info", response_description="An object with the settings.")
    async def server_info() -> Mapping[str, Any]:
        """Read the server's version and settings, and what a new namespace starts with."""
        return info

    return router

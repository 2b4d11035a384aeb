"""/health, /ready and /info: what the server says of itself."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from starlette.responses import JSONResponse

from emulator.domain.readiness import Readiness

if TYPE_CHECKING:
    from fastapi import APIRouter
    from starlette.types import Scope

HEALTHY: Final = {"status": "ok"}
HEALTH_PATH: Final = "/health"
READY_PATH: Final = "/ready"
# What those ask for who watch over the server: it needs no token, and says nothing of what is in it.
OPEN_PATHS: Final = (HEALTH_PATH, READY_PATH)


def path_of(scope: "Scope") -> str:
    """Return the path of a request below the control API, whole: a namespace may have any name."""
    path: str = scope["path"]
    return path.removeprefix(scope["root_path"])


def ready(readiness: Readiness) -> JSONResponse:
    """Return whether the server should be sent requests: 200, or 503 and why not."""
    if reasons := readiness.reasons():
        return JSONResponse({"status": "not ready", "reasons": reasons}, 503)
    return JSONResponse({"status": "ready"})


def router(info: Mapping[str, Any], readiness: Readiness) -> "APIRouter":
    """Return the routes. info: the answer of /info."""
    from fastapi import APIRouter  # noqa: PLC0415 - `lazy` answers /health without the framework

    router = APIRouter(tags=["server"])

    @router.get("/health", response_description='`{"status": "ok"}`.')
    async def health() -> dict[str, str]:
        """Say that requests are answered; this route and the next need no token."""
        return HEALTHY  # `lazy` has answered it already; here for the description, and for other methods

    @router.get("/ready", response_description='`{"status": "ready"}`.')
    async def is_ready() -> JSONResponse:
        """Say whether the server should be sent requests: 503 with `reasons` while it stops, or has no database."""
        return ready(readiness)  # as above

    @router.get("/info", response_description="An object with the settings.")
    async def server_info() -> Mapping[str, Any]:
        """Read the server's version and settings, and what a new namespace starts with."""
        return info

    return router

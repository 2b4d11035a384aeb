"""/ns/{ns}/requests: the request log."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError
from emulator.domain.faults import PathPattern
from emulator.service.namespaces import Namespaces
from emulator.service.request_log import Filter, Listing

# Each thread that computes can hold up the others, the event loop among them, for some milliseconds.
_MOST_THREADS: Final = 2
_MOST_PER_PAGE: Final = 1_000

_Method = Annotated[str | None, Query(description="GET, POST, …")]
_Path = Annotated[str | None, Query(description="A pattern below /v1: * is one segment, ** any number.")]
_Limit = Annotated[int | None, Query(ge=1, le=_MOST_PER_PAGE, description="How many; without it, all.")]
_After = Annotated[str | None, Query(description="The id of a request: those behind it.")]
_Bodies = Annotated[bool, Query(description="With headers and bodies, of the requests and of the answers.")]


def router(namespaces: Namespaces) -> APIRouter:
    """Return the routes. What may be long is made on a thread."""
    router = APIRouter(prefix="/ns/{ns}/requests", tags=["requests"])
    workers = Workers("requests", _MOST_THREADS)

    @router.get("")
    async def list_requests(  # noqa: PLR0917 - parameters of the query
        ns: str,
        method: _Method = None,
        path: _Path = None,
        run: str | None = None,
        thread: str | None = None,
        status: int | None = None,
        limit: _Limit = None,
        after: _After = None,
        bodies: _Bodies = False,  # noqa: FBT002
    ) -> Response:
        """List the requests to the API, the oldest first."""
        wanted = Filter(method, pattern(path, "path"), run, thread, status)
        log = (await namespaces.find(ns)).requests
        listing = Listing(ns, tuple(log), log.dropped, wanted, after, limit, bodies)
        return Response(await workers.compute(listing.data), media_type="application/json")

    @router.delete("")
    async def delete_requests(ns: str) -> dict[str, Any]:
        """Empty the log."""
        (await namespaces.find(ns)).requests.clear()
        return {"requests": []}

    return router


def pattern(path: str | None, param: str) -> PathPattern | None:
    """Return the pattern of a path. Raises `ApiError` for one that is none."""
    try:
        return None if path is None else PathPattern.parse(path)
    except ValueError as error:
        raise ApiError(400, f"{param}: {error}", param=param) from error

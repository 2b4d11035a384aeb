"""/ns/{ns}/requests: the request log, and whether it has what a test expects."""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query
from pydantic import BeforeValidator, Field, model_validator
from starlette.responses import JSONResponse, Response

from emulator.control.body import ControlBody
from emulator.control.envelope import refusal
from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError
from emulator.domain.faults import PathPattern, Route
from emulator.domain.neighbors import is_neighbor
from emulator.domain.request_log import LoggedRequest
from emulator.engine.namespace import Namespace
from emulator.service.expected_requests import MISSING, Expected
from emulator.service.namespaces import Namespaces
from emulator.service.request_log import Filter, Listing
from emulator.service.verification import Outcome, Times, verify

# Each thread that computes can hold up the others, the event loop among them, for some milliseconds.
_MOST_THREADS: Final = 2
_MOST_PER_PAGE: Final = 1_000
_MOST: Final = 2**63 - 1
# Of answers; 0 is a request that was not answered.
_STATUSES: Final = range(100, 600)

_Method = Annotated[str | None, Query(description="GET, POST, …")]
_Path = Annotated[str | None, Query(description="A pattern below /v1: * is one segment, ** any number.")]
_Limit = Annotated[int | None, Query(ge=1, le=_MOST_PER_PAGE, description="How many; without it, all.")]
_After = Annotated[str | None, Query(description="The id of a request: those behind it.")]
_Bodies = Annotated[bool, Query(description="With headers and bodies, of the requests and of the answers.")]


Count = Annotated[int, Field(ge=0, le=_MOST, strict=True)]


class RequestMatch(ControlBody):
    """Which requests. path: a pattern as those of faults; query: a whole one, or some parameters.

    body: an object is compared by the fields that it has, anything else as a whole.
    """

    method: Annotated[str | None, Field(description="GET, POST, …", examples=["POST"])] = None
    path: Annotated[
        str | None,
        Field(description="A pattern below /v1: `*` is one segment, `**` any number.", examples=["/threads/*/runs"]),
    ] = None
    query: Annotated[str | dict[str, str] | None, Field(description="The whole query, or some parameters.")] = None
    headers: Annotated[dict[str, str] | None, Field(description="Some headers.")] = None
    body: Annotated[Any, Field(description="What the body has at least; lists and texts are compared as a whole.")] = (
        None
    )
    run: Annotated[str | None, Field(description="The id of the run that it is about.")] = None
    thread: Annotated[str | None, Field(description="The id of the thread that it is about.")] = None
    status: Annotated[int | None, Field(strict=True, description="The status of the answer; 0 for none.")] = None

    def expected(self) -> Expected:
        """Return what is expected. Raises `ApiError` for a path or a status that cannot be."""
        if self.status is not None and self.status and self.status not in _STATUSES:
            raise ApiError(
                400, f"match.status: no answer has the status {self.status}: 100 to 599, or 0", param="match.status"
            )
        return Expected(
            self.method,
            self.path,
            pattern(self.path, "match.path"),
            self.query,
            self.headers,
            self.body if "body" in self.model_fields_set else MISSING,
            self.run,
            self.thread,
            self.status,
        )


class TimesSetting(ControlBody):
    """How often: at least min (default: 0) and at most max (default: any number)."""

    min: Annotated[Count | None, Field(description="At least.")] = None
    max: Annotated[Count | None, Field(description="At most.")] = None

    @model_validator(mode="after")
    def _can_be(self) -> "TimesSetting":
        if self.min is None and self.max is None:
            raise ValueError("give a number, or min, or max")
        if self.min is not None and self.max is not None and self.min > self.max:
            raise ValueError(f"min is {self.min} and max is {self.max}: no number is both")
        return self

    def value(self) -> Times:
        """Return it as the service takes it."""
        return Times(self.min or 0, self.max)


def _spell_out(setting: Any) -> Any:
    """Return the object that a number alone stands for."""
    if isinstance(setting, int) and not isinstance(setting, bool):
        return {"min": setting, "max": setting}
    if not isinstance(setting, dict):
        raise ValueError("a number of requests, or an object of min and max")  # noqa: TRY004 - pydantic's own protocol
    return setting


class Verification(ControlBody):
    """What is expected of the log. times: a number, or {"min": …, "max": …}; without it, at least one."""

    match: Annotated[RequestMatch, Field(description="Which requests; without it all.")] = RequestMatch()
    times: Annotated[
        TimesSetting,
        BeforeValidator(_spell_out, json_schema_input_type=TimesSetting | int),
        Field(description="How often: a number, or min and max; without it at least once."),
    ] = TimesSetting(min=1)


def router(namespaces: Namespaces, routes: Sequence[Route]) -> APIRouter:
    """Return the routes. routes: what programs may ask for. What may take long is done on a thread."""
    router = APIRouter(prefix="/ns/{ns}/requests", tags=["requests"])
    workers = Workers("requests", _MOST_THREADS)

    @router.get("", response_description='`{"requests": [...], "dropped": ..., "has_more": ...}`.')
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
        log = await (await namespaces.find(ns)).requests.read()
        listing = Listing(ns, tuple(log), log.dropped, wanted, after, limit, bodies)
        return Response(await workers.compute(listing.data), media_type="application/json")

    @router.post("/verify")
    async def verify_requests(ns: str, body: Verification) -> Response:
        """Check that the log has as many requests as a test expects; 422 with the nearest ones if it has not."""
        outcome = await workers.compute(await verification(await namespaces.find(ns), body, routes))
        found = {"count": len(outcome.requests), "requests": list(outcome.requests)}
        if outcome.message is None:
            return JSONResponse(found)
        near = [one.to_json() for one in outcome.near]
        return refusal(422, outcome.message, code="verification_failed", **found, near=near)

    @router.delete("", response_description='`{"requests": []}`.')
    async def delete_requests(ns: str) -> dict[str, Any]:
        """Empty the log."""
        await (await namespaces.find(ns)).requests.clear()
        return {"requests": []}

    return router


async def verification(namespace: Namespace, body: Verification, routes: Iterable[Route]) -> Callable[[], Outcome]:
    """Return the comparison of a log, as it is now, with what is expected; it may be made on a thread.

    Raises `ApiError` for what could never be.
    """
    log = await namespace.requests.read()
    expected, requests = body.match.expected(), tuple(log)
    _check_possible(expected, [*routes, *(stub.route for stub in namespace.stubs)], requests)
    return partial(verify, requests, log.dropped, expected, body.times.value())


def _check_possible(expected: Expected, routes: Iterable[Route], log: Iterable[LoggedRequest]) -> None:
    """Refuse a method and a path that no request could have: mistyped, it would never be found, and never be missed.

    What the log has could be all the same, whatever it is. routes: those of the API, of forwards and of stubs.
    """
    path = expected.pattern
    if path is not None and path.segments and is_neighbor("/" + "/".join(path.segments)):
        return
    meant = [route for route in routes if path is None or path.may_match(route.path)]
    if any(route.method is None for route in meant):  # a forward takes any
        return
    taken = {route.method for route in meant if route.method is not None}
    if "GET" in taken:
        taken.add("HEAD")
    method = expected.method and expected.method.upper()
    if (method in taken if method else taken) or any(Filter(method, path).matches(request) for request in log):
        return
    instead = f"; there is {', '.join(sorted(taken))}" if taken else ""
    raise ApiError(
        400,
        f"match: no endpoint answers {method or 'any method'} on {expected.path or 'any path'}{instead}. A path lies"
        " below /v1, one * stands for one segment, and ** for any number.",
        param="match",
    )


def pattern(path: str | None, param: str) -> PathPattern | None:
    """Return the pattern of a path. Raises `ApiError` for one that is none."""
    try:
        return None if path is None else PathPattern.parse(path)
    except ValueError as error:
        raise ApiError(400, f"{param}: {error}", param=param) from error

"""Serving an endpoint: who may come in, on which wire, and how what goes wrong is told."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from emulator.api import access, answering, faulting
from emulator.api import headers as headers_of
from emulator.api.addressing import Address
from emulator.api.call import Call
from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.domain.faults import Fault
from emulator.engine.world import World
from emulator.service.worlds import Worlds
from emulator.wire import versions
from emulator.wire.changes import FILES_REFUSAL
from emulator.wire.speaking import wire

Handler = Callable[[Call], Awaitable[Response]]
Stopwatch = Callable[[], Callable[[], float]]
_log: Final = logging.getLogger(__name__)
# For the request log alone: nobody hears an answer to a request that broke off.
_GONE: Final = 499


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint.

    summary, answers, takes, query, may_be_empty: what the OpenAPI document says of it. answers: a name in
    `wire.shapes`, `list of` one, the object of a deletion, or `bytes`. takes: the model of its JSON body, or the JSON
    Schema of its form. may_be_empty: the body may be left out. query: names of parameters, known to `openapi`.

    needs_beta: refused without the `OpenAI-Beta` header. only_v1: gone with v1. polled: its answers may carry
    `openai-poll-after-ms`, which the SDKs' own pollers obey. sunset: gone since 2026-08-26.
    """

    method: str
    path: str
    handler: Handler
    summary: str
    answers: str
    takes: type[BaseModel] | Mapping[str, Any] | None = None
    query: tuple[str, ...] = ()
    may_be_empty: bool = False
    needs_beta: bool = True
    only_v1: bool = False
    polled: bool = False
    sunset: bool = True

    @property
    def about_files(self) -> bool:
        """Whether it is one of files or uploads: bodies end in a newline, and any page may read them (recorded)."""
        return self.path.startswith(("/files", "/uploads"))


@dataclass(frozen=True, slots=True)
class House:
    """What the door needs to know of the server it belongs to."""

    worlds: Worlds
    keys: access.Keys
    poll_after_ms: int | None
    max_body: int
    stopwatch: Stopwatch
    on_request: Callable[[Mapping[str, object]], None] | None = None


def route(endpoint: Endpoint, house: House) -> Route:
    """Return the route that serves an endpoint."""
    return Route(endpoint.path, _Serving(endpoint, house), methods=[endpoint.method])


class _Serving:
    """Pure ASGI: a function would be wrapped twice by the router, which costs more than all that the door does."""

    def __init__(self, endpoint: Endpoint, house: House) -> None:
        self._endpoint = endpoint
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = await _serve(self._endpoint, self._house, Request(scope, receive, send))
        await response(scope, receive, send)


async def _serve(endpoint: Endpoint, house: House, request: Request) -> Response:
    where: Address = request.scope["address"]
    world: World = request.scope["world"]
    headers: dict[str, str] = request.scope["answer_headers"]
    if endpoint.about_files:
        headers.update(headers_of.FOR_ANY_PAGE)

    call: Call | None = None

    def refuse(error: ApiError) -> Response:
        if error.on_v1 is not None and call is not None and call.wire.is_v1:
            error = error.on_v1
        shown = headers_of.of_refusals(headers, error, world.setup["wire"])
        return answering.refusal(error, shown, _more(endpoint, world, error), newline=endpoint.about_files)

    try:
        fault = faulting.striking(world, endpoint.method, where.path)
        if fault is not None and "status" in fault.do:
            return faulting.answer(fault, request)
        call = _let_in(endpoint, house, request, fault)
        return await endpoint.handler(call)
    except ApiError as error:
        return refuse(error)
    except ClientDisconnect:
        return Response(status_code=_GONE)
    except Exception:  # noqa: BLE001 - whatever broke, no client may see a traceback
        _log.exception("%s %s", endpoint.method, where.path)
        return refuse(errors.server_error(headers["x-request-id"]))


def _let_in(endpoint: Endpoint, house: House, request: Request, fault: Fault | None) -> Call:
    """Return the call of a request that may come in; raise the refusal of one that may not.

    The order of the checks is the natural one, and unverified.
    """
    where: Address = request.scope["address"]
    world: World = request.scope["world"]
    headers: dict[str, str] = request.scope["answer_headers"]
    mount = where.mount or ""
    asked = request.scope["asked_headers"]
    house.keys.check(asked)
    if endpoint.sunset and access.is_over(world.setup, mount):
        raise answering.nowhere(endpoint.method, where)
    spoken = access.spoken(asked, request.query_params, world.setup, mount=mount, needs_beta=endpoint.needs_beta)
    if endpoint.needs_beta:  # files and stores never asked for the header: an old one there is no matter (unverified)
        access.check_v1(spoken, world.setup, only_v1=endpoint.only_v1)
    if endpoint.only_v1 and not spoken.is_v1:
        raise answering.nowhere(endpoint.method, where)
    if endpoint.polled and house.poll_after_ms is not None:
        headers[headers_of.POLL_AFTER] = str(house.poll_after_ms)
    return Call(
        request, world, spoken, headers["x-request-id"], house.max_body, mount, fault, headers, endpoint.about_files
    )


def _more(endpoint: Endpoint, world: World, error: ApiError) -> Mapping[str, Any]:
    """Return what an error of the Files endpoints says beside its envelope."""
    if not endpoint.path.startswith("/files"):
        return {}
    twice = {"detail": {"message": error.message, "code": None}}
    return versions.show(twice, wire("v2", world.setup["wire"]), FILES_REFUSAL)

"""The door: takes the address off a request, lets it in, hands it to its handler, and turns refusals into answers."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from emulator.api import access, answering
from emulator.api.addressing import Address, address
from emulator.api.call import Call
from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.domain.faults import Fault
from emulator.engine.world import World
from emulator.service.worlds import Worlds

Handler = Callable[[Call], Awaitable[Response]]
Stopwatch = Callable[[], Callable[[], float]]
_METHOD_NOT_ALLOWED: Final = 405
_log: Final = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One endpoint. needs_beta: refused without the `OpenAI-Beta` header. only_v1: gone with v1. polled: its answers
    may carry `openai-poll-after-ms`, which the SDKs' own pollers obey. sunset: gone since 2026-08-26."""

    method: str
    path: str
    handler: Handler
    needs_beta: bool = True
    only_v1: bool = False
    polled: bool = False
    sunset: bool = True


@dataclass(frozen=True, slots=True)
class House:
    """What the door needs to know of the server it belongs to."""

    worlds: Worlds
    api_keys: frozenset[str]
    poll_after_ms: int | None
    max_body: int
    stopwatch: Stopwatch
    on_request: Callable[[Mapping[str, object]], None] | None = None


def route(endpoint: Endpoint, house: House) -> Route:
    """Return the route that serves an endpoint."""

    async def serve(request: Request) -> Response:
        return await _serve(endpoint, house, request)

    return Route(endpoint.path, serve, methods=[endpoint.method])


async def _serve(endpoint: Endpoint, house: House, request: Request) -> Response:
    where: Address = request.scope["address"]
    world: World = request.scope["world"]
    headers: dict[str, str] = request.scope["answer_headers"]
    try:
        fault = _fault(world, endpoint.method, where.path)
        if fault is not None and "status" in fault.do:
            return _faulty(fault, headers)
        access.check_key(request.headers, house.api_keys)
        if endpoint.sunset and world.setup["sunset"]:
            raise errors.unknown_url(endpoint.method, request.scope["full_path"])
        wire = access.spoken(
            request.headers, request.query_params, world.setup, mount=where.mount or "", needs_beta=endpoint.needs_beta
        )
        access.check_v1(wire, world.setup, only_v1=endpoint.only_v1)
        if endpoint.polled and house.poll_after_ms is not None:
            headers["openai-poll-after-ms"] = str(house.poll_after_ms)
        call = Call(
            request, world, wire, headers["x-request-id"], house.max_body, where.mount or "", fault, headers
        )
        return await endpoint.handler(call)
    except ApiError as error:
        return answering.refusal(error, headers)
    except Exception:
        _log.exception("%s %s", endpoint.method, where.path)
        return answering.refusal(errors.server_error(headers["x-request-id"]), headers)


def _fault(world: World, method: str, path: str) -> Fault | None:
    return next((fault for fault in world.faults if fault.strikes(method, path)), None)


def _faulty(fault: Fault, headers: Mapping[str, str]) -> Response:
    status = int(fault.do["status"])
    body = {"error": fault.do.get("error") or errors.server_error(headers["x-request-id"]).body()["error"]}
    extra = {name: str(value) for name, value in (fault.do.get("headers") or {}).items()}
    return Response(answering.layout.body(body), status, media_type=answering.JSON, headers={**headers, **extra})


class Door:
    """Pure ASGI around the routes: what every request needs, whether or not it means an endpoint."""

    def __init__(self, routes: ASGIApp, house: House) -> None:
        self._routes = routes
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        elapsed = self._house.stopwatch()
        headers = Headers(scope=scope)
        where = address(scope["path"], headers)
        try:
            world = self._house.worlds.get(where.namespace)
        except ApiError as error:
            await answering.refusal(error, {})(scope, receive, send)
            return
        answer_headers = _headers(world)
        inner = {
            **scope,
            "path": where.path if where.mount else "/",
            "root_path": "",
            "raw_path": where.path.encode(),
            "full_path": scope["path"],
            "address": where,
            "world": world,
            "answer_headers": answer_headers,
        }
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._routes(inner, receive, told)
        except HTTPException as nowhere:
            await _refuse_route(inner, nowhere)(inner, receive, told)
        finally:
            self._note(world, scope, where, answer_headers["x-request-id"], status, elapsed())

    def _note(self, world: World, scope: Scope, where: Address, request_id: str, status: int, ms: float) -> None:
        noted = {
            "id": request_id,
            "method": scope["method"],
            "path": where.path,
            "query": scope["query_string"].decode("latin-1"),
            "status": status,
            "ms": round(ms, 3),
        }
        world.requests.append(noted)
        if self._house.on_request is not None:
            self._house.on_request(noted)


def _headers(world: World) -> dict[str, str]:
    """Return the headers of every answer: the smallest set that all recordings share."""
    return {
        "openai-version": "2020-10-01",
        "openai-organization": "emulator",
        "openai-processing-ms": "1",  # the same bytes for the same calls
        "x-request-id": world.ids.make("req"),
    }


def _refuse_route(scope: Scope, nowhere: HTTPException) -> Response:
    """Answer a path that is no endpoint, or a method that it does not take."""
    where: Address = scope["address"]
    headers = {**scope["answer_headers"], **(nowhere.headers or {})}
    if where.mount == "azure":
        return answering.refusal(errors.azure_not_found(), headers)
    refuse = errors.method_not_allowed if nowhere.status_code == _METHOD_NOT_ALLOWED else errors.unknown_url
    return answering.refusal(refuse(scope["method"], scope["full_path"]), headers)

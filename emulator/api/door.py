"""The door: takes the address off a request, gives it a world and headers, and notes how it was answered."""

from collections.abc import Mapping
from typing import Final

from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match, Router
from starlette.types import Message, Receive, Scope, Send

from emulator.api import access, answering, headers
from emulator.api.addressing import Address, address
from emulator.api.serving import House
from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.engine.world import World

_METHOD_NOT_ALLOWED: Final = 405
# What is gone since the end, whatever the method.
_ENDED: Final = ("/assistants", "/threads")


class Door:
    """Pure ASGI around the routes: what every request needs, whether or not it means an endpoint.

    routes: by mount, where that has routes of its own; those of all others are under the empty name.
    """

    def __init__(self, routes: Mapping[str, Router], house: House) -> None:
        self._routes = routes
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        elapsed = self._house.stopwatch()
        asked = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        where = address(scope["path"], asked)
        try:
            world = self._house.worlds.get(where.namespace)
        except ApiError as error:
            await answering.refusal(error, {})(scope, receive, send)
            return
        answer_headers = headers.of_answers(world)
        inner = {
            **scope,
            "path": (where.mount and where.path) or "/",
            "root_path": "",
            "raw_path": where.path.encode(),
            "app": self,  # inside of one, the routes raise where they would answer in plain text
            "address": where,
            "world": world,
            "asked_headers": asked,
            "answer_headers": answer_headers,
        }
        routes = self._routes.get(where.mount or "", self._routes[""])
        status = 0

        async def told(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await routes(inner, receive, told)
        except HTTPException as nowhere:
            if nowhere.status_code == _METHOD_NOT_ALLOWED:
                nowhere.headers = {"Allow": _allowed(routes, inner)}
            await _refuse_route(inner, nowhere)(inner, receive, told)
        finally:
            noted = {
                "id": answer_headers["x-request-id"],
                "method": scope["method"],
                "path": where.path,
                "query": scope["query_string"].decode("latin-1"),
                "status": status,
                "ms": round(elapsed(), 3),
            }
            world.requests.append(noted)
            if self._house.on_request is not None:
                self._house.on_request(noted)


def _allowed(routes: Router, scope: Scope) -> str:
    """Return the methods of a path: the router names those of the first endpoint there."""
    found = (route for route in routes.routes if route.matches(scope)[0] is not Match.NONE)
    return ", ".join(sorted({method for route in found for method in getattr(route, "methods", None) or ()}))


def _refuse_route(scope: Scope, nowhere: HTTPException) -> Response:
    """Answer a path that is no endpoint, or a method that it does not take."""
    where: Address = scope["address"]
    world: World = scope["world"]
    shown = {**scope["answer_headers"], **(nowhere.headers or {})}
    ended = access.is_over(world.setup, where.mount) and where.path.startswith(_ENDED)
    if where.mount == "azure" or nowhere.status_code != _METHOD_NOT_ALLOWED or ended:
        return answering.refusal(answering.nowhere(scope["method"], where), shown)
    return answering.refusal(errors.method_not_allowed(scope["method"], where.told), shown)

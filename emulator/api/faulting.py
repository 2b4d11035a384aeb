"""Faults that take the place of an answer; those that cut a stream are in `streaming`."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from emulator.api import answering
from emulator.api import headers as headers_of
from emulator.api.addressing import api_key
from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.domain.faults import Fault
from emulator.engine.world import World
from emulator.wire import layout

_UNAUTHORIZED: Final = 401
_TOO_MANY: Final = 429


def striking(world: World, method: str, path: str) -> Fault | None:
    """Return the fault that hits a request, and count it."""
    return next((fault for fault in world.faults if fault.strikes(method, path)), None)


def answer(fault: Fault, request: Request) -> Response:
    """Answer as a fault says; where it gives a status alone, with what the service said under that status."""
    headers: dict[str, str] = request.scope["answer_headers"]
    status = int(fault.do["status"])
    usual = _usual(status, headers["x-request-id"], api_key(request.scope["asked_headers"]) or "")
    body = {"error": fault.do.get("error") or usual.body()["error"]}
    shown = headers_of.of_refusals(headers, usual, request.scope["world"].setup["wire"])
    extra = {name: str(value) for name, value in (fault.do.get("headers") or {}).items()}
    return Response(layout.body(body), status, media_type=answering.JSON, headers={**shown, **extra})


def _usual(status: int, request_id: str, key: str) -> ApiError:
    if status == _UNAUTHORIZED:
        return errors.incorrect_key(key)
    if status == _TOO_MANY:
        return errors.rate_limited()
    error = errors.server_error(request_id)
    error.status = status
    return error

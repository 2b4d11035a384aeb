"""What the control API answers where something is wrong: always the same envelope, never a traceback."""

import logging
import re
from collections.abc import Sequence
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from emulator.control.body import UNKNOWN_FIELD
from emulator.control.envelope import failure, refusal, unavailable
from emulator.control.server import path_of
from emulator.domain.errors import ApiError, UnavailableDatabaseError
from emulator.domain.keys import without_keys
from emulator.domain.mounts import CONTROL_PREFIX
from emulator.domain.ports import ScriptError
from emulator.domain.redaction import shown_path

_log: Final = logging.getLogger(__name__)
_NOT_FOUND: Final = 404
_NOT_ALLOWED: Final = 405
# The address of a namespace's control API, taken for its base URL.
_OF_API: Final = re.compile(r"/ns/(?P<ns>[a-z0-9._-]{1,64})/v1(/.*)?")
# Where pydantic speaks of Python instead of JSON.
_MESSAGES: Final = {"model_attributes_type": "not an object"}


async def _api_error(_request: Request, error: Any) -> JSONResponse:
    return refusal(error.status, error.message, param=error.param)


async def _script_error(_request: Request, error: Any) -> JSONResponse:
    first = error.problems[0] if error.problems else "the script cannot be loaded"
    return refusal(400, first, problems=error.problems)


async def _bad_body(request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":  # pydantic gives its place as a path
        return refusal(400, f"the body is not JSON: {first['ctx']['error']}")
    if first["type"] == "missing" and first["loc"] == ("body",):
        return refusal(400, "body: this request needs one: send JSON, if need be {}")
    problem = bad_value(first, first["loc"][1:])
    if problem.param is None and (media_type := _no_json(request)):
        return refusal(400, f"body: sent as {media_type}: send it as application/json")
    return refusal(400, problem.message, param=problem.param)


def bad_value(first: Any, place: Sequence[str | int]) -> ApiError:
    """Return the refusal of a value that pydantic has refused. first: its first error; place: of it in the body."""
    unknown = [first["ctx"]["field"]] if first["type"] == UNKNOWN_FIELD else []
    path = ".".join(str(part) for part in (*place, *unknown))
    message = _MESSAGES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return ApiError(400, f"{path or 'body'}: {message}", param=path or None)


def _no_json(request: Request) -> str | None:
    """Return the type of a body if it was not even read as JSON."""
    media_type = request.headers.get("content-type", "").partition(";")[0]
    return media_type[:100] if media_type and "json" not in media_type else None


async def _broken(_request: Request, _error: Any) -> JSONResponse:
    return failure()  # the framework raises the error again, and the outermost layer logs it


async def _unavailable(request: Request, error: Any) -> JSONResponse:
    _log.warning("%s could not be answered: %s", _shown(request), error)
    return unavailable()


async def _http_error(request: Request, error: Any) -> JSONResponse:
    if error.status_code == _NOT_FOUND:
        return refusal(error.status_code, _nothing_at(request))
    if error.status_code == _NOT_ALLOWED:
        return refusal(error.status_code, f"{_shown(request)}: this path does not take {request.method}")
    return refusal(error.status_code, str(error.detail))


def _nothing_at(request: Request) -> str:
    """Return what to say of a path that the control API does not have."""
    path = path_of(request.scope)
    if path.endswith("/") and path.strip("/"):
        return f"{_shown(request)}: there is no such path: leave out the slash at the end"
    if found := _OF_API.fullmatch(path):
        right = f"{request.url.scheme}://{request.url.netloc}/ns/{without_keys(found['ns'])}/v1"
        return f"{_shown(request)}: this is the control API; the base_url of the API is {right}"
    return f"{_shown(request)}: there is no such path; {CONTROL_PREFIX}/openapi.json lists them"


def _shown(request: Request) -> str:
    return f"{request.method} {shown_path(request.url.path)}"


HANDLERS: Final[dict[Any, Any]] = {
    ApiError: _api_error,
    ScriptError: _script_error,
    RequestValidationError: _bad_body,
    HTTPException: _http_error,
    UnavailableDatabaseError: _unavailable,
    Exception: _broken,
}

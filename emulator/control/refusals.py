"""What the control API answers where something is wrong: always the same envelope, never a traceback."""

import logging
from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptError

_log: Final = logging.getLogger(__name__)
# Where pydantic speaks of Python instead of JSON.
_MESSAGES: Final = {"extra_forbidden": "there is no such field", "model_attributes_type": "not an object"}


def refusal(status: int, message: str, **more: Any) -> JSONResponse:
    """Return the envelope. more: further fields, such as param."""
    error = {"message": message, "type": "control_error", "param": None, "code": None, **more}
    return JSONResponse({"error": error}, status)


async def _api_error(_request: Request, error: Any) -> JSONResponse:
    return refusal(error.status, error.message, param=error.param)


async def _script_error(_request: Request, error: Any) -> JSONResponse:
    first = error.problems[0] if error.problems else "the script cannot be loaded"
    return refusal(400, first, problems=error.problems)


async def _bad_body(_request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":  # pydantic gives its place as a path
        return refusal(400, f"the body is not JSON: {first['ctx']['error']}")
    path = ".".join(str(part) for part in first["loc"][1:])
    message = _MESSAGES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return refusal(400, f"{path or 'body'}: {message}", param=path or None)


async def _broken(request: Request, error: Any) -> JSONResponse:
    _log.error("%s %s", request.method, request.url.path, exc_info=error)
    return refusal(500, "The emulator failed; its log says how.")


async def _http_error(_request: Request, error: Any) -> JSONResponse:
    return refusal(error.status_code, str(error.detail))


HANDLERS: Final[dict[Any, Any]] = {
    ApiError: _api_error,
    ScriptError: _script_error,
    RequestValidationError: _bad_body,
    HTTPException: _http_error,
    Exception: _broken,
}

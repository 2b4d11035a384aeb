"""What the control API answers where something is wrong: always the same envelope, never a traceback."""

from typing import Any, Final

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from emulator.control.body import UNKNOWN_FIELD
from emulator.control.envelope import failure, refusal
from emulator.domain.errors import ApiError
from emulator.domain.ports import ScriptError

# Where pydantic speaks of Python instead of JSON.
_MESSAGES: Final = {"model_attributes_type": "not an object"}


async def _api_error(_request: Request, error: Any) -> JSONResponse:
    return refusal(error.status, error.message, param=error.param)


async def _script_error(_request: Request, error: Any) -> JSONResponse:
    first = error.problems[0] if error.problems else "the script cannot be loaded"
    return refusal(400, first, problems=error.problems)


async def _bad_body(_request: Request, error: Any) -> JSONResponse:
    first = error.errors()[0]
    if first["type"] == "json_invalid":  # pydantic gives its place as a path
        return refusal(400, f"the body is not JSON: {first['ctx']['error']}")
    unknown = [first["ctx"]["field"]] if first["type"] == UNKNOWN_FIELD else []
    path = ".".join(str(part) for part in (*first["loc"][1:], *unknown))
    message = _MESSAGES.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    return refusal(400, f"{path or 'body'}: {message}", param=path or None)


async def _broken(_request: Request, _error: Any) -> JSONResponse:
    return failure()  # the framework raises the error again, and the outermost layer logs it


async def _http_error(_request: Request, error: Any) -> JSONResponse:
    return refusal(error.status_code, str(error.detail))


HANDLERS: Final[dict[Any, Any]] = {
    ApiError: _api_error,
    ScriptError: _script_error,
    RequestValidationError: _bad_body,
    HTTPException: _http_error,
    Exception: _broken,
}

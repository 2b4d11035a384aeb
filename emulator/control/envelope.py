"""The one form of all errors of the control API."""

from typing import Any

from starlette.responses import JSONResponse


def refusal(status: int, message: str, **more: Any) -> JSONResponse:
    """Return the envelope. more: further fields, such as param."""
    error = {"message": message, "type": "control_error", "param": None, "code": None, **more}
    return JSONResponse({"error": error}, status)


def failure() -> JSONResponse:
    """Return the answer where the emulator itself is broken."""
    return refusal(500, "The emulator failed; its log says how.")


def unavailable() -> JSONResponse:
    """Return the answer where the database cannot be reached for now."""
    answer = refusal(503, "The database cannot be reached; ask again.", code="database_unavailable")
    answer.headers["retry-after"] = "1"
    return answer

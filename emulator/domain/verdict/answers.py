"""What became of an answer: whole, refused, lost on its way, or broken off."""

from email.utils import parsedate_to_datetime
from enum import Enum
from typing import Final

from emulator.domain.request_log import Headers, LoggedRequest

_BAD_REQUEST: Final = 400
_CLIENT_CLOSED_REQUEST: Final = 499  # what the log has where the client left before it was answered
_SERVER_ERROR: Final = 500
# What the official clients repeat, beside 5xx.
_RETRYABLE: Final = (408, 409, 429)
_NOT_RETRYABLE: Final = (400, 401, 403, 404, 422)


class Break(Enum):
    """How a fault ended a stream early."""

    SILENT = "silent"  # as a whole one ends: the client notices nothing
    LOUD = "loud"  # the client raises an error


def header(headers: Headers, name: bytes) -> str | None:
    """Return the value of a header; None where there is none."""
    found = next((value for key, value in headers if key.lower() == name), None)
    return None if found is None else found.decode("latin-1")


def is_stream(request: LoggedRequest) -> bool:
    """Return whether the answer is a stream of a run."""
    return (header(request.answer_headers, b"content-type") or "").startswith("text/event-stream")


def is_failure(request: LoggedRequest) -> bool:
    """Return whether an attempt got no answer, or a refusal."""
    return request.status >= _BAD_REQUEST or is_lost(request) or break_of(request) is Break.LOUD


def is_lost(request: LoggedRequest) -> bool:
    """Return whether the client did not get to read the answer, and can only guess what was done."""
    if request.status in (0, _CLIENT_CLOSED_REQUEST):
        return True
    fault = request.fault or {}
    if "truncate" in fault:
        return True
    # A stream of which nothing came.
    return fault.get("cut_stream_after") == 0 and not (request.observed and request.observed.objects)


def was_done(request: LoggedRequest) -> bool:
    """Return whether the endpoint accepted a request, whatever its client got to see of that."""
    status = request.status if request.endpoint_status is None else request.endpoint_status
    return 0 < status < _BAD_REQUEST


def is_hidden(request: LoggedRequest) -> bool:
    """Return whether a request was accepted, and its client had an error in place of the answer."""
    return was_done(request) and (is_lost(request) or request.status >= _BAD_REQUEST)


def break_of(request: LoggedRequest) -> Break | None:
    """Return how a fault, or the client within one, ended a stream early; None where none did."""
    fault = request.fault or {}
    ending = request.observed.ending if request.observed else None
    if not is_stream(request):
        return None
    if "truncate" in fault or "garble_event" in fault or "error_event" in fault:
        return Break.LOUD
    if ending == "cut" and "omit_done" in fault:
        return Break.SILENT
    if ending == "cut" and "cut_stream_after" in fault:
        return Break.SILENT if fault.get("clean") else Break.LOUD
    return Break.LOUD if ending == "left" and "stall_stream_after" in fault else None


# --- what the answer says of another attempt -----------------------------------------------------------------------


def may_be_retried(request: LoggedRequest) -> bool:
    """Return whether another attempt may help: what the service says of it counts first (`x-should-retry`)."""
    said = header(request.answer_headers, b"x-should-retry")
    if said in ("true", "false"):
        return said == "true"
    return is_lost(request) or request.status in _RETRYABLE or request.status >= _SERVER_ERROR


def must_not_be_retried(request: LoggedRequest) -> bool:
    """Return whether the same request can only be refused again."""
    said = header(request.answer_headers, b"x-should-retry")
    if said in ("true", "false") and request.status >= _BAD_REQUEST:
        return said == "false"
    return request.status in _NOT_RETRYABLE


def wait_of(request: LoggedRequest) -> float | None:
    """Return how many seconds the next attempt has to wait, as the official clients read it; None: nothing is said."""
    if request.status < _BAD_REQUEST:
        return None
    milliseconds = _number(header(request.answer_headers, b"retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    said = header(request.answer_headers, b"retry-after")
    seconds = _number(said)
    return seconds if seconds is not None or said is None else _until(said, request.at)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return number if 0 <= number < float("inf") else None


def _until(date: str, now: float) -> float | None:
    """Return the seconds up to a date in the form of HTTP; a date without a zone is in none that is known."""
    try:
        return max(0.0, parsedate_to_datetime(date).timestamp() - now)
    except (ValueError, OverflowError, OSError):
        return None

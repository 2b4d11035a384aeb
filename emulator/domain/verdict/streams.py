"""Findings about streams that ended early: what came of them was a part, and the run was never read."""

from collections.abc import Iterable, Iterator
from typing import Final

from emulator.domain.faults import PathPattern
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import Break, break_of, is_failure, is_lost, was_done
from emulator.domain.verdict.attempts import Call
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import History

_MESSAGES: Final = PathPattern.parse("/threads/*/messages/**")
_RUNS: Final = PathPattern.parse("/threads/*/runs")
_RESPONSES: Final = "/responses"


def streams(history: History) -> Iterator[Finding]:
    """Yield what is found of the streams that a fault ended early."""
    for place, request in enumerate(history.requests):
        how = break_of(request)
        if how is None or request.run is None:
            continue
        shown = history.showings(request.run, place)
        read = next((other for other in shown if _is_behind(request, other)), None)
        if request.path == _RESPONSES:
            if read is None and not _is_asked_again(history, place):
                yield _of_response(request, how)
            continue
        if how is Break.SILENT:
            if read is None:
                message = f"the stream of {call_of(request)} ended early without an error, and the run was never read"
                yield Finding.of(FindingKind.PART_TAKEN_FOR_WHOLE, message, request)
            continue
        next_ones = _until(read, history.later(place))
        found = next((other for other in next_ones if _is_behind(request, other) and _goes_on(request, other)), None)
        if found is not None and not _is_repetition(request, found):
            message = (
                f"the stream of {call_of(request)} broke off, and the program went on with {call_of(found)} without"
                " having read the run"
            )
            yield Finding.of(FindingKind.PART_TAKEN_FOR_WHOLE, message, request)
        elif read is None and found is None:
            message = f"the stream of {call_of(request)} broke off, and nobody looked what became of its run"
            yield Finding.of(FindingKind.GAVE_UP, message, request)


def _is_asked_again(history: History, place: int) -> bool:
    """Return whether a request was sent again behind its stream: who has lost a response can do nothing else."""
    request = history.requests[place]
    call = Call.of(request) if request.has_contents else None
    later = (other for other in history.requests[place + 1 :] if other.has_contents and _is_behind(request, other))
    return call is not None and any(Call.of(other) == call for other in later)


def _of_response(request: LoggedRequest, how: Break) -> Finding:
    """Return what is found of the stream of a response that nobody has read or asked for again."""
    if how is Break.SILENT:
        message = (
            f"the stream of {call_of(request)} ended early without an error, and the response was never asked for again"
        )
        return Finding.of(FindingKind.PART_TAKEN_FOR_WHOLE, message, request)
    message = f"the stream of {call_of(request)} broke off, and nobody asked for the response again"
    return Finding.of(FindingKind.GAVE_UP, message, request)


def _until(last: LoggedRequest | None, requests: Iterable[LoggedRequest]) -> Iterator[LoggedRequest]:
    """Yield the requests before one; None: all of them."""
    for request in requests:
        if request is last:
            return
        yield request


def _is_behind(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request came when the stream was over; that a client has left is noticed later."""
    is_left = stream.observed is not None and stream.observed.ending == "left"
    return is_left or other.began >= stream.ended


def _goes_on(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request does something with the thread of a stream, as if its run had been read."""
    if _makes_run(stream, other):
        return was_done(other)
    return not is_failure(other) and _MESSAGES.matches(other.path)


def _is_repetition(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request repeats that for a stream of which nothing came, which is another finding."""
    return is_lost(stream) and _makes_run(stream, other)


def _makes_run(stream: LoggedRequest, other: LoggedRequest) -> bool:
    return other.method == "POST" and (_RUNS.matches(other.path) or other.path == stream.path)

"""Findings about streams that ended early: what came of them was a part, and the run was never read."""

from collections.abc import Iterator
from typing import Final

from emulator.domain.faults import PathPattern
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import Break, break_of, is_failure, is_lost, was_done
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import History

_MESSAGES: Final = PathPattern.parse("/threads/*/messages/**")
_RUNS: Final = PathPattern.parse("/threads/*/runs")


def streams(history: History) -> Iterator[Finding]:
    """Yield what is found of the streams that a fault ended early."""
    for place, request in enumerate(history.requests):
        how = break_of(request)
        if how is None or request.run is None:
            continue
        later = [other for other in history.requests[place + 1 :] if _is_behind(request, other)]
        read = next((at for at, other in enumerate(later) if _shows(other, request.run)), None)
        if how is Break.SILENT:
            if read is None:
                message = f"the stream of {call_of(request)} ended early without an error, and the run was never read"
                yield Finding.of(FindingKind.PART_TAKEN_FOR_WHOLE, message, request)
            continue
        went_on = next((other for other in later[:read] if _goes_on(request, other)), None)
        if went_on is not None:
            message = (
                f"the stream of {call_of(request)} broke off, and the program went on with {call_of(went_on)} without"
                " having read the run"
            )
            yield Finding.of(FindingKind.PART_TAKEN_FOR_WHOLE, message, request)
        elif read is None and not any(_repeats(request, other) for other in later):
            message = f"the stream of {call_of(request)} broke off, and nobody looked what became of its run"
            yield Finding.of(FindingKind.GAVE_UP, message, request)


def _is_behind(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request came when the stream was over; that a client has left is noticed later."""
    is_left = stream.observed is not None and stream.observed.ending == "left"
    return is_left or other.began >= stream.ended


def _shows(other: LoggedRequest, run: str) -> bool:
    return other.observed is not None and any(one.id == run for one in other.observed.objects)


def _goes_on(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request does something with the thread of a stream, as if its run had been read."""
    if other.thread != stream.thread or is_failure(other):
        return False
    return _MESSAGES.matches(other.path) or (not is_lost(stream) and _repeats(stream, other))


def _repeats(stream: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether a request makes another run. Where nothing of the stream came, that is a repetition."""
    is_run = other.method == "POST" and (_RUNS.matches(other.path) or other.path == stream.path)
    return is_run and other.thread == stream.thread and was_done(other)

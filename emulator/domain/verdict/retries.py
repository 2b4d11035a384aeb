"""Findings about attempts: too soon, too often, in vain, without backoff, or none where one would have helped."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Final

from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import (
    header,
    is_hidden,
    is_lost,
    is_stream,
    may_be_retried,
    must_not_be_retried,
    wait_of,
    was_done,
)
from emulator.domain.verdict.attempts import NO_PAUSE, TOLERANCE, Attempts, attempts, client_of, passed
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import History
from emulator.domain.verdict.looks import Place, looked_at, to_be_found_at
from emulator.domain.verdict.repetition import made_by

# More attempts are a storm.
MOST_ATTEMPTS: Final = 10
# So many attempts show a pattern.
_PATTERN: Final = 3
# Pauses that differ by less are the same.
_SAME: Final = 0.1


def retries(history: History) -> Iterator[Finding]:
    """Yield what is found of the attempts of each call."""
    last_looks = {look: place for place, request in enumerate(history.requests) for look in looked_at(request)}
    for several in attempts(history.requests):
        yield from _too_soon(several)
        yield from _in_vain(history, several)
        yield from _storm(several)
        yield from _without_backoff(several)
        yield from _gave_up(several, last_looks)


def _too_soon(several: Attempts) -> Iterator[Finding]:
    for before, request in pairwise(several.requests):
        wait, waited = wait_of(before), passed(before, request)
        if wait is not None and waited < wait * (1 - TOLERANCE):
            said = f"{call_of(before)} was answered {before.status}, to be repeated in {_spelled(wait)} at the earliest"
            message = f"{said}; the next attempt came after {_spelled(waited)}"
            yield Finding.of(FindingKind.RETRY_AFTER_IGNORED, message, before)
            return  # once for a call


def _in_vain(history: History, several: Attempts) -> Iterator[Finding]:
    ends = zip(several.places, several.places[1:], strict=False)
    for (before, request), (first, last) in zip(pairwise(several.requests), ends, strict=True):
        if must_not_be_retried(before) and _is_direct(history.requests[first + 1 : last], request):
            message = f"{call_of(before)} was refused with {before.status}, and sent again as it was"
            if header(before.answer_headers, b"x-should-retry"):
                message += ", although x-should-retry says not to"
            yield Finding.of(FindingKind.RETRIED_NON_RETRYABLE, message, before)
            return


def _is_direct(between: Sequence[LoggedRequest], request: LoggedRequest) -> bool:
    """Return whether a client sent nothing else before a request. between: what came in the meantime."""
    client = client_of(request)
    return not any(other.has_contents and client_of(other) == client for other in between)


def _storm(several: Attempts) -> Iterator[Finding]:
    if several.failures > MOST_ATTEMPTS:
        message = f"{call_of(several.requests[0])} failed {several.failures} times in a row"
        yield Finding.of(FindingKind.RETRY_STORM, message, several.requests[several.failures - 1])


def _without_backoff(several: Attempts) -> Iterator[Finding]:
    pauses = several.pauses
    if len(several.requests) < _PATTERN or any(wait_of(request) is not None for request in several.requests):
        return
    shortest, longest = min(pauses), max(pauses)
    if longest <= max(shortest * (1 + _SAME), NO_PAUSE):
        how = f"each {_spelled(longest)} after the one before" if longest > NO_PAUSE else "without any pause"
        message = f"{call_of(several.requests[0])} had {len(several.requests)} attempts, {how}"
        yield Finding.of(FindingKind.NO_BACKOFF, message, several.requests[-1])


def _gave_up(several: Attempts, last_looks: Mapping[Place, int]) -> Iterator[Finding]:
    if len(several.requests) > 1:
        yield from _refused_for_what_was_done(several, last_looks)
        return
    (request,), (place,) = several.requests, several.places
    if is_stream(request) or not may_be_retried(request):
        return
    if is_lost(request) and request.fault is None:  # its client left by itself, as at the end of a program
        return
    if is_hidden(request) and _is_found(request, place, last_looks):
        return
    what = "got no whole answer" if is_lost(request) else f"was answered {request.status}"
    yield Finding.of(FindingKind.GAVE_UP, f"{call_of(request)} {what}, and was not tried again", request)


def _refused_for_what_was_done(several: Attempts, last_looks: Mapping[Place, int]) -> Iterator[Finding]:
    """Yield a finding where the work was done without its client knowing, and what came of the rest was a refusal."""
    last = several.requests[-1]
    done = [one for one in zip(several.requests, several.places, strict=True) if is_hidden(one[0])]
    # What was deleted or cancelled is known to be so by the refusal.
    if made_by(last) is None or not done or not must_not_be_retried(last) or was_done(last):
        return
    if not any(_is_found(request, place, last_looks) for request, place in done):
        message = (
            f"{call_of(last)} was done, its answer was lost, and it was refused with {last.status} when it was sent"
            " again; nobody looked what became of it"
        )
        yield Finding.of(FindingKind.GAVE_UP, message, last)


def _is_found(request: LoggedRequest, place: int, last_looks: Mapping[Place, int]) -> bool:
    """Return whether a later answer showed what became of a request."""
    return any(last_looks.get(one, -1) > place for one in to_be_found_at(request))


def _spelled(seconds: float) -> str:
    """Return seconds to be read: 1.5 s, 20 ms."""
    return f"{seconds:.3g} s" if seconds >= 1 else f"{seconds * 1000:.3g} ms"

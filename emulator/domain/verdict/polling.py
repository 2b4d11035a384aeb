"""Findings about polls: more of them than a status is worth, one directly behind the other."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from emulator.domain.config import Pace
from emulator.domain.observations import Seen
from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import header
from emulator.domain.verdict.findings import Finding, FindingKind, call_of
from emulator.domain.verdict.history import RUNS, History

# Seconds between two polls; less is too fast.
LEAST_PAUSE: Final = 0.05
# So many in a row where the pace says nothing.
MOST_IN_A_ROW: Final = 10
_PER_SECOND: Final = 4
# What a pace leads on. A run that waits for outputs is left to its client.
_PACED: Final = ("queued", "in_progress", "cancelling")
# Whoever polls what is over does not poll too fast, but in vain.
_UNFINISHED: Final = (*_PACED, "requires_action")


@dataclass(slots=True)
class _Polls:
    """Fast polls of one status, one after the other."""

    seen: Seen
    last: LoggedRequest
    count: int = 1

    def is_continued(self, seen: Seen, request: LoggedRequest) -> bool:
        """Return whether a poll saw the same, directly after the last one."""
        return seen == self.seen and request.began - self.last.ended < LEAST_PAUSE


def polling(history: History) -> Iterator[Finding]:
    """Yield a finding for each status that was polled more often than it should be, without a pause."""
    polls: dict[str, _Polls] = {}
    too_fast: dict[Seen, _Polls] = {}
    for request in history.requests:
        seen = _polled(request)
        if seen is None:
            continue
        several = polls.get(seen.id)
        if several is not None and several.is_continued(seen, request):
            several.last = request
            several.count += 1
            if several.count > _most(history.pace, seen):
                too_fast[seen] = several
        else:
            polls[seen.id] = _Polls(seen, request)
    for seen, several in too_fast.items():
        message = (
            f"{call_of(several.last)} was asked for {several.count} times in a row while it showed {seen.status},"
            f" less than {LEAST_PAUSE * 1000:.0f} ms after the answer before"
        )
        yield Finding.of(FindingKind.POLLED_TOO_FAST, message, several.last)


def _polled(request: LoggedRequest) -> Seen | None:
    """Return what a poll saw; None for what is none, and for one that this server itself has hurried."""
    if request.method != "GET" or request.observed is None or request.observed.has_more is not None:
        return None
    if len(request.observed.objects) != 1 or not request.has_contents or _is_hurried(request):
        return None
    (seen,) = request.observed.objects
    return seen if seen.status in _UNFINISHED and request.path.endswith(f"/{seen.id}") else None


def _is_hurried(request: LoggedRequest) -> bool:
    """Return whether the client's own helper polls, as soon as the last answer told it to."""
    is_helper = header(request.headers, b"x-stainless-poll-helper") == "true"
    return is_helper and header(request.answer_headers, b"openai-poll-after-ms") is not None


def _most(pace: Pace, seen: Seen) -> int:
    """Return how many polls of one status the pace calls for."""
    is_paced = seen.kind in RUNS and seen.status in _PACED
    if is_paced and pace.progression == "polls":
        return pace.times
    if is_paced and pace.progression == "time":
        return max(1, math.ceil(pace.seconds * _PER_SECOND))
    return MOST_IN_A_ROW

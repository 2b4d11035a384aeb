"""Runs that were polled although they were over."""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from emulator.domain.hints.kinds import Hint, HintKind
from emulator.domain.hints.trace import Trace, seen
from emulator.domain.request_log import LoggedRequest

# So often whoever knows of a run's end may still read it: for its usage, say, and to show it.
MOST_READS: Final = 2


def polls(trace: Trace) -> Iterator[Hint]:
    """Yield a hint for each run that was read more often than that after an answer had shown its end."""
    reads: Counter[str] = Counter()
    for request in trace.requests:
        run = _read(request)
        if run is not None and request.began >= trace.ends.get(run, request.ended):
            reads[run] += 1
    for run, count in reads.items():
        if count > MOST_READS:
            yield Hint(HintKind.POLLED_PAST_END, run, run, count)


def _read(request: LoggedRequest) -> str | None:
    """Return the run that was retrieved; None for any other request."""
    if (
        request.method != "GET"
        or request.run is None
        or not request.path.endswith((f"/runs/{request.run}", f"/responses/{request.run}"))
    ):
        return None
    return request.run if any(one.id == request.run for one in seen(request)) else None

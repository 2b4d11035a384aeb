"""What hints are found in: the requests of a namespace in the order in which they came, and its runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain.behaviors import Behaviors
from emulator.domain.lifecycle import RUN_TERMINAL
from emulator.domain.observations import Seen
from emulator.domain.request_log import LoggedRequest

# The `object` of what runs are, in either API.
_RUNS: Final = ("thread.run", "response")
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True)
class Trace:
    """Everything that hints are found in.

    requests: in the order in which they came. shown: the statuses of runs that answers showed, by their ids; ends: when
    the first answer that showed the end of a run had been sent, in seconds since the server began. runs: the statuses
    that runs came to, by their ids, of those that may have kept some from their clients. behaviors: of the day.
    """

    requests: Sequence[LoggedRequest]
    shown: Mapping[str, frozenset[str]]
    ends: Mapping[str, float]
    runs: Mapping[str, Sequence[str]]
    behaviors: Behaviors

    @classmethod
    def of(cls, log: Iterable[LoggedRequest], runs: Mapping[str, Sequence[str]], behaviors: Behaviors) -> "Trace":
        """Return the trace of a log, which is in the order in which the answers ended."""
        requests = sorted(log, key=lambda request: request.began)
        shown: dict[str, set[str]] = {}
        ends: dict[str, float] = {}
        for request in requests:
            for one in seen(request):
                if one.kind in _RUNS:
                    shown.setdefault(one.id, set()).add(one.status)
                    if one.status in RUN_TERMINAL:
                        ends[one.id] = min(request.ended, ends.get(one.id, request.ended))
        return cls(requests, {run: frozenset(statuses) for run, statuses in shown.items()}, ends, runs, behaviors)


def seen(request: LoggedRequest) -> Sequence[Seen]:
    """Return the objects whose status an answer showed."""
    return request.observed.objects if request.observed is not None else ()


def is_accepted(request: LoggedRequest) -> bool:
    """Return whether a request was answered, and not refused."""
    return 0 < request.status < _BAD_REQUEST

"""What a verdict is made of: the requests of a namespace in the order in which they came, and its runs."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain.config import Pace
from emulator.domain.request_log import LoggedRequest

RUN: Final = "thread.run"
_BAD_REQUEST: Final = 400


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run, as the store knows it. ended: when it came to its end, on the namespace's clock; None: it has not."""

    id: str
    thread: str
    status: str
    waits_for: str | None = None
    ended: float | None = None


@dataclass(frozen=True, slots=True)
class Showing:
    """That an answer showed a run in a status. place: of its request in the history."""

    place: int
    status: str


@dataclass(frozen=True, slots=True)
class History:
    """Everything that a verdict looks at.

    requests: in the order in which they came; shown: by run, what answers showed of it; runs: in the order in which
    they were made.
    """

    requests: Sequence[LoggedRequest]
    shown: Mapping[str, Sequence[Showing]]
    runs: Sequence[RunRecord]
    pace: Pace

    @classmethod
    def of(cls, log: Iterable[LoggedRequest], runs: Sequence[RunRecord] = (), pace: Pace | None = None) -> "History":
        """Return the history of a log, which is in the order in which the answers ended."""
        requests = sorted(log, key=lambda request: request.began)
        shown: dict[str, list[Showing]] = {}
        for place, request in enumerate(requests):
            for one in request.observed.objects if request.observed else ():
                if one.kind == RUN:
                    shown.setdefault(one.id, []).append(Showing(place, one.status))
        return cls(requests, shown, runs, pace or Pace())


def is_accepted(request: LoggedRequest) -> bool:
    """Return whether a request was answered, and not refused."""
    return 0 < request.status < _BAD_REQUEST

"""What a verdict is made of: the requests of a namespace in the order in which they came, and its runs."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from emulator.domain.config import Pace
from emulator.domain.request_log import LoggedRequest

# The `object` of what runs are, in either API.
RUNS: Final = ("thread.run", "response")


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run, or a response, that did not complete, as the store knows it.

    thread: of a response its conversation, or its own id. ended: when it came to a bad end, on the namespace's clock;
    None: it is not over.
    """

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

    requests: in the order in which they came; shown: by run, what answers showed of it; of_thread: the places of its
    requests; runs: those that did not complete.
    """

    requests: Sequence[LoggedRequest]
    shown: Mapping[str, Sequence[Showing]]
    of_thread: Mapping[str, Sequence[int]]
    runs: Sequence[RunRecord]
    pace: Pace

    @classmethod
    def of(cls, log: Iterable[LoggedRequest], runs: Sequence[RunRecord] = (), pace: Pace | None = None) -> "History":
        """Return the history of a log, which is in the order in which the answers ended."""
        requests = sorted(log, key=lambda request: request.began)
        shown: dict[str, list[Showing]] = {}
        of_thread: dict[str, list[int]] = {}
        for place, request in enumerate(requests):
            if request.thread is not None:
                of_thread.setdefault(request.thread, []).append(place)
            for one in request.observed.objects if request.observed else ():
                if one.kind in RUNS:
                    shown.setdefault(one.id, []).append(Showing(place, one.status))
        return cls(requests, shown, of_thread, runs, pace or Pace())

    def later(self, place: int) -> Iterator[LoggedRequest]:
        """Yield the requests about the same thread that came after one."""
        places = self.of_thread.get(self.requests[place].thread or "", ())
        return (self.requests[other] for other in islice(places, bisect_right(places, place), None))

    def showings(self, run: str, after: int) -> Iterator[LoggedRequest]:
        """Yield the requests after one whose answers showed a run."""
        shown = self.shown.get(run, ())
        behind = bisect_right(shown, after, key=lambda one: one.place)
        return (self.requests[one.place] for one in islice(shown, behind, None))

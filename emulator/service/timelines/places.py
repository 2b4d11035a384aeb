"""Where requests stand among what their run did: by their times, and where the clock stands still by what they show."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

from emulator.domain.request_log import LoggedRequest
from emulator.domain.timelines import Kind
from emulator.service.timelines.drafts import Draft, Point

# What a request leads to, by its kind: the cause of a status.
_CAUSES: Final = {"submit": "by submit", "cancel": "by cancel"}


class Places:
    """Finds the place of requests, which are to be given in their order. statuses, work: what the run itself did."""

    def __init__(self, statuses: Sequence[Draft], work: Sequence[Draft]) -> None:
        moments = {moment for one in (*statuses, *work) for moment in (one.began, one.ended) if moment is not None}
        self._points = sorted(moments, key=lambda point: point.key)
        self._ats = [point.at for point in self._points]
        self._is_ordered = self._ats == sorted(self._ats)
        self._statuses = statuses
        places = {point: place for place, point in enumerate(self._points)}
        self._of_status = [places[one.began] for one in statuses]
        self._reached = 0  # the number of the status that requests have come to
        self._last = 0

    def of_beginning(self, request: LoggedRequest, kind: Kind, status: str | None, number: int) -> Point:
        """Return where a request began. status: that it was shown. number: of the request, from 1."""
        self._last = self._within(request.began_at, max(self._last, self._wanted(kind, status)))
        return Point(request.began_at, self._key(self._last, 2 * number))

    def of_end(self, request: LoggedRequest, status: str | None, number: int, began: Point) -> Point:
        """Return where a stream ended that showed a status last."""
        found = self._next(status, self._reached)
        wanted = self._last if found is None else self._of_status[found] + 1
        at = max(request.at, began.at)
        return Point(at, self._key(self._within(at, max(self._last, wanted)), 2 * number + 1))

    def _wanted(self, kind: Kind, status: str | None) -> int:
        """Return how many moments of the run were over when a request came, as far as its meaning says that."""
        if kind == "create":
            return 0
        if (cause := _CAUSES.get(kind)) is not None:
            behind = range(self._reached + 1, len(self._statuses))
            caused = next((place for place in behind if self._statuses[place].detail.startswith(cause)), None)
            if caused is None:
                return self._last
            self._reached = caused
            # Outputs end the step that waits for them before they end the status.
            return self._of_status[caused - 1] + 1 if kind == "submit" else self._of_status[caused]
        if (found := self._next(status, self._reached)) is None:
            return self._last
        self._reached = found
        if status == "requires_action":
            return self._of_status[found] + 1
        return self._of_status[found + 1] if found + 1 < len(self._statuses) else len(self._points)

    def _next(self, status: str | None, first: int) -> int | None:
        return next((n for n in range(first, len(self._statuses)) if self._statuses[n].status == status), None)

    def _within(self, at: float, wanted: int) -> int:
        """Return how many moments were over at a time; of those at that very time as many as are wanted."""
        if not self._is_ordered:
            return wanted
        return min(max(wanted, bisect_left(self._ats, at)), bisect_right(self._ats, at))

    def _key(self, before: int, number: int) -> tuple[float, int]:
        return (self._points[before - 1].key[0] if before else self._points[0].key[0] - 1, number)

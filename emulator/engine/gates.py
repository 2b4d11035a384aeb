"""How long a status is shown before the next one comes: the pace of a namespace.

A step of a built-in tool, which shows no call before it is done (recorded), is a status like that of a run.

immediate: a run continues at once, and the first poll sees it settled. polls: each status is shown for so many polls.
time: each status lasts so many seconds on the clock. manual: the next status comes with the next request for a step.
"""

from collections.abc import Callable

from emulator.domain.config import Pace


class Gate:
    """Says how long each status is shown. pace: returns the namespace's pace as it is now. polls: of this status."""

    def __init__(self, pace: Callable[[], Pace]) -> None:
        self._pace = pace
        self.polls = 0

    def seconds(self) -> float:
        """Return how long the status lasts by the clock."""
        pace = self._pace()
        return pace.seconds if pace.progression == "time" else 0.0

    def close(self, *, is_streamed: Callable[[], bool]) -> bool:
        """Return whether the status lasts until polls or a request for a step end it; polls are counted from now on.

        is_streamed: says whether a client reads the run's stream, and so will not poll.
        """
        self.polls = 0
        progression = self._pace().progression
        return progression == "manual" or (progression == "polls" and not is_streamed())

    def polled(self) -> bool:
        """Count a poll that saw the status; return whether that was the last one needed."""
        pace = self._pace()
        self.polls += 1
        return pace.progression == "polls" and self.polls >= pace.times

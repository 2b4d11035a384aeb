"""How long a status is shown before the next one comes: the pace of a namespace.

A step of a built-in tool, which shows no call before it is done (recorded), is a status like that of a run.

immediate: a run continues at once, and the first poll sees it settled. polls: each status is shown for so many polls.
time: each status lasts so many seconds on the clock. manual: the next status comes with the next request for a step.
"""

import asyncio
from collections.abc import Awaitable, Callable

from emulator.domain.config import Pace

Pause = Callable[["asyncio.Future[None]"], Awaitable[None]]


class Gate:
    """Stands before every status that a client can see. pace: returns the namespace's pace as it is now."""

    def __init__(self, pace: Callable[[], Pace]) -> None:
        self._pace = pace
        self._closed: asyncio.Future[None] | None = None
        self._polls = 0

    @property
    def is_closed(self) -> bool:
        """Whether the run waits here."""
        return self._closed is not None and not self._closed.done()

    def seconds(self) -> float:
        """Return how long the status lasts by the clock."""
        pace = self._pace()
        return pace.seconds if pace.progression == "time" else 0.0

    async def wait(self, pause: Pause, *, streamed: bool) -> None:
        """Wait until the status has been shown as long as the pace says.

        pause: commits and suspends the run. streamed: a client reads the run's stream and will not poll.
        """
        progression = self._pace().progression
        if progression == "manual" or (progression == "polls" and not streamed):
            self._closed, self._polls = asyncio.get_running_loop().create_future(), 0
            await pause(self._closed)
            self._closed = None

    def polled(self) -> bool:
        """Count a poll that saw the status; return whether that was the last one needed."""
        pace = self._pace()
        self._polls += 1
        return pace.progression == "polls" and self._polls >= pace.times

    def open(self) -> None:
        """Let the run continue."""
        if self._closed is not None and not self._closed.done():
            self._closed.set_result(None)

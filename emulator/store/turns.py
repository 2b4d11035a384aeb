"""Turns: whoever wants to go alone waits until it is theirs, in the order in which they came."""

import asyncio
from collections import deque
from typing import Final

_NO_TASK: Final = object()
_HANDED_ON: Final = object()


class Turns:
    """One turn at a time."""

    __slots__ = ("_waiting", "_whose")

    def __init__(self) -> None:
        self._whose: object = None  # the task whose turn it is; None while it is nobody's
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_free(self) -> bool:
        """Whether it is nobody's turn."""
        return self._whose is None

    async def take(self) -> None:
        """Wait for a turn, which `release` has to end.

        Raises RuntimeError within a turn of the same task, which would wait for itself.
        """
        me = asyncio.current_task() or _NO_TASK
        if self._whose is not None:
            if self._whose is me:
                raise RuntimeError("a transaction within a transaction")
            await self._wait()
        self._whose = me

    async def _wait(self) -> None:
        turn = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it came all the same, so it goes to the next
                self.release()
            raise

    def release(self) -> None:
        """End a turn; the next one begins."""
        while self._waiting:
            if not (turn := self._waiting.popleft()).done():
                turn.set_result(None)
                self._whose = _HANDED_ON  # nobody comes in between
                return
        self._whose = None

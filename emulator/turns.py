"""Requests begin in turns of the event loop, a few in each, so that a crowd keeps nobody waiting for long.

When hundreds come at once, all would be begun before the first of them goes on, and each of their next steps would wait
for the same step of all the others: the loop would look up from them a few times in a second only.
"""

import asyncio
from collections import deque
from collections.abc import Collection
from typing import Any, Final

# Under way at once. Fewer than these all begin at once, so that the first event of each stream comes soonest; the loop
# still looks up from them within 0.3 s.
CROWD: Final = 200
# Of a crowd, so many begin in one turn. Beginning a run takes about half a millisecond, and playing it twice as much.
MOST: Final = 32


class Turns:
    """Lets at most so many requests begin in one turn of the event loop; the others follow in the order they came.

    requests: those under way.
    """

    def __init__(self, requests: Collection[Any], most: int = MOST) -> None:
        self._requests = requests
        self._most = most
        self._begun = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    @property
    def is_crowded(self) -> bool:
        """Whether a request has to ask when it may `begin`."""
        return bool(self._waiting) or len(self._requests) > CROWD

    async def begin(self) -> None:
        """Return when a request may begin."""
        loop = asyncio.get_running_loop()
        if self._begun == 0:
            loop.call_soon(self._next)
        if self._begun < self._most:
            self._begun += 1
            return
        turn = loop.create_future()
        self._waiting.append(turn)
        await turn

    def _next(self) -> None:
        self._begun = 0
        while self._waiting and self._begun < self._most:
            turn = self._waiting.popleft()
            if not turn.done():  # nobody waits for it any longer
                turn.set_result(None)
                self._begun += 1
        if self._begun:
            asyncio.get_running_loop().call_soon(self._next)

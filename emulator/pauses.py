"""Pauses of answers, on the clock of the machine: they end early where nobody waits for them any more."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from emulator.domain.broken_connection import BrokenConnectionError


class Pauses:
    """Those of one namespace."""

    def __init__(self) -> None:
        self._under_way: set[asyncio.Future[None]] = set()
        self._is_stopped = False

    @property
    def are_under_way(self) -> bool:
        """Whether there are any."""
        return bool(self._under_way)

    async def wait(self, seconds: float, leaving: Coroutine[Any, Any, Any]) -> bool:
        """Wait; return whether the client is still there. leaving: ends when it goes away, and with it the pause.

        Raises `BrokenConnectionError` where the server stops meanwhile.
        """
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        gone: asyncio.Task[Any] = asyncio.create_task(leaving)
        self._under_way.add(over)
        if self._is_stopped:
            over.set_result(None)
        try:
            await asyncio.wait((over, gone), timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            is_there = not gone.done()
        finally:
            self._under_way.discard(over)
            gone.cancel()
        if self._is_stopped:
            raise BrokenConnectionError
        return is_there

    def release(self) -> None:
        """End those that are under way; what they held up goes on."""
        for over in self._under_way:
            if not over.done():
                over.set_result(None)

    def stop(self) -> None:
        """End them all, those to come as well; nothing goes on behind them."""
        self._is_stopped = True
        self.release()

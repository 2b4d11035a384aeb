"""Who waits until something has settled that another process may be moving."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from emulator.domain.bus import Bus

T = TypeVar("T")
SETTLED: Final = "settled"
# Seconds of the machine's time after which whoever waits looks once more: a message may be lost.
PATIENCE: Final = 1.0


def key_of(ns: str, what: str = "") -> str:
    """Return the payload that says what has settled: a thread, or a vector store; nothing: anything there."""
    return f"{ns}/{what}"


class Settlements:
    """Those who wait in this process, by what they wait for; and for anything in a namespace."""

    def __init__(self, bus: Bus) -> None:
        self._waiting: dict[str, set[asyncio.Event]] = {}
        bus.subscribe(SETTLED, self.say)
        bus.on_gap(self._look_all)

    async def wait(self, key: str, look: Callable[[], Awaitable[T | None]]) -> T:
        """Return what looking into the store finds, as soon as that is anything."""
        if (found := await look()) is not None:
            return found
        news = asyncio.Event()
        self._waiting.setdefault(key, set()).add(news)
        try:
            while True:
                news.clear()  # first: it may settle while it is looked at
                if (found := await look()) is not None:
                    return found
                timer = asyncio.get_running_loop().call_later(PATIENCE, news.set)
                await news.wait()
                timer.cancel()
        finally:
            self._forget(key, news)

    def _forget(self, key: str, news: asyncio.Event) -> None:
        others = self._waiting[key]
        others.discard(news)
        if not others:
            del self._waiting[key]

    def say(self, key: str) -> None:
        """Let those look who wait for something that has settled; of a whole namespace, all that wait there."""
        ns, _, what = key.partition("/")
        keys = (key, key_of(ns)) if what else [one for one in self._waiting if one.startswith(key)]
        for one in keys:
            for news in self._waiting.get(one, ()):
                news.set()

    def _look_all(self) -> None:
        for waiting in self._waiting.values():
            for news in waiting:
                news.set()

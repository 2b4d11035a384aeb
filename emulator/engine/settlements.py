"""Who waits until something has settled that another process may be moving."""

import asyncio
from typing import Final

from emulator.domain.bus import Bus

SETTLED: Final = "settled"
# Seconds of the machine's time after which whoever waits looks once more: a message may be lost.
PATIENCE: Final = 1.0


def key_of(ns: str, what: str = "") -> str:
    """Return the payload that says what has settled: a thread, or a vector store."""
    return f"{ns}/{what}"


class Settlements:
    """Those who wait in this process, by what they wait for; and for anything in a namespace."""

    def __init__(self, bus: Bus) -> None:
        self._waiting: dict[str, asyncio.Event] = {}
        bus.subscribe(SETTLED, self._settled)
        bus.on_gap(self._look_all)

    def expect(self, key: str) -> "asyncio.Event":
        """Return what is set when something settles; to be asked for before it is looked at."""
        return self._waiting.setdefault(key, asyncio.Event())

    async def wait(self, key: str, event: "asyncio.Event") -> None:
        """Wait until it is set, or until it is time to look once more."""
        timer = asyncio.get_running_loop().call_later(PATIENCE, event.set)
        try:
            await event.wait()
        finally:
            timer.cancel()
            if self._waiting.get(key) is event:
                del self._waiting[key]

    def _settled(self, key: str) -> None:
        ns, _, _ = key.partition("/")
        for one in (key, key_of(ns)):
            if (event := self._waiting.pop(one, None)) is not None:
                event.set()

    def _look_all(self) -> None:
        for event in self._waiting.values():
            event.set()
        self._waiting.clear()

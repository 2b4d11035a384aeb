"""The clock of a namespace, read and moved by tests."""

from collections.abc import Mapping
from typing import Any

from emulator.domain.config import ClockChange
from emulator.domain.errors import ApiError
from emulator.domain.instants import LAST_INSTANT
from emulator.engine.namespace import Namespace


def state(namespace: Namespace) -> dict[str, Any]:
    """Return mode and time: {"mode": …, "now": seconds since the epoch}."""
    return {"mode": namespace.clock.mode, "now": namespace.clock.now()}


async def change(namespace: Namespace, change: ClockChange) -> None:
    """Change mode, time or speed; what has become due happens, and the namespace settles."""
    await _store(namespace)  # where nothing can be stored, nothing happens either
    await namespace.runs.change_clock(change)
    if namespace.clock.mode == "frozen":
        await namespace.advance(0)  # what the clock has been set past is due
    await namespace.settle()
    await _store(namespace)


async def advance(namespace: Namespace, seconds: float) -> list[Mapping[str, Any]]:
    """Move the clock on; return the runs' events that this caused. Raises `ApiError` beyond the last date."""
    if namespace.clock.now() + seconds > LAST_INSTANT:
        raise ApiError(400, "A clock cannot be moved beyond the year 9999.", param="by")
    await namespace.settle()
    await _store(namespace)  # as above
    fired = await namespace.advance(seconds)
    await _store(namespace)
    return fired


async def _store(namespace: Namespace) -> None:
    async with namespace.transaction() as tx:
        namespace.store(tx)

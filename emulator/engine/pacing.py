"""Streaming piece by piece: the pauses between pieces, and the breath that others need."""

from collections.abc import AsyncIterator
from typing import Final

from emulator.domain.actions import Stream
from emulator.engine.stage import Stage

# After so many events others get their turn: a long stream must not delay another one's first event.
MOST_AT_ONCE: Final = 64


async def paced(stage: Stage, pieces: list[str], stream: Stream) -> AsyncIterator[str]:
    """Yield each piece when its time has come on the world's clock."""
    gap = 1 / stream.tps if stream.tps else 0.0
    for place, piece in enumerate(pieces):
        await stage.sleep(gap if place else stream.ttft)
        yield piece
        if len(stage.unit.entries) >= MOST_AT_ONCE:
            await stage.breathe()

"""Streaming piece by piece: the pauses between pieces, and the breath that others need."""

from collections.abc import AsyncIterator, Sequence
from typing import Final

from emulator.domain.actions import Stream
from emulator.engine import cutting
from emulator.engine.stage import Stage

# After so many events others get their turn: a long stream must not delay another one's first event. As many as are
# sent at once: where more are made than sent, they pile up, and the memory they hold is walked again and again.
MOST_AT_ONCE: Final = 32


def pieces(stage: Stage, text: str, stream: Stream, kept_whole: Sequence[tuple[int, int]] = ()) -> list[str]:
    """Return a text in the pieces of its stream; report those that do not add up to it, for then it comes whole."""
    if isinstance(stream.chunk, tuple) and "".join(stream.chunk) != text:
        stage.report("script", message="the pieces of a stream do not add up to its text, which came whole")
    return cutting.cut(text, stream, kept_whole)


async def paced(stage: Stage, pieces: list[str], stream: Stream) -> AsyncIterator[str]:
    """Yield each piece when its time has come on the world's clock."""
    gap = 1 / stream.tps if stream.tps else 0.0
    for place, piece in enumerate(pieces):
        await stage.sleep(gap if place else stream.ttft)
        yield piece
        if len(stage.unit.entries) >= MOST_AT_ONCE:
            await stage.breathe()

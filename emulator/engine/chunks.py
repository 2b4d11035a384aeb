"""The chunks that a stream carries: how a text is cut, and when each chunk comes on the namespace's clock."""

import re
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.actions import Stream
from emulator.domain.calls import Cut
from emulator.domain.config import Chunks

if TYPE_CHECKING:
    from emulator.engine.actions import ActionPlayer

Range = tuple[int, int]
# After so many events others get their turn: a long run must not delay another one's first event.
MOST_AT_ONCE: Final = 32
_WORD: Final = re.compile(r"\s*\S+|\s+$")


def cut(
    text: str, stream: Stream, kept_whole: Sequence[tuple[int, int]] = (), *, default: Chunks = "word"
) -> list[str]:
    """Return ``text`` in pieces that add up to it.

    Words keep the space before them, as the model's tokens do. Explicit pieces that do not add up give the whole text.
    kept_whole: spans, in characters, that become a piece of their own (a citation's marker arrives in one delta).
    default: how it is cut where the stream does not say.
    """
    if not text:
        return []
    chunk = default if stream.chunk is None else stream.chunk
    if isinstance(chunk, tuple):
        return list(chunk) if "".join(chunk) == text else [text]
    kept_whole = [(start, end) for start, end in kept_whole if 0 <= start < end <= len(text)]
    edges = sorted({0, len(text), *(edge for span in kept_whole for edge in span)})
    pieces = []
    for start, end in pairwise(edges):
        part = text[start:end]
        pieces += [part] if (start, end) in kept_whole else _cut_part(part, chunk)
    return pieces


def _cut_part(part: str, chunk: str | int) -> list[str]:
    if chunk == "whole":
        return [part]
    if chunk == "word":
        return _WORD.findall(part)
    size = 1 if chunk == "char" else int(chunk)
    return [part[start : start + size] for start in range(0, len(part), size)]


def spans(annotations: Sequence[Mapping[str, Any]]) -> list[tuple[int, int]]:
    """Return where annotations lie in their text, in characters."""
    return [(annotation["start_index"], annotation["end_index"]) for annotation in annotations if _lies(annotation)]


def _lies(annotation: Mapping[str, Any]) -> bool:
    start, end = annotation.get("start_index"), annotation.get("end_index")
    return isinstance(start, int) and isinstance(end, int) and start < end


def chunks_of(player: "ActionPlayer", text: str, stream: Stream, kept_whole: Sequence[tuple[int, int]] = ()) -> Cut:
    """Return a text in the chunks of its stream; report those that do not add up to it, for then it comes whole."""
    if isinstance(stream.chunk, tuple) and "".join(stream.chunk) != text:
        player.report("script", message="the pieces of a stream do not add up to its text, which came whole")
    return Cut.of(cut(text, stream, kept_whole, default=player.namespace.config.chunks))


async def paced(player: "ActionPlayer", cut: Cut, stream: Stream, ends: Sequence[int] = ()) -> AsyncIterator[Range]:
    """Yield the pieces whose time has come on the namespace's clock, as (first, last): as many at once as there are.

    ends: numbers of pieces after which those that follow are yielded apart.
    """
    gap = 1 / stream.tps if stream.tps else 0.0
    first, stops = 0, {*ends, len(cut)}
    for place in range(len(cut)):
        delay = gap if place else stream.ttft
        if (until := player.begin_sleep(delay)) is not None:
            if place > first:
                yield first, place
                first = place
            await player.end_sleep(until)
        if place + 1 in stops:
            yield first, place + 1
            first = place + 1

"""Texts cut into overlapping chunks, which end where a reader would pause as far as the sizes allow."""

from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

from emulator.retrieval.tokens import iter_token_ends

# Full-width ends of a sentence, which need no space after them, and the others.
_WIDE_STOPS: Final = frozenset("\u3002\uff01\uff1f\uff1b\u2026")
_STOPS: Final = frozenset(".!?:;")
_PARAGRAPH: Final = 4


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a text: ``text[start:end]`` of it, in code points."""

    text: str
    start: int
    end: int


def chunk(text: str, max_tokens: int = 800, overlap: int = 400) -> list[Chunk]:
    """Return the text in chunks of at most ``max_tokens``, two neighbors sharing at most ``overlap`` (`tokens.py`).

    The chunks are in order, and no character is lost or changed: each begins within or at the end of the previous one.
    A chunk may be up to a quarter shorter so that it ends with a paragraph, a line, a sentence or a word, in this
    order; the overlap likewise, so that it begins with one. Time is linear in the text. An empty text has no chunks.
    Raises ValueError unless 1 <= max_tokens and 0 <= overlap <= max_tokens / 2 (the API's own rule).
    """
    if max_tokens < 1 or not 0 <= overlap <= max_tokens / 2:
        raise ValueError(f"chunks of {max_tokens} tokens cannot overlap by {overlap}: at most half, and none negative")
    return list(iter_chunks(text, max_tokens, overlap))


def iter_chunks(text: str, max_tokens: int, overlap: int) -> Iterator[Chunk]:
    """Yield the same, one by one; no time is spent on what lies behind the last one taken."""
    edges, ends = array("I", [0]), iter_token_ends(text)
    start = 0
    while True:
        stop = start + max_tokens
        edges.extend(islice(ends, stop + 2 - len(edges)))  # one more tells whether the text goes on
        last = len(edges) - 1
        if stop >= last:
            if start < last:
                yield Chunk(text[edges[start] :], edges[start], len(text))
            return
        # Past the overlap in any case, so that every chunk begins after the start of the previous one.
        stop = _best_cut(text, edges, range(stop, max(stop - max_tokens // 4, start + overlap + 1) - 1, -1))
        yield Chunk(text[edges[start] : edges[stop]], edges[start], edges[stop])
        start = _best_cut(text, edges, range(stop - overlap, stop - overlap + overlap // 4 + 1))


def _best_cut(text: str, edges: Sequence[int], candidates: Iterable[int]) -> int:
    """Return the candidate that is the best place for a cut; of equally good ones the first."""
    best_quality, best = -1, 0
    for at in candidates:
        quality = _cut_quality(text, edges[at - 1], edges[at])
        if quality > best_quality:
            best_quality, best = quality, at
        if quality == _PARAGRAPH:
            break
    return best


def _cut_quality(text: str, start: int, end: int) -> int:
    """Return how good a cut is after the token ``text[start:end]``: from 4 at the end of a paragraph to 0 in a word."""
    token = text[start:end]
    if "\n" in token:
        return _PARAGRAPH if token.count("\n") > 1 else 3
    ending, following = token[-1], text[end : end + 1]
    if ending in _WIDE_STOPS or (ending in _STOPS and following.isspace()):
        return 2
    return 1 if following.isspace() or not following.isalnum() or not ending.isalnum() else 0

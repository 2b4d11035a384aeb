"""Ranks chunks for a query by their words: BM25 over an inverted index in memory.

The score of a chunk is the square root of (what it has of the query's weight / the query's whole weight), in 0..1:

- the weight of a term is its rarity times its weight in `terms.py`; terms that no chunk has count as the rarest;
- a chunk has the part ``n / (n + k)`` of it, where n is how often the term occurs, and k grows with the chunk's length.

So a score tells how much of the question the chunk's words cover, whatever the question: 1 cannot be reached, a chunk
with every term once or twice has about 0.7, one that shares only a common word is below 0.3. The root makes scores
easier to read: it spreads the low values and does not change the order.
"""

import math
from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import nlargest, nsmallest
from itertools import islice
from typing import Final, TypeAlias

from emulator.retrieval.terms import QueryTerm, count_terms, query_terms

_SATURATION: Final = 1.2
_LENGTH_SHARE: Final = 0.75
# As many further chunks are assumed, without any term: a store of three files says little about how rare a word is.
_UNSEEN: Final = 100
# Scores are rounded to this many digits before they are compared: beyond, the logarithms of platforms may differ.
_DIGITS: Final = 6
# Times the whole weight: sums that are closer than that may have the same score.
_MARGIN: Final = 4 * 10**-_DIGITS
# The share of a term's weight for each character that is looked up in its place.
_SUBSTITUTE: Final = 0.3
# Of a very long query, only so many terms are looked up: the heaviest.
_MOST_TERMS: Final = 256
# Terms whose places are removed in one step.
_TERMS_A_STEP: Final = 1_000


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found. key: of its document. chunk: its number there, from 0. score: 0..1."""

    key: str
    chunk: int
    text: str
    score: float


# Where one term occurs: ascending, each ``slot << 8 | times`` (255 and more: 255). One array for both numbers, because
# most terms occur in one chunk only, and an array object is much larger than a single number.
_Postings: TypeAlias = "array[int]"


class Index:
    """An index of the chunks of documents, searched by words.

    The same documents give the same results, in whatever order they were added, and whatever was removed meanwhile.
    Not thread-safe. characters: how much text it holds, the overlaps of chunks included.
    """

    def __init__(self) -> None:
        self.characters = 0
        self._postings: dict[str, _Postings] = {}
        self._documents: dict[str, range] = {}  # key -> its slots
        # By slot; slots are never reused, so that postings stay in order. Length 0: removed.
        self._chunks: list[tuple[str, int, str] | None] = []
        self._lengths = array("I")
        self._count = self._length = 0
        self._norms: list[float] | None = None

    def __len__(self) -> int:
        """Return the number of chunks."""
        return self._count

    @property
    def terms(self) -> int:
        """The number of different terms in its chunks."""
        return len(self._postings)

    def __contains__(self, key: str) -> bool:
        return key in self._documents

    def add(self, key: str, chunks: Iterable[str]) -> None:
        """Add a document; it replaces one with the same key."""
        _exhaust(self.steps_to_add(key, chunks))

    def remove(self, key: str) -> None:
        """Remove a document; no effect if it is not there."""
        _exhaust(self.steps_to_remove(key))

    def steps_to_add(self, key: str, chunks: Iterable[str]) -> Iterator[None]:
        """Add a document in short steps, of one chunk each; nothing else may be added or removed before the last."""
        yield from self.steps_to_remove(key)
        first, postings = len(self._chunks), self._postings
        self._documents[key] = range(first, first)
        for number, text in enumerate(chunks):
            slot = first + number
            terms = count_terms(text)
            for term, times in terms.items():
                posting = slot << 8 | (times if times < 256 else 255)  # min() would take twice as long
                if term in postings:
                    postings[term].append(posting)
                else:
                    postings[term] = array("Q", (posting,))
            self._chunks.append((key, number, text))
            self._lengths.append(terms.total())
            self._documents[key] = range(first, slot + 1)
            self._recount(range(slot, slot + 1), 1)
            yield

    def steps_to_remove(self, key: str) -> Iterator[None]:
        """Remove a document in short steps; as above."""
        slots = self._documents.get(key, range(0))
        terms: set[str] = set()
        for slot in slots:
            terms.update(count_terms(self._chunk(slot)[2]))
            yield
        # All places of a term at once: one by one, each would move those of all other documents behind it.
        for number, term in enumerate(terms, start=1):
            postings = self._postings[term]
            del postings[bisect_left(postings, slots.start << 8) : bisect_left(postings, slots.stop << 8)]
            if not postings:
                del self._postings[term]
            if number % _TERMS_A_STEP == 0:
                yield
        self._recount(slots, -1)
        for slot in slots:
            self._chunks[slot] = None
            self._lengths[slot] = 0
        self._documents.pop(key, None)

    def search(
        self,
        query: str,
        limit: int,
        threshold: float = 0.0,
        allowed: Collection[str] | None = None,
        *,
        fill: bool = False,
    ) -> list[Hit]:
        """Return at most ``limit`` chunks that share a term with the query, best first, ties by key and number.

        threshold: the lowest score. allowed: keys of the documents to search; None: all. fill: if fewer are found and
        there is no threshold, add others with score 0, because a search by meaning always returns something.
        """
        if limit < 1:
            return []
        slots = None if allowed is None else self._slots(allowed)
        terms, whole = self._weigh(query_terms(query))
        sums = self._sums(terms, limit, slots, margin=_MARGIN * whole)
        least = self._least(sums, limit) - _MARGIN * whole
        close = (self._hit(slot, math.sqrt(part / whole)) for slot, part in sums.items() if part >= least)
        # Not sorted, which would hold up all other threads if a million chunks are alike.
        hits = nsmallest(limit, (hit for hit in close if hit.score >= threshold), key=_order)
        return hits + self._others(hits, limit - len(hits), slots) if fill and threshold <= 0 else hits

    # --- one query --------------------------------------------------------------------------------------------------

    def _weigh(self, terms: Sequence[QueryTerm]) -> tuple[list[tuple[float, str]], float]:
        """Return (weight, term) for each term that occurs, the heaviest first, and the weight of the whole query."""
        weights: dict[str, float] = {}
        for each in terms:
            if each.term in self._postings or each.substitutes is None:
                weights[each.term] = each.weight * self._rarity(each.term)
        covered = {c for term in weights if term in self._postings for c in term}
        for each in terms:
            if each.term not in weights:
                for substitute in each.substitutes or ():
                    if substitute not in covered:
                        weights.setdefault(substitute, _SUBSTITUTE * each.weight * self._rarity(substitute))
        known = [(weight, term) for term, weight in weights.items() if term in self._postings]
        heaviest = sorted(known, key=lambda each: (-each[0], each[1]))[:_MOST_TERMS]
        return heaviest, math.fsum(weights.values()) or 1.0

    def _rarity(self, term: str) -> float:
        postings = self._postings.get(term)
        chunks = len(postings) if postings else 0
        return math.log1p((self._count + _UNSEEN - chunks + 0.5) / (chunks + 0.5))

    def _sums(
        self, terms: Sequence[tuple[float, str]], limit: int, allowed: Collection[int] | None, *, margin: float
    ) -> dict[int, float]:
        """Return slot -> the chunk's part of the query's weight, for all chunks that may be among the best.

        The heaviest terms come first. Once a chunk without any of them can no longer be among the best, the remaining
        terms, which are common and have long postings, are looked up only for chunks that still can (MaxScore).
        """
        norms = self._current_norms()
        sums: dict[int, float] = {}
        remaining = math.fsum(weight for weight, _ in terms)
        for weight, term in terms:
            postings = self._postings[term]
            if len(sums) >= limit and (bar := self._least(sums, limit) - margin) > remaining:
                sums = {slot: part for slot, part in sums.items() if part + remaining >= bar}
                _add_to_known(sums, weight, postings, norms)
            else:
                for posting in postings:
                    slot, count = posting >> 8, posting & 255
                    if allowed is None or slot in allowed:
                        sums[slot] = sums.get(slot, 0.0) + weight * count / (count + norms[slot])
            remaining -= weight
        return sums

    def _least(self, sums: dict[int, float], limit: int) -> float:
        """Return the smallest of the ``limit`` largest sums."""
        return nlargest(limit, sums.values())[-1] if sums else 0.0

    # --- chunks -----------------------------------------------------------------------------------------------------

    def _hit(self, slot: int, score: float) -> Hit:
        return Hit(*self._chunk(slot), round(score, _DIGITS))

    def _chunk(self, slot: int) -> tuple[str, int, str]:
        chunk = self._chunks[slot]
        if chunk is None:
            raise LookupError(f"slot {slot} is empty")
        return chunk

    def _slots(self, keys: Collection[str]) -> set[int]:
        return {slot for key in keys for slot in self._documents.get(key, ())}

    def _others(self, hits: Sequence[Hit], count: int, allowed: Collection[int] | None) -> list[Hit]:
        if count < 1:
            return []
        found = {(hit.key, hit.chunk) for hit in hits}
        slots = (slot for key in sorted(self._documents) for slot in self._documents[key])
        rest = (self._hit(slot, 0.0) for slot in slots if allowed is None or slot in allowed)
        return list(islice((hit for hit in rest if (hit.key, hit.chunk) not in found), count))

    def _recount(self, slots: range, sign: int) -> None:
        self._count += sign * len(slots)
        self._length += sign * sum(self._lengths[slot] for slot in slots)
        self.characters += sign * sum(len(self._chunk(slot)[2]) for slot in slots)
        self._norms = None

    def _current_norms(self) -> list[float]:
        """Return slot -> k of the score, which depends on the mean length and therefore on every chunk."""
        if self._norms is None:
            share = _SATURATION * _LENGTH_SHARE * self._count / (self._length or 1)
            self._norms = [_SATURATION * (1 - _LENGTH_SHARE) + share * length for length in self._lengths]
        return self._norms


def _add_to_known(sums: dict[int, float], weight: float, postings: _Postings, norms: Sequence[float]) -> None:
    """Add a term to the chunks that are in ``sums``, in whichever way is shorter."""
    if len(sums) * len(postings).bit_length() < len(postings):
        for slot in sums:
            at = bisect_left(postings, slot << 8)
            if at < len(postings) and postings[at] >> 8 == slot:
                count = postings[at] & 255
                sums[slot] += weight * count / (count + norms[slot])
        return
    for posting in postings:
        if (slot := posting >> 8) in sums:
            count = posting & 255
            sums[slot] += weight * count / (count + norms[slot])


def _order(hit: Hit) -> tuple[float, str, int]:
    return -hit.score, hit.key, hit.chunk


def _exhaust(steps: Iterator[None]) -> None:
    deque(steps, maxlen=0)

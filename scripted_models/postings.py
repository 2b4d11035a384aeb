"""Numbers by keys, and lists of numbers, packed: a hundred thousand of them take little more than their bytes."""

import hashlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import Final

# Entries are sorted in so many pieces: while all of them were sorted at once, no other thread could run.
_PIECE_BITS: Final = 8


def digest(*parts: str) -> int:
    """Return a number of 64 bits for some texts, always the same."""
    whole = "\0".join(parts).encode(errors="surrogatepass")
    return int.from_bytes(hashlib.blake2b(whole, digest_size=8).digest(), "big")


class Postings:
    """Numbers by keys, each key's in their order. bits: that a key has at most; a number has 32."""

    def __init__(self, entries: Iterable[tuple[int, int]], bits: int = 64) -> None:
        self._keys = array("Q")
        self._numbers = array("I")
        pieces = [(array("Q"), array("I")) for _ in range(2**_PIECE_BITS)]
        for key, number in entries:
            keys, numbers = pieces[key >> (bits - _PIECE_BITS)]
            keys.append(key)
            numbers.append(number)
        for piece in pieces:
            in_order = sorted(zip(*piece, strict=True))
            self._keys.extend(key for key, _ in in_order)
            self._numbers.extend(number for _, number in in_order)

    def bounds(self, key: int) -> tuple[int, int]:
        """Return from where to where, without the end, the numbers of a key stand."""
        first = bisect_left(self._keys, key)
        return first, bisect_right(self._keys, key, lo=first)

    def count(self, key: int) -> int:
        """Return how many numbers a key has."""
        first, end = self.bounds(key)
        return end - first

    def find(self, key: int, most: int | None = None) -> Sequence[int]:
        """Return the numbers of a key, the first so many of them."""
        first, end = self.bounds(key)
        return self._numbers[first : end if most is None else min(end, first + most)]

    def next(self, key: int, at: int) -> int | None:
        """Return the first number of a key that is ``at`` or more, else the last one before it; None without any."""
        first, end = self.bounds(key)
        if first == end:
            return None
        place = bisect_left(self._numbers, at, lo=first, hi=end)
        return self._numbers[place if place < end else end - 1]


class Lists:
    """Lists of numbers of at most 32 bits, by their own numbers."""

    def __init__(self, lists: Iterable[Sequence[int]]) -> None:
        self._numbers = array("I")
        self._ends = array("I")
        for one in lists:
            self._numbers.extend(one)
            self._ends.append(len(self._numbers))

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> Sequence[int]:
        return self._numbers[self._ends[number - 1] if number else 0 : self._ends[number]]

    def size(self, number: int) -> int:
        """Return how many numbers a list has."""
        return self._ends[number] - (self._ends[number - 1] if number else 0)

    def at(self, number: int, place: int) -> int:
        """Return the number at a place of a list."""
        return self._numbers[(self._ends[number - 1] if number else 0) + place]

"""Texts side by side, with the parts marked in which they differ: line by line, and in lines that changed word by word.

However long the texts are, what is compared and shown is bounded.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from emulator.domain.redaction import shown_text

# Characters of a text, and its lines; more is cut off, and said so.
MOST_CHARACTERS: Final = 12_000
MOST_LINES: Final = 400
_MOST_WORDS: Final = 400
# More characters or lines than these are not read at a glance.
_GLANCE: Final = 600
_LINES_OF_A_GLANCE: Final = 8
# What takes long is not how many lines or words there are, but how often the same ones come again on both sides; half
# of the words are blanks. What has more of it, or more texts that changed, is marked as a whole.
_MOST_PAIRS: Final = 50_000
_MOST_CHANGED: Final = 20
_WORD: Final = re.compile(r"\s+|\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, and whether only this one has it."""

    text: str
    is_own: bool = False


Side = Sequence[Piece]


@dataclass(frozen=True, slots=True)
class Texts:
    """Two texts in pieces; before is None where there is no other. are_alike: nothing differs."""

    before: Side | None
    now: Side

    @property
    def are_alike(self) -> bool:
        """Whether nothing differs."""
        return self.before is not None and not any(piece.is_own for piece in (*self.before, *self.now))

    @property
    def is_long(self) -> bool:
        """Whether it takes more of a page than a glance."""
        text = "".join(piece.text for piece in self.now)
        return len(text) > _GLANCE or text.count("\n") >= _LINES_OF_A_GLANCE


def texts(before: str | None, now: str, *, as_wholes: bool = False) -> Texts:
    """Return two texts in pieces. before: None where there is nothing to compare with; as_wholes: one piece each."""
    if before is None:
        return Texts(None, _pieces(cut(now), is_own=False))
    one, other = cut(before), cut(now)
    if one == other and before != now:  # they differ behind what is shown
        return Texts([Piece(one), Piece(" (differs further on)", is_own=True)], [Piece(other)])
    if as_wholes and one != other:
        return Texts(_pieces(one, is_own=True), _pieces(other, is_own=True))
    pairs = list(_by_lines(one, other))
    return Texts([piece for left, _ in pairs for piece in left], [piece for _, right in pairs for piece in right])


def cut(text: str) -> str:
    """Return a text without keys, of one that is too long the beginning, with how much is missing."""
    lines = text[:MOST_CHARACTERS].splitlines(keepends=True)[:MOST_LINES]
    shown = "".join(lines)
    missing = len(text) - len(shown)
    masked = shown_text(shown)  # only what is shown: of all of it, it would take long
    return f"{masked}\n… {missing:,} more characters" if missing else masked


def _by_lines(one: str, other: str) -> Iterator[tuple[list[Piece], list[Piece]]]:
    left, right = one.splitlines(keepends=True), other.splitlines(keepends=True)
    for kind, a, b, c, d in _opcodes(left, right):
        before, now = "".join(left[a:b]), "".join(right[c:d])
        if kind == "replace":
            yield _by_words(before, now)
        else:
            is_own = kind != "equal"
            yield _pieces(before, is_own=is_own), _pieces(now, is_own=is_own)


def _by_words(one: str, other: str) -> tuple[list[Piece], list[Piece]]:
    left, right = _WORD.findall(one), _WORD.findall(other)
    if len(left) > _MOST_WORDS or len(right) > _MOST_WORDS:
        return _pieces(one, is_own=True), _pieces(other, is_own=True)
    before: list[Piece] = []
    now: list[Piece] = []
    for kind, a, b, c, d in _opcodes(left, right):
        before += _pieces("".join(left[a:b]), is_own=kind != "equal")
        now += _pieces("".join(right[c:d]), is_own=kind != "equal")
    return before, now


def _opcodes(left: Sequence[str], right: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    """Return how one list becomes the other; that all of it is replaced, where it would take long to find out."""
    if left == right:
        return [("equal", 0, len(left), 0, len(right))]
    often = Counter(right)
    if sum(often[one] for one in left) > _MOST_PAIRS:
        return [("replace", 0, len(left), 0, len(right))]
    return [*SequenceMatcher(None, left, right, autojunk=False).get_opcodes()]


def _pieces(text: str, *, is_own: bool) -> list[Piece]:
    return [Piece(text, is_own)] if text else []


# --- lists of messages ------------------------------------------------------------------------------------------------

Kind = Literal["same", "changed", "added", "removed"]


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of one list or of both. kind: how they compare; count: of entries that are the same, in a row."""

    kind: Kind
    before: tuple[str, str] | None
    now: tuple[str, str] | None
    texts: Texts | None = None


def entries(before: Sequence[tuple[str, str]], now: Sequence[tuple[str, str]]) -> list[Entry]:
    """Return two lists of (who, text), aligned."""
    found: list[Entry] = []
    for kind, a, b, c, d in SequenceMatcher(None, before, now, autojunk=False).get_opcodes():
        left, right = before[a:b], now[c:d]
        both = min(len(left), len(right))
        for one, other in zip(left, right, strict=False):
            as_wholes = sum(entry.kind == "changed" for entry in found) >= _MOST_CHANGED
            compared = texts(one[1], other[1], as_wholes=as_wholes)
            found.append(Entry("same" if kind == "equal" else "changed", one, other, compared))
        found += [Entry("removed", one, None, texts(None, one[1])) for one in left[both:]]
        found += [Entry("added", None, one, texts(None, one[1])) for one in right[both:]]
    return found

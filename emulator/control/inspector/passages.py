"""A text by its lines, a part of it at a time, with a passage in it that is marked."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulator.control.inspector.visible import visible

MOST_LINES: Final = 500
_LONGEST_LINE: Final = 2_000  # a longer one is shown in pieces
_MOST_QUOTED: Final = 4_000
_BEFORE: Final = 20  # lines before a passage


@dataclass(frozen=True, slots=True)
class Line:
    """A line, or a piece of a long one. number: from 1; None for a further piece. marked: what belongs to the passage.

    is_first: whether the passage begins here.
    """

    number: int | None
    before: str
    marked: str
    after: str
    is_first: bool


@dataclass(frozen=True, slots=True)
class Passage:
    """Some lines of a text, of which it has `count`.

    begin: the number of the piece that is first, from 0. previous, following: where the other parts begin; None where
    there is nothing. found: whether the passage that was looked for is there; None where none was.
    """

    lines: Sequence[Line]
    begin: int
    previous: int | None
    following: int | None
    count: int
    found: bool | None


def passage(text: str, begin: int | None, quote: str) -> Passage:
    """Return some lines of a text, those with a quote if no beginning is chosen. begin: a piece, from 0."""
    text = text.replace("\r\n", "\n")
    starts, numbers = _pieces(text)
    place = _place(text, quote[:_MOST_QUOTED]) if quote.strip() else None
    at_quote = bisect_right(starts, place[0]) - 1 - _BEFORE if place else 0
    first = max(0, min(at_quote if begin is None else begin, len(starts) - 1))
    end = min(len(starts), first + MOST_LINES)
    lines = [_line(text, starts, numbers[n], n, place) for n in range(first, end)]
    return Passage(
        lines,
        first,
        max(0, first - MOST_LINES) if first else None,
        end if end < len(starts) else None,
        text.count("\n") + (not text.endswith("\n")),
        None if not quote.strip() else place is not None,
    )


def _pieces(text: str) -> tuple[list[int], list[int | None]]:
    """Return where lines, or pieces of long ones, begin, and the numbers of those that begin a line."""
    starts: list[int] = []
    numbers: list[int | None] = []
    begin, number = 0, 0
    while begin < len(text) or not starts:
        end = text.find("\n", begin)
        end = len(text) if end < 0 else end
        number += 1
        for at in range(begin, max(end, begin + 1), _LONGEST_LINE):
            starts.append(at)
            numbers.append(number if at == begin else None)
        begin = end + 1
    return starts, numbers


def _place(text: str, quote: str) -> tuple[int, int] | None:
    """Return where a quote stands in a text; white space between its words may be other."""
    if (begin := text.find(quote)) >= 0:
        return begin, begin + len(quote)
    words = quote.split()
    found = re.search(r"\s+".join(map(re.escape, words)), text) if words else None
    return (found.start(), found.end()) if found else None


def _line(text: str, starts: Sequence[int], number: int | None, n: int, place: tuple[int, int] | None) -> Line:
    begin = starts[n]
    end = starts[n + 1] if n + 1 < len(starts) else len(text)
    first, last = (end, end) if place is None else (min(max(place[0], begin), end), max(min(place[1], end), begin))
    if first >= last:
        return Line(number, _shown(text[begin:end]), "", "", is_first=False)
    is_first = place is not None and place[0] >= begin
    return Line(number, visible(text[begin:first]), _shown(text[first:last]), _shown(text[last:end]), is_first)


def _shown(text: str) -> str:
    return visible(text.removesuffix("\n"))

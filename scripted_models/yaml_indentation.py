"""Where a line of YAML belongs that is indented like none of those above it."""

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

_KEY: Final = re.compile(r"(?P<blanks> *)(?P<dashes>(?:- +)*)(?P<key>[\w.$\"'-]+\s*:(?= |$))?")
# Lines above the one in question; who needs more has other troubles.
_MOST_LINES: Final = 500
_FAR: Final = 1_000_000


class Place(NamedTuple):
    """An indentation. like: what is indented so, a key or a dash. line: where that stands, counted from 1."""

    blanks: int
    like: str
    line: int


def place_of(lines: Sequence[str], number: int) -> Place | None:
    """Return how a line should be indented; None where it is indented like one that it may belong to.

    number: of the line, counted from 0.
    """
    text = lines[number]
    indent = len(text) - len(text.lstrip(" "))
    is_element = text[indent:].startswith("-")
    places = [one for one in _open_places(lines, number) if (one.like == "-") == is_element]
    if not places or any(one.blanks == indent for one in places):
        return None
    return min(places, key=lambda one: abs(one.blanks - indent))  # of two, the one that stands nearer


def _open_places(lines: Sequence[str], number: int) -> Iterator[Place]:
    """Yield the dashes and keys above a line beside which others may stand, the nearest first."""
    keys = dashes = _FAR
    for above in range(number - 1, max(-1, number - 1 - _MOST_LINES), -1):
        found = _KEY.match(lines[above])
        if found is None or lines[above].lstrip().startswith("#"):
            continue
        begin = len(found["blanks"])
        key = begin + len(found["dashes"])
        if found["key"] and key < keys and key <= dashes:  # a list may be indented like the key that it belongs to
            keys = key
            yield Place(key, found["key"].rstrip(": "), above + 1)
        for place in reversed([place for place, sign in enumerate(found["dashes"]) if sign == "-"]):
            if begin + place < min(keys, dashes):
                dashes = begin + place
                yield Place(dashes, "-", above + 1)

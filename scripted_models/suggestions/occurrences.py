"""Where a value stands in a text for itself: not within a word, a number, an id or a date."""

import re
from collections.abc import Iterator
from typing import Final

# What joins the parts of a number, an id, an address or a word.
_JOINTS: Final = r"[-.:/,@+&#\u2013]"
_BEGINS: Final = re.compile(rf"(?<!\w)(?<!\w{_JOINTS})(?<!\w['\u2019])")
_BEGINS_NUMBER: Final = re.compile(r"(?<![-+.\u2212])")
_ENDS: Final = re.compile(rf"(?!\w)(?!{_JOINTS}\w)(?!['\u2019](?!s\b)\w)")
_MONTH: Final = (
    r"(?:Jan(?:uary|\.)?|Feb(?:ruary|\.)?|Mar(?:ch|\.)?|Apr(?:il|\.)?|May|June?|July?|Aug(?:ust|\.)?"
    r"|Sept?(?:ember|\.)?|Oct(?:ober|\.)?|Nov(?:ember|\.)?|Dec(?:ember|\.)?)"
)
_DATE: Final = re.compile(
    rf"\b\d{{1,2}}(?:st|nd|rd|th)?\.? (?:of )?{_MONTH}(?!\w)(?:,? \d{{4}}\b)?"
    rf"|\b{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}}\b)?|\b{_MONTH} \d{{4}}\b"
)


def occurrences(text: str, value: str) -> Iterator[tuple[int, int]]:
    """Yield where a value begins and ends."""
    start = text.find(value)
    while start >= 0:
        end = start + len(value)
        alone = _stands_alone(text, start, end)
        if alone:
            yield start, end
        start = text.find(value, end if alone else start + 1)


def dates(text: str) -> list[tuple[int, int]]:
    """Return where dates with the name of a month stand."""
    return [found.span() for found in _DATE.finditer(text)]


def _stands_alone(text: str, start: int, end: int) -> bool:
    if not (_BEGINS.match(text, start) and _ENDS.match(text, end)):
        return False
    return not text[start].isdigit() or bool(_BEGINS_NUMBER.match(text, start))

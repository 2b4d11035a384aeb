"""Texts in a picture: what may stand there, and how much room they take."""

import unicodedata
from typing import Final

from emulator.domain.printable import printable
from emulator.domain.redaction import shown_text

# Of the font in which labels are set, in units of the picture; a wide character takes two of them.
CHARACTER: Final = 6.7
_WIDE: Final = ("W", "F")
_MOST: Final = 300


def plain(text: str, most: int = _MOST) -> str:
    """Return a text on one line with no keys and nothing in it that steers, of a long one its beginning."""
    safe = printable(shown_text(text[: 8 * most])[: most + 1])
    return safe if len(safe) <= most else f"{safe[: most - 1]}…"


def width(text: str) -> float:
    """Return how wide a label is at most."""
    return CHARACTER * sum(1 + (unicodedata.east_asian_width(one) in _WIDE) for one in text)


def fitted(text: str, room: float) -> str:
    """Return as much of a label as fits; nothing where not even a few characters do."""
    if width(text) <= room:
        return text
    most = int(room / CHARACTER) - 1
    if most < 3:
        return ""
    while text and width(text) > room - CHARACTER:
        text = text[:-1]
    return f"{text.rstrip()}…"

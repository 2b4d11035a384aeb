"""Text of others in a line of a log."""

from typing import Final

_MOST: Final = 2_000


def printable(text: str) -> str:
    """Return a text on one line, of a long one its beginning; what could steer a terminal is written as an escape."""
    safe = "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text[:_MOST])
    return f"{safe}…" if len(text) > _MOST else safe

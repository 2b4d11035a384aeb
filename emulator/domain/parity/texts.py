"""Texts as they are compared: without markers, with one space where there were several."""

import re
from functools import lru_cache
from typing import Final

_MARKER: Final = re.compile(r"\s*【[^】]*】")
_SPACE_BEFORE_STOP: Final = re.compile(r"\s+([.,;:!?)])")


def has_marker(text: str) -> bool:
    """Return whether a text has a marker of a citation."""
    return _MARKER.search(text) is not None


@lru_cache(maxsize=4096)  # a message is in the context of all turns that follow
def plain(text: str) -> str:
    """Return a text without markers, and without what may be left of spaces where they stood."""
    return _SPACE_BEFORE_STOP.sub(r"\1", spaced(_MARKER.sub("", text)))


def spaced(text: str) -> str:
    """Return a text with one space wherever it has white space."""
    return " ".join(text.split())

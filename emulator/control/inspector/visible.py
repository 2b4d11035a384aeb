"""Text of others on a page: what could hide something or turn the order of letters is written as an escape."""

import re
from typing import Final

from emulator.domain.first_words import first_words
from emulator.domain.redaction import shown_text

# Control characters but for white space, marks that turn the direction of texts, invisible fillers, and halves of
# letters, which cannot be sent. Joiners within words and pictures stay.
_HIDDEN: Final = re.compile(
    "[\\x00-\\x08\\x0b\\x0c\\x0e-\\x1f\\x7f-\\x9f\\u200b\\u200e\\u200f\\u202a-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb\\ud800-\\udfff]"
)
_LONGEST: Final = 200


def visible(text: str) -> str:
    """Return a text without keys, with everything in it to be seen."""
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", shown_text(text))


def on_one_line(text: str, most: int = _LONGEST) -> str:
    """Return the beginning of a text on one line. most: characters."""
    words, more = first_words(text, most)
    return visible(words) + more

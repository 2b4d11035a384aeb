"""JSON as it stands, with the letters that it escapes written out, so that they can be found and read.

Nothing is parsed: how deep a file is nested costs nothing, and a broken one is a text as well.
"""

import json
import re
from typing import Final

from emulator.retrieval.encodings import decode

# An escaped backslash is matched too, so that the "u" behind it is not taken for an escape.
_ESCAPES: Final = re.compile(r"\\\\|(?:\\u[0-9a-fA-F]{4})+")


def read(data: bytes) -> str:
    """Return the text."""
    return _ESCAPES.sub(_letters, decode(data))


def _letters(match: re.Match[str]) -> str:
    escaped = match[0]
    if escaped == "\\\\":
        return escaped
    letters: str = json.loads(f'"{escaped}"')
    # Control characters and quotes would break the notation.
    return letters if min(letters) > "\u009f" else escaped

"""The text of a JSON file: as it is written, but with escaped letters decoded, so that they can be found and read.

Nothing is parsed: deep nesting costs nothing, and a malformed file has a text as well.
"""

import json
import re
from typing import Final

from emulator.retrieval.encodings import decode

# An escaped backslash is matched too, so that a "u" after it is not taken for an escape.
_ESCAPES: Final = re.compile(r"\\\\|(?:\\u[0-9a-fA-F]{4})+")


def read(data: bytes) -> str:
    """Return the text."""
    return _ESCAPES.sub(_decode_letters, decode(data))


def _decode_letters(match: re.Match[str]) -> str:
    escaped = match[0]
    if escaped == "\\\\":
        return escaped
    letters: str = json.loads(f'"{escaped}"')
    # Decoded control characters and quotes would change the meaning of the JSON.
    return letters if min(letters) > "\u009f" else escaped

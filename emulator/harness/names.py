"""Names of namespaces, made of any text."""

import hashlib
import re
from typing import Final

_VALID: Final = re.compile(r"(?!\.{1,2}$)[a-z0-9._-]{1,64}")
_INVALID: Final = re.compile(r"[^a-z0-9._-]+")
_LONGEST: Final = 64
_DIGITS: Final = 8


def namespace_name(text: str) -> str:
    """Return a name for a namespace: the text itself where it is one, else one that no other text is likely to get."""
    if _VALID.fullmatch(text):
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    readable = _INVALID.sub("-", text.lower()).strip("-.")[: _LONGEST - _DIGITS - 1]
    return f"{readable}-{digest}" if readable else digest

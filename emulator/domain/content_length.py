"""How long a body says that it is."""

from typing import Final

_LONG: Final = 15  # digits of a length that no body has


def announced_bytes(content_length: str | None) -> int:
    """Return the number of a header: 0 where it says none, and a very large one where Python would not read it."""
    digits = (content_length or "").lstrip("0")
    if not (digits.isascii() and digits.isdigit()):
        return 0
    return int(digits) if len(digits) < _LONG else 10**_LONG

"""Keys of the service in texts of others: they are shown nowhere."""

import re
from typing import Final

MASK: Final = "***"
# The service's own keys; those of the emulator are no secret.
_KEY: Final = re.compile(r"sk-(?!emu)[\w-]+")


def has_key(text: str) -> bool:
    """Return whether a key stands in a text."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Return a text with its keys masked."""
    return _KEY.sub(MASK, text) if "sk-" in text else text  # most have none, and this is asked of every request

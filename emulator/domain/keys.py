"""Keys of the service in texts of others: they are shown nowhere."""

import re
from typing import Final

MASK: Final = "***"
# The service's own keys; those of the emulator are no secret. Within words they are long, and "risk-free" is none.
_KEY: Final = re.compile(r"(?<![A-Za-z0-9])sk-(?!emu)[\w-]+|sk-(?!emu)(?=[a-z-]*[A-Z0-9])[\w-]{20,}")
_OF_EMULATOR: Final = re.compile(r"sk-emu(-[a-z0-9._-]{1,64})?")


def has_key(text: str) -> bool:
    """Return whether a key stands in a text."""
    return _KEY.search(text) is not None


def without_keys(text: str) -> str:
    """Return a text with its keys masked."""
    return _KEY.sub(MASK, text) if "sk-" in text else text  # most have none, and this is asked of every request


def is_of_emulator(key: str) -> bool:
    """Return whether a key is one of the emulator's, which names a namespace and opens nothing."""
    return _OF_EMULATOR.fullmatch(key) is not None

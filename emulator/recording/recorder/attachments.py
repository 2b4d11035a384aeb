"""Contents that lie beside a recording, in files that are named by their hashes."""

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from emulator.recording.recorder.errors import LeftOutError
from emulator.recording.secrets import Secrets

# Searched at once, and what is searched again with the next: no secret is as long as that.
_WINDOW: Final = 1024 * 1024
_OVERLAP: Final = 64 * 1024
# Texts up to this are masked; longer ones are searched, and left out where there is anything to mask.
MOST_MASKED: Final = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Attachment:
    """A content without secrets. pieces: its bytes, as often as they are asked for."""

    sha256: str
    size: int
    pieces: Callable[[], Iterator[bytes]]


def attachment_of(pieces: Callable[[], Iterator[bytes]], size: int, secrets: Secrets, where: str) -> Attachment:
    """Return a content without secrets. where: it is found, in words. Raises `LeftOutError` where one remains."""
    if size <= MOST_MASKED:
        data = b"".join(pieces())
        with suppress(UnicodeDecodeError):  # bytes are searched, and changed nowhere
            data = secrets.without_secrets(data.decode()).encode()
        size = len(data)

        def masked() -> Iterator[bytes]:
            yield data

        pieces = masked
    digest = hashlib.sha256()
    for window in _windows(_hashed(pieces(), digest)):
        if secrets.has_secret(window):
            raise LeftOutError(f"a key remains in {where}")
    return Attachment(digest.hexdigest(), size, pieces)


def _hashed(pieces: Iterable[bytes], digest: Any) -> Iterator[bytes]:
    for piece in pieces:
        digest.update(piece)
        yield piece


def _windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield windows of a content that overlap."""
    window = b""
    for piece in pieces:
        for start in range(0, len(piece), _WINDOW):
            window = window[-_OVERLAP:] + piece[start : start + _WINDOW]
            yield window

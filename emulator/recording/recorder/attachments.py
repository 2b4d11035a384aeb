"""Contents that lie beside a recording, in files that are named by their hashes."""

import codecs
import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import chain
from typing import Final

from emulator.recording.recorder.archives import contents_of
from emulator.recording.recorder.errors import LeftOutError
from emulator.recording.recorder.exchanges import pieces_of, spooled
from emulator.recording.secrets import Secrets

# Searched or masked at once, and what is searched again with the next: no secret is as long as that.
_WINDOW: Final = 1024 * 1024
_OVERLAP: Final = 64 * 1024

# Where a text is cut, best first; and what is not to be cut.
_ENDS: Final = ("\n", "},", ",", " ")
_BEGIN, _BEHIND = "-----BEGIN ", "-----END "

Pieces = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A content without secrets. pieces: its bytes, as often as they are asked for."""

    sha256: str
    size: int
    pieces: Pieces


@contextmanager
def attachment_of(pieces: Pieces, size: int, secrets: Secrets, where: str) -> Iterator[Attachment]:
    """Make a content one without secrets: texts are masked, bytes only searched.

    It is there until the end of the block. where: it was found, in words. Raises `LeftOutError` where a secret remains.
    """
    with spooled() as file:
        try:
            for text in _texts(pieces()):
                file.write(secrets.without_secrets(text).encode())
            size = file.tell()
            masked: Pieces = partial(pieces_of, file)
        except UnicodeDecodeError:
            masked = pieces
        digest = hashlib.sha256()
        for piece in masked():
            digest.update(piece)
        require_none(masked, secrets, where)
        yield Attachment(digest.hexdigest(), size, masked)


def require_none(pieces: Pieces, secrets: Secrets, where: str) -> None:
    """Raise `LeftOutError` if a secret stands in a content, or in one that it holds compressed."""
    for content in chain((pieces(),), contents_of(pieces)):
        if any(map(secrets.has_secret, _windows(content))):
            raise LeftOutError(f"a key remains in {where}")


def _texts(pieces: Iterable[bytes]) -> Iterator[str]:
    """Yield a text in parts. Raises UnicodeDecodeError."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    text = ""
    for piece in pieces:
        text += decoder.decode(piece)
        if len(text) > _WINDOW:
            end = _end_of_part(text)
            yield text[:end]
            text = text[end:]
    yield text + decoder.decode(b"", final=True)


def _end_of_part(text: str) -> int:
    """Return where a text may be cut: within no key, and between no name and its value."""
    end = next((place + len(one) for one in _ENDS if (place := text.rfind(one)) > 0), len(text))
    begun = text.rfind(_BEGIN, 0, end)
    return end if begun <= 0 or text.find(_BEHIND, begun, end) > 0 else begun


def _windows(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield windows of a content that overlap."""
    window = b""
    for piece in pieces:
        for start in range(0, len(piece), _WINDOW):
            window = window[-_OVERLAP:] + piece[start : start + _WINDOW]
            yield window

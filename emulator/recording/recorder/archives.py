"""What is in files that hold others: archives, documents of office programs, and what is compressed."""

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from emulator.recording.recorder.codings import decoded
from emulator.recording.recorder.errors import LeftOutError, UnknownCodingError
from emulator.recording.recorder.exchanges import spooled

_ZIP: Final = b"PK\x03\x04"
_GZIP: Final = b"\x1f\x8b"
# All contents of a file together; what grows beyond that is not searched, and not kept.
_MOST: Final = 1024 * 1024 * 1024
_PIECE: Final = 1024 * 1024


def contents_of(pieces: Callable[[], Iterator[bytes]]) -> Iterator[Iterator[bytes]]:
    """Yield each content of a file that holds some, as its bytes. Raises `LeftOutError` for one that holds too much."""
    start = next(pieces(), b"")
    left = _Room(_MOST)
    if start.startswith(_GZIP):
        yield left.counted(_unpacked(pieces()))
    elif start.startswith(_ZIP):
        with spooled() as file:
            file.writelines(pieces())
            try:
                with zipfile.ZipFile(file) as archive:
                    for member in archive.infolist():
                        with archive.open(member) as content:
                            yield left.counted(iter(partial(content.read, _PIECE), b""))
            except (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, EOFError, OSError):
                # Damaged, encrypted, or of a kind of its own: nobody else will read it so, either.
                return


def _unpacked(pieces: Iterable[bytes]) -> Iterator[bytes]:
    try:
        yield from decoded(pieces, ("gzip",))
    except UnknownCodingError:
        return


class _Room:
    def __init__(self, most: int) -> None:
        self._rest = most

    def counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._rest -= len(piece)
            if self._rest < 0:
                raise LeftOutError("it holds more, compressed, than can be searched for keys")
            yield piece

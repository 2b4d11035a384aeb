"""Zip archives that were not made here: read in bounded memory, whatever they say of themselves."""

import io
import struct
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self
from zipfile import ZIP_DEFLATED, ZIP_STORED, BadZipFile, ZipFile

import orjson

from emulator.domain.errors import EmulatorError

# Of the directory, each entry of which takes some 100 bytes there and some 500 in memory.
MOST_DIRECTORY_BYTES: Final = 16 * 1024 * 1024
# What everything in an archive may come to, inflated.
MOST_BYTES: Final = 8 * 1024 * 1024 * 1024
# A line, and an entry that is read as a whole. As values they take tens of times that.
MOST_LINE_BYTES: Final = 64 * 1024 * 1024
PIECE: Final = 1024 * 1024
# What the module raises for an archive that is damaged; for one that is encrypted RuntimeError.
_BROKEN: Final = (
    BadZipFile,
    EOFError,
    NotImplementedError,
    OSError,
    OverflowError,
    RuntimeError,
    ValueError,
    struct.error,
    zlib.error,
)
_END: Final = struct.Struct("<4s4H2LH")
_LOCATOR_SIZE: Final = 20
_END_64: Final = struct.Struct("<4sQ2H2L4Q")


class ArchiveError(EmulatorError):
    """An archive that cannot be read; the message says why."""


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise ArchiveError(f"it is damaged ({' '.join(str(error).split()) or type(error).__name__})") from error


class Archive:
    """An open archive; whatever reads it raises `ArchiveError` where it is damaged, or larger than it may be."""

    def __init__(self, path: Path) -> None:
        self._left = MOST_BYTES
        with _refused():
            self._file = path.open("rb")
            try:
                _check_directory(self._file)
                self._zip = ZipFile(self._file)
            except BaseException:
                self._file.close()
                raise
        self.names = frozenset(self._zip.namelist())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def json(self, name: str) -> Any:
        """Return the value in an entry of JSON."""
        with _refused():
            return orjson.loads(b"".join(self._pieces(name, MOST_LINE_BYTES)))

    def lines(self, name: str) -> Iterator[Any]:
        """Yield the value in each line of an entry."""
        with self._open(name) as source, io.BufferedReader(source, PIECE) as lines:  # type: ignore[type-var]
            while True:
                with _refused():
                    line = lines.readline(MOST_LINE_BYTES + 1)
                    self._count(len(line))
                    if len(line) > MOST_LINE_BYTES:
                        raise ArchiveError(f"a line of {name} has more than {MOST_LINE_BYTES} bytes")
                    if not line:
                        return
                    value = orjson.loads(line)
                yield value

    def copy(self, name: str, write: Callable[[bytes], object]) -> None:
        """Hand on the bytes of an entry, piece by piece."""
        for piece in self._pieces(name):
            write(piece)

    def close(self) -> None:
        """Close it."""
        self._zip.close()
        self._file.close()

    def _pieces(self, name: str, most: int = MOST_BYTES) -> Iterator[bytes]:
        size = 0
        with self._open(name) as source:
            while True:
                with _refused():
                    piece = source.read(PIECE)
                self._count(len(piece))
                size += len(piece)
                if size > most:
                    raise ArchiveError(f"{name} has more than {most} bytes")
                if not piece:
                    return
                yield piece

    def _open(self, name: str) -> IO[bytes]:
        if name not in self.names:
            raise ArchiveError(f"it has no {name}")
        with _refused():
            if self._zip.getinfo(name).compress_type not in {ZIP_STORED, ZIP_DEFLATED}:
                raise ArchiveError(f"{name} is compressed in another way than deflate")
            return self._zip.open(name)

    def _count(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise ArchiveError(f"it has more than {MOST_BYTES} bytes inflated")


def _check_directory(file: IO[bytes]) -> None:
    """Refuse a directory that is too large: it is read as a whole."""
    size = file.seek(0, io.SEEK_END)
    if size < _END.size:
        raise ArchiveError("it is no zip archive")
    file.seek(size - _END.size)
    end = _END.unpack(file.read(_END.size))
    if end[0] != b"PK\5\6" or end[-1] != 0:  # a comment could hide another end
        raise ArchiveError("it is no zip archive")
    directory = end[5]
    before = size - _END.size - _LOCATOR_SIZE - _END_64.size
    if before >= 0:
        file.seek(before)
        end_64 = _END_64.unpack(file.read(_END_64.size))
        if file.read(4) == b"PK\6\7":
            directory = max(directory if directory != 0xFFFFFFFF else 0, end_64[8])
    if directory > MOST_DIRECTORY_BYTES:
        raise ArchiveError("it has too many entries")


def new_archive(file: IO[bytes]) -> ZipFile:
    """Return an archive to write into. Fast rather than small: a test waits for it."""
    return ZipFile(file, "w", ZIP_DEFLATED, compresslevel=1)

"""The file that exchanges are appended to, one a line, and the folder of contents beside it.

Each line is written at once, so that a killed process leaves whole lines. What it may leave behind its last line end,
where the disk was full, is removed before the next is written.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Final

from emulator.recording.recorder.attachments import Attachment
from emulator.recording.recorder.errors import UnusableFileError

_BLOCK: Final = 1024 * 1024
_PRIVATE: Final = 0o600
_PRIVATE_FOLDER: Final = 0o700
_PARTIAL: Final = ".partial"
# Where Windows locks a byte, behind everything that is read.
_LOCKED_BYTE: Final = 1 << 62


class RecordingFile:
    """A recording that exchanges are appended to, by one process at a time. Raises `UnusableFileError`.

    was_torn: whether its last line was not whole, and was removed. lines: how many it had.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = path.with_name(f"{path.name}.files")
        self.was_torn = False
        self.lines = 0
        self._appending = Lock()
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            self._file = os.open(path, flags, _PRIVATE)
        except OSError as error:
            raise UnusableFileError(f"{path} cannot be written: {error.strerror}") from None
        try:
            _lock(self._file, path)
            self._check()
            for partial in self.folder.glob(f"*{_PARTIAL}"):  # of a process that was killed
                partial.unlink()
        except OSError as error:
            os.close(self._file)
            raise UnusableFileError(f"{path} cannot be used: {error.strerror}") from None
        except UnusableFileError:
            os.close(self._file)
            raise

    def append(self, line: bytes, attachments: Sequence[Attachment] = ()) -> None:
        """Write a line, and before it the contents that it names. May be called on any thread."""
        with self._appending:
            try:
                for attachment in attachments:
                    self._keep(attachment)
                self._write(line + b"\n")
            except OSError as error:
                raise UnusableFileError(f"{self.path} cannot be written: {error.strerror}") from None
            self.lines += 1

    def close(self) -> None:
        """Let others append to it."""
        os.close(self._file)

    def _check(self) -> None:
        """Count the lines, and remove what is no whole one at the end; refuse files of other kinds."""
        size, place, last_end = os.fstat(self._file).st_size, 0, 0
        beginning = b""
        while place < size:
            os.lseek(self._file, place, os.SEEK_SET)
            block = os.read(self._file, _BLOCK)
            if not block:
                break
            if not place:
                beginning = block
            self.lines += block.count(b"\n")
            if (end := block.rfind(b"\n")) >= 0:
                last_end = place + end + 1
            place += len(block)
        if beginning and not beginning.startswith(b'{"recording":'):
            raise UnusableFileError(f"{self.path} is there already, and it is not a recording of this command")
        if last_end < size:
            os.lseek(self._file, last_end, os.SEEK_SET)
            self.was_torn = not self._is_whole(size - last_end)
            if self.was_torn:
                os.ftruncate(self._file, last_end)
            else:
                os.write(self._file, b"\n")
                self.lines += 1

    def _is_whole(self, size: int) -> bool:
        rest = b""
        while len(rest) < size and (block := os.read(self._file, _BLOCK)):
            rest += block
        try:
            json.loads(rest)
        except ValueError:
            return False
        return True

    def _write(self, line: bytes) -> None:
        self._check_name()
        size = os.fstat(self._file).st_size
        try:
            written = os.write(self._file, line)
            while written < len(line):  # the system may take less at once, of some gigabytes
                written += os.write(self._file, line[written:])
        except OSError:
            with suppress(OSError):
                os.ftruncate(self._file, size)
            raise

    def _check_name(self) -> None:
        """Refuse to write where nobody finds it: the file was removed, or another one has its name."""
        try:
            is_same = os.path.samestat(self.path.stat(), os.fstat(self._file))
        except FileNotFoundError:
            is_same = False
        if not is_same:
            raise UnusableFileError(f"{self.path} was removed or replaced")

    def _keep(self, attachment: Attachment) -> None:
        path = self.folder / attachment.sha256
        if path.exists():
            return
        self.folder.mkdir(mode=_PRIVATE_FOLDER, exist_ok=True)
        partial = path.with_name(f"{path.name}{_PARTIAL}")
        try:
            with open(partial, "wb", opener=_private) as file:
                file.writelines(attachment.pieces())
            partial.replace(path)
        except OSError:
            with suppress(OSError):
                partial.unlink()
            raise


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, _PRIVATE)


def _lock(file: int, path: Path) -> None:
    """Lock a file until it is closed, or its process has ended."""
    try:
        if sys.platform == "win32":
            import msvcrt  # noqa: PLC0415 - of this system

            os.lseek(file, _LOCKED_BYTE, os.SEEK_SET)
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl  # noqa: PLC0415 - of other systems

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UnusableFileError(f"another process records to {path}") from None

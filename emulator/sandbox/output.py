"""Collects what the code prints, up to a limit."""

import asyncio
import os
from typing import Final

_PIECE: Final = 65536
# A pipe has room for 64 KiB, or for 1 MiB at most if it is enlarged; whatever exceeds that was printed after the run.
_MAX_PIECES: Final = 16 * 2


class Output:
    """The reading end of the pipe behind the interpreter's stdout and stderr."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._buffer = bytearray()
        self._dropped = 0
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    def take(self) -> str:
        """Return what was printed since the last call."""
        for _ in range(_MAX_PIECES):
            if not self._read():
                break
        text = self._buffer.decode(errors="replace")
        if self._dropped:
            text += f"\n[emulator] {self._dropped} more bytes were printed and are not kept\n"
        self._buffer.clear()
        self._dropped = 0
        return text

    def close(self) -> None:
        """Stop reading."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> bool:
        """Read one piece; return False if there is none."""
        if self._descriptor < 0:
            return False
        try:
            piece = os.read(self._descriptor, _PIECE)
        except BlockingIOError:
            return False
        if not piece:
            # All writers are gone; the reader of a closed pipe would be called again and again.
            self._loop.remove_reader(self._descriptor)
            return False
        fitting = piece[: self._limit - len(self._buffer)]
        self._buffer += fitting
        self._dropped += len(piece) - len(fitting)
        return True

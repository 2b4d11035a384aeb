"""What the code prints, kept up to a limit and read to the end of what there is."""

import asyncio
import os
from typing import Final

_PIECE: Final = 65536
# A pipe holds 64 KiB, and 1 MiB at most when somebody enlarges it: more than that was written after the end.
_MOST_LEFT: Final = 16 * 2


class Output:
    """The reading end of the pipe behind the interpreter's stdout and stderr."""

    def __init__(self, descriptor: int, limit: int) -> None:
        self._descriptor = descriptor
        self._limit = limit
        self._kept = bytearray()
        self._lost = 0
        self._loop = asyncio.get_running_loop()
        os.set_blocking(descriptor, False)
        self._loop.add_reader(descriptor, self._read)

    def take(self) -> str:
        """Return what was printed since the last time."""
        for _ in range(_MOST_LEFT):
            if not self._read():
                break
        text = self._kept.decode(errors="replace")
        if self._lost:
            text += f"\n[emulator] {self._lost} more bytes were printed and are not kept\n"
        self._kept.clear()
        self._lost = 0
        return text

    def close(self) -> None:
        """Read no more."""
        if self._descriptor >= 0:
            self._loop.remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1

    def _read(self) -> bool:
        """Read one piece; False: there is none."""
        if self._descriptor < 0:
            return False
        try:
            piece = os.read(self._descriptor, _PIECE)
        except BlockingIOError:
            return False
        if not piece:
            # All writers are gone; a reader of an ended pipe would be called again and again.
            self._loop.remove_reader(self._descriptor)
            return False
        kept = piece[: self._limit - len(self._kept)]
        self._kept += kept
        self._lost += len(piece) - len(kept)
        return True

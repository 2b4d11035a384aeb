"""An exchange while it passes: what was sent each way, in bounded memory, and when."""

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import IO, Final

from emulator.domain.passed_headers import RawHeaders

# Of a body; the rest lies in a file without a name, which is gone with its process.
_MOST_IN_MEMORY: Final = 1024 * 1024
_PIECE: Final = 1024 * 1024


def spooled() -> IO[bytes]:
    """Return a file for a body: in memory, or without a name on disk if it is large."""
    return tempfile.SpooledTemporaryFile(_MOST_IN_MEMORY)


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the bytes of a file, from its beginning."""
    file.seek(0)
    while piece := file.read(_PIECE):
        yield piece


class Passage:
    """A body as it passes. Its bytes are kept, and how many came when: seconds since the request began."""

    def __init__(self) -> None:
        self._file: IO[bytes] = spooled()
        self.chunks: list[tuple[float, int]] = []
        self.size = 0
        self.is_whole = True

    def add(self, piece: bytes, seconds: float = 0.0) -> None:
        """Take a piece. Where there is no room for it, the body is not kept, and `is_whole` says so."""
        if not piece or not self.is_whole:
            return
        try:
            self._file.write(piece)
        except (OSError, ValueError):  # a full disk; and its file is closed where the exchange has ended
            self.is_whole = False
        self.size += len(piece)
        self.chunks.append((seconds, len(piece)))

    def pieces(self) -> Iterator[bytes]:
        """Yield the bytes."""
        return pieces_of(self._file)

    def pieces_as_they_came(self) -> Iterator[bytes]:
        """Yield the bytes, cut where they were."""
        self._file.seek(0)
        for _, size in self.chunks:
            yield self._file.read(size)

    def close(self) -> None:
        """Forget it."""
        self._file.close()


@dataclass(slots=True)
class PassingExchange:
    """A request and its answer, as far as they have come. url: that of the upstream, with the query."""

    method: str
    url: str
    request_headers: RawHeaders
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    began: float = field(default_factory=time.monotonic)
    request: Passage = field(default_factory=Passage)
    response: Passage = field(default_factory=Passage)
    status: int | None = None
    response_headers: Sequence[tuple[bytes, bytes]] = ()
    seconds: float = 0.0
    complete: bool = False
    is_recorded: bool = True

    def now(self) -> float:
        """Return the seconds since it began."""
        return time.monotonic() - self.began

    def end(self, *, complete: bool) -> None:
        """Say that no more will come."""
        self.seconds = self.now()
        self.complete = complete

    def close(self) -> None:
        """Forget its bodies."""
        self.request.close()
        self.response.close()

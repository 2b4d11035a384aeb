"""A file that is being read: its bytes, where it is broken, what it has lost, and how far the reading has come."""

import codecs
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

from emulator.recording.addresses import api_path
from emulator.recording.recordings import UnreadableRecordingError
from emulator.recording.secrets import without_secrets

# Of all bodies of a file together, so that a small hostile one cannot fill the memory.
MAX_DECOMPRESSED: Final = 1024 * 1024 * 1024
_USER: Final = re.compile(r"//[^/@]*@")
Progress = Callable[[int, int], None]


class Item(NamedTuple):
    """An element of a list in a file, with the line where it begins."""

    line: int
    value: Any


@dataclass(slots=True)
class Source:
    """A recording in UTF-8, without a byte order mark.

    notes: what is lost, with how often. kept: texts that occur again and again, such as headers, once for all.
    shown: how many bytes were reported as read. decompressed: how many bytes compressed bodies had. others: requests to
    other APIs.
    """

    path: Path
    data: bytes
    progress: Progress | None = None
    notes: dict[str, int] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    shown: int = 0
    decompressed: int = 0
    others: Counter[str] = field(default_factory=Counter)

    def broken(self, line: int | None, problem: str) -> UnreadableRecordingError:
        """Return the error that names the place."""
        return UnreadableRecordingError(f"{self.path}:{line}: {problem}" if line else f"{self.path}: {problem}")

    def leaves_out(self, method: str, url: str) -> bool:
        """Return whether a request goes to another API; it is counted then, and nobody needs to decode it."""
        if api_path(url) is not None:
            return False
        address = url.partition("?")[0]
        self.others[f"{method} {without_secrets(_USER.sub('//', address))[:100]}"] += 1
        return True

    def note(self, loss: str) -> None:
        """Count a loss."""
        self.notes[loss] = self.notes.get(loss, 0) + 1

    def losses(self) -> tuple[str, ...]:
        """Return what was lost, in words, and how often where that was more than once."""
        return tuple(text if count == 1 else f"{text} ({count} times)" for text, count in self.notes.items())

    def same(self, text: str) -> str:
        """Return an equal text that was seen before, so that it is in memory once."""
        return self.kept.setdefault(text, text)

    def advance(self, done: int) -> None:
        """Report how many bytes are read, in steps of a hundredth."""
        if self.progress is not None and (done - self.shown) * 100 >= len(self.data):
            self.shown = done
            self.progress(min(done, len(self.data)), len(self.data))


def without_mark(data: bytes, errors: str = "strict") -> bytes:
    """Return a text in UTF-8 without a byte order mark; one in UTF-16 is converted. Raises UnicodeDecodeError."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", errors).encode()
    return data.removeprefix(codecs.BOM_UTF8)

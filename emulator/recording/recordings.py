"""What is in a file of before: exchanges that were recorded, or objects that were exported."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from emulator.domain.errors import EmulatorError
from emulator.recording.exchange import Exchange
from emulator.recording.secrets import Secrets


@dataclass(frozen=True, slots=True)
class HttpRecording:
    """Exchanges in their order. kind: the name of the format. notes: what is lost, in words that help."""

    path: Path
    kind: str
    sha256: str
    exchanges: Sequence[Exchange]
    notes: Sequence[str] = ()

    @property
    def paths(self) -> Sequence[Path]:
        """The files that it was read from."""
        return (self.path,)


@dataclass(frozen=True, slots=True)
class Export:
    """Objects in the API's own JSON: threads, messages (oldest first), runs, steps, assistants, files.

    Every one has an `id` and an `object`; what is on a thread names it. stand_ins: ids of objects that others name, but
    that the file does not hold; they are among the objects. others: further files that it was joined from. contents:
    the bytes of files that lie beside it, by their ids.
    """

    path: Path
    kind: str
    sha256: str
    objects: Sequence[Mapping[str, Any]]
    stand_ins: frozenset[str] = frozenset()
    notes: Sequence[str] = ()
    others: Sequence[Path] = ()
    contents: Mapping[str, bytes] = field(default_factory=dict)

    @property
    def paths(self) -> Sequence[Path]:
        """The files that it was read from."""
        return (self.path, *self.others)


AnyRecording = HttpRecording | Export


class UnreadableRecordingError(EmulatorError):
    """A file that is no recording, or a broken one; the message says what it looks like, and what was expected.

    It quotes the file, and has no secrets.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(Secrets(masks_hidden=True).without_secrets(message))

"""The snapshots that a server keeps: files in a private folder, by namespace and name, until the server stops."""

import re
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError

if TYPE_CHECKING:
    from emulator.store.snapshots import About  # only for types: most servers never save anything

# Not "." and "..", which clients take out of a URL.
NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}")
MOST_OF_A_NAMESPACE: Final = 100
MOST_BYTES: Final = 2 * 1024 * 1024 * 1024
# As for scripts: each can hold up the event loop for some milliseconds.
_MOST_THREADS: Final = 2


@dataclass(frozen=True, slots=True)
class KeptSnapshot:
    """A snapshot that the server keeps. path: of its file. size: in bytes."""

    name: str
    path: Path
    size: int
    about: "About"

    def to_json(self) -> dict[str, Any]:
        """Return what the control API shows of it."""
        return {
            "name": self.name,
            "bytes": self.size,
            "created_at": self.about.created_at,
            "objects": dict(self.about.objects),
        }


class SnapshotShelf:
    """The snapshots of all namespaces. A reset does not touch them; they go with their namespace.

    workers: where they are written and read.
    """

    def __init__(self) -> None:
        self.workers = Workers("snapshots", _MOST_THREADS)
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._kept: dict[str, dict[str, KeptSnapshot]] = {}
        self._files = 0

    @property
    def left(self) -> int:
        """How many bytes more may be kept."""
        return MOST_BYTES - sum(one.size for kept in self._kept.values() for one in kept.values())

    def new_path(self) -> Path:
        """Return where a snapshot can be written; no name of a client's is part of it."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="assistants-emulator-snapshots-")
        self._files += 1
        return Path(self._folder.name) / f"{self._files}.zip"

    def check(self, ns: str, name: str) -> None:
        """Refuse a name that cannot be one, and one snapshot more than there may be."""
        if not NAME.fullmatch(name):
            raise ApiError(400, "A snapshot is named by 1 to 64 of A-Z, a-z, 0-9, dot, dash, underscore.", param="name")
        kept = self._kept.get(ns, {})
        if name not in kept and len(kept) >= MOST_OF_A_NAMESPACE:
            raise ApiError(400, f"A namespace has at most {MOST_OF_A_NAMESPACE} snapshots; delete one.", param="name")

    def keep(self, ns: str, name: str, path: Path, about: "About") -> KeptSnapshot:
        """Keep the file at a path of `new_path`, in place of one that has the name. Raises `ApiError` for too much."""
        self.check(ns, name)
        size = path.stat().st_size
        before = self._kept.get(ns, {}).get(name)
        if size > self.left + (before.size if before else 0):
            raise too_large()
        snapshot = KeptSnapshot(name, path, size, about)
        if before is not None:
            self.drop(ns, name)
        self._kept.setdefault(ns, {})[name] = snapshot
        return snapshot

    def of(self, ns: str) -> Sequence[KeptSnapshot]:
        """Return the snapshots of a namespace, the newest first."""
        return list(self._kept.get(ns, {}).values())[::-1]

    def find(self, ns: str, name: str) -> KeptSnapshot:
        """Return a snapshot; raise the 404 of one that does not exist."""
        found = self._kept.get(ns, {}).get(name)
        if found is None:
            raise ApiError(404, f"The namespace '{ns}' has no snapshot '{name}'.")
        return found

    def drop(self, ns: str, name: str) -> None:
        """Delete a snapshot; raise the 404 of one that does not exist."""
        snapshot = self.find(ns, name)
        del self._kept[ns][name]
        snapshot.path.unlink(missing_ok=True)

    def drop_all(self, ns: str) -> None:
        """Delete the snapshots of a namespace."""
        for snapshot in self._kept.pop(ns, {}).values():
            snapshot.path.unlink(missing_ok=True)

    def close(self) -> None:
        """Delete all of them."""
        self._kept.clear()
        if self._folder is not None:
            self._folder.cleanup()


def too_large() -> ApiError:
    """Return the refusal of a snapshot for which there is no room."""
    return ApiError(413, f"The snapshots of a server may have {MOST_BYTES} bytes together; delete some.")

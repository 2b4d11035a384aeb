"""The snapshots that a server keeps, by namespace and name."""

import re
import tempfile
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol

from emulator.daemon_threads import Workers
from emulator.domain.errors import ApiError
from emulator.store.documents import Transaction

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
    """A snapshot that the server keeps. place: where its shelf has the bytes. size: how many."""

    name: str
    place: str
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


class Shelf(Protocol):
    """The snapshots of all namespaces. A reset does not touch them; they go with their namespace.

    workers: where they are written and read.
    """

    workers: Workers

    def new_path(self) -> Path:
        """Return where a snapshot can be written; no name of a client's is part of it. Who wrote it may remove it."""

    async def left(self) -> int:
        """Return how many bytes more may be kept."""

    async def check(self, ns: str, name: str) -> None:
        """Refuse a name that cannot be one, and one snapshot more than there may be."""

    async def keep(self, ns: str, name: str, path: Path, about: "About") -> KeptSnapshot:
        """Keep the file at a path of `new_path`, in place of one that has the name. Raises `ApiError` for too much."""

    async def of(self, ns: str) -> Sequence[KeptSnapshot]:
        """Return the snapshots of a namespace, the newest first."""

    async def find(self, ns: str, name: str) -> KeptSnapshot:
        """Return a snapshot; raise the 404 of one that does not exist."""

    def file(self, snapshot: KeptSnapshot) -> AbstractAsyncContextManager[Path]:
        """Return a snapshot as a file that is only to be read, there as long as the block lasts."""

    async def drop(self, ns: str, name: str) -> None:
        """Delete a snapshot; raise the 404 of one that does not exist."""

    def drop_all(self, tx: Transaction) -> None:
        """Delete the snapshots of a namespace, with the transaction that deletes it."""

    def close(self) -> None:
        """Let go of what is open."""


class SnapshotShelf:
    """Those of one process: files in a private folder, until it stops."""

    def __init__(self) -> None:
        self.workers = Workers("snapshots", _MOST_THREADS)
        self._scratch = ScratchFolder()
        self._kept: dict[str, dict[str, KeptSnapshot]] = {}

    def new_path(self) -> Path:
        """Return where a snapshot can be written."""
        return self._scratch.new_path()

    async def left(self) -> int:
        """Return how many bytes more may be kept."""
        return MOST_BYTES - sum(one.size for kept in self._kept.values() for one in kept.values())

    async def check(self, ns: str, name: str) -> None:
        """Refuse a name that cannot be one, and one snapshot more than there may be."""
        check(self._kept.get(ns, ()), name)

    async def keep(self, ns: str, name: str, path: Path, about: "About") -> KeptSnapshot:
        """Keep the file at a path of `new_path`, in place of one that has the name."""
        await self.check(ns, name)
        size = size_of(path)
        before = self._kept.get(ns, {}).get(name)
        if size > await self.left() + (before.size if before else 0):
            raise too_large()
        snapshot = KeptSnapshot(name, str(path), size, about)
        if before is not None:
            await self.drop(ns, name)
        self._kept.setdefault(ns, {})[name] = snapshot
        return snapshot

    async def of(self, ns: str) -> Sequence[KeptSnapshot]:
        """Return the snapshots of a namespace, the newest first."""
        return list(self._kept.get(ns, {}).values())[::-1]

    async def find(self, ns: str, name: str) -> KeptSnapshot:
        """Return a snapshot; raise the 404 of one that does not exist."""
        found = self._kept.get(ns, {}).get(name)
        if found is None:
            raise unknown(ns, name)
        return found

    @asynccontextmanager
    async def file(self, snapshot: KeptSnapshot) -> AsyncIterator[Path]:
        """Return the file itself."""
        yield Path(snapshot.place)

    async def drop(self, ns: str, name: str) -> None:
        """Delete a snapshot; raise the 404 of one that does not exist."""
        snapshot = await self.find(ns, name)
        del self._kept[ns][name]
        remove(Path(snapshot.place))

    def drop_all(self, tx: Transaction) -> None:
        """Delete the snapshots of a namespace, once the transaction is kept that deletes it."""
        tx.after_commit(partial(self._drop_all, tx.name))

    def _drop_all(self, ns: str) -> None:
        for snapshot in self._kept.pop(ns, {}).values():
            remove(Path(snapshot.place))

    def close(self) -> None:
        """Delete all of them."""
        self._kept.clear()
        self._scratch.close()


class ScratchFolder:
    """A private folder for files that are being written, made when it is first needed."""

    def __init__(self) -> None:
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._files = 0

    def new_path(self) -> Path:
        """Return the path of a file that is not there yet."""
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="assistants-emulator-snapshots-")
        self._files += 1
        return Path(self._folder.name) / f"{self._files}.zip"

    def close(self) -> None:
        """Remove it with all that is in it."""
        if self._folder is not None:
            self._folder.cleanup()


def size_of(path: Path) -> int:
    """Return how many bytes a file of this machine has."""
    return path.stat().st_size


def remove(path: Path) -> None:
    """Remove a file of this machine, if it is there."""
    path.unlink(missing_ok=True)


def check(kept: Collection[str], name: str) -> None:
    """Refuse a name that cannot be one, and one snapshot more than there may be. kept: the names that there are."""
    if not NAME.fullmatch(name):
        raise ApiError(400, "A snapshot is named by 1 to 64 of A-Z, a-z, 0-9, dot, dash, underscore.", param="name")
    if name not in kept and len(kept) >= MOST_OF_A_NAMESPACE:
        raise ApiError(400, f"A namespace has at most {MOST_OF_A_NAMESPACE} snapshots; delete one.", param="name")


def unknown(ns: str, name: str) -> ApiError:
    """Return the refusal of a snapshot that does not exist."""
    return ApiError(404, f"The namespace '{ns}' has no snapshot '{name}'.")


def too_large() -> ApiError:
    """Return the refusal of a snapshot for which there is no room."""
    return ApiError(413, f"The snapshots of a server may have {MOST_BYTES} bytes together; delete some.")

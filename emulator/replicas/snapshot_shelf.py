"""The snapshots that all processes on a database keep together, until somebody deletes them or their namespace."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Final

from emulator.daemon_threads import Workers
from emulator.service import snapshot_shelf
from emulator.service.snapshot_shelf import KeptSnapshot, ScratchFolder, remove, too_large, unknown
from emulator.store import snapshot_rows
from emulator.store.blobs import Blobs, Received
from emulator.store.documents import Documents, Transaction
from emulator.store.snapshot_rows import SnapshotRow
from emulator.store.snapshots import About
from emulator.store.tables import SnapshotRecord

# No namespace has this name. Who adds one has the lock, so that there are never too many.
_LOCK: Final = "the snapshots"
_PIECE: Final = 1 << 20
_MOST_THREADS: Final = 2


class SharedShelf:
    """The snapshots of all namespaces: what they are about is in rows, their bytes are where those of files are."""

    def __init__(self, documents: Documents, blobs: Blobs) -> None:
        self.workers = Workers("snapshots", _MOST_THREADS)
        self._documents = documents
        self._blobs = blobs
        self._scratch = ScratchFolder()

    def new_path(self) -> Path:
        """Return where a snapshot can be written."""
        return self._scratch.new_path()

    async def left(self) -> int:
        """Return how many bytes more may be kept."""
        async with self._documents.session() as session:
            return snapshot_shelf.MOST_BYTES - await snapshot_rows.total(session)

    async def check(self, ns: str, name: str) -> None:
        """Refuse a name that cannot be one, and one snapshot more than there may be."""
        async with self._documents.session() as session:
            snapshot_shelf.check([row.name for row in await snapshot_rows.of(session, ns)], name)

    async def keep(self, ns: str, name: str, path: Path, about: About) -> KeptSnapshot:
        """Keep a file, in place of one that has the name."""
        received = await self._blobs.beside(partial(self._receive, path))
        try:
            async with self._documents.session(_LOCK) as session:
                rows = {row.name: row for row in await snapshot_rows.of(session, ns)}
                snapshot_shelf.check(rows, name)
                room = snapshot_shelf.MOST_BYTES - await snapshot_rows.total(session)
                if name in rows:
                    room += rows[name].size
                    await snapshot_rows.remove(session, ns, name)
                if received.size > room:
                    raise too_large()
                blob = self._blobs.keep(received, self._blobs.name(ns, f"snapshot/{received.name}"))
                row = SnapshotRow(name, blob, received.size, asdict(about))
                await snapshot_rows.add(session, ns, row)
        except BaseException:
            self._blobs.discard(received)
            raise
        remove(path)
        return _kept(row)

    def _receive(self, path: Path) -> Received:
        with path.open("rb") as file, self._blobs.receive() as part:
            while piece := file.read(_PIECE):
                part.write(piece)
        return part.received

    async def of(self, ns: str) -> Sequence[KeptSnapshot]:
        """Return the snapshots of a namespace, the newest first."""
        async with self._documents.session() as session:
            return [_kept(row) for row in await snapshot_rows.of(session, ns)]

    async def find(self, ns: str, name: str) -> KeptSnapshot:
        """Return a snapshot; raise the 404 of one that does not exist."""
        found = next((one for one in await self.of(ns) if one.name == name), None)
        if found is None:
            raise unknown(ns, name)
        return found

    @asynccontextmanager
    async def file(self, snapshot: KeptSnapshot) -> AsyncIterator[Path]:
        """Return a snapshot as a file."""
        on_disk = await self._blobs.beside(partial(self._blobs.on_disk, snapshot.place))
        with on_disk as path:
            yield path

    async def drop(self, ns: str, name: str) -> None:
        """Delete a snapshot; raise the 404 of one that does not exist."""
        snapshot = await self.find(ns, name)
        async with self._documents.session() as session:
            await snapshot_rows.remove(session, ns, name)
        self._blobs.drop(snapshot.place)

    def drop_all(self, tx: Transaction) -> None:
        """Delete the snapshots of a namespace, with the transaction that deletes it."""
        tx.delete(SnapshotRecord)

    def close(self) -> None:
        """Remove what was being written."""
        self._scratch.close()


def _kept(row: SnapshotRow) -> KeptSnapshot:
    return KeptSnapshot(row.name, row.blob, row.size, About(**row.about))

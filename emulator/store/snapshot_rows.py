"""The rows of the snapshots that several processes keep together; their bytes are where those of files are."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.store.database import Session

_COLUMNS: Final = "name, blob, size, doc"
_ADD: Final = f"INSERT INTO kept_snapshots (ns, {_COLUMNS}, deleted) VALUES (?, ?, ?, ?, ?, 0)"  # noqa: S608 - ours
_OF: Final = f"SELECT {_COLUMNS} FROM kept_snapshots WHERE ns = ? ORDER BY seq DESC"  # noqa: S608 - as above
_REMOVE: Final = "DELETE FROM kept_snapshots WHERE ns = ? AND name = ?"
_TOTAL: Final = "SELECT coalesce(sum(size), 0) FROM kept_snapshots"


@dataclass(frozen=True, slots=True)
class SnapshotRow:
    """A snapshot. blob: the name of its bytes; size: how many. about: what it says of itself."""

    name: str
    blob: str
    size: int
    about: Mapping[str, Any]


async def add(session: Session, ns: str, row: SnapshotRow) -> None:
    """Add a snapshot of a namespace."""
    await session.change(_ADD, (ns, row.name, row.blob, row.size, json.dumps(dict(row.about))))


async def of(session: Session, ns: str) -> Sequence[SnapshotRow]:
    """Return the snapshots of a namespace, the newest first."""
    found = await session.fetch(_OF, (ns,))
    return [SnapshotRow(name, blob, size, json.loads(doc)) for name, blob, size, doc in found]


async def remove(session: Session, ns: str, name: str) -> None:
    """Remove a snapshot of a namespace."""
    await session.change(_REMOVE, (ns, name))


async def total(session: Session) -> int:
    """Return how many bytes all snapshots have together."""
    ((size,),) = await session.fetch(_TOTAL)
    return int(size)

"""The rows of the processes that work on a database: who is there, and until when it was seen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from emulator.store.database import Session

_ADD: Final = "INSERT INTO replicas (role, heartbeat, setup) VALUES (?, ?, ?)"
_NEWEST: Final = "SELECT max(seq) FROM replicas"
_AGAIN: Final = "INSERT INTO replicas (seq, role, heartbeat, setup) VALUES (?, ?, ?, ?)"
_RENEW: Final = "UPDATE replicas SET heartbeat = ? WHERE seq = ?"
_ALL: Final = "SELECT seq, role, heartbeat, setup FROM replicas ORDER BY seq"
_REMOVE: Final = "DELETE FROM replicas WHERE seq = ?"


@dataclass(frozen=True, slots=True)
class ReplicaRow:
    """A process. heartbeat: when it was seen last, on the database's clock. setup: what all must have alike."""

    id: int
    role: str
    heartbeat: float
    setup: Mapping[str, str]


async def every(session: Session) -> Sequence[ReplicaRow]:
    """Return all rows, the oldest process first."""
    found = await session.fetch(_ALL)
    return [ReplicaRow(seq, role, heartbeat, json.loads(setup)) for seq, role, heartbeat, setup in found]


async def add(session: Session, role: str, now: float, setup: Mapping[str, str]) -> int:
    """Add a process and return its id, which no other ever has. Nobody else may add one meanwhile."""
    await session.change(_ADD, (role, now, json.dumps(dict(setup))))
    ((newest,),) = await session.fetch(_NEWEST)
    return int(newest)


async def renew(session: Session, row: ReplicaRow) -> None:
    """Write that a process is there, also where its row is gone."""
    if not await session.change(_RENEW, (row.heartbeat, row.id)):
        await session.change(_AGAIN, (row.id, row.role, row.heartbeat, json.dumps(dict(row.setup))))


async def remove(session: Session, ids: Sequence[int]) -> None:
    """Remove the rows of processes that are gone."""
    await session.write_many(_REMOVE, [(id_,) for id_ in ids])

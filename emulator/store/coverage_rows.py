"""The rows of state coverage: counts that several processes add to, by the names of namespaces; "" for those gone.

A row is locked before it is read, by writing it, and several of them in the order of their names.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.store.database import Session

Counts = Mapping[str, Mapping[str, int]]
_TAKE: Final = (
    "INSERT INTO state_coverage (ns, replica, counts) VALUES (?, 0, '{}')"
    " ON CONFLICT (ns, replica) DO UPDATE SET counts = state_coverage.counts"
)
_READ: Final = "SELECT counts FROM state_coverage WHERE ns = ? AND replica = 0"
_WRITE: Final = "UPDATE state_coverage SET counts = ? WHERE ns = ? AND replica = 0"
_REMOVE: Final = "DELETE FROM state_coverage WHERE ns = ?"
_CLEAR: Final = "DELETE FROM state_coverage WHERE ns = ? AND replica = 0"
_OTHERS: Final = "SELECT counts FROM state_coverage WHERE ns = ? AND replica <> ?"
_ALL: Final = "SELECT counts FROM state_coverage WHERE replica <> ?"
_SHOW: Final = (
    "INSERT INTO state_coverage (ns, replica, counts) VALUES (?, ?, ?)"
    " ON CONFLICT (ns, replica) DO UPDATE SET counts = excluded.counts"
)
_HIDE: Final = "DELETE FROM state_coverage WHERE ns = ? AND replica = ?"
_FORGET: Final = "DELETE FROM state_coverage WHERE replica = ?"


async def take(session: Session, ns: str) -> Counts | None:
    """Return the counts of a namespace, None where there are none yet; nobody else changes them until the end."""
    await session.change(_TAKE, (ns,))
    ((text,),) = await session.fetch(_READ, (ns,))
    return _counts(text) or None


async def write(session: Session, ns: str, counts: Counts) -> None:
    """Write the counts of a namespace, which were taken before."""
    await session.change(_WRITE, (json.dumps(counts), ns))


async def read(session: Session, ns: str) -> Sequence[Counts]:
    """Return the counts of a namespace, if there are some."""
    return [found for (text,) in await session.fetch(_READ, (ns,)) if (found := _counts(text))]


async def read_with_streams(session: Session, ns: str, replica: int) -> Sequence[Counts]:
    """Return the same with what streams under way have shown, but for those of one process."""
    return [found for (text,) in await session.fetch(_OTHERS, (ns, replica)) if (found := _counts(text))]


async def read_all(session: Session, replica: int) -> Sequence[Counts]:
    """Return the same of all namespaces that there are and were."""
    return [found for (text,) in await session.fetch(_ALL, (replica,)) if (found := _counts(text))]


async def clear(session: Session, ns: str) -> None:
    """Remove the counts of a namespace, but for what streams under way have shown."""
    await session.change(_CLEAR, (ns,))


async def remove(session: Session, ns: str) -> None:
    """Remove all of a namespace."""
    await session.change(_REMOVE, (ns,))


async def show(session: Session, ns: str, replica: int, counts: Counts | None) -> None:
    """Write what streams under way in one process have shown; None: there are none."""
    if counts is None:
        await session.change(_HIDE, (ns, replica))
    else:
        await session.change(_SHOW, (ns, replica, json.dumps(counts)))


async def forget(session: Session, replicas: Sequence[int]) -> None:
    """Remove what streams of processes have shown that are gone."""
    await session.write_many(_FORGET, [(replica,) for replica in replicas])


def _counts(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text)
    return found

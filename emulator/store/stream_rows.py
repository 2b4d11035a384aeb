"""The rows of those who follow streams over processes, and of the entries that they have still to read."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.store.database import Database, Session
from emulator.store.journal import Entry
from emulator.store.shared_entries import CLOSED, COLUMNS, values_of

# How many entries are read at a time.
AT_ONCE: Final = 300

_NAMES: Final = ", ".join(COLUMNS)
_INSERT: Final = f"INSERT INTO stream_entries ({_NAMES}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - names of columns
_LAST: Final = "SELECT coalesce(max(seq), 0) FROM stream_entries WHERE ns = ?"
_READ: Final = "SELECT seq, thread_id, run_id, event, data, change FROM stream_entries WHERE ns = ? AND seq > ?"
# What ends all followers of a namespace is about no run, and every one of them has to read it.
_OF_RUN: Final = f" AND (run_id = ? OR (run_id IS NULL AND event = '{CLOSED}'))"
_IN_ORDER: Final = f" ORDER BY seq LIMIT {AT_ONCE}"
_NEW: Final = "SELECT run_id, max(seq) FROM stream_entries WHERE ns = ? AND seq > ? GROUP BY run_id"
_BEHIND: Final = "SELECT count(*) FROM (SELECT 1 AS one FROM stream_entries WHERE ns = ? AND seq > ? LIMIT ?) AS behind"
_FOLLOWED: Final = "SELECT DISTINCT run_id FROM stream_followers WHERE ns = ? AND (run_id IS NULL"
_IS_FOLLOWED: Final = "SELECT 1 FROM stream_followers WHERE ns = ? LIMIT 1"
_IS_STREAMED: Final = "SELECT 1 FROM stream_followers WHERE ns = ? AND run_id = ? AND streams = 1 LIMIT 1"
# A process that does not know whether its transaction was kept adds the same row once more.
_JOIN: Final = (
    "INSERT INTO stream_followers (id, process, ns, run_id, streams, position, is_awaited, seen)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET run_id = excluded.run_id, position = excluded.position, seen = excluded.seen"
)
_LEAVE: Final = "DELETE FROM stream_followers WHERE id = ? AND is_awaited = 0"
_LEAVE_ALL: Final = "DELETE FROM stream_followers WHERE process = ?"
_SEEN: Final = "UPDATE stream_followers SET seen = ? WHERE process = ?"
_POSITION: Final = "UPDATE stream_followers SET position = ? WHERE id = ?"
_OWN: Final = "SELECT id FROM stream_followers WHERE process = ?"
_SWEEP: Final = "DELETE FROM stream_followers WHERE seen < ? AND is_awaited = 0"
# Of one for whom a run waits the row stays, as if it had read everything, until the run goes on.
_READ_ALL: Final = 2**62
_LEAVE_RUN: Final = f"UPDATE stream_followers SET position = {_READ_ALL} WHERE id = ? AND is_awaited = 1"  # noqa: S608
_SWEEP_RUN: Final = f"UPDATE stream_followers SET position = {_READ_ALL} WHERE seen < ? AND is_awaited = 1"  # noqa: S608
_BEHIND_RUN: Final = (
    "SELECT count(*) FROM (SELECT 1 AS one FROM stream_entries WHERE ns = ? AND run_id = ? AND seq > (SELECT"
    " min(position) FROM stream_followers WHERE ns = ? AND run_id = ? AND streams = 1) LIMIT ?) AS behind"
)
_AWAIT: Final = "UPDATE stream_followers SET is_awaited = 1 WHERE ns = ? AND run_id = ? AND streams = 1"
_AWAITED: Final = "SELECT DISTINCT ns, run_id FROM stream_followers WHERE is_awaited = 1"
_AWAIT_NO_MORE: Final = "UPDATE stream_followers SET is_awaited = 0 WHERE ns = ? AND run_id = ?"
_FORGET_READ: Final = f"DELETE FROM stream_followers WHERE ns = ? AND run_id = ? AND position = {_READ_ALL}"  # noqa: S608
# An entry stays for as long as somebody who follows its run, or its whole namespace, has not read it.
_TRIM: Final = (
    "DELETE FROM stream_entries AS entry WHERE ns = ? AND NOT EXISTS (SELECT 1 FROM stream_followers AS follower"
    " WHERE follower.ns = entry.ns AND follower.position < entry.seq"
    " AND (follower.run_id = entry.run_id OR follower.run_id IS NULL OR entry.run_id IS NULL))"
)
_NAMES_WITH_ENTRIES: Final = "SELECT DISTINCT ns FROM stream_entries"

EntryRow = tuple[int, str | None, str | None, str, str, str | None]


@dataclass(frozen=True, slots=True)
class FollowerRow:
    """A follower as the store has it. run_id: None for all of its namespace. position: up to which it has read."""

    id: str
    process: str
    ns: str
    run_id: str | None
    streams: bool
    position: int


# --- entries --------------------------------------------------------------------------------------------------------


async def add(session: Session, ns: str, entries: Sequence[Entry]) -> None:
    """Write entries in their order."""
    await session.write([(_INSERT, values_of(ns, entry)) for entry in entries])


async def add_values(session: Session, values: Sequence[Any]) -> None:
    """Write one row of values; see `emulator.store.shared_entries`."""
    await session.write([(_INSERT, values)])


async def last(session: Session, ns: str) -> int:
    """Return the place of the newest entry of a namespace; 0 where there is none."""
    ((found,),) = await session.fetch(_LAST, (ns,))
    return int(found)


def query(ns: str, after: int, run_id: str | None) -> tuple[str, tuple[Any, ...]]:
    """Return the query for the next entries of a namespace, or of a run in it, behind a place, and its values."""
    if run_id is None:
        return _READ + _IN_ORDER, (ns, after)
    return _READ + _OF_RUN + _IN_ORDER, (ns, after, run_id)


async def newest_of_runs(session: Session, ns: str, after: int) -> dict[str | None, int]:
    """Return the place of the newest entry of each run of which there is one behind a place; None: of no run."""
    return dict(await session.fetch(_NEW, (ns, after)))


async def count_behind(session: Session, ns: str, after: int, most: int) -> int:
    """Return how many entries of a namespace are behind a place, of more than ``most`` only so many."""
    ((found,),) = await session.fetch(_BEHIND, (ns, after, most))
    return int(found)


async def trim(session: Session, ns: str) -> None:
    """Delete the entries of a namespace that nobody has to read any more."""
    await session.change(_TRIM, (ns,))


async def names_with_entries(session: Session) -> list[str]:
    """Return the names of the namespaces that have entries."""
    return [ns for (ns,) in await session.fetch(_NAMES_WITH_ENTRIES)]


# --- followers ------------------------------------------------------------------------------------------------------


async def followed(session: Session, ns: str, runs: Collection[str]) -> set[str | None]:
    """Return which of some runs somebody follows, and None where somebody follows the whole namespace."""
    either = " OR run_id = ?" * len(runs)
    return {run_id for (run_id,) in await session.fetch(f"{_FOLLOWED}{either})", (ns, *runs))}


async def is_followed(session: Session, ns: str) -> bool:
    """Return whether somebody follows a namespace, or any run in it."""
    return bool(await session.fetch(_IS_FOLLOWED, (ns,)))


async def is_streamed(session: Session, ns: str, run_id: str) -> bool:
    """Return whether a client reads the stream of a run."""
    return bool(await session.fetch(_IS_STREAMED, (ns, run_id)))


async def join(session: Session, rows: Sequence[FollowerRow], now: float) -> None:
    """Let followers be known to every process. now: on the database's clock."""
    await session.write_many(
        _JOIN, [(row.id, row.process, row.ns, row.run_id, row.streams, row.position, False, now) for row in rows]
    )


async def leave(session: Session, ids: Sequence[str]) -> None:
    """Forget followers."""
    for statement in (_LEAVE_RUN, _LEAVE):
        await session.write_many(statement, [(one,) for one in ids])


async def leave_all(session: Session, process: str) -> None:
    """Forget the followers of a process."""
    await session.change(_LEAVE_ALL, (process,))


async def renew(session: Session, process: str, positions: Sequence[tuple[int, str]], now: float) -> set[str]:
    """Say that a process is there, and how far its followers have read; return the ids of those that are known."""
    await session.change(_SEEN, (now, process))
    await session.write_many(_POSITION, positions)
    return {one for (one,) in await session.fetch(_OWN, (process,))}


async def sweep(session: Session, before: float) -> bool:
    """Forget the followers of processes that were not seen since a time; return whether there were any."""
    await session.change(_SWEEP_RUN, (before,))
    return bool(await session.change(_SWEEP, (before,)))


# --- runs that wait for them ----------------------------------------------------------------------------------------


async def is_behind(session: Session, ns: str, run_id: str, most: int) -> bool:
    """Return whether somebody who reads the stream of a run has at least so many of its entries still to read."""
    ((found,),) = await session.fetch(_BEHIND_RUN, (ns, run_id, ns, run_id, most))
    return int(found) >= most


async def wait(session: Session, ns: str, run_id: str) -> None:
    """Note that a run waits for those who read its stream."""
    await session.change(_AWAIT, (ns, run_id))


async def awaited(session: Session) -> Sequence[tuple[str, str]]:
    """Return the runs that wait for those who read their streams: namespace, and id."""
    return [(ns, run_id) for ns, run_id in await session.fetch(_AWAITED)]


async def wait_no_more(session: Session, ns: str, run_id: str) -> None:
    """Note that a run goes on."""
    await session.change(_AWAIT_NO_MORE, (ns, run_id))
    if await session.change(_FORGET_READ, (ns, run_id)):
        await trim(session, ns)


async def read(database: Database, ns: str, after: int, run_id: str | None) -> Sequence[tuple[Any, ...]]:
    """Return the next entries of a namespace, or of a run in it, behind a place."""
    return await database.read(*query(ns, after, run_id))

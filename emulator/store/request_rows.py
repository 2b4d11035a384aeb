"""The rows of request logs: appended in batches by several processes, read on from a number, and bounded.

A batch first writes the row of its log, and others wait for that. So within a log numbers become visible in their
order, and whoever has read up to one has missed nothing before it.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from emulator.domain.request_log import MOST_BYTES_OF_SERVER, MOST_REQUESTS, MOST_REQUESTS_OF_SERVER
from emulator.store.database import Session

# How much more than is needed is given up at once, because it takes longer than a request.
_PART_LEFT: Final = 0.95
_AT_ONCE: Final = 2_000

_GENERATIONS: Final = "SELECT ns, generation FROM namespaces WHERE ns IN"
_GROW: Final = (
    "INSERT INTO request_logs (ns, total, kept, bytes, bare) VALUES (?, ?, ?, ?, 0) ON CONFLICT (ns) DO UPDATE SET"
    " total = request_logs.total + excluded.total, kept = request_logs.kept + excluded.kept,"
    " bytes = request_logs.bytes + excluded.bytes"
)
_ADD: Final = "INSERT INTO logged_requests (ns, ended, size, about, contents) VALUES (?, ?, ?, ?, ?)"
_KEPT: Final = "SELECT kept FROM request_logs WHERE ns = ?"
_OLDEST_OF: Final = "SELECT seq FROM logged_requests WHERE ns = ? ORDER BY seq LIMIT ?"
_DROP: Final = "DELETE FROM logged_requests WHERE ns = ? AND seq <= ?"
_LOCK: Final = "UPDATE request_logs SET bare = bare WHERE ns = ?"
_COUNT: Final = (
    "UPDATE request_logs SET kept = (SELECT count(*) FROM logged_requests WHERE ns = ?),"
    " bytes = (SELECT coalesce(sum(size), 0) FROM logged_requests WHERE ns = ?) WHERE ns = ?"
)
_SIZES: Final = "SELECT coalesce(sum(bytes), 0), coalesce(sum(kept), 0) FROM request_logs"
_WITH_CONTENTS: Final = "SELECT seq, ns, size FROM logged_requests WHERE size > 0 AND seq > ? ORDER BY seq LIMIT ?"
_OLDEST: Final = "SELECT seq, ns FROM logged_requests ORDER BY seq LIMIT ?"
_EMPTY: Final = "UPDATE logged_requests SET contents = NULL, size = 0 WHERE ns = ? AND seq <= ? AND size > 0"
_BARE: Final = "UPDATE request_logs SET bare = ? WHERE ns = ? AND bare < ?"
_READ: Final = (
    "SELECT log.total, log.kept, log.bytes, log.bare, one.seq, one.ended, one.about, one.contents"
    " FROM request_logs AS log LEFT JOIN logged_requests AS one ON one.ns = log.ns AND one.seq > ?"
    " WHERE log.ns = ? ORDER BY one.seq"
)
_NEWEST: Final = (
    "SELECT log.total, one.seq, one.ended, one.about FROM request_logs AS log"
    " LEFT JOIN logged_requests AS one ON one.ns = log.ns WHERE log.ns = ? ORDER BY one.seq DESC LIMIT 1"
)
_CLEAR: Final = (
    "DELETE FROM request_logs WHERE ns = ?",  # first: it is what batches wait for
    "DELETE FROM logged_requests WHERE ns = ?",
)


class NewRow(NamedTuple):
    """A request as it is written. ended: on the database's clock. contents: what goes first where there is no room."""

    ended: float
    about: bytes
    contents: bytes


class KeptRow(NamedTuple):
    """A request as it is kept. contents: None once they are gone."""

    seq: int
    ended: float
    about: bytes
    contents: bytes | None


@dataclass(frozen=True, slots=True)
class LogHead:
    """How much a log has. total: requests that it has had; kept: of these; bare: up to which number contents are gone.

    bytes: of contents.
    """

    total: int = 0
    kept: int = 0
    bytes: int = 0
    bare: int = 0


async def generations(session: Session, names: Collection[str]) -> dict[str, str]:
    """Return the generations of namespaces that are stored, by their names."""
    marks = ", ".join("?" * len(names))
    found = await session.fetch(f"{_GENERATIONS} ({marks})", tuple(names)) if names else ()
    return {name: generation or name for name, generation in found}


async def append(session: Session, batches: Mapping[str, Sequence[NewRow]]) -> None:
    """Add requests to logs, by their ns; of a log that has too many, the oldest go."""
    for ns in sorted(batches):  # in this order everywhere, so that none waits for another that waits for it
        rows = batches[ns]
        size = sum(len(row.contents) for row in rows)
        await session.change(_GROW, (ns, len(rows), len(rows), size))
        await session.write_many(_ADD, [(ns, row.ended, len(row.contents), row.about, row.contents) for row in rows])
        ((kept,),) = await session.fetch(_KEPT, (ns,))
        if kept > MOST_REQUESTS:
            oldest = await session.fetch(_OLDEST_OF, (ns, kept - MOST_REQUESTS))
            await session.write([(_DROP, (ns, oldest[-1][0])), (_COUNT, (ns, ns, ns))])


async def read(session: Session, ns: str, after: int) -> tuple[LogHead, list[KeptRow]]:
    """Return a log as it is now: how much it has, and what is behind a number, in the order of numbers."""
    found = await session.fetch(_READ, (after, ns))
    if not found:
        return LogHead(), []
    return LogHead(*found[0][:4]), [KeptRow(*row[4:]) for row in found if row[4] is not None]


async def newest(session: Session, ns: str) -> tuple[int, KeptRow | None]:
    """Return how many requests a log has had, and the newest of them, without its contents."""
    for total, seq, ended, about in await session.fetch(_NEWEST, (ns,)):
        return total, None if seq is None else KeptRow(seq, ended, about, None)
    return 0, None


async def clear(session: Session, ns: str) -> None:
    """Remove a log."""
    await session.write([(text, (ns,)) for text in _CLEAR])


# --- room -------------------------------------------------------------------------------------------------------------


async def make_room(
    session: Session, most_bytes: int = MOST_BYTES_OF_SERVER, most_requests: int = MOST_REQUESTS_OF_SERVER
) -> None:
    """Make room in all logs together, where there is none: the oldest contents go first, then the oldest requests.

    Nobody else may do so meanwhile.
    """
    ((size, number),) = await session.fetch(_SIZES)
    if size > most_bytes:
        ends = await _oldest_contents(session, size - int(most_bytes * _PART_LEFT))
        for ns, end in ends:
            await session.write([(_LOCK, (ns,)), (_EMPTY, (ns, end)), (_COUNT, (ns, ns, ns)), (_BARE, (end, ns, end))])
    if number > most_requests:
        oldest = await session.fetch(_OLDEST, (number - int(most_requests * _PART_LEFT),))
        for ns, end in _ends(oldest):
            await session.write([(_LOCK, (ns,)), (_DROP, (ns, end)), (_COUNT, (ns, ns, ns))])


async def _oldest_contents(session: Session, many: int) -> Sequence[tuple[str, int]]:
    """Return where the oldest contents end that are so many bytes together, by log."""
    found: list[tuple[int, str]] = []
    while many > 0:
        rows = await session.fetch(_WITH_CONTENTS, (found[-1][0] if found else 0, _AT_ONCE))
        if not rows:
            break
        for seq, ns, size in rows:
            if many <= 0:
                break
            many -= size
            found.append((seq, ns))
    return _ends(found)


def _ends(oldest: Iterable[Sequence[object]]) -> Sequence[tuple[str, int]]:
    """Return the last number of each log, in the order in which logs are locked."""
    last = {str(ns): int(str(seq)) for seq, ns in oldest}
    return sorted(last.items())

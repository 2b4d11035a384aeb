"""What of a namespace needs somebody: runs that no turn answered, that ended badly, and that wait.

Whoever looks moves nothing, and it takes no longer the more there is that needs nobody.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.waiting import held_at
from emulator.engine import holds
from emulator.engine.next_run import NEXT
from emulator.service.run_records import error_of
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import ReportLine, Run

_CANCELLED: Final = "cancelled"  # somebody wanted that
_UNMATCHED: Final = "unmatched"
# Of those that ended badly, so many are looked at for some that nobody cancelled.
_MOST_ENDED: Final = 50


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A run that no turn answered. run: "" where it was refused instead. near: the nearest turns, and what differs."""

    run: str
    message: str
    near: Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that ended badly. at: when, as far as it is known. why: what it says of that."""

    run: str
    thread: str
    status: str
    why: str
    at: float | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that is not over. waits_for: see `emulator.domain.waiting`; None while nothing holds it up."""

    run: str
    thread: str
    status: str
    waits_for: str | None
    created_at: float

    @property
    def held_at(self) -> str | None:
        """The status, or the hold of its script, at which it is held."""
        return held_at(self.waits_for or "")


@dataclass(frozen=True, slots=True)
class Attention:
    """The newest of each, newest first. next_held_at: where the next run will be held."""

    unmatched: Sequence[Unmatched]
    ended: Sequence[Ended]
    waiting: Sequence[Waiting]
    next_held_at: Sequence[str]


async def attention(tx: Transaction, most: int) -> Attention:
    """Return the newest of each, so many of a kind."""
    lines = await tx.page(ReportLine, Cursor(limit=most), kind=_UNMATCHED)
    unmatched = [_unmatched(row) for row in lines.rows]
    known = {one.run for one in unmatched}
    ended = [row for row in await tx.ended_badly(Run, _MOST_ENDED) if row["status"] != _CANCELLED]
    return Attention(
        unmatched,
        [_ended(row) for row in ended if row["id"] not in known][:most],
        [_waiting(row) for row in await tx.newest_unfinished(Run, most)],
        sorted(await holds.statuses(tx, NEXT)),
    )


def _unmatched(row: Row) -> Unmatched:
    doc = row["doc"]
    message = str(doc.get("message", "")).removeprefix("[emulator] ")
    return Unmatched(row["run_id"] or "", message, doc.get("near") or [])


def _ended(row: Row) -> Ended:
    doc = row["doc"]
    error = error_of(doc) or doc.get("incomplete_details") or {}
    why = error.get("message") or error.get("reason") or ""
    at = next((doc[name] for name in ("failed_at", "expires_at", "created_at") if doc.get(name)), None)
    return Ended(row["id"], row["thread_id"], row["status"], str(why).removeprefix("[emulator] "), at)


def _waiting(row: Row) -> Waiting:
    return Waiting(row["id"], row["thread_id"], row["status"], row["waits_for"], row["doc"]["created_at"])

"""Which messages of a thread a page shows: some that follow each other, found by one of them, however many it has."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain.errors import ApiError
from emulator.store.documents import Cursor, Row, Transaction
from emulator.store.tables import Message

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: the messages before or after one, or those around it; without any, the newest."""

    before: str | None = None
    after: str | None = None
    at: str | None = None


@dataclass(slots=True)
class Window:
    """Messages that follow each other, oldest first, with the neighbor on each side."""

    rows: Sequence[Row]
    previous: Row | None
    following: Row | None

    @property
    def by_id(self) -> dict[str, Row]:
        """Them and their neighbors by their ids, in order."""
        around = (self.previous, *self.rows, self.following)
        return {row["id"]: row for row in around if row is not None}


async def find_window(tx: Transaction, thread_id: str, place: Place) -> Window:
    """Return the messages of a page; raise the 404 of a place that names no message of the thread."""
    named = place.at or place.before or place.after
    if named is None:
        return _cut(await _below(tx, thread_id, None, AT_ONCE + 1), AT_ONCE, None)
    seq = await _seq(tx, thread_id, named)
    if place.at is not None:
        half = AT_ONCE // 2
        below = await _below(tx, thread_id, seq + 1, half + 1)
        above = await _above(tx, thread_id, seq, half + 1)
        following = above[half] if len(above) > half else None
        around = _cut(below, half, following)
        return Window([*around.rows, *above[:half]], around.previous, following)
    if place.before is not None:
        following = next(iter(await _above(tx, thread_id, seq - 1, 1)), None)
        return _cut(await _below(tx, thread_id, seq, AT_ONCE + 1), AT_ONCE, following)
    above = await _above(tx, thread_id, seq, AT_ONCE + 1)
    previous = next(iter(await _below(tx, thread_id, seq + 1, 1)), None)
    return Window(above[:AT_ONCE], previous, above[AT_ONCE] if len(above) > AT_ONCE else None)


def _cut(rows: Sequence[Row], most: int, following: Row | None) -> Window:
    """Return the newest of some messages; the one before them is their neighbor."""
    return Window(rows[-most:], rows[-most - 1] if len(rows) > most else None, following)


async def _seq(tx: Transaction, thread_id: str, message_id: str) -> int:
    """Return the place of a message; one that was deleted has its place still."""
    row = await tx.get(Message, message_id, deleted=True)
    if row is None or row["thread_id"] != thread_id:
        raise ApiError(404, f"There is no message '{message_id}' on the thread '{thread_id}'.")
    return int(row["seq"])


async def _below(tx: Transaction, thread_id: str, seq: int | None, most: int) -> Sequence[Row]:
    """Return the newest messages below a place, oldest first."""
    return (await tx.page(Message, Cursor(most, "desc", after=seq), thread_id=thread_id)).rows[::-1]


async def _above(tx: Transaction, thread_id: str, seq: int, most: int) -> Sequence[Row]:
    return (await tx.page(Message, Cursor(most, "asc", after=seq), thread_id=thread_id)).rows

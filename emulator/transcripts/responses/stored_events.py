"""Events of streams that are kept for those who read them later: rows that hold one event, or consecutive deltas."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from emulator.domain.calls import Cut
from emulator.store.documents import Row, Transaction
from emulator.store.tables import ResponseEvent
from emulator.wire.pieces import Pieces

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """An event, or consecutive deltas. n: the number of the first."""

    n: int
    event: str
    data: Doc | Pieces

    @property
    def next(self) -> int:
        """The number of the event that follows."""
        return self.n + (len(self.data) if isinstance(self.data, Pieces) else 1)

    def after(self, number: int) -> "NumberedEvent | None":
        """Return what of it has a greater number; None for nothing."""
        if self.n > number:
            return self
        if self.next <= number + 1 or not isinstance(self.data, Pieces):
            return None
        rest = replace(self.data, first=self.data.first + number + 1 - self.n)
        return NumberedEvent(number + 1, self.event, rest)


def keep(tx: Transaction, response_id: str, numbered: NumberedEvent) -> None:
    """Keep an event in the transaction that makes it."""
    data = numbered.data
    if isinstance(data, Pieces):
        data = {"delta": data.make(""), "pieces": list(data.cut.pieces(data.first, data.last))}
    about = {"response_id": response_id, "n": numbered.n}
    tx.insert(
        ResponseEvent, tuple(about.values()), **about, count=numbered.next - numbered.n, event=numbered.event, data=data
    )


async def number_of_next(tx: Transaction, response_id: str) -> int:
    """Return how many events of a response are kept, which is the number of the next one."""
    return sum(await tx.some(ResponseEvent, "count", -1, response_id=response_id))


async def read(tx: Transaction, response_id: str, after: int = -1) -> Sequence[NumberedEvent]:
    """Return the events of a response behind a number, in their order."""
    rows = await tx.all(ResponseEvent, response_id=response_id)
    return list(_behind(after, map(_event, rows)))


def _behind(number: int, events: Iterable[NumberedEvent]) -> Iterable[NumberedEvent]:
    return (rest for one in events if (rest := one.after(number)) is not None)


def _event(row: Row) -> NumberedEvent:
    data = row["data"]
    # No event has these two keys by itself.
    if data.keys() == {"delta", "pieces"}:
        cut = Cut.of(data["pieces"])
        data = Pieces(partial(_delta, data["delta"]), cut, 0, len(cut))
    return NumberedEvent(row["n"], row["event"], data)


def _delta(empty: Doc, piece: str) -> Doc:
    return {**empty, "delta": piece}

"""The newest of what happened in a namespace, changes of statuses and requests in one list, newest first."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

from emulator.domain.request_log import LoggedRequest
from emulator.engine.namespace import Namespace
from emulator.service import request_log
from emulator.service.news import Position
from emulator.store.documents import Row, Transaction
from emulator.store.journal import GoneError


@dataclass(frozen=True, slots=True)
class Entry:
    """A change of a status, as the journal has it, or a request, as the log lists it. at: on the namespace's clock."""

    kind: Literal["event", "request"]
    at: float
    shown: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Feed:
    """The newest entries. position: where the namespace was then. has_more: whether there were others before them."""

    entries: Sequence[Entry]
    position: Position
    has_more: bool


async def feed(namespace: Namespace, tx: Transaction, most: int) -> Feed:
    """Return the newest entries."""
    last, log = await tx.last_change(), await namespace.requests.read(tx)
    if not most:
        return Feed([], Position(last, log.total), has_more=False)
    rows = await _newest(tx, last, most)
    requests = list(islice(log.newest_first(), most))
    merged = _merged(rows, requests[::-1], namespace.name)
    has_more = len(merged) > most or log.total > len(requests) or len(rows) == most
    return Feed(merged[-most:][::-1], Position(last, log.total), has_more)


async def _newest(tx: Transaction, last: int, most: int) -> Sequence[Row]:
    try:
        return await tx.journal(max(0, last - most))
    except GoneError as gone:  # it began anew not long ago
        return await tx.journal(gone.first - 1)


def _merged(rows: Sequence[Row], requests: Sequence[LoggedRequest], name: str) -> list[Entry]:
    """Return all of them in their order, oldest first."""
    places = _Places(requests)
    placed = [
        *(((row["at"], places.of(row), 1, row["seq"]), _event(row)) for row in rows),
        *(
            ((one.began_at, one.number, 0, 0), Entry("request", one.began_at, request_log.summary(name, one)))
            for one in requests
        ),
    ]
    return [entry for _, entry in sorted(placed, key=lambda pair: pair[0])]


def _event(row: Row) -> Entry:
    return Entry("event", row["at"], {column: value for column, value in row.items() if column != "ns"})


class _Places:
    """Where changes stand among requests of one instant, as on a frozen clock: behind the first about their run."""

    def __init__(self, requests: Sequence[LoggedRequest]) -> None:
        self._first: dict[tuple[float, str], int] = {}
        for request in requests:
            for about in _about(request):
                self._first.setdefault((request.began_at, about), request.number)
        self._last = requests[-1].number if requests else 0

    def of(self, row: Row) -> int:
        """Return the number of the request behind which a change stands."""
        found: Iterable[int | None] = (self._first.get((row["at"], row[of] or "")) for of in ("run_id", "thread_id"))
        return next((number for number in found if number is not None), self._last)


def _about(request: LoggedRequest) -> Iterator[str]:
    yield from (about for about in (request.run, request.thread) if about is not None)

"""What a server holds, for people: its namespaces, how each is set, and how much is in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from emulator.service import request_log
from emulator.service.namespaces import DEFAULT, Namespaces
from emulator.store.documents import Row, Transaction
from emulator.store.table import Table
from emulator.store.tables import Assistant, Conversation, File, ReportLine, Run, Thread, VectorStore

# Counted no further: the first page of a server is there at once, whatever is in its namespaces.
MOST_COUNTED: Final = 1_000
_COUNTED: Final[Mapping[str, Table]] = {
    "threads": Thread,
    "conversations": Conversation,
    "assistants": Assistant,
    "files": File,
    "vector stores": VectorStore,
}
# Lines of the report that fail a check of a namespace.
_FAILURES: Final = ("unmatched", "script", "check")


@dataclass(frozen=True, slots=True)
class LastRequest:
    """The newest request in a log: as it is listed, and when it was over, on the namespace's clock."""

    shown: Mapping[str, Any]
    at: float


@dataclass(frozen=True, slots=True)
class Listed:
    """A namespace.

    record: name, configuration and clock, or an error in their place. counts: of its objects, by what people call them,
    as far as they are counted. runs: how many, by their status. failures: what the report counts as such without being
    made. requests: how many are in the log. last: None if that is empty.
    """

    name: str
    record: Mapping[str, Any]
    counts: Mapping[str, int]
    runs: Mapping[str, int]
    failures: int
    requests: int
    last: LastRequest | None

    @property
    def prefix(self) -> str:
        """What a URL has in front of its mount to name the namespace; the default one needs nothing."""
        return prefix_of(self.name)


@dataclass(frozen=True, slots=True)
class Overview:
    """Some namespaces by their names. total: how many there are of which these are some. has_more: behind the last."""

    listed: Sequence[Listed]
    total: int
    has_more: bool


def prefix_of(name: str) -> str:
    """Return what a URL has in front of its mount to name a namespace; the default one needs nothing."""
    return "" if name == DEFAULT else f"/ns/{name}"


async def names(namespaces: Namespaces, most: int) -> tuple[Sequence[str], int]:
    """Return the names of the first namespaces, and how many there are."""
    named = sorted(row["ns"] for row in await namespaces.documents.namespaces())
    return named[:most], len(named)


async def overview(namespaces: Namespaces, most: int, *, text: str = "", after: str = "") -> Overview:
    """Return the first namespaces by their names; none is opened for it.

    text: only those whose names have it. after: only those whose names come behind it.
    """
    rows = sorted((row for row in await namespaces.documents.namespaces() if text in row["ns"]), key=_name)
    behind = [row for row in rows if row["ns"] > after]
    listed = [await _listed(namespaces, row) for row in behind[:most]]
    return Overview(listed, len(rows), has_more=len(behind) > most)


def _name(row: Row) -> str:
    return str(row["ns"])


async def _listed(namespaces: Namespaces, row: Row) -> Listed:
    name = row["ns"]
    async with namespaces.documents.transaction(name) as tx:
        tx.switch(row["generation"] or name)
        counts = {what: await tx.count_up_to(table, MOST_COUNTED) for what, table in _COUNTED.items()}
        runs = await runs_by_status(tx)
        failures = await failures_in(tx)
    total, newest = await namespaces.tip_of(row)
    last = None if newest is None else LastRequest(request_log.summary(name, newest), newest.at)
    return Listed(name, namespaces.record_of(row), counts, runs, failures, total, last)


async def runs_by_status(tx: Transaction) -> Mapping[str, int]:
    """Return how many runs have each status."""
    return await tx.statuses(Run, "completed")


async def failures_in(tx: Transaction) -> int:
    """Return how many lines of the report say that something failed."""
    kinds = await tx.census(ReportLine, "kind")
    return sum(kinds.get(kind, 0) for kind in _FAILURES)

"""The index of a vector store: made when the store is first searched, then kept up to date with what has changed.

The retrieval itself is imported when something is searched: most servers never do.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from emulator.store.documents import Cursor, Row, Transaction, TransactionScope
from emulator.store.tables import VectorStoreFile

if TYPE_CHECKING:
    from emulator.retrieval.filters import Predicate
    from emulator.retrieval.ranking import Hit, Index

T = TypeVar("T")

# Read in one transaction: what others wait for.
_MOST_FILES: Final = 50
_MOST_CHARACTERS: Final = 500_000
# A term takes as much memory, beside its places, as so many characters.
_TERM: Final = 50
# How long a thread works at a stretch. While it does, the event loop may have to wait that long for each statement that
# it sends to the database. How the work is cut makes no difference to what comes out.
_STRETCH: Final = 0.005


class Compute(Protocol):
    """Runs a short piece of work off the event loop."""

    def __call__(self, work: Callable[[], T]) -> Awaitable[T]:
        """Return what the work returns."""


@dataclass(frozen=True, slots=True)
class _Change:
    """A file as it is now. row: None if there is no text of it to be searched. text: None if that is still the same."""

    file_id: str
    row: Row | None
    text: str | None = None


class StoreIndex:
    """What the files in a store say.

    No file is looked at twice without need: at first all of them, a few at a time, then those that were touched. The
    work is done on threads, for one search at a time, which holds `lock`.
    """

    _may_change_elsewhere = False

    def __init__(self, store_id: str, compute: Compute) -> None:
        self.lock = asyncio.Lock()
        self.is_dropped = False
        self.store_id = store_id
        self._compute = compute
        self._index: Index | None = None
        self._attributes: dict[str, Any] = {}  # of the files in the index
        self._places: dict[str, int] = {}  # the seq of their rows
        self._last: int | None = None  # how far the first look has come
        self._is_complete = False  # whether it is over
        self._touched: dict[str, tuple[str, bool]] = {}  # file id -> id of its row, whether its text may be another

    @property
    def weight(self) -> int:
        """How much memory it takes, in characters of a text with few different words."""
        return self._index.characters + _TERM * self._index.terms if self._index else 0

    @property
    def is_busy(self) -> bool:
        """Whether a search is under way."""
        return self.lock.locked()

    def touch(self, row: Row, *, text: bool) -> None:
        """Look at a file anew before the next search."""
        _, before = self._touched.get(row["file_id"], (None, False))
        self._touched[row["file_id"]] = (row["id"], text or before)

    def drop(self) -> None:
        """Let go of everything: whoever is searching has to begin again with another index."""
        self.is_dropped = True

    def has(self, file_id: str) -> bool:
        """Return whether a file is in the store, and is what it was when it was last looked at."""
        return file_id in self._attributes and file_id not in self._touched

    def attributes(self, file_id: str) -> Any:
        """Return the attributes of a file."""
        return self._attributes[file_id]

    async def search(
        self,
        begin: Callable[[], TransactionScope],
        query: str,
        *,
        limit: int,
        threshold: float,
        fits: "Predicate | None",
    ) -> "Sequence[Hit]":
        """Look at what has changed, then return the best chunks; without meaning once the index is dropped.

        begin: begins a transaction. To be called while `lock` is held. A search that is cut off drops the index: a
        thread may still be at work on it.
        """
        from emulator.retrieval.ranking import Index  # noqa: PLC0415 - see the module

        index = self._index = self._index or Index()
        try:
            while changes := await self._changes(begin):
                steps = self._steps(index, changes)
                while not self.is_dropped and await self._compute(partial(_advance, steps)):
                    pass
            if self.is_dropped:
                return ()
            return await self._compute(partial(self._rank, index, query, limit, threshold, fits))
        except BaseException:
            self.drop()
            raise

    def _rank(
        self, index: "Index", query: str, limit: int, threshold: float, fits: "Predicate | None"
    ) -> "Sequence[Hit]":
        allowed = None
        if fits is not None:
            allowed = [file_id for file_id, attributes in self._attributes.items() if fits(attributes)]
        # A search by meaning always finds something; so does this one, where no threshold forbids it.
        return index.search(query, limit, threshold, allowed, fill=True)

    # --- what has changed -------------------------------------------------------------------------------------------

    async def _changes(self, begin: Callable[[], TransactionScope]) -> Sequence[_Change]:
        """Return a few files that have to be looked at; none if the index is up to date, or not needed any more."""
        if self.is_dropped or (self._is_complete and not self._touched and not self._may_change_elsewhere):
            return ()
        async with begin() as tx:
            await self._follow(tx)
            if self.is_dropped:
                return ()
            return await (self._touched_files(tx) if self._is_complete else self._next_files(tx))

    async def _follow(self, tx: Transaction) -> None:
        """Touch what other processes have changed: there are none."""

    async def _next_files(self, tx: Transaction) -> Sequence[_Change]:
        """Return the files that the first look comes to next, and behind the last of them those that were touched."""
        cursor = Cursor(limit=_MOST_FILES, order="asc", after=self._last)
        rows = (await tx.page(VectorStoreFile, cursor, store_id=self.store_id, status="completed")).rows
        self._is_complete = not rows
        if not rows:
            return await self._touched_files(tx)
        changes: list[_Change] = []
        characters = 0
        for row in rows:
            changes.append(await self._change(tx, row, text=False))
            self._last = row["seq"]
            characters += len(changes[-1].text or "")
            if characters > _MOST_CHARACTERS:
                break
        return changes

    async def _touched_files(self, tx: Transaction) -> Sequence[_Change]:
        changes: list[_Change] = []
        characters = 0
        while self._touched and len(changes) < _MOST_FILES and characters <= _MOST_CHARACTERS:
            file_id = next(iter(self._touched))
            row_id, text = self._touched.pop(file_id)
            row = await tx.get(VectorStoreFile, row_id)
            if row is None or row["status"] != "completed":
                changes.append(_Change(file_id, None))
                continue
            changes.append(await self._change(tx, row, text=text))
            characters += len(changes[-1].text or "")
        return changes

    async def _change(self, tx: Transaction, row: Row, *, text: bool) -> _Change:
        if not text and self._places.get(row["file_id"]) == row["seq"]:
            return _Change(row["file_id"], row)
        found = await tx.get(VectorStoreFile, row["id"], heavy=True)
        return _Change(row["file_id"], row, (found and found["text"]) or "")

    def _steps(self, index: "Index", changes: Sequence[_Change]) -> Iterator[None]:
        """Bring the index up to date, in short steps."""
        from emulator.retrieval.chunking import iter_chunks  # noqa: PLC0415 - see the module

        for change in changes:
            file_id = change.file_id
            if change.row is None:
                yield from index.steps_to_remove(file_id)
                self._attributes.pop(file_id, None)
                self._places.pop(file_id, None)
                continue
            if change.text is not None:
                sizes = change.row["doc"]["chunking_strategy"]["static"]
                chunks = iter_chunks(change.text, sizes["max_chunk_size_tokens"], sizes["chunk_overlap_tokens"])
                yield from index.steps_to_add(file_id, (chunk.text for chunk in chunks))
                self._places[file_id] = change.row["seq"]
            self._attributes[file_id] = change.row["doc"]["attributes"]


def _advance(steps: Iterator[None]) -> bool:
    """Take steps for a short time; return whether there may be more."""
    until = perf_counter() + _STRETCH
    return any(perf_counter() >= until for _ in steps)

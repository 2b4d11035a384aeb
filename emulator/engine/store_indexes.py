"""The searched vector stores of a server: which indexes are kept, and how many threads work on them."""

from collections.abc import Callable
from typing import Final, TypeVar

from emulator.daemon_threads import Workers
from emulator.engine.shared_store_index import SharedStoreIndex
from emulator.engine.store_index import StoreIndex
from emulator.store.documents import Row, Transaction
from emulator.store.tables import IndexChange

T = TypeVar("T")

# An index takes about six bytes for each character in its chunks, and what overlaps counts twice; many different words
# are weighed in characters, too (`StoreIndex.weight`). So this is some 200 MB in all.
MOST_CHARACTERS: Final = 32_000_000
# Counted for an index as such: so there are never more than 1,600.
_EMPTY: Final = 20_000
# Each thread that computes can hold up the others, the event loop among them, for some milliseconds.
_MOST_THREADS: Final = 2


class StoreIndexes:
    """The indexes of a server, by namespace and store; the one searched last is kept in any case.

    So are those searched before it, as long as their texts together have no more than ``most_characters``: a program
    comes back to the stores it uses, and any other one costs no more than its first search did. is_shared: whether
    other processes change the stores as well, so that each search looks for what they have done.
    """

    def __init__(self, most_characters: int = MOST_CHARACTERS) -> None:
        self._most_characters = most_characters
        self._by_store: dict[tuple[str, str], StoreIndex] = {}  # that searched last is the last
        self._workers = Workers("search", _MOST_THREADS)
        self.is_shared = False

    def __len__(self) -> int:
        """Return the number of indexes that are kept."""
        return len(self._by_store)

    def of(self, ns: str, store_id: str) -> StoreIndex:
        """Return the index of a store, which may be empty yet."""
        index = self._by_store.pop((ns, store_id), None)
        if index is None or index.is_dropped:
            index = (SharedStoreIndex if self.is_shared else StoreIndex)(store_id, self.compute)
        self._by_store[ns, store_id] = index
        return index

    async def compute(self, work: Callable[[], T]) -> T:
        """Return what a short piece of work returns, which runs on a thread when its turn comes.

        Raises `ServerStopsError`.
        """
        return await self._workers.compute(work)

    def stop(self) -> None:
        """End all searches, at their next piece of work."""
        self._workers.stop()

    def trim(self) -> None:
        """Let go of what was not searched for the longest time, where all together is too large."""
        weights = {key: _EMPTY + index.weight for key, index in self._by_store.items()}
        whole = sum(weights.values())
        for key in list(self._by_store)[:-1]:
            if whole <= self._most_characters:
                break
            if not self._by_store[key].is_busy:
                self._by_store.pop(key).drop()  # another search may just be about to begin
                whole -= weights[key]

    def touch(self, tx: Transaction, row: Row, *, text: bool = True) -> None:
        """Look at a file in a store anew, once the transaction is kept. text: it is to be read again as well."""
        tx.after_commit(lambda: self._touch(tx.name, row, text=text))
        if tx.is_shared:
            tx.delete(IndexChange, id=row["id"])
            tx.insert(IndexChange, object(), id=row["id"], store_id=row["store_id"], file_id=row["file_id"])

    def _touch(self, ns: str, row: Row, *, text: bool) -> None:
        index = self._by_store.get((ns, row["store_id"]))
        if index is not None:
            index.touch(row, text=text)

    def drop(self, ns: str, store_id: str | None = None) -> None:
        """Let go of the index of a store, or of all in a namespace."""
        for key in [key for key in self._by_store if key[0] == ns and store_id in (None, key[1])]:
            self._by_store.pop(key).drop()

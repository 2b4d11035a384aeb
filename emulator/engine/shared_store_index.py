"""The index of a vector store that other processes change as well: each search looks first for what they have done."""

from emulator.engine.store_index import Compute, StoreIndex
from emulator.store.documents import Transaction
from emulator.store.tables import IndexChange, VectorStore


class SharedStoreIndex(StoreIndex):
    """What the files in a store say.

    A store that another one has replaced, by a reset or as a fixture, drops it: their files may have the same ids.
    """

    _may_change_elsewhere = True

    def __init__(self, store_id: str, compute: Compute) -> None:
        super().__init__(store_id, compute)
        self._of: tuple[str, int | None] | None = None  # the generation, and the place of the store's row there
        self._seen = 0  # the seq of the last change

    async def _follow(self, tx: Transaction) -> None:
        """Touch what has changed since the last look."""
        store = await tx.get(VectorStore, self.store_id, deleted=True)
        of = (tx.generation, None if store is None else store["seq"])
        if self._of not in (None, of):
            self.drop()
            return
        changes = await tx.all(IndexChange, store_id=self.store_id)
        if self._of is not None:  # else the first look at all files is still to come
            for change in changes:
                if change["seq"] > self._seen:
                    self.touch(change, text=True)
        self._of = of
        self._seen = max((change["seq"] for change in changes), default=self._seen)

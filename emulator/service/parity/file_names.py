"""The names of a namespace's files, also of those that are deleted, and which files its vector stores have."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from emulator.domain.parity.records import SeenFile, SeenMessage, SeenStore
from emulator.domain.view import ModelView
from emulator.store.documents import Transaction
from emulator.store.tables import File, VectorStore, VectorStoreFile

_SEARCH: Final = "file_search"


class FileNames:
    """Names by ids, and the ids of the files in each vector store as it is now; what of them was looked up."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._unknown: set[str] = set()
        self._stores: dict[str, Sequence[str]] = {}

    async def look_up(self, tx: Transaction, views: Iterable[ModelView], file_ids: Iterable[str] = ()) -> None:
        """Look up the files and stores that some runs could reach, and other files.

        A view has the names that they had then; of a file that is deleted, nothing else may have it.
        """
        asked = set(file_ids)
        for view in views:
            self._names.update((file.id, file.name) for file in view.files if file.name != file.id)
            asked.update(file_id for message in view.messages for file_id in message.files)
            asked.update(file.id for file in view.files)
            for store_id in view.vector_store_ids:
                await self._look_into(tx, store_id)
        for file_id in asked - self._names.keys() - self._unknown:
            row = await tx.get(File, file_id, deleted=True)
            name = None if row is None else row["name"] if row["doc"] is None else row["doc"]["filename"]
            if name is None:
                self._unknown.add(file_id)
            else:
                self._names[file_id] = str(name)

    async def _look_into(self, tx: Transaction, store_id: str) -> None:
        if store_id not in self._stores and await tx.has(VectorStore, store_id):
            rows = await tx.all(VectorStoreFile, store_id=store_id)
            self._stores[store_id] = [row["file_id"] for row in rows]

    @property
    def known(self) -> Mapping[str, str]:
        """The names that are known, by the ids of their files."""
        return self._names

    def of(self, file_id: str) -> str:
        """Return the name of a file; its id if no name is known."""
        return self._names.get(file_id, file_id)

    def found(self, results: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
        """Return the names of the files that the results of a search are from, in either API's shape."""
        return tuple(str(one.get("filename") or one.get("file_name") or self.of(one["file_id"])) for one in results)

    # --- what the model saw -----------------------------------------------------------------------------------------

    def messages(self, view: ModelView) -> tuple[SeenMessage, ...]:
        """Return the messages of a view."""
        return tuple(
            SeenMessage(one.role, one.text, tuple(map(self.of, one.files)), one.images) for one in view.messages
        )

    def files(self, view: ModelView) -> tuple[SeenFile, ...]:
        """Return the files within the reach of a run."""
        return tuple(SeenFile(one.id, self.of(one.id), tuple(one.tools)) for one in view.files)

    def stores(self, view: ModelView) -> tuple[SeenStore, ...]:
        """Return the stores that a run could search.

        A view does not say which of its files was in which store. Of one store these are all that could be searched; of
        several, their files are those of now, and a store that is gone has what could be searched and is in no other.
        """
        searched = [file.id for file in view.files if _SEARCH in file.tools]
        if len(view.vector_store_ids) == 1:
            return (SeenStore(view.vector_store_ids[0], tuple(map(self.of, searched))),)
        elsewhere = {file_id for store_id in view.vector_store_ids for file_id in self._stores.get(store_id, ())}
        left = [file_id for file_id in searched if file_id not in elsewhere]
        return tuple(
            SeenStore(store_id, tuple(map(self.of, self._stores.get(store_id, left))))
            for store_id in view.vector_store_ids
        )

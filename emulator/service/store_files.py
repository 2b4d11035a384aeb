"""Files in vector stores, one by one and in batches; and searching them."""

from collections.abc import Sequence
from typing import Any

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service import data_sources, files, ingestion, vector_stores
from emulator.service.lookup import ListQuery, page, unknown
from emulator.service.searchable import check_searchable
from emulator.store.documents import Page, Row, Transaction
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.vector_stores import STATUSES, AddFile, AddFiles, ModifyFile, file_batch


async def create(namespace: Namespace, store_id: str, body: AddFile) -> dict[str, Any]:
    """Add a file to a store."""
    async with namespace.transaction() as tx:
        store = await vector_stores.usable(namespace, tx, store_id)
        body = await data_sources.in_added(namespace, tx, body)
        await files.require(namespace, tx, [body.file_id])
        await ingestion.add(namespace, tx, store_id, [body])
        tx.update(VectorStore, store_id, doc=vector_stores.busy(store, 1))
        return dict((await _find(namespace, tx, store_id, body.file_id))["doc"])


async def listing(
    namespace: Namespace, store_id: str, query: ListQuery, status: str | None, batch_id: str | None = None
) -> Page:
    """List the files of a store, or of one batch; status: only those (in_progress, completed, failed, cancelled)."""
    async with namespace.transaction(store=store_id) as tx:
        await vector_stores.find(namespace, tx, store_id)
        if status is not None and status not in STATUSES:
            raise refusals.invalid_value("filter", status, STATUSES)
        where: dict[str, Any] = {"store_id": store_id, **({"status": status} if status else {})}
        if batch_id is not None:
            await _batch(namespace, tx, store_id, batch_id)
            where["batch_id"] = batch_id
        await namespace.ingestions.polled(tx, store_id)
        if batch_id is not None and namespace.behaviors.lists_batches_by_id:
            return await _page_by_id(tx, store_id, query, await tx.all(VectorStoreFile, **where))
        cursors = {name: _cursor(store_id, getattr(query, name)) for name in ("after", "before")}
        return await page(tx, VectorStoreFile, ListQuery(query.limit, query.order, **cursors), **where)


async def _page_by_id(tx: Transaction, store_id: str, query: ListQuery, rows: Sequence[Row]) -> Page:
    """Return a page in the order of ids; a cursor may name any file that is or was in the store."""
    for name in ("after", "before"):
        key = _cursor(store_id, getattr(query, name))
        if key is not None and await tx.get(VectorStoreFile, key, deleted=True) is None:
            raise refusals.unknown_cursor(name, getattr(query, name))
    by_id = {str(row["file_id"]): row for row in rows}
    low, high = query.after or "", query.before or "\U0010ffff"
    between = [by_id[file_id] for file_id in sorted(by_id) if low < file_id < high]
    backwards = query.before is not None and query.after is None
    return Page(between[-query.limit :] if backwards else between[: query.limit], len(between) > query.limit)


def _cursor(store_id: str, file_id: str | None) -> str | None:
    return None if file_id is None else ingestion.key(store_id, file_id)


async def _find(namespace: Namespace, tx: Transaction, store_id: str, file_id: str, *, heavy: bool = False) -> Row:
    """Return the row of a file in a store."""
    await vector_stores.find(namespace, tx, store_id)
    row = await tx.get(VectorStoreFile, ingestion.key(store_id, file_id), heavy=heavy)
    if row is None:
        raise refusals.file_not_in_store(file_id, store_id)
    return row


async def retrieve(namespace: Namespace, store_id: str, file_id: str) -> dict[str, Any]:
    """Return a file in a store; at some paces that is what lets it be taken in."""
    async with namespace.transaction(store=store_id) as tx:
        row = await _find(namespace, tx, store_id, file_id)
        await namespace.ingestions.polled(tx, store_id)
    return dict(row["doc"])


async def modify(namespace: Namespace, store_id: str, file_id: str, body: ModifyFile) -> dict[str, Any]:
    """Change the attributes of a file in a store."""
    async with namespace.transaction(store=store_id) as tx:
        row = await _find(namespace, tx, store_id, file_id)
        doc = {**row["doc"], "attributes": dict(body.attributes or {})}
        tx.update(VectorStoreFile, row["id"], doc=doc)
        namespace.indexes.touch(tx, row, text=False)
        return doc


async def content(namespace: Namespace, store_id: str, file_id: str) -> str:
    """Return the text that was read from a file."""
    async with namespace.transaction(store=store_id) as tx:
        row = await _find(namespace, tx, store_id, file_id, heavy=True)
    return row["text"] or ""


async def delete(namespace: Namespace, store_id: str, file_id: str) -> None:
    """Take a file out of a store; the file itself stays (documented)."""
    async with namespace.transaction(store=store_id) as tx:
        await ingestion.take_out(namespace, tx, await _find(namespace, tx, store_id, file_id))


async def delete_everywhere(namespace: Namespace, file_id: str) -> None:
    """Delete a file, and take it out of all stores; before that was documented, they retained its text (unverified)."""
    async with namespace.transaction() as tx:
        await files.find(namespace, tx, file_id)
        holding = await tx.all(VectorStoreFile, file_id=file_id)
    for row in holding:
        await namespace.ingestions.settle(row["store_id"])  # whoever still reads it, reads it to the end
    async with namespace.transaction() as tx:
        await files.remove(namespace, tx, file_id)
        if namespace.behaviors.takes_deleted_files_out:
            for row in await tx.all(VectorStoreFile, file_id=file_id):
                await ingestion.take_out(namespace, tx, row)


async def take_out(namespace: Namespace, tx: Transaction, store_id: str, file_id: str) -> None:
    """Take a file out of a store if it is there."""
    row = await tx.get(VectorStoreFile, ingestion.key(store_id, file_id))
    if row is not None:
        await ingestion.take_out(namespace, tx, row)


# --- batches --------------------------------------------------------------------------------------------------------


async def create_batch(namespace: Namespace, store_id: str, body: AddFiles) -> dict[str, Any]:
    """Add several files to a store at once; all of them have to be searchable (reported, unlike for single files)."""
    async with namespace.transaction() as tx:
        store = await vector_stores.usable(namespace, tx, store_id)
        if body.file_ids is None and body.files is None and body.data_sources is None:
            raise refusals.missing_parameter("file_ids")
        if body.file_ids is not None and body.files is not None:
            raise refusals.either_batch_field()
        file_ids = await data_sources.with_files(namespace, tx, body.file_ids, body.data_sources)
        added = body.model_copy(update={"file_ids": file_ids}).entries()
        for row in await files.require(namespace, tx, (one.file_id for one in added)):
            check_searchable(namespace, row, field=_field(body, row["id"]))
        batch_id = namespace.ids.make(namespace.behaviors.batch_ids)
        doc = file_batch(batch_id, store_id, now=namespace.now(), files=len(added))
        tx.insert(FileBatch, batch_id, id=batch_id, store_id=store_id, doc=doc)
        await ingestion.add(namespace, tx, store_id, added, batch_id)
        tx.update(VectorStore, store_id, doc=vector_stores.busy(store, len(added)))
        return doc


def _field(body: AddFiles, file_id: str) -> str:
    """Return by which field a body names a file."""
    if file_id in (body.file_ids or ()):
        return "file_ids"
    return "files" if any(one.file_id == file_id for one in body.files or ()) else "data_sources"


async def _batch(namespace: Namespace, tx: Transaction, store_id: str, batch_id: str) -> dict[str, Any]:
    row = await tx.get(FileBatch, batch_id)
    if row is None or row["store_id"] != store_id:
        raise unknown(namespace, "file_batch", batch_id, "batch_id", "vsfb_")
    return dict(row["doc"])


async def retrieve_batch(
    namespace: Namespace, store_id: str, batch_id: str, *, as_store: bool = False
) -> dict[str, Any]:
    """Return a batch; at some paces that is what lets its files be taken in.

    as_store: return its store instead, whose status and counts are those of all files that are in it.
    """
    async with namespace.transaction(store=store_id) as tx:
        store = (await vector_stores.find(namespace, tx, store_id))["doc"]
        doc = await _batch(namespace, tx, store_id, batch_id)
        await namespace.ingestions.polled(tx, store_id)
    return dict(store) if as_store else doc


async def cancel_batch(namespace: Namespace, store_id: str, batch_id: str) -> dict[str, Any]:
    """Cancel a batch; one that is complete stays so, and that is no error (recorded)."""
    async with namespace.transaction(store=store_id) as tx:
        await vector_stores.find(namespace, tx, store_id)
        doc = await _batch(namespace, tx, store_id, batch_id)
        if doc["status"] == "in_progress":
            await ingestion.cancel(namespace, tx, doc)
        return await _batch(namespace, tx, store_id, batch_id)

"""Files in vector stores, one by one and in batches; and searching them."""

from collections.abc import Sequence
from typing import Any

from emulator.domain import refusals
from emulator.engine import object_ids
from emulator.engine.namespace import Namespace
from emulator.service import files, ingestion, vector_stores
from emulator.service.lookup import ListQuery, page, unknown
from emulator.store.documents import Page, Row
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.history.behaviors import BATCH_FILES_BY_ID, LEAVES_ITS_STORES
from emulator.wire.vector_stores import STATUSES, AddFile, AddFiles, ModifyFile, file_batch


def create(namespace: Namespace, store_id: str, body: AddFile) -> dict[str, Any]:
    """Add a file to a store."""
    store = vector_stores.usable(namespace, store_id)
    vector_stores.check_files(namespace, [body])
    unit = namespace.unit()
    ingestion.add(namespace, unit, store_id, [body])
    doc = unit.added(VectorStoreFile)[0]["doc"]
    unit.update(VectorStore, store_id, doc=vector_stores.busy(store, 1))
    namespace.commit(unit)
    ingestion.begin(namespace, store_id)
    return dict(doc)


async def listing(
    namespace: Namespace, store_id: str, query: ListQuery, status: str | None, batch_id: str | None = None
) -> Page:
    """List the files of a store, or of one batch; status: only those (in_progress, completed, failed, cancelled)."""
    await namespace.ingestions.settle(store_id)
    vector_stores.find(namespace, store_id)
    if status is not None and status not in STATUSES:
        raise refusals.invalid_value("filter", status, STATUSES)
    where: dict[str, Any] = {"store_id": store_id, **({"status": status} if status else {})}
    if batch_id is not None:
        _batch(namespace, store_id, batch_id)
        where["batch_id"] = batch_id
    namespace.ingestions.polled(store_id)
    if batch_id is not None and BATCH_FILES_BY_ID.active_on(namespace.config.wire):
        return _page_by_id(
            namespace, store_id, query, namespace.documents.all(VectorStoreFile, namespace.name, **where)
        )
    cursors = {name: _cursor(store_id, getattr(query, name)) for name in ("after", "before")}
    return page(namespace, VectorStoreFile, ListQuery(query.limit, query.order, **cursors), **where)


def _page_by_id(namespace: Namespace, store_id: str, query: ListQuery, rows: Sequence[Row]) -> Page:
    """Return a page in the order of ids; a cursor may name any file that is or was in the store."""
    for name in ("after", "before"):
        key = _cursor(store_id, getattr(query, name))
        if key is not None and namespace.documents.get(VectorStoreFile, namespace.name, key, deleted=True) is None:
            raise refusals.unknown_cursor(name, getattr(query, name))
    by_id = {str(row["file_id"]): row for row in rows}
    low, high = query.after or "", query.before or "\U0010ffff"
    between = [by_id[file_id] for file_id in sorted(by_id) if low < file_id < high]
    backwards = query.before is not None and query.after is None
    return Page(between[-query.limit :] if backwards else between[: query.limit], len(between) > query.limit)


def _cursor(store_id: str, file_id: str | None) -> str | None:
    return None if file_id is None else ingestion.key(store_id, file_id)


async def find(namespace: Namespace, store_id: str, file_id: str) -> Row:
    """Return the row of a file in a store."""
    await namespace.ingestions.settle(store_id)
    vector_stores.find(namespace, store_id)
    row = namespace.documents.get(VectorStoreFile, namespace.name, ingestion.key(store_id, file_id))
    if row is None:
        raise refusals.file_not_in_store(file_id, store_id)
    return row


async def retrieve(namespace: Namespace, store_id: str, file_id: str) -> dict[str, Any]:
    """Return a file in a store; at some paces that is what lets it be taken in."""
    row = await find(namespace, store_id, file_id)
    namespace.ingestions.polled(store_id)
    return dict(row["doc"])


async def modify(namespace: Namespace, store_id: str, file_id: str, body: ModifyFile) -> dict[str, Any]:
    """Change the attributes of a file in a store."""
    row = await find(namespace, store_id, file_id)
    doc = {**row["doc"], "attributes": dict(body.attributes or {})}
    unit = namespace.unit()
    unit.update(VectorStoreFile, row["id"], doc=doc)
    namespace.commit(unit)
    return doc


async def content(namespace: Namespace, store_id: str, file_id: str) -> str:
    """Return the text that was read from a file."""
    row = await find(namespace, store_id, file_id)
    with_text = namespace.documents.get(VectorStoreFile, namespace.name, row["id"], heavy=True)
    return (with_text and with_text["text"]) or ""


async def delete(namespace: Namespace, store_id: str, file_id: str) -> None:
    """Take a file out of a store; the file itself stays (documented)."""
    _remove(namespace, await find(namespace, store_id, file_id))


async def delete_everywhere(namespace: Namespace, file_id: str) -> None:
    """Delete a file, and take it out of all stores; before that was documented, they retained its text (unverified)."""
    files.find(namespace, file_id)
    holding = namespace.documents.all(VectorStoreFile, namespace.name, file_id=file_id)
    for row in holding:
        await namespace.ingestions.settle(row["store_id"])  # whoever still reads it, reads it to the end
    files.delete(namespace, file_id)
    if LEAVES_ITS_STORES.active_on(namespace.config.wire):
        for row in holding:
            _remove(namespace, row)


def _remove(namespace: Namespace, row: Row) -> None:
    unit = namespace.unit()
    unit.soft_delete(VectorStoreFile, row["id"])
    namespace.commit(unit)
    unit = namespace.unit()
    ingestion.recount(namespace, unit, row["store_id"])
    namespace.commit(unit)


# --- batches --------------------------------------------------------------------------------------------------------


def create_batch(namespace: Namespace, store_id: str, body: AddFiles) -> dict[str, Any]:
    """Add several files to a store at once."""
    store = vector_stores.usable(namespace, store_id)
    added = body.entries()
    if body.file_ids is None and body.files is None:
        raise refusals.missing_parameter("file_ids")
    if body.file_ids is not None and body.files is not None:
        raise refusals.either_batch_field()
    vector_stores.check_files(namespace, added)
    doc = file_batch(object_ids.make(namespace, "vsfb_ibj"), store_id, now=namespace.now(), files=len(added))
    unit = namespace.unit()
    unit.insert(FileBatch, doc["id"], id=doc["id"], store_id=store_id, doc=doc)
    ingestion.add(namespace, unit, store_id, added, doc["id"])
    unit.update(VectorStore, store_id, doc=vector_stores.busy(store, len(added)))
    namespace.commit(unit)
    ingestion.begin(namespace, store_id, doc["id"])
    return doc


def _batch(namespace: Namespace, store_id: str, batch_id: str) -> Row:
    row = namespace.documents.get(FileBatch, namespace.name, batch_id)
    if row is None or row["store_id"] != store_id:
        raise unknown(namespace, "file_batch", batch_id, "batch_id", "vsfb")
    return row


async def retrieve_batch(namespace: Namespace, store_id: str, batch_id: str) -> dict[str, Any]:
    """Return a batch; at some paces that is what lets its files be taken in."""
    doc = await _settled_batch(namespace, store_id, batch_id)
    namespace.ingestions.polled(store_id)
    return doc


async def _settled_batch(namespace: Namespace, store_id: str, batch_id: str) -> dict[str, Any]:
    await namespace.ingestions.settle(store_id)
    vector_stores.find(namespace, store_id)
    return dict(_batch(namespace, store_id, batch_id)["doc"])


async def cancel_batch(namespace: Namespace, store_id: str, batch_id: str) -> dict[str, Any]:
    """Cancel a batch; one that is complete stays so, and that is no error (recorded)."""
    doc = await _settled_batch(namespace, store_id, batch_id)
    if doc["status"] == "in_progress":
        ingestion.cancel(namespace, doc)
    return dict(_batch(namespace, store_id, batch_id)["doc"])

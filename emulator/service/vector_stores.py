"""Vector stores."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from emulator.domain import lifecycle, refusals
from emulator.domain.lifecycle import Signal
from emulator.engine.namespace import Namespace
from emulator.service import data_sources, files, ingestion
from emulator.service.lookup import ListQuery, page, unknown
from emulator.store import removals
from emulator.store.documents import Page, Row, Transaction
from emulator.store.tables import VectorStore
from emulator.wire.vector_stores import AddFile, CreateVectorStore, ModifyVectorStore, expiry, vector_store


async def create(namespace: Namespace, body: CreateVectorStore) -> dict[str, Any]:
    """Create a store, and begin to read its first files."""
    async with namespace.transaction() as tx:
        return await add(namespace, tx, body)


async def add(
    namespace: Namespace,
    tx: Transaction,
    body: CreateVectorStore,
    *,
    id: str | None = None,  # noqa: A002
) -> dict[str, Any]:
    """Add a store; its first files are read when that is kept. id: pinned by a fixture."""
    sources = body.configuration.data_sources if body.configuration else None
    file_ids = await data_sources.with_files(namespace, tx, body.file_ids, sources)
    added = [AddFile(file_id=file_id, chunking_strategy=body.chunking_strategy) for file_id in file_ids]
    await files.require(namespace, tx, file_ids)
    doc = vector_store(id or namespace.ids.make(namespace.behaviors.store_ids), now=namespace.now(), body=body)
    if added:
        doc = busy(doc, len(added))
    tx.insert(VectorStore, doc["id"], id=doc["id"], doc=doc)
    await ingestion.add(namespace, tx, doc["id"], added)
    return doc


def busy(doc: Mapping[str, Any], more: int) -> dict[str, Any]:
    """Return a store that begins to take files in."""
    changed = dict(doc)
    if doc["status"] == "completed":
        changed, _ = lifecycle.apply(lifecycle.VECTOR_STORE, changed, Signal.ATTACH, 0)
    counts = doc["file_counts"]
    return {
        **changed,
        "file_counts": {**counts, "in_progress": counts["in_progress"] + more, "total": counts["total"] + more},
    }


async def find(namespace: Namespace, tx: Transaction, store_id: str) -> Row:
    """Return the row of a store; one that has outlived its time is expired from now on."""
    row = await tx.get(VectorStore, store_id)
    if row is None:
        raise unknown(namespace, "vector_store", store_id, "vector_store_id", "vs")
    return _as_of_now(namespace, tx, row)


def _as_of_now(namespace: Namespace, tx: Transaction, row: Row) -> Row:
    doc = row["doc"]
    if doc["expires_at"] is None or doc["expires_at"] > namespace.now() or doc["status"] == "expired":
        return row
    doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE, doc, Signal.EXPIRE, namespace.now())
    tx.update(VectorStore, row["id"], doc=doc)
    return {**row, "doc": doc}


async def usable(namespace: Namespace, tx: Transaction, store_id: str) -> dict[str, Any]:
    """Return a store that has not expired."""
    doc: dict[str, Any] = (await find(namespace, tx, store_id))["doc"]
    if doc["status"] == "expired":
        raise refusals.store_is_expired(store_id)
    return doc


async def use(namespace: Namespace, tx: Transaction, store_id: str) -> None:
    """Note that a store is used now: that moves its end (documented). Raise the refusal of one that has expired."""
    doc = await usable(namespace, tx, store_id)
    tx.update(VectorStore, store_id, doc={**doc, **expiry(doc["expires_after"], namespace.now())})


async def listing(namespace: Namespace, query: ListQuery) -> Page:
    """List stores."""
    await namespace.ingestions.settle_all()
    async with namespace.transaction() as tx:
        found = await page(tx, VectorStore, query)
        return Page([_as_of_now(namespace, tx, row) for row in found.rows], found.has_more)


async def retrieve(namespace: Namespace, store_id: str) -> dict[str, Any]:
    """Return a store; at some paces that is what lets its files be taken in."""
    async with namespace.transaction(store=store_id) as tx:
        doc = dict((await find(namespace, tx, store_id))["doc"])
        await namespace.ingestions.polled(tx, store_id)
    return doc


async def modify(namespace: Namespace, store_id: str, body: ModifyVectorStore) -> dict[str, Any]:
    """Change a store: null takes its name and its expiry away (documented as nullable)."""
    async with namespace.transaction(store=store_id) as tx:
        doc = dict((await find(namespace, tx, store_id))["doc"])
        if "name" in body.model_fields_set:
            doc["name"] = body.name
        if "expires_after" in body.model_fields_set:
            after = body.expires_after.model_dump() if body.expires_after else None
            doc.update(expiry(after, doc["last_active_at"]))
        if body.metadata is not None:
            doc["metadata"] = body.metadata
        tx.update(VectorStore, store_id, doc=doc)
        return doc


async def delete(namespace: Namespace, store_id: str) -> None:
    """Delete a store; the files themselves stay (documented)."""
    await namespace.ingestions.complete(store_id)
    async with namespace.transaction() as tx:
        await find(namespace, tx, store_id)
        tx.soft_delete(VectorStore, store_id)
        await removals.remove(tx, namespace.documents.removals, VectorStore, store_id)
        tx.after_commit(partial(namespace.indexes.drop, namespace.name, store_id))

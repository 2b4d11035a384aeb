"""Vector stores."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain import lifecycle, refusals
from emulator.engine import object_ids
from emulator.engine.namespace import Namespace
from emulator.service import files, ingestion
from emulator.service.lookup import ListQuery, page, unknown
from emulator.store.documents import Page, Row, Unit
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.values import StaticChunking
from emulator.wire.vector_stores import AddFile, CreateVectorStore, ModifyVectorStore, expiry, vector_store


def create(namespace: Namespace, body: CreateVectorStore, *, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """Create a store, and begin to read its first files. id: pinned by a fixture."""
    unit = namespace.unit()
    doc = add(namespace, unit, body, id=id)
    namespace.commit(unit)
    if body.file_ids:
        ingestion.begin(namespace, doc["id"])
    return doc


def add(namespace: Namespace, unit: Unit, body: CreateVectorStore, *, id: str | None = None) -> dict[str, Any]:  # noqa: A002
    """Add a store to a unit; its files are to be read when that has been written."""
    added = [AddFile(file_id=file_id, chunking_strategy=body.chunking_strategy) for file_id in body.file_ids or []]
    check_files(namespace, added)
    doc = vector_store(id or object_ids.make(namespace, "vs"), now=namespace.now(), body=body)
    if added:
        doc = busy(doc, len(added))
    unit.insert(VectorStore, doc["id"], id=doc["id"], doc=doc)
    ingestion.add(namespace, unit, doc["id"], added)
    return doc


def busy(doc: Mapping[str, Any], more: int) -> dict[str, Any]:
    """Return a store that begins to take files in."""
    changed = dict(doc)
    if doc["status"] == "completed":
        changed, _ = lifecycle.apply(lifecycle.VECTOR_STORE, changed, "attach", 0)
    counts = doc["file_counts"]
    return {
        **changed,
        "file_counts": {**counts, "in_progress": counts["in_progress"] + more, "total": counts["total"] + more},
    }


def check_files(namespace: Namespace, added: Sequence[AddFile]) -> None:
    """Refuse files that are not there, and sizes of chunks that cannot be."""
    for body in added:
        sizes = body.chunking_strategy.static if isinstance(body.chunking_strategy, StaticChunking) else None
        if sizes and sizes.chunk_overlap_tokens * 2 > sizes.max_chunk_size_tokens:
            raise refusals.overlap_too_large("chunking_strategy.static.chunk_overlap_tokens")
    files.require(namespace, (body.file_id for body in added))


def find(namespace: Namespace, store_id: str) -> Row:
    """Return the row of a store; one that has outlived its time is expired from now on."""
    row = namespace.documents.get(VectorStore, namespace.name, store_id)
    if row is None:
        raise unknown(namespace, "vector_store", store_id, "vector_store_id", "vs")
    doc = row["doc"]
    if doc["expires_at"] is not None and doc["expires_at"] <= namespace.now() and doc["status"] != "expired":
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE, doc, "expire", namespace.now())
        unit = namespace.unit()
        unit.update(VectorStore, store_id, doc=doc)
        namespace.commit(unit)
    return {**row, "doc": doc}


def usable(namespace: Namespace, store_id: str) -> dict[str, Any]:
    """Return a store that has not expired."""
    doc: dict[str, Any] = find(namespace, store_id)["doc"]
    if doc["status"] == "expired":
        raise refusals.store_is_expired(store_id)
    return doc


def use(namespace: Namespace, unit: Unit, store_id: str) -> None:
    """Note that a store is used now: that moves its end (documented). Raise the refusal of one that has expired."""
    doc = usable(namespace, store_id)
    unit.update(VectorStore, store_id, doc={**doc, **expiry(doc["expires_after"], namespace.now())})


async def listing(namespace: Namespace, query: ListQuery) -> Page:
    """List stores."""
    await namespace.ingestions.settle_all()
    found = page(namespace, VectorStore, query)
    return Page([find(namespace, row["id"]) for row in found.rows], found.has_more)


async def retrieve(namespace: Namespace, store_id: str) -> dict[str, Any]:
    """Return a store; at some paces that is what lets its files be taken in."""
    doc = await _settled(namespace, store_id)
    namespace.ingestions.polled(store_id)
    return doc


async def _settled(namespace: Namespace, store_id: str) -> dict[str, Any]:
    await namespace.ingestions.settle(store_id)
    return dict(find(namespace, store_id)["doc"])


async def modify(namespace: Namespace, store_id: str, body: ModifyVectorStore) -> dict[str, Any]:
    """Change a store: null takes its name and its expiry away (documented as nullable)."""
    doc = await _settled(namespace, store_id)
    if "name" in body.model_fields_set:
        doc["name"] = body.name
    if "expires_after" in body.model_fields_set:
        after = body.expires_after.model_dump() if body.expires_after else None
        doc.update(expiry(after, doc["last_active_at"]))
    if body.metadata is not None:
        doc["metadata"] = body.metadata
    unit = namespace.unit()
    unit.update(VectorStore, store_id, doc=doc)
    namespace.commit(unit)
    return doc


async def delete(namespace: Namespace, store_id: str) -> None:
    """Delete a store; the files themselves stay (documented)."""
    await namespace.ingestions.complete(store_id)
    find(namespace, store_id)
    unit = namespace.unit()
    unit.soft_delete(VectorStore, store_id)
    unit.delete(VectorStoreFile, store_id=store_id)
    unit.delete(FileBatch, store_id=store_id)
    namespace.commit(unit)

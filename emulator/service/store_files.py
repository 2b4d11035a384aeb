"""Files in vector stores, one by one and in batches; and searching them."""

from collections.abc import Sequence
from typing import Any

from emulator.domain import errors
from emulator.engine import naming
from emulator.engine.world import World
from emulator.service import files, ingesting, vector_stores
from emulator.service.finding import ListQuery, page, unknown
from emulator.store.documents import Page, Row
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.habits import BATCH_FILES_BY_ID, LEAVES_ITS_STORES
from emulator.wire.vector_stores import STATUSES, AddFile, AddFiles, ModifyFile, file_batch


def create(world: World, store_id: str, body: AddFile) -> dict[str, Any]:
    """Add a file to a store."""
    store = vector_stores.usable(world, store_id)
    vector_stores.check_files(world, [body])
    unit = world.unit()
    ingesting.add(world, unit, store_id, [body])
    doc = unit.added(VectorStoreFile)[0]["doc"]
    unit.update(VectorStore, store_id, doc=vector_stores.busy(store, 1))
    world.commit(unit)
    ingesting.begin(world, store_id)
    return dict(doc)


async def listing(
    world: World, store_id: str, query: ListQuery, status: str | None, batch_id: str | None = None
) -> Page:
    """List the files of a store, or of one batch; status: only those (in_progress, completed, failed, cancelled)."""
    await world.settle_store(store_id)
    vector_stores.find(world, store_id)
    if status is not None and status not in STATUSES:
        raise errors.invalid_value("filter", status, STATUSES)
    where = {"store_id": store_id, **({"status": status} if status else {})}
    if batch_id is not None:
        _batch(world, store_id, batch_id)
        where["batch_id"] = batch_id
    world.store_polled(store_id)
    if batch_id is not None and BATCH_FILES_BY_ID.came_by(world.setup["wire"]):
        return _page_by_id(world, store_id, query, world.documents.all(VectorStoreFile, world.name, **where))
    cursors = {name: _cursor(store_id, getattr(query, name)) for name in ("after", "before")}
    return page(world, VectorStoreFile, ListQuery(query.limit, query.order, **cursors), **where)


def _page_by_id(world: World, store_id: str, query: ListQuery, rows: Sequence[Row]) -> Page:
    """Return a page in the order of ids; a cursor may name any file that is or was in the store."""
    for name in ("after", "before"):
        key = _cursor(store_id, getattr(query, name))
        if key is not None and world.documents.get(VectorStoreFile, world.name, key, deleted=True) is None:
            raise errors.unknown_cursor(name, getattr(query, name))
    by_id = {str(row["file_id"]): row for row in rows}
    low, high = query.after or "", query.before or "\U0010ffff"
    held = [by_id[file_id] for file_id in sorted(by_id) if low < file_id < high]
    backwards = query.before is not None and query.after is None
    return Page(held[-query.limit :] if backwards else held[: query.limit], len(held) > query.limit)


def _cursor(store_id: str, file_id: str | None) -> str | None:
    return None if file_id is None else ingesting.key(store_id, file_id)


async def find(world: World, store_id: str, file_id: str) -> Row:
    """Return the row of a file in a store."""
    await world.settle_store(store_id)
    vector_stores.find(world, store_id)
    row = world.documents.get(VectorStoreFile, world.name, ingesting.key(store_id, file_id))
    if row is None:
        raise errors.file_not_in_store(file_id, store_id)
    return row


async def retrieve(world: World, store_id: str, file_id: str) -> dict[str, Any]:
    """Return a file in a store; at some paces that is what lets it be taken in."""
    row = await find(world, store_id, file_id)
    world.store_polled(store_id)
    return dict(row["doc"])


async def modify(world: World, store_id: str, file_id: str, body: ModifyFile) -> dict[str, Any]:
    """Change the attributes of a file in a store."""
    row = await find(world, store_id, file_id)
    doc = {**row["doc"], "attributes": dict(body.attributes or {})}
    unit = world.unit()
    unit.update(VectorStoreFile, row["id"], doc=doc)
    world.commit(unit)
    return doc


async def content(world: World, store_id: str, file_id: str) -> str:
    """Return the text that was read from a file."""
    return (await find(world, store_id, file_id))["text"] or ""


async def delete(world: World, store_id: str, file_id: str) -> None:
    """Take a file out of a store; the file itself stays (documented)."""
    _take_out(world, await find(world, store_id, file_id))


async def delete_everywhere(world: World, file_id: str) -> None:
    """Delete a file, and take it out of all stores; before that was documented, they kept its text (unverified)."""
    files.find(world, file_id)
    held = world.documents.all(VectorStoreFile, world.name, file_id=file_id)
    for row in held:
        await world.settle_store(row["store_id"])  # whoever still reads it, reads it to the end
    files.delete(world, file_id)
    if LEAVES_ITS_STORES.came_by(world.setup["wire"]):
        for row in held:
            _take_out(world, row)


def _take_out(world: World, row: Row) -> None:
    unit = world.unit()
    unit.bury(VectorStoreFile, row["id"])
    world.commit(unit)
    unit = world.unit()
    ingesting.recount(world, unit, row["store_id"])
    world.commit(unit)


# --- batches --------------------------------------------------------------------------------------------------------


def create_batch(world: World, store_id: str, body: AddFiles) -> dict[str, Any]:
    """Add several files to a store at once."""
    store = vector_stores.usable(world, store_id)
    wanted = body.each()
    if body.file_ids is None and body.files is None:
        raise errors.missing_parameter("file_ids")
    if body.file_ids is not None and body.files is not None:
        raise errors.either_batch_field()
    vector_stores.check_files(world, wanted)
    doc = file_batch(naming.make(world, "vsfb_ibj"), store_id, now=world.now(), files=len(wanted))
    unit = world.unit()
    unit.insert(FileBatch, doc["id"], id=doc["id"], store_id=store_id, doc=doc)
    ingesting.add(world, unit, store_id, wanted, doc["id"])
    unit.update(VectorStore, store_id, doc=vector_stores.busy(store, len(wanted)))
    world.commit(unit)
    ingesting.begin(world, store_id, doc["id"])
    return doc


def _batch(world: World, store_id: str, batch_id: str) -> Row:
    row = world.documents.get(FileBatch, world.name, batch_id)
    if row is None or row["store_id"] != store_id:
        raise unknown(world, "file_batch", batch_id, "batch_id", "vsfb")
    return row


async def retrieve_batch(world: World, store_id: str, batch_id: str) -> dict[str, Any]:
    """Return a batch; at some paces that is what lets its files be taken in."""
    doc = await _look_at_batch(world, store_id, batch_id)
    world.store_polled(store_id)
    return doc


async def _look_at_batch(world: World, store_id: str, batch_id: str) -> dict[str, Any]:
    await world.settle_store(store_id)
    vector_stores.find(world, store_id)
    return dict(_batch(world, store_id, batch_id)["doc"])


async def cancel_batch(world: World, store_id: str, batch_id: str) -> dict[str, Any]:
    """Cancel a batch; one that is complete stays so, and that is no error (recorded)."""
    doc = await _look_at_batch(world, store_id, batch_id)
    if doc["status"] == "in_progress":
        ingesting.cancel(world, doc)
    return dict(_batch(world, store_id, batch_id)["doc"])

"""Reading files into vector stores: beside the requests, with the stores' counts kept up to date.

A request about a store first lets everything settle that is under way in it, as one about a thread lets its run.
"""

import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from emulator.domain import lifecycle
from emulator.domain.errors import UnavailableDatabaseError
from emulator.domain.lifecycle import Signal
from emulator.engine.ingestions import AtEnd, Shown
from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.store.documents import Row, Transaction
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.vector_stores import AddFile, counts, expiry, store_file

_log: Final = logging.getLogger(__name__)
# What the service kept beside the text: a file of 12 bytes came to 1036, one of 21 to 1045 (recorded).
_OVERHEAD: Final = 1024


def key(store_id: str, file_id: str) -> str:
    """Return the id of a file's row in a store."""
    return f"{store_id}/{file_id}"


# --- adding ---------------------------------------------------------------------------------------------------------


async def add(
    namespace: Namespace, tx: Transaction, store_id: str, added: Sequence[AddFile], batch_id: str | None = None
) -> None:
    """Add files to a store, to be read once that is kept; one that is there already is read again."""
    for file_id, body in {body.file_id: body for body in added}.items():
        doc = store_file(store_id, body, now=namespace.now())
        row = key(store_id, file_id)
        about: dict[str, Any] = {"store_id": store_id, "file_id": file_id, "batch_id": batch_id, "doc": doc}
        if tx.has_added(VectorStoreFile, row):  # as for two messages with one file: it keeps its place
            tx.update(VectorStoreFile, row, **about)
            continue
        if await tx.get(VectorStoreFile, row, deleted=True) is not None:
            tx.delete(VectorStoreFile, id=row)
            # Its new row may look like the old one.
            namespace.indexes.touch(tx, {"id": row, "store_id": store_id, "file_id": file_id})
        tx.insert(VectorStoreFile, row, id=row, status="in_progress", text=None, **about)
    if added:
        await namespace.ingestions.add(tx, store_id, batch_id)


async def read_again(namespace: Namespace, tx: Transaction, file_id: str) -> None:
    """Read a file anew in every store that holds it: its content is another one."""
    for row in await tx.all(VectorStoreFile, file_id=file_id):
        doc = row["doc"]
        if doc["status"] == "in_progress":
            continue
        options = {"attributes": doc["attributes"], "chunking_strategy": doc["chunking_strategy"]}
        again = AddFile.read({"file_id": file_id, **options})
        await add(namespace, tx, row["store_id"], [again], row["batch_id"])


async def resume(namespace: Namespace, store_id: str, shown: Sequence[Shown] = ()) -> None:
    """Go on with what the last server was reading. shown: how far it had come."""
    async with namespace.transaction() as tx:
        rows = await tx.unfinished(VectorStoreFile, store_id=store_id)
        before = {one.batch_id: one for one in shown if one.store_id == store_id}
        for batch_id in dict.fromkeys(row["batch_id"] for row in rows):
            if not await namespace.ingestions.has(tx, store_id, batch_id):
                await namespace.ingestions.add(tx, store_id, batch_id, before.get(batch_id))


# --- reading --------------------------------------------------------------------------------------------------------


async def read_all(namespace: Namespace, store_id: str, batch_id: str | None, at_end: AtEnd) -> None:
    """Read every file of a store, or of a batch, that has not been read yet; whoever else does so does no harm."""
    async with namespace.transaction() as tx:
        unread = await tx.unfinished(VectorStoreFile, store_id=store_id)
        rows = [row for row in unread if row["batch_id"] == batch_id]
        if not rows:
            await _finish(namespace, tx, store_id, batch_id)
            await at_end(tx)
    for row in rows:
        await namespace.clock.yield_to_loop()  # small files are read at once, and there may be thousands
        doc, text = await _read(namespace, row)
        async with namespace.transaction() as tx:
            await _keep(namespace, tx, row, doc, text)
            if row is rows[-1]:  # in one with the last file: a restart looks for files only
                await _finish(namespace, tx, store_id, batch_id)
                await at_end(tx)


async def _read(namespace: Namespace, row: Row) -> tuple[dict[str, Any], str | None]:
    """Return the document of a file in a store as it is once it has been read, and the text."""
    from emulator.retrieval.refusals import InvalidFile, UnreadableFileError  # noqa: PLC0415 - most servers never read

    async with namespace.transaction() as tx:
        file = await files.find_live(namespace, tx, row["file_id"])
        # The hidden store of a v1 assistant has no document.
        is_of_v1 = await tx.get(VectorStore, row["store_id"], deleted=True) is None
    try:
        if file is None:
            raise InvalidFile
        any_text = namespace.behaviors.indexes_any_text
        with await namespace.blobs.beside(partial(namespace.blobs.on_disk, file["blob"])) as path:
            text = await namespace.readers.read(file["doc"]["filename"], path, v1=is_of_v1, any_text=any_text)
    except UnavailableDatabaseError:
        raise  # it is the database's failure: the file is read again
    except UnreadableFileError as error:
        return _failed(namespace, row, error.code, error.message), None
    except OSError as error:  # its bytes are gone
        _log.error("file %s: %s", row["file_id"], error)
        return _failed(namespace, row, "server_error", "An internal error occurred."), None
    except Exception:  # noqa: BLE001 - a file that cannot be read is the file's failure, not the server's
        _log.exception("file %s", row["file_id"])
        return _failed(namespace, row, "server_error", "An internal error occurred."), None
    doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, row["doc"], Signal.COMPLETE, namespace.now())
    by_bytes = row["batch_id"] is not None and namespace.behaviors.counts_batches_by_bytes
    doc["usage_bytes"] = file["doc"]["bytes"] + (0 if by_bytes else _OVERHEAD)
    return doc, text


def _failed(namespace: Namespace, row: Row, code: str, message: str) -> dict[str, Any]:
    doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, row["doc"], Signal.FAIL, namespace.now())
    doc["last_error"] = {"code": code, "message": message}
    return doc


async def _keep(namespace: Namespace, tx: Transaction, row: Row, doc: Mapping[str, Any], text: str | None) -> None:
    """Write what was read of a file, unless it was taken out, cancelled or added anew meanwhile."""
    current = await tx.get(VectorStoreFile, row["id"])
    if current is not None and (current["seq"], current["doc"]) == (row["seq"], row["doc"]):
        tx.update(VectorStoreFile, row["id"], status=doc["status"], text=text, doc=doc)
        namespace.indexes.touch(tx, row)


# --- counting -------------------------------------------------------------------------------------------------------


async def _finish(namespace: Namespace, tx: Transaction, store_id: str, batch_id: str | None) -> None:
    await recount(namespace, tx, store_id)
    if batch_id is not None:
        await _finish_batch(namespace, tx, batch_id)


async def recount(namespace: Namespace, tx: Transaction, store_id: str) -> None:
    """Bring a store's counts, size and status up to date with its files; using it moves its expiry."""
    row = await tx.get(VectorStore, store_id)
    if row is None:
        return
    doc = dict(row["doc"])
    in_store = await tx.tally(VectorStoreFile, "status", "usage_bytes", store_id=store_id)
    doc["file_counts"] = counts({status: number for status, (number, _) in in_store.items()})
    doc["usage_bytes"] = sum(size for _, size in in_store.values())
    signal = lifecycle.store_signal(doc["status"], busy=doc["file_counts"]["in_progress"] > 0)
    if signal is not None:
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE, doc, signal, namespace.now())
    if doc["status"] != "expired":
        doc.update(expiry(doc["expires_after"], namespace.now()))
    tx.update(VectorStore, store_id, doc=doc)


async def take_out(namespace: Namespace, tx: Transaction, row: Row) -> None:
    """Take a file out of its store, whose counts follow; those of a store at rest are right, and need no counting."""
    tx.soft_delete(VectorStoreFile, row["id"])
    namespace.indexes.touch(tx, row)
    store = await tx.get(VectorStore, row["store_id"])
    if store is None or store["doc"]["file_counts"]["in_progress"]:
        await recount(namespace, tx, row["store_id"])
        return
    doc, before = dict(store["doc"]), store["doc"]["file_counts"]
    doc["file_counts"] = {**before, row["status"]: before[row["status"]] - 1, "total": before["total"] - 1}
    doc["usage_bytes"] -= row["doc"]["usage_bytes"]
    if doc["status"] != "expired":
        doc.update(expiry(doc["expires_after"], namespace.now()))
    tx.update(VectorStore, row["store_id"], doc=doc)


async def _finish_batch(namespace: Namespace, tx: Transaction, batch_id: str) -> None:
    """Bring a batch up to date with its files."""
    row = await tx.get(FileBatch, batch_id)
    if row is None:
        return
    doc = dict(row["doc"])
    in_batch = await tx.tally(VectorStoreFile, "status", "usage_bytes", batch_id=batch_id)
    doc["file_counts"] = counts({status: number for status, (number, _) in in_batch.items()})
    if doc["status"] == "in_progress" and not doc["file_counts"]["in_progress"]:
        doc, _ = lifecycle.apply(lifecycle.FILE_BATCH, doc, Signal.COMPLETE, namespace.now())
    tx.update(FileBatch, batch_id, doc=doc)


async def cancel(namespace: Namespace, tx: Transaction, batch: Mapping[str, Any]) -> None:
    """Cancel a batch that is under way, and those of its files that have not been read yet."""
    store_id, batch_id = batch["vector_store_id"], batch["id"]
    for row in await tx.all(VectorStoreFile, batch_id=batch_id, status="in_progress"):
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, row["doc"], Signal.CANCEL, namespace.now())
        tx.update(VectorStoreFile, row["id"], status=doc["status"], doc=doc)
    doc, _ = lifecycle.apply(lifecycle.FILE_BATCH, dict(batch), Signal.CANCEL, namespace.now())
    tx.update(FileBatch, batch_id, doc=doc)
    await _finish(namespace, tx, store_id, batch_id)
    await namespace.ingestions.end(tx, store_id, batch_id)

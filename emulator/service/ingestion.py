"""Reading files into vector stores: beside the requests, with the stores' counts kept up to date.

A request about a store first lets everything settle that is under way in it, as one about a thread lets its run.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

from emulator.domain import lifecycle
from emulator.engine import corpus
from emulator.engine.ingestions import Ingestion
from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.store.documents import Row, Unit
from emulator.store.tables import FileBatch, VectorStore, VectorStoreFile
from emulator.wire.history.behaviors import BATCHES_BY_BYTES
from emulator.wire.vector_stores import AddFile, counts, expiry, store_file

_log: Final = logging.getLogger(__name__)
# What the service kept beside the text: a file of 12 bytes came to 1036, one of 21 to 1045 (recorded).
_OVERHEAD: Final = 1024


def key(store_id: str, file_id: str) -> str:
    """Return the id of a file's row in a store."""
    return f"{store_id}/{file_id}"


def add(namespace: Namespace, unit: Unit, store_id: str, added: Sequence[AddFile], batch_id: str | None = None) -> None:
    """Add files to a store, to be read when the unit has been written; one that is there already is read again."""
    for body in added:
        doc = store_file(store_id, body, now=namespace.now())
        row = key(store_id, body.file_id)
        if namespace.documents.get(VectorStoreFile, namespace.name, row, deleted=True) is not None:
            unit.delete(VectorStoreFile, id=row)
            corpus.forget(namespace, store_id, body.file_id)
        about = {"store_id": store_id, "file_id": body.file_id, "batch_id": batch_id}
        unit.insert(VectorStoreFile, row, id=row, status="in_progress", text=None, doc=doc, **about)


def read_again(namespace: Namespace, file_id: str) -> None:
    """Read a file anew in every store that holds it: its content is another one."""
    for row in namespace.documents.all(VectorStoreFile, namespace.name, file_id=file_id):
        doc = row["doc"]
        if doc["status"] == "in_progress":
            continue
        options = {"attributes": doc["attributes"], "chunking_strategy": doc["chunking_strategy"]}
        again = AddFile.read({"file_id": file_id, **options})
        unit = namespace.unit()
        add(namespace, unit, row["store_id"], [again], row["batch_id"])
        namespace.commit(unit)
        begin(namespace, row["store_id"], row["batch_id"])


def begin(namespace: Namespace, store_id: str, batch_id: str | None = None) -> None:
    """Begin to read every file of a store, or of a batch, that has not been read yet."""
    read = partial(_read_all, namespace, store_id, batch_id)
    pace = lambda: namespace.config.pace  # noqa: E731 - asked anew each time: it may change meanwhile
    namespace.ingestions.begin(Ingestion(store_id, batch_id, read, pace=pace, clock=namespace.clock))


async def _read_all(namespace: Namespace, store_id: str, batch_id: str | None) -> None:
    for row in namespace.documents.all(VectorStoreFile, namespace.name, store_id=store_id, status="in_progress"):
        if row["batch_id"] == batch_id:
            await _read(namespace, dict(row))
    unit = namespace.unit()
    recount(namespace, unit, store_id)
    if batch_id is not None:
        finish_batch(namespace, unit, batch_id)
    namespace.commit(unit)


async def _read(namespace: Namespace, row: dict[str, Any]) -> None:
    from emulator.retrieval.refusals import InvalidFile, UnreadableFileError  # noqa: PLC0415 - most servers never read

    doc, text = row["doc"], None
    file = files.find_live(namespace, row["file_id"])
    try:
        if file is None:
            raise InvalidFile
        text = await asyncio.to_thread(_text_of, namespace, file, v1=_is_of_v1(namespace, row["store_id"]))
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, doc, "complete", namespace.now())
        by_bytes = row["batch_id"] is not None and BATCHES_BY_BYTES.active_on(namespace.config.wire)
        doc["usage_bytes"] = file["doc"]["bytes"] + (0 if by_bytes else _OVERHEAD)
    except UnreadableFileError as error:
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, doc, "fail", namespace.now())
        doc["last_error"] = {"code": error.code, "message": error.message}
    except Exception:  # noqa: BLE001 - a file that cannot be read is the file's failure, not the server's
        _log.exception("file %s", row["file_id"])
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, doc, "fail", namespace.now())
        doc["last_error"] = {"code": "server_error", "message": "An internal error occurred."}
    current = namespace.documents.get(VectorStoreFile, namespace.name, row["id"])
    if current is None or (current["seq"], current["doc"]) != (row["seq"], row["doc"]):
        return  # taken out, cancelled or added anew meanwhile
    unit = namespace.unit()
    unit.update(VectorStoreFile, row["id"], status=doc["status"], text=text, doc=doc)
    namespace.commit(unit)


def _text_of(namespace: Namespace, file: Row, *, v1: bool) -> str:
    """Return the text of a file; on a thread of its own, for both its bytes and its parsing take their time."""
    from emulator.retrieval.extraction import read_text  # noqa: PLC0415 - as above

    return read_text(file["doc"]["filename"], namespace.blobs.read(file["blob"]), v1=v1)


def _is_of_v1(namespace: Namespace, store_id: str) -> bool:
    """Return whether a store is the hidden one of a v1 assistant: those have no document."""
    return namespace.documents.get(VectorStore, namespace.name, store_id, deleted=True) is None


def recount(namespace: Namespace, unit: Unit, store_id: str) -> None:
    """Bring a store's counts, size and status up to date with its files; using it moves its expiry."""
    row = namespace.documents.get(VectorStore, namespace.name, store_id)
    if row is None:
        return
    doc = dict(row["doc"])
    in_store = [row["doc"] for row in namespace.documents.all(VectorStoreFile, namespace.name, store_id=store_id)]
    doc["file_counts"] = counts([file["status"] for file in in_store])
    doc["usage_bytes"] = sum(file["usage_bytes"] for file in in_store)
    busy = doc["file_counts"]["in_progress"] > 0
    signal = "settle" if doc["status"] == "in_progress" and not busy else "attach" if busy else None
    if signal and signal in lifecycle.VECTOR_STORE[doc["status"]]:
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE, doc, signal, namespace.now())
    if doc["status"] != "expired":
        doc.update(expiry(doc["expires_after"], namespace.now()))
    unit.update(VectorStore, store_id, doc=doc)


def cancel(namespace: Namespace, batch: Mapping[str, Any]) -> None:
    """Cancel a batch that is under way, and those of its files that have not been read yet."""
    unit = namespace.unit()
    for row in namespace.documents.all(VectorStoreFile, namespace.name, batch_id=batch["id"], status="in_progress"):
        doc, _ = lifecycle.apply(lifecycle.VECTOR_STORE_FILE, row["doc"], "cancel", namespace.now())
        unit.update(VectorStoreFile, row["id"], status=doc["status"], doc=doc)
    doc, _ = lifecycle.apply(lifecycle.FILE_BATCH, dict(batch), "cancel", namespace.now())
    unit.update(FileBatch, batch["id"], doc=doc)
    namespace.commit(unit)
    unit = namespace.unit()
    recount(namespace, unit, batch["vector_store_id"])
    finish_batch(namespace, unit, batch["id"])
    namespace.commit(unit)
    for one in namespace.ingestions.of(batch["vector_store_id"]):
        if one.batch_id == batch["id"]:
            one.resume()


def finish_batch(namespace: Namespace, unit: Unit, batch_id: str) -> None:
    """Bring a batch up to date with its files."""
    row = namespace.documents.get(FileBatch, namespace.name, batch_id)
    if row is None:
        return
    doc = dict(row["doc"])
    statuses = [row["status"] for row in namespace.documents.all(VectorStoreFile, namespace.name, batch_id=batch_id)]
    doc["file_counts"] = counts(statuses)
    if doc["status"] == "in_progress" and not doc["file_counts"]["in_progress"]:
        doc, _ = lifecycle.apply(lifecycle.FILE_BATCH, doc, "complete", namespace.now())
    unit.update(FileBatch, batch_id, doc=doc)


def resume(namespace: Namespace, store_id: str) -> None:
    """Go on with what the last server was reading."""
    rows = namespace.documents.all(VectorStoreFile, namespace.name, store_id=store_id, status="in_progress")
    for batch_id in {row["batch_id"] for row in rows}:
        begin(namespace, store_id, batch_id)

"""Uploads: large files that come in parts, and become a file when they are complete."""

import hashlib
from functools import partial
from typing import Any

from emulator.domain import lifecycle, refusals
from emulator.domain.lifecycle import Signal
from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.store import removals
from emulator.store.blobs import Blobs, Received
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Upload, UploadPart
from emulator.wire.files import CompleteUpload, CreateUpload, ExpiresAfter, part, upload


async def create(namespace: Namespace, body: CreateUpload) -> dict[str, Any]:
    """Announce a file."""
    async with namespace.transaction() as tx:
        doc = upload(namespace.ids.make("upload"), now=namespace.now(), body=body)
        stored = {**doc, "expires_after": body.expires_after.model_dump() if body.expires_after else None}
        tx.insert(Upload, doc["id"], id=doc["id"], doc=stored)
        return doc


def _visible(doc: dict[str, Any]) -> dict[str, Any]:
    """Return an upload without the expiry of the file to be, which only the server needs."""
    return {name: value for name, value in doc.items() if name != "expires_after"}


async def add_part(namespace: Namespace, upload_id: str, received: Received) -> dict[str, Any]:
    """Take a part."""
    await _expire(namespace, upload_id)
    async with namespace.transaction() as tx:
        row = await _pending(namespace, tx, upload_id)
        doc = part(namespace.ids.make("part"), now=namespace.now(), upload=row["doc"])
        blob = namespace.blobs.name(namespace.generation, doc["id"])
        blob = namespace.blobs.keep(received, blob, tx.after_rollback)
        tx.insert(UploadPart, doc["id"], id=doc["id"], upload_id=upload_id, blob=blob, doc=doc)
        return doc


async def complete(
    namespace: Namespace, upload_id: str, body: CompleteUpload, *, azure: bool = False
) -> dict[str, Any]:
    """Join the parts, in the order that the client says, to a file. azure: as in `files.create`."""
    await _expire(namespace, upload_id)
    async with namespace.transaction() as tx:
        doc = dict((await _pending(namespace, tx, upload_id))["doc"])
        blobs = [(await _part(tx, upload_id, part_id))["blob"] for part_id in body.part_ids]
    received = await namespace.blobs.workers.compute(partial(_join, namespace.blobs, blobs, doc["bytes"], body.md5))
    try:
        return await _become_file(namespace, upload_id, received, azure=azure)
    finally:
        namespace.blobs.discard(received)


async def _become_file(namespace: Namespace, upload_id: str, received: Received, *, azure: bool) -> dict[str, Any]:
    """Complete an upload; joining took its time, and another request may have been first."""
    await _expire(namespace, upload_id)
    async with namespace.transaction() as tx:
        doc = dict((await _pending(namespace, tx, upload_id))["doc"])
        made = files.add(
            namespace,
            tx,
            received,
            filename=doc["filename"],
            purpose=doc["purpose"],
            expires_after=ExpiresAfter(**doc["expires_after"]) if doc["expires_after"] else None,
            azure=azure,
            created_at=doc["created_at"],  # the file is as old as its upload (recorded)
        )
        done, _ = lifecycle.apply(lifecycle.UPLOAD, doc, Signal.COMPLETE, namespace.now())
        done["file"] = made
        await _finish(namespace, tx, upload_id, done)
        return _visible(done)


async def cancel(namespace: Namespace, upload_id: str) -> dict[str, Any]:
    """Take no more parts, and forget those that came."""
    await _expire(namespace, upload_id)
    async with namespace.transaction() as tx:
        row = await _pending(namespace, tx, upload_id)
        doc, _ = lifecycle.apply(lifecycle.UPLOAD, row["doc"], Signal.CANCEL, namespace.now())
        await _finish(namespace, tx, upload_id, doc)
        return _visible(doc)


async def _finish(namespace: Namespace, tx: Transaction, upload_id: str, doc: dict[str, Any]) -> None:
    tx.update(Upload, upload_id, doc=doc)
    for blob in await removals.remove(tx, namespace.documents.removals, Upload, upload_id):
        tx.after_commit(partial(namespace.blobs.drop, blob))


async def _expire(namespace: Namespace, upload_id: str) -> None:
    """End an upload whose time is over: in a transaction of its own, because it outlives the refusal that follows."""
    async with namespace.transaction() as tx:
        row = await tx.get(Upload, upload_id)
        if row is not None and _is_overdue(namespace, row["doc"]):
            doc, _ = lifecycle.apply(lifecycle.UPLOAD, row["doc"], Signal.EXPIRE, namespace.now())
            await _finish(namespace, tx, upload_id, doc)


def _is_overdue(namespace: Namespace, doc: dict[str, Any]) -> bool:
    return bool(doc["status"] == "pending" and doc["expires_at"] <= namespace.now())


async def _pending(namespace: Namespace, tx: Transaction, upload_id: str) -> Row:
    """Return an upload that still takes parts; raise the refusal of one that is unknown, over or expired."""
    row = await tx.get(Upload, upload_id)
    if row is None:
        raise refusals.not_found("upload", upload_id)
    status = "expired" if _is_overdue(namespace, row["doc"]) else row["doc"]["status"]
    if status != "pending":
        raise refusals.upload_is_over(upload_id, status)
    return row


async def _part(tx: Transaction, upload_id: str, part_id: str) -> Row:
    row = await tx.get(UploadPart, part_id)
    if row is None or row["upload_id"] != upload_id:
        raise refusals.not_found("part", part_id)
    return row


def _join(blobs: Blobs, parts: list[str], size: int, md5: str | None) -> Received:
    """Join parts and check what they came to; gigabytes take seconds, so this is for a thread."""
    got = sum(map(blobs.length, parts))
    if got != size:  # before anything is written: the same part may be named any number of times
        raise refusals.upload_has_other_size(size, got)
    received = blobs.join(parts)
    try:
        _check(blobs, received, md5)
    except BaseException:
        blobs.discard(received)
        raise
    return received


def _check(blobs: Blobs, received: Received, md5: str | None) -> None:
    if md5 is not None:
        read = hashlib.md5(usedforsecurity=False)
        for piece in blobs.pieces(received.name):
            read.update(piece)
        if (found := read.hexdigest()) != md5.lower():
            raise refusals.upload_has_other_md5(md5, found)

"""Uploads: large files that come in parts, and become a file when they are complete."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from emulator.domain import lifecycle, refusals
from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.store.documents import Row
from emulator.store.tables import Upload, UploadPart
from emulator.wire.files import CompleteUpload, CreateUpload, ExpiresAfter, part, upload


def create(namespace: Namespace, body: CreateUpload) -> dict[str, Any]:
    """Announce a file."""
    doc = upload(namespace.ids.make("upload"), now=namespace.now(), body=body)
    stored = {**doc, "expires_after": body.expires_after.model_dump() if body.expires_after else None}
    unit = namespace.unit()
    unit.insert(Upload, doc["id"], id=doc["id"], doc=stored)
    namespace.commit(unit)
    return doc


def _visible(doc: dict[str, Any]) -> dict[str, Any]:
    """Return an upload without the expiry of the file to be, which only the server needs."""
    return {name: value for name, value in doc.items() if name != "expires_after"}


def add_part(namespace: Namespace, upload_id: str, received: Path) -> dict[str, Any]:
    """Take a part."""
    row = _pending(namespace, upload_id)
    doc = part(namespace.ids.make("part"), now=namespace.now(), upload=row["doc"])
    blob = namespace.blobs.name(namespace.name, doc["id"])
    namespace.blobs.keep(received, blob)
    unit = namespace.unit()
    unit.insert(UploadPart, doc["id"], id=doc["id"], upload_id=upload_id, blob=blob, doc=doc)
    namespace.commit(unit)
    return doc


async def complete(namespace: Namespace, upload_id: str, body: CompleteUpload) -> dict[str, Any]:
    """Join the parts, in the order that the client says, to a file."""
    doc = dict(_pending(namespace, upload_id)["doc"])
    blobs = [_part(namespace, upload_id, part_id)["blob"] for part_id in body.part_ids]
    received = await asyncio.to_thread(_join, namespace, blobs, doc["bytes"], body.md5)
    try:
        _pending(namespace, upload_id)  # joining took its time, and another request may have been first
    except BaseException:
        received.unlink()
        raise
    expires_after = ExpiresAfter(**doc["expires_after"]) if doc["expires_after"] else None
    made = files.create(
        namespace,
        received,
        filename=doc["filename"],
        purpose=doc["purpose"],
        expires_after=expires_after,
        created_at=doc["created_at"],  # the file is as old as its upload (recorded)
    )
    done, _ = lifecycle.apply(lifecycle.UPLOAD, doc, "complete", namespace.now())
    done["file"] = made
    _finish(namespace, upload_id, done)
    return _visible(done)


def cancel(namespace: Namespace, upload_id: str) -> dict[str, Any]:
    """Take no more parts, and forget those that came."""
    doc, _ = lifecycle.apply(lifecycle.UPLOAD, _pending(namespace, upload_id)["doc"], "cancel", namespace.now())
    _finish(namespace, upload_id, doc)
    return _visible(doc)


def _finish(namespace: Namespace, upload_id: str, doc: dict[str, Any]) -> None:
    parts = namespace.documents.all(UploadPart, namespace.name, upload_id=upload_id)
    unit = namespace.unit()
    unit.update(Upload, upload_id, doc=doc)
    unit.delete(UploadPart, upload_id=upload_id)
    namespace.commit(unit)
    for row in parts:
        namespace.blobs.drop(row["blob"])


def _pending(namespace: Namespace, upload_id: str) -> Row:
    """Return an upload that still takes parts; raise the refusal of one that is unknown, over or expired."""
    row = namespace.documents.get(Upload, namespace.name, upload_id)
    if row is None:
        raise refusals.not_found("upload", upload_id)
    doc = row["doc"]
    if doc["status"] == "pending" and doc["expires_at"] <= namespace.now():
        doc, _ = lifecycle.apply(lifecycle.UPLOAD, doc, "expire", namespace.now())
        _finish(namespace, upload_id, doc)
    if doc["status"] != "pending":
        raise refusals.upload_is_over(upload_id, doc["status"])
    return row


def _part(namespace: Namespace, upload_id: str, part_id: str) -> Row:
    row = namespace.documents.get(UploadPart, namespace.name, part_id)
    if row is None or row["upload_id"] != upload_id:
        raise refusals.not_found("part", part_id)
    return row


def _join(namespace: Namespace, blobs: list[str], size: int, md5: str | None) -> Path:
    """Join parts and check what they came to; gigabytes take seconds, so this is for a thread."""
    received = namespace.blobs.join(blobs)
    try:
        _check(received, size, md5)
    except BaseException:
        received.unlink()
        raise
    return received


def _check(received: Path, size: int, md5: str | None) -> None:
    got = received.stat().st_size
    if got != size:
        raise refusals.upload_has_other_size(size, got)
    if md5 is not None:
        with received.open("rb") as data:
            found = hashlib.file_digest(data, "md5").hexdigest()
        if found != md5.lower():
            raise refusals.upload_has_other_md5(md5, found)

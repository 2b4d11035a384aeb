"""Uploads: large files that come in parts, and become a file when they are complete."""

import asyncio
import hashlib
from pathlib import Path
from typing import Any

from emulator.domain import errors, lifecycle
from emulator.engine.world import World
from emulator.service import files
from emulator.store.documents import Row
from emulator.store.tables import Upload, UploadPart
from emulator.wire.files import CompleteUpload, CreateUpload, ExpiresAfter, part, upload


def create(world: World, body: CreateUpload) -> dict[str, Any]:
    """Announce a file."""
    doc = upload(world.ids.make("upload"), now=world.now(), body=body)
    kept = {**doc, "expires_after": body.expires_after.model_dump() if body.expires_after else None}
    unit = world.unit()
    unit.insert(Upload, doc["id"], id=doc["id"], doc=kept)
    world.commit(unit)
    return doc


def shown(doc: dict[str, Any]) -> dict[str, Any]:
    """Return an upload without what was asked of the file to be."""
    return {name: value for name, value in doc.items() if name != "expires_after"}


def add_part(world: World, upload_id: str, received: Path) -> dict[str, Any]:
    """Take a part."""
    row = _pending(world, upload_id)
    doc = part(world.ids.make("part"), now=world.now(), upload=row["doc"])
    blob = world.blobs.name(world.name, doc["id"])
    world.blobs.keep(received, blob)
    unit = world.unit()
    unit.insert(UploadPart, doc["id"], id=doc["id"], upload_id=upload_id, blob=blob, doc=doc)
    world.commit(unit)
    return doc


async def complete(world: World, upload_id: str, body: CompleteUpload) -> dict[str, Any]:
    """Join the parts, in the order that the client says, to a file."""
    doc = dict(_pending(world, upload_id)["doc"])
    blobs = [_part(world, upload_id, part_id)["blob"] for part_id in body.part_ids]
    received = await asyncio.to_thread(_join, world, blobs, doc["bytes"], body.md5)
    try:
        _pending(world, upload_id)  # joining took its time, and another request may have been first
    except BaseException:
        received.unlink()
        raise
    expires_after = ExpiresAfter(**doc["expires_after"]) if doc["expires_after"] else None
    made = files.create(
        world,
        received,
        filename=doc["filename"],
        purpose=doc["purpose"],
        expires_after=expires_after,
        created_at=doc["created_at"],  # the file is as old as its upload (recorded)
    )
    done, _ = lifecycle.apply(lifecycle.UPLOAD, doc, "complete", world.now())
    done["file"] = made
    _finish(world, upload_id, done)
    return shown(done)


def cancel(world: World, upload_id: str) -> dict[str, Any]:
    """Take no more parts, and forget those that came."""
    doc, _ = lifecycle.apply(lifecycle.UPLOAD, _pending(world, upload_id)["doc"], "cancel", world.now())
    _finish(world, upload_id, doc)
    return shown(doc)


def _finish(world: World, upload_id: str, doc: dict[str, Any]) -> None:
    parts = world.documents.all(UploadPart, world.name, upload_id=upload_id)
    unit = world.unit()
    unit.update(Upload, upload_id, doc=doc)
    unit.delete(UploadPart, upload_id=upload_id)
    world.commit(unit)
    for row in parts:
        world.blobs.drop(row["blob"])


def _pending(world: World, upload_id: str) -> Row:
    """Return an upload that still takes parts; raise the refusal of one that is unknown, over or expired."""
    row = world.documents.get(Upload, world.name, upload_id)
    if row is None:
        raise errors.not_found("upload", upload_id)
    doc = row["doc"]
    if doc["status"] == "pending" and doc["expires_at"] <= world.now():
        doc, _ = lifecycle.apply(lifecycle.UPLOAD, doc, "expire", world.now())
        _finish(world, upload_id, doc)
    if doc["status"] != "pending":
        raise errors.upload_is_over(upload_id, doc["status"])
    return row


def _part(world: World, upload_id: str, part_id: str) -> Row:
    row = world.documents.get(UploadPart, world.name, part_id)
    if row is None or row["upload_id"] != upload_id:
        raise errors.not_found("part", part_id)
    return row


def _join(world: World, blobs: list[str], size: int, md5: str | None) -> Path:
    """Join parts and check what they came to; gigabytes take seconds, so this is for a thread."""
    received = world.blobs.join(blobs)
    try:
        _check(received, size, md5)
    except BaseException:
        received.unlink()
        raise
    return received


def _check(received: Path, size: int, md5: str | None) -> None:
    got = received.stat().st_size
    if got != size:
        raise errors.upload_has_other_size(size, got)
    if md5 is not None:
        with received.open("rb") as data:
            found = hashlib.file_digest(data, "md5").hexdigest()
        if found != md5.lower():
            raise errors.upload_has_other_md5(md5, found)

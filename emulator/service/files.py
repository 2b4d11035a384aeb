"""Files: kept as they were sent, found by id, read back where the service allowed it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from emulator.domain import errors
from emulator.engine import naming
from emulator.engine.world import World
from emulator.service.finding import ListQuery, page
from emulator.store.documents import Page, Row
from emulator.store.tables import File
from emulator.wire.files import BATCH_LIFETIME, PURPOSES, ExpiresAfter, file
from emulator.wire.habits import BATCHES_EXPIRE

# Reported: what users gave to assistants could not be read back; images could (recorded, Feb 2025).
_NOT_READ_BACK = ("assistants",)


def check_purpose(purpose: str) -> None:
    """Refuse a purpose that a file cannot be uploaded for."""
    if purpose not in PURPOSES:
        raise errors.purpose_not_allowed(purpose, PURPOSES)


def create(
    world: World,
    received: Path,
    *,
    filename: str,
    purpose: str,
    expires_after: ExpiresAfter | None = None,
    id: str | None = None,  # noqa: A002
    created_at: int | None = None,
) -> dict[str, Any]:
    """Keep a received file.

    received: where its bytes lie until then. id: pinned by a fixture. created_at: if that was before now.
    """
    file_id = id or naming.make(world, "file")
    blob = world.blobs.name(world.name, file_id)
    size = received.stat().st_size
    world.blobs.keep(received, blob)
    now = world.now() if created_at is None else created_at
    lifetime = expires_after.seconds if expires_after else None
    if lifetime is None and purpose == "batch" and BATCHES_EXPIRE.came_by(world.setup["wire"]):
        lifetime = BATCH_LIFETIME
    doc = file(file_id, now=now, filename=filename, purpose=purpose, size=size, lifetime=lifetime)
    unit = world.unit()
    unit.insert(File, file_id, id=file_id, purpose=purpose, blob=blob, doc=doc)
    world.commit(unit)
    return doc


def find(world: World, file_id: str) -> Row:
    """Return the row of a file that has not expired; raise the refusal of the Files endpoints."""
    row = look(world, file_id)
    if row is None:
        raise errors.no_such_file(file_id)
    return row


def require(world: World, file_ids: Iterable[str]) -> list[Row]:
    """Return the rows of files, each once; refuse those that are not there, all of them together."""
    found = {file_id: look(world, file_id) for file_id in file_ids}
    if missing := [file_id for file_id, row in found.items() if row is None]:
        raise errors.no_files(missing)
    return [row for row in found.values() if row is not None]


def look(world: World, file_id: str) -> Row | None:
    """Return the row of a file, None if there is none or it has expired."""
    row = world.documents.get(File, world.name, file_id)
    return None if row is None or _has_expired(world, row) else row


def _has_expired(world: World, row: Row) -> bool:
    expires_at = row["doc"]["expires_at"]
    return bool(expires_at is not None and expires_at <= world.now())


def listing(world: World, query: ListQuery, purpose: str | None) -> Page:
    """List files, of one purpose or of all; those that have expired are gone."""
    _bury_expired(world)
    where = {} if purpose is None else {"purpose": purpose}
    return page(world, File, query, **where)


def _bury_expired(world: World) -> None:
    expired = [row for row in world.documents.all(File, world.name) if _has_expired(world, row)]
    unit = world.unit()
    for row in expired:
        unit.bury(File, row["id"])
    if expired:
        world.commit(unit)
    for row in expired:
        world.blobs.drop(row["blob"])


def retrieve(world: World, file_id: str) -> dict[str, Any]:
    """Return a file."""
    return dict(find(world, file_id)["doc"])


def delete(world: World, file_id: str) -> None:
    """Delete a file; what becomes of it in stores is theirs to say (see `store_files`)."""
    row = find(world, file_id)
    unit = world.unit()
    unit.bury(File, file_id)
    world.commit(unit)
    world.blobs.drop(row["blob"])


def readable(world: World, file_id: str) -> Row:
    """Return the row of a file whose content may be read back."""
    row = find(world, file_id)
    if row["purpose"] in _NOT_READ_BACK:
        raise errors.download_not_allowed(row["purpose"])
    return row

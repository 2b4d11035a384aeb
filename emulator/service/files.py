"""Files: kept as they were sent, found by id, read back where the service allowed it."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from emulator.domain import refusals
from emulator.engine import object_ids
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.store.documents import Page, Row
from emulator.store.tables import File
from emulator.wire.files import BATCH_LIFETIME, PURPOSES, ExpiresAfter, file
from emulator.wire.history.behaviors import BATCHES_EXPIRE

# Reported: what users gave to assistants could not be read back; images could (recorded, Feb 2025).
_NOT_READ_BACK = ("assistants",)


def check_purpose(purpose: str) -> None:
    """Refuse a purpose that a file cannot be uploaded for."""
    if purpose not in PURPOSES:
        raise refusals.purpose_not_allowed(purpose, PURPOSES)


def create(
    namespace: Namespace,
    received: Path,
    *,
    filename: str,
    purpose: str,
    expires_after: ExpiresAfter | None = None,
    id: str | None = None,  # noqa: A002
    created_at: int | None = None,
    blob: str | None = None,
) -> dict[str, Any]:
    """Store a received file.

    received: where its bytes lie until then. id, blob: pinned by a fixture. created_at: if that was before now.
    """
    file_id = id or object_ids.make(namespace, "file")
    blob = blob or namespace.blobs.name(namespace.name, file_id)
    size = received.stat().st_size
    namespace.blobs.keep(received, blob)
    now = namespace.now() if created_at is None else created_at
    lifetime = expires_after.seconds if expires_after else None
    if lifetime is None and purpose == "batch" and BATCHES_EXPIRE.active_on(namespace.config.wire):
        lifetime = BATCH_LIFETIME
    doc = file(file_id, now=now, filename=filename, purpose=purpose, size=size, lifetime=lifetime)
    unit = namespace.unit()
    unit.insert(File, file_id, id=file_id, purpose=purpose, blob=blob, doc=doc)
    namespace.commit(unit)
    return doc


def find(namespace: Namespace, file_id: str) -> Row:
    """Return the row of a file that has not expired; raise the refusal of the Files endpoints."""
    row = find_live(namespace, file_id)
    if row is None:
        raise refusals.no_such_file(file_id)
    return row


def require(namespace: Namespace, file_ids: Iterable[str]) -> list[Row]:
    """Return the rows of files, each once; refuse those that are not there, all of them together."""
    found = {file_id: find_live(namespace, file_id) for file_id in file_ids}
    if missing := [file_id for file_id, row in found.items() if row is None]:
        raise refusals.no_files(missing)
    return [row for row in found.values() if row is not None]


def find_live(namespace: Namespace, file_id: str) -> Row | None:
    """Return the row of a file that has not expired, None if there is none."""
    row = namespace.documents.get(File, namespace.name, file_id)
    return None if row is None or _has_expired(namespace, row) else row


def _has_expired(namespace: Namespace, row: Row) -> bool:
    expires_at = row["doc"]["expires_at"]
    return bool(expires_at is not None and expires_at <= namespace.now())


def listing(namespace: Namespace, query: ListQuery, purpose: str | None) -> Page:
    """List files, of one purpose or of all; those that have expired are gone."""
    _delete_expired(namespace)
    where = {} if purpose is None else {"purpose": purpose}
    return page(namespace, File, query, **where)


def _delete_expired(namespace: Namespace) -> None:
    expired = [row for row in namespace.documents.all(File, namespace.name) if _has_expired(namespace, row)]
    unit = namespace.unit()
    for row in expired:
        unit.soft_delete(File, row["id"])
    if expired:
        namespace.commit(unit)
    for row in expired:
        namespace.blobs.drop(row["blob"])


def retrieve(namespace: Namespace, file_id: str) -> dict[str, Any]:
    """Return a file."""
    return dict(find(namespace, file_id)["doc"])


def delete(namespace: Namespace, file_id: str) -> None:
    """Delete a file; what becomes of it in stores is theirs to say (see `store_files`)."""
    row = find(namespace, file_id)
    unit = namespace.unit()
    unit.soft_delete(File, file_id)
    namespace.commit(unit)
    namespace.blobs.drop(row["blob"])


def readable(namespace: Namespace, file_id: str) -> Row:
    """Return the row of a file whose content may be read back."""
    row = find(namespace, file_id)
    if row["purpose"] in _NOT_READ_BACK:
        raise refusals.download_not_allowed(row["purpose"])
    return row

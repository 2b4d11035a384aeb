"""Files: kept as they were sent, found by id, read back where the service allowed it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import PurePosixPath
from typing import Any

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery, page
from emulator.store.blobs import Received
from emulator.store.documents import Page, Row, Transaction
from emulator.store.tables import File
from emulator.wire.files import BATCH_LIFETIME, EXTENSIONS, PURPOSES, ExpiresAfter, file

# Reported: what users gave to assistants could not be read back; images could (recorded, Feb 2025).
_NOT_READ_BACK = ("assistants",)
# The purpose of what tools wrote.
_WRITTEN = "assistants_output"


def check_purpose(purpose: str, allowed: Sequence[str] = PURPOSES) -> None:
    """Refuse a purpose that a file cannot be uploaded for."""
    if purpose not in allowed:
        raise refusals.purpose_not_allowed(purpose, allowed)


def check_extension(namespace: Namespace, filename: str, purpose: str) -> None:
    """Refuse a file for assistants of an unknown type, on days that did so; one without an extension is let pass.

    The service also refused known ones in upper case (reported once); that is not emulated.
    """
    extension = PurePosixPath(filename).suffix.removeprefix(".")
    if purpose != "assistants" or not namespace.behaviors.refuses_unknown_extensions:
        return
    if extension and extension.lower() not in EXTENSIONS:
        raise refusals.unknown_extension(extension, EXTENSIONS)


async def create(
    namespace: Namespace,
    received: Received,
    *,
    filename: str,
    purpose: str,
    expires_after: ExpiresAfter | None = None,
    azure: bool = False,
) -> dict[str, Any]:
    """Store a received file. azure: it is uploaded there."""
    async with namespace.transaction() as tx:
        options: dict[str, Any] = {"expires_after": expires_after, "azure": azure}
        return add(namespace, tx, received, filename=filename, purpose=purpose, **options)


def add(
    namespace: Namespace,
    tx: Transaction,
    received: Received,
    *,
    filename: str,
    purpose: str,
    expires_after: ExpiresAfter | None = None,
    azure: bool = False,
    id: str | None = None,  # noqa: A002
    created_at: int | None = None,
    blob: str | None = None,
) -> dict[str, Any]:
    """Add a received file. azure: as in `create`. id, blob: pinned by a fixture. created_at: if that was before now."""
    file_id = id or namespace.ids.make(namespace.behaviors.ids_of_files(purpose, azure=azure))
    blob = blob or namespace.blobs.name(namespace.generation, file_id)
    blob = namespace.blobs.keep(received, blob, tx.after_rollback)
    now = namespace.now() if created_at is None else created_at
    lifetime = expires_after.seconds if expires_after else None
    if lifetime is None and purpose == "batch" and namespace.behaviors.expires_batches:
        lifetime = BATCH_LIFETIME
    doc = file(file_id, now=now, filename=filename, purpose=purpose, size=received.size, lifetime=lifetime)
    tx.insert(File, file_id, id=file_id, purpose=purpose, blob=blob, doc=doc)
    return doc


async def find(namespace: Namespace, tx: Transaction, file_id: str) -> Row:
    """Return the row of a file that has not expired; raise the refusal of the Files endpoints."""
    row = await find_live(namespace, tx, file_id)
    if row is None:
        raise refusals.no_such_file(file_id)
    return row


async def require(namespace: Namespace, tx: Transaction, file_ids: Iterable[str]) -> list[Row]:
    """Return the rows of files, each once; refuse those that are not there, all of them together."""
    found = {file_id: await find_live(namespace, tx, file_id) for file_id in file_ids}
    if missing := [file_id for file_id, row in found.items() if row is None]:
        raise refusals.no_files(missing)
    return [row for row in found.values() if row is not None]


async def find_live(namespace: Namespace, tx: Transaction, file_id: str) -> Row | None:
    """Return the row of a file that has not expired, None if there is none."""
    row = await tx.get(File, file_id)
    return None if row is None or has_expired(namespace, row) else row


async def newest_by_name(namespace: Namespace, tx: Transaction) -> dict[str, str]:
    """Return the id of the newest file of each name, of those that were uploaded and have not expired."""
    rows = [row for row in await tx.all(File) if row["purpose"] != _WRITTEN and not has_expired(namespace, row)]
    return {row["doc"]["filename"]: row["id"] for row in rows}


def has_expired(namespace: Namespace, row: Row) -> bool:
    """Return whether a file is there no more for clients, on the clock of its namespace."""
    expires_at = row["doc"].get("expires_at")
    return bool(expires_at is not None and expires_at <= namespace.now())


async def listing(namespace: Namespace, query: ListQuery, purpose: str | None) -> Page:
    """List files, of one purpose or of all; those that have expired are gone."""
    where: dict[str, Any] = {} if purpose is None else {"purpose": purpose}
    async with namespace.transaction() as tx:
        # The one behind the page too: it decides whether there are more.
        shown = (await page(tx, File, replace(query, limit=query.limit + 1), **where)).rows
        if any(has_expired(namespace, row) for row in shown):
            for row in await tx.all(File):
                if has_expired(namespace, row):
                    _remove(namespace, tx, row)
        return await page(tx, File, query, **where)


async def retrieve(namespace: Namespace, file_id: str) -> dict[str, Any]:
    """Return a file."""
    async with namespace.transaction() as tx:
        return dict((await find(namespace, tx, file_id))["doc"])


async def remove(namespace: Namespace, tx: Transaction, file_id: str) -> None:
    """Delete a file; what becomes of it in stores is theirs to say (see `store_files`)."""
    _remove(namespace, tx, await find(namespace, tx, file_id))


def _remove(namespace: Namespace, tx: Transaction, row: Row) -> None:
    tx.soft_delete(File, row["id"])
    tx.update(File, row["id"], name=row["doc"]["filename"])
    tx.after_commit(partial(namespace.blobs.drop, row["blob"]))


async def readable(namespace: Namespace, file_id: str) -> Row:
    """Return the row of a file whose content may be read back."""
    async with namespace.transaction() as tx:
        row = await find(namespace, tx, file_id)
    if row["purpose"] in _NOT_READ_BACK:
        raise refusals.download_not_allowed(row["purpose"])
    return row

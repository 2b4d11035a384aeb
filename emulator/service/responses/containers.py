"""Containers: where the code of responses runs, with the files that it reads and leaves there."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, Final

from emulator.domain import container_refusals
from emulator.engine.code_execution import session_key
from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.service.lookup import ListQuery, page
from emulator.store import removals
from emulator.store.blobs import Received
from emulator.store.documents import Page, Row, Transaction
from emulator.store.tables import Container, ContainerFile
from emulator.transcripts.responses import container_files
from emulator.transcripts.responses.container_files import NewFile
from emulator.wire.responses.containers import CopyFile, CreateContainer

_MINUTE: Final = 60
_AT_ONCE: Final = 100


# --- for responses --------------------------------------------------------------------------------------------------


async def container_for(
    namespace: Namespace, tx: Transaction, items: Sequence[Mapping[str, Any]], tool: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the container in which a response's code runs; that is a use of it.

    items: the context, oldest first. tool: the code interpreter as the response shows it. Where the tool names none, it
    is that of the last code in the context, which need not be alive any more (reported), else a new one: the id of one
    is older than the first item of its response (recorded), so it does not wait for code.
    """
    asked = tool.get("container")
    if isinstance(asked, str):
        doc = await require(namespace, tx, asked)
    else:
        options = asked if isinstance(asked, Mapping) else {}
        before = await _last_used(tx, items)
        if before is None:
            doc = container_files.open_container(namespace, tx, memory=options.get("memory_limit"))
        else:
            doc = await require(namespace, tx, before)
        await _copy(namespace, tx, doc["id"], options.get("file_ids") or ())
    return dict(container_files.touch(namespace, tx, doc))


async def _last_used(tx: Transaction, items: Sequence[Mapping[str, Any]]) -> str | None:
    """Return the container of the last code in a context; None where it is none of this namespace's."""
    used = (item["container_id"] for item in reversed(items) if item["type"] == "code_interpreter_call")
    last = next(used, None)
    is_known = last is not None and await tx.get(Container, last, deleted=True) is not None
    return last if is_known else None


# --- containers -----------------------------------------------------------------------------------------------------


async def create(namespace: Namespace, body: CreateContainer) -> dict[str, Any]:
    """Create a container with copies of files."""
    async with namespace.transaction() as tx:
        minutes = body.expires_after.minutes if body.expires_after else None
        about: dict[str, Any] = {"name": body.name, "memory": body.memory_limit, "minutes": minutes}
        doc = container_files.open_container(namespace, tx, **about)
        await _copy(namespace, tx, doc["id"], body.file_ids or ())
        return doc


async def listing(namespace: Namespace, query: ListQuery, name: str | None = None) -> Page:
    """List containers, also those that had their rest; name: only those that are called so (documented)."""
    async with namespace.transaction() as tx:
        found = await page(tx, Container, query) if name is None else await _named(tx, query, name)
        return Page([{**row, "doc": _as_of_now(namespace, row["doc"])} for row in found.rows], found.has_more)


async def _named(tx: Transaction, query: ListQuery, name: str) -> Page:
    """Return a page of the containers of a name, for which nothing is indexed: they are few."""
    rows: list[Row] = []
    at = replace(query, limit=_AT_ONCE)
    while True:
        found = await page(tx, Container, at)
        rows += [row for row in found.rows if row["doc"]["name"] == name]
        if len(rows) > query.limit or not found.has_more:
            return Page(rows[: query.limit], len(rows) > query.limit)
        at = replace(at, after=found.rows[-1]["id"])


async def retrieve(namespace: Namespace, container_id: str) -> dict[str, Any]:
    """Return a container, which is a use of it (documented); one that had its rest stays so."""
    async with namespace.transaction() as tx:
        doc = _as_of_now(namespace, (await _find(tx, container_id))["doc"])
        if doc["status"] == "expired":
            return doc
        return dict(container_files.touch(namespace, tx, doc))


async def delete(namespace: Namespace, container_id: str) -> None:
    """Delete a container with its files and its session."""
    async with namespace.transaction() as tx:
        await _find(tx, container_id)
        tx.soft_delete(Container, container_id)
        for blob in await removals.remove(tx, namespace.documents.removals, Container, container_id):
            tx.after_commit(partial(namespace.blobs.drop, blob))
    if namespace.sessions is not None:
        await namespace.sessions.end(session_key(namespace, container_id))


async def require(namespace: Namespace, tx: Transaction, container_id: str) -> dict[str, Any]:
    """Return the document of a container that is alive; raise the refusal of one that is not there, or not any more."""
    doc = _as_of_now(namespace, (await _find(tx, container_id))["doc"])
    if doc["status"] == "expired":
        raise container_refusals.container_is_expired()
    return doc


async def _find(tx: Transaction, container_id: str) -> Row:
    row = await tx.get(Container, container_id)
    if row is None:
        raise container_refusals.no_container(container_id)
    return row


def _as_of_now(namespace: Namespace, doc: Mapping[str, Any]) -> dict[str, Any]:
    """Return a container as it is now: expired when nobody has used it for as long as it says.

    That there is such a state, from which nothing leads back, is documented; its name on the wire is unverified.
    """
    is_over = doc["last_active_at"] + doc["expires_after"]["minutes"] * _MINUTE <= namespace.clock.now()
    return {**doc, "status": "expired"} if is_over else dict(doc)


# --- their files ----------------------------------------------------------------------------------------------------


async def receive_file(namespace: Namespace, container_id: str, received: Received, *, name: str) -> dict[str, Any]:
    """Add a received file."""
    async with namespace.transaction() as tx:
        doc = await require(namespace, tx, container_id)
        file_id = container_files.new_id(namespace)
        name_of_bytes = namespace.blobs.name(namespace.generation, file_id)
        blob = namespace.blobs.keep(received, name_of_bytes, tx.after_rollback)
        container_files.touch(namespace, tx, doc)
        shown = container_files.name_of_upload(file_id, name)
        return container_files.add(namespace, tx, container_id, NewFile(file_id, blob, received.size, shown, "user"))


async def copy_file(namespace: Namespace, container_id: str, body: CopyFile) -> dict[str, Any]:
    """Add a copy of an uploaded file."""
    async with namespace.transaction() as tx:
        doc = await require(namespace, tx, container_id)
        container_files.touch(namespace, tx, doc)
        return (await _copy(namespace, tx, container_id, [body.file_id]))[0]


async def _copy(
    namespace: Namespace, tx: Transaction, container_id: str, file_ids: Iterable[str]
) -> list[dict[str, Any]]:
    """Copy uploaded files into a container, but for those that it has; return their documents there.

    Their names have their ids before them (recorded: how code reads them). They are refused as elsewhere (unverified).
    """
    rows = await files.require(namespace, tx, dict.fromkeys(file_ids))
    if not rows:
        return []
    docs = [row["doc"] for row in await tx.all(ContainerFile, container_id=container_id)]
    there = {container_files.filename(doc): doc for doc in docs}
    return [_copied(namespace, tx, container_id, row, there) for row in rows]


async def copy_known(namespace: Namespace, tx: Transaction, container_id: str, file_ids: Iterable[str]) -> None:
    """Copy uploaded files into a container, as far as they are still there."""
    known = [file_id for file_id in file_ids if await files.find_live(namespace, tx, file_id) is not None]
    await _copy(namespace, tx, container_id, known)


def _copied(
    namespace: Namespace, tx: Transaction, container_id: str, row: Row, there: Mapping[str, dict[str, Any]]
) -> dict[str, Any]:
    name = container_files.name_of_copy(row["id"], row["doc"]["filename"])
    if (known := there.get(name)) is not None:
        return known
    file_id = container_files.new_id(namespace)
    name_of_bytes = namespace.blobs.name(namespace.generation, file_id)
    tx.after_rollback(partial(namespace.blobs.drop, name_of_bytes))
    blob = namespace.blobs.copy(row["blob"], name_of_bytes)
    copy = NewFile(file_id, blob, row["doc"]["bytes"], name, "user")
    return container_files.add(namespace, tx, container_id, copy)


async def list_files(namespace: Namespace, container_id: str, query: ListQuery) -> Page:
    """List the files of a container."""
    async with namespace.transaction() as tx:
        await _use(namespace, tx, container_id)
        return await page(tx, ContainerFile, query, container_id=container_id)


async def retrieve_file(namespace: Namespace, container_id: str, file_id: str) -> Row:
    """Return the row of a file of a container."""
    async with namespace.transaction() as tx:
        await _use(namespace, tx, container_id)
        return await _find_file(tx, container_id, file_id)


async def delete_file(namespace: Namespace, container_id: str, file_id: str) -> None:
    """Delete a file of a container."""
    async with namespace.transaction() as tx:
        await _use(namespace, tx, container_id)
        row = await _find_file(tx, container_id, file_id)
        tx.soft_delete(ContainerFile, file_id)
        tx.after_commit(partial(namespace.blobs.drop, row["blob"]))


async def _use(namespace: Namespace, tx: Transaction, container_id: str) -> None:
    container_files.touch(namespace, tx, await require(namespace, tx, container_id))


async def _find_file(tx: Transaction, container_id: str, file_id: str) -> Row:
    row = await tx.get(ContainerFile, file_id)
    if row is None or row["container_id"] != container_id:
        raise container_refusals.no_container_file(container_id, file_id)
    return row

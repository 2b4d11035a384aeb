"""v1's own files: attached to assistants one by one, and listed with messages."""

from typing import Any

from emulator.domain import refusals
from emulator.engine.namespace import Namespace
from emulator.service import files, messages, resources, store_files
from emulator.service.lookup import ListQuery, find
from emulator.store.documents import Page, Row, Transaction
from emulator.store.tables import Assistant
from emulator.wire.files import files_of

_MOST = 20  # reported


async def _assistant(namespace: Namespace, tx: Transaction, assistant_id: str) -> dict[str, Any]:
    return dict((await find(namespace, tx, "assistant", assistant_id))["doc"])


def _files_since(doc: dict[str, Any]) -> dict[str, int]:
    """Return the files of an assistant, and since when it has each."""
    known = doc.get("file_ids", {})
    return {file_id: known.get(file_id, doc["created_at"]) for file_id in files_of(doc)}


def _store(tx: Transaction, doc: dict[str, Any], since_by_file: dict[str, int]) -> None:
    tx.update(Assistant, doc["id"], doc={**doc, "file_ids": since_by_file})


def _document(doc: dict[str, Any], file_id: str, since: int) -> dict[str, Any]:
    """Return a file as an assistant shows it, as old as their connection is (recorded)."""
    return {"id": file_id, "object": "assistant.file", "created_at": since, "assistant_id": doc["id"]}


async def attach(namespace: Namespace, assistant_id: str, file_id: str, *, in_store: bool = False) -> dict[str, Any]:
    """Attach a file to an assistant. in_store: also add it to the assistant's own store, as v2 did (recorded)."""
    async with namespace.transaction() as tx:
        doc = await _assistant(namespace, tx, assistant_id)
        since_by_file = _files_since(doc)
        await files.require(namespace, tx, [file_id])
        if file_id not in since_by_file:
            if len(since_by_file) >= _MOST:
                raise refusals.too_many_assistant_files()
            since_by_file[file_id] = namespace.now()
            if in_store:
                doc["tool_resources"] = await resources.add_to_assistant(namespace, tx, doc, file_id)
            _store(tx, doc, since_by_file)
        return _document(doc, file_id, since_by_file[file_id])


async def of_assistant(namespace: Namespace, assistant_id: str, query: ListQuery) -> Page:
    """List the files of an assistant."""
    async with namespace.transaction() as tx:
        doc = await _assistant(namespace, tx, assistant_id)
    return _page([_document(doc, *file) for file in _files_since(doc).items()], query)


async def retrieve(namespace: Namespace, assistant_id: str, file_id: str) -> dict[str, Any]:
    """Return a file of an assistant."""
    async with namespace.transaction() as tx:
        doc = await _assistant(namespace, tx, assistant_id)
    since_by_file = _files_since(doc)
    if file_id not in since_by_file:
        raise refusals.not_found("assistant_file", file_id)
    return _document(doc, file_id, since_by_file[file_id])


async def detach(namespace: Namespace, assistant_id: str, file_id: str, *, in_store: bool = False) -> None:
    """Take a file from an assistant; the file itself stays (documented). in_store: as in `attach`."""
    async with namespace.transaction() as tx:
        doc = await _assistant(namespace, tx, assistant_id)
        since_by_file = _files_since(doc)
        if since_by_file.pop(file_id, None) is None:
            raise refusals.not_found("assistant_file", file_id)
        _store(tx, doc, since_by_file)
        if in_store:
            for store_id in resources.stores_of(doc):
                await store_files.take_out(namespace, tx, store_id, file_id)


async def of_message(namespace: Namespace, thread_id: str, message_id: str, query: ListQuery) -> Page:
    """List the files of a message."""
    return _page(await _message_files(namespace, thread_id, message_id), query)


async def retrieve_of_message(namespace: Namespace, thread_id: str, message_id: str, file_id: str) -> dict[str, Any]:
    """Return a file of a message."""
    for file in await _message_files(namespace, thread_id, message_id):
        if file["id"] == file_id:
            return file
    raise refusals.not_found("message_file", file_id)


async def _message_files(namespace: Namespace, thread_id: str, message_id: str) -> list[dict[str, Any]]:
    doc = await messages.retrieve(namespace, thread_id, message_id)
    about = {"object": "thread.message.file", "created_at": doc["created_at"], "message_id": message_id}
    return [{"id": file_id, **about} for file_id in files_of(doc)]


def _page(items: list[dict[str, Any]], query: ListQuery) -> Page:
    """Return a page of a short list that is stored inside another object; oldest first is its order of insertion."""
    ordered = items if query.order == "asc" else items[::-1]
    places = {item["id"]: place for place, item in enumerate(ordered)}
    for name in ("after", "before"):
        if (cursor := getattr(query, name)) is not None and cursor not in places:
            raise refusals.unknown_cursor(name, cursor)
    end = places[query.before] if query.before else len(ordered)
    start = places[query.after] + 1 if query.after else max(0, end - query.limit) if query.before else 0
    rows: list[Row] = [{"doc": item} for item in ordered[start:end][: query.limit]]
    backwards = query.before is not None and query.after is None
    return Page(rows, start > 0 if backwards else start + query.limit < end)

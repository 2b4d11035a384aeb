"""v1's own files: attached to assistants one by one, and listed with messages."""

from typing import Any

from emulator.domain import errors
from emulator.engine.world import World
from emulator.service import files, messages
from emulator.service.finding import ListQuery, find
from emulator.store.documents import Page, Row
from emulator.store.tables import Assistant
from emulator.wire.changes import files_of

_MOST = 20  # reported


def _assistant(world: World, assistant_id: str) -> dict[str, Any]:
    return dict(find(world, "assistant", assistant_id)["doc"])


def _keep(world: World, doc: dict[str, Any], file_ids: list[str]) -> None:
    unit = world.unit()
    unit.update(Assistant, doc["id"], doc={**doc, "file_ids": file_ids})
    world.commit(unit)


def assistant_file(world: World, doc: dict[str, Any], file_id: str) -> dict[str, Any]:
    """Return a file as an assistant shows it (recorded)."""
    row = files.look(world, file_id)
    created_at = row["doc"]["created_at"] if row else doc["created_at"]
    return {"id": file_id, "object": "assistant.file", "created_at": created_at, "assistant_id": doc["id"]}


def attach(world: World, assistant_id: str, file_id: str) -> dict[str, Any]:
    """Attach a file to an assistant."""
    doc = _assistant(world, assistant_id)
    held = files_of(doc)
    if files.look(world, file_id) is None:
        raise errors.no_file(file_id)
    if file_id not in held:
        if len(held) >= _MOST:
            raise errors.too_many_assistant_files()
        _keep(world, doc, [*held, file_id])
    return assistant_file(world, doc, file_id)


def of_assistant(world: World, assistant_id: str, query: ListQuery) -> Page:
    """List the files of an assistant."""
    doc = _assistant(world, assistant_id)
    return _page([assistant_file(world, doc, file_id) for file_id in files_of(doc)], query)


def retrieve(world: World, assistant_id: str, file_id: str) -> dict[str, Any]:
    """Return a file of an assistant."""
    doc = _assistant(world, assistant_id)
    if file_id not in files_of(doc):
        raise errors.not_found("assistant_file", file_id)
    return assistant_file(world, doc, file_id)


def detach(world: World, assistant_id: str, file_id: str) -> None:
    """Take a file from an assistant; the file itself stays (documented)."""
    doc = _assistant(world, assistant_id)
    held = files_of(doc)
    if file_id not in held:
        raise errors.not_found("assistant_file", file_id)
    _keep(world, doc, [other for other in held if other != file_id])


async def of_message(world: World, thread_id: str, message_id: str, query: ListQuery) -> Page:
    """List the files of a message."""
    return _page(await _message_files(world, thread_id, message_id), query)


async def retrieve_of_message(world: World, thread_id: str, message_id: str, file_id: str) -> dict[str, Any]:
    """Return a file of a message."""
    for shown in await _message_files(world, thread_id, message_id):
        if shown["id"] == file_id:
            return shown
    raise errors.not_found("message_file", file_id)


async def _message_files(world: World, thread_id: str, message_id: str) -> list[dict[str, Any]]:
    doc = await messages.retrieve(world, thread_id, message_id)
    about = {"object": "thread.message.file", "created_at": doc["created_at"], "message_id": message_id}
    return [{"id": file_id, **about} for file_id in files_of(doc)]


def _page(items: list[dict[str, Any]], query: ListQuery) -> Page:
    """Return a page of a short list that is kept inside another object; oldest first is its order of insertion."""
    ordered = items if query.order == "asc" else items[::-1]
    places = {item["id"]: place for place, item in enumerate(ordered)}
    for name in ("after", "before"):
        if (cursor := getattr(query, name)) is not None and cursor not in places:
            raise errors.unknown_cursor(name, cursor)
    end = places[query.before] if query.before else len(ordered)
    start = places[query.after] + 1 if query.after else max(0, end - query.limit) if query.before else 0
    rows: list[Row] = [{"doc": item} for item in ordered[start:end][: query.limit]]
    backwards = query.before is not None and query.after is None
    return Page(rows, start > 0 if backwards else start + query.limit < end)

"""A thread as what a program sends to make a conversation of it, to this server or to the real service."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.service.thread_exports import ThreadExport
from emulator.service.thread_items.losses import Losses
from emulator.service.thread_items.threads import ConversationBodies, OldThread, bodies_of

Doc = dict[str, Any]
_ELSEWHERE: Final = "a conversation names none; a request does"


def as_conversation(export: ThreadExport, paths: Mapping[str, str]) -> Doc:
    """Return the bodies of the requests, the files that they name, and what has no place in them.

    create: of ``POST /conversations``. add: of ``POST /conversations/{id}/items``, one after the other. files: whose
    ids the items have, which have to be there, or be exchanged for those of uploaded ones. paths: where files lie whose
    bytes are there, by their ids.
    """
    losses = Losses()
    bodies = bodies_of(thread_of(export), losses)
    for noun, objects in (("assistants", export.assistants), ("vector stores", export.vector_stores)):
        if objects:
            losses.add(noun, _ELSEWHERE, *(one["id"] for one in objects))
    return {
        "create": bodies.create,
        "add": bodies.add,
        "files": _files(bodies, export.files, paths),
        "lost": losses.to_json(),
    }


def thread_of(export: ThreadExport) -> OldThread:
    """Return the thread of an export as it is read for a conversation."""
    names = {one["id"]: one["filename"] for one in export.files}
    return OldThread(export.thread, export.messages, export.runs, names, export.begun_behind)


def _files(bodies: ConversationBodies, files: Sequence[Mapping[str, Any]], paths: Mapping[str, str]) -> list[Doc]:
    """Return the files that items name, in their order."""
    known = {one["id"]: {**one, "path": paths.get(one["id"])} for one in files}
    named = dict.fromkeys(id_ for item in bodies.items for id_ in named_in(item))
    shown = ("filename", "purpose", "path")
    return [{"id": id_, **{name: known[id_][name] for name in shown if id_ in known}} for id_ in named]


def named_in(item: Any) -> list[str]:
    """Return the ids of files in an item."""
    if isinstance(item, dict):
        own = [item["file_id"]] if isinstance(item.get("file_id"), str) else []
        return [*own, *(id_ for value in item.values() for id_ in named_in(value))]
    return [id_ for one in item for id_ in named_in(one)] if isinstance(item, list) else []

"""What a client sees of a stored document: it depends on the verb of the request and on the day of the wire.

The store holds one shape of each object: the newest, complete. The service left out parts of it depending on the verb,
and had other shapes in earlier years. Both are decided here and nowhere else.
"""

from collections.abc import Callable, Mapping
from enum import Enum, auto
from typing import Any, Final

from emulator.tools import kinds
from emulator.wire.data_sources import with_sources_as_sent
from emulator.wire.history.changes import (
    ASSISTANT,
    CITED_WITHOUT_QUOTE,
    EVENT,
    FILE_DELETED,
    FILE_IN_BATCH,
    FILES_REFUSAL,
    LIST_OF_FILES,
    MESSAGE,
    MESSAGE_LAYOUT,
    NEW_FILE,
    RUN,
    STEP,
    THREAD,
    Doc,
    each_citation,
    without,
)
from emulator.wire.history.downgrade import downgrade, has_changes, project_part
from emulator.wire.history.wires import Wire

__all__ = ["FILES_REFUSAL", "LIST_OF_FILES", "Via", "is_compact", "project", "project_event", "project_part"]


class Via(Enum):
    """How a document reaches the client."""

    CREATED = auto()
    READ = auto()  # by itself or as an item of a list
    CHANGED = auto()
    DELETED = auto()
    STREAMED = auto()
    IN_BATCH = auto()  # as an item of the files of a batch


def project(document: Mapping[str, Any], wire: Wire, via: Via = Via.READ, *, content: bool = False) -> Doc:
    """Return a document as a wire shows it. content: with the texts that file searches found (`include[]`)."""
    kind = document["object"]
    doc = dict(document)
    if kind == STEP and not content:
        doc = _without_search_texts(doc)
    if kind in _WITH_DATA_SOURCES and not wire.is_v1:
        doc = with_sources_as_sent(doc)
    if (shape := _BY_VERB.get(kind)) is not None:
        doc = shape(doc, wire, via)
    if kind in (ASSISTANT, RUN) and not wire.is_v1:
        doc = _with_v1_files(doc)
    if kind in _SPECIAL_KINDS and (special := _SPECIAL_KINDS[kind].get(via)) is not None:
        doc = downgrade(doc, wire, special)
        if special != NEW_FILE:
            return doc
    return downgrade(doc, wire, kind)


def project_event(event: str, data: Mapping[str, Any], wire: Wire, *, content: bool = False) -> tuple[str, Doc]:
    """Return the name and the data of a stream's event as a wire shows them."""
    name = project_part({"event": event}, wire, EVENT)["event"] if has_changes(wire, EVENT) else event
    return name, project(data, wire, Via.STREAMED, content=content) if "object" in data else dict(data)


def is_compact(kind: str, wire: Wire) -> bool:
    """Return whether documents of a kind are written without an indent on a wire."""
    if kind != MESSAGE or not has_changes(wire, MESSAGE_LAYOUT):
        return False
    return bool(project_part({"compact": False}, wire, MESSAGE_LAYOUT).get("compact"))


# --- by verb --------------------------------------------------------------------------------------------------------

_WITHOUT_QUOTES: Final = each_citation(without("quote"))
_STREAM_ONLY: Final = ("status", "incomplete_details", "incomplete_at", "completed_at")


def _message(doc: Doc, wire: Wire, via: Via) -> Doc:
    """Over REST a message has neither its status nor the time stamps of it (recorded).

    The response to a change has file_ids in place of attachments (recorded, even in v2). What a citation quotes is
    known of every message, and shown on days whose messages had it.
    """
    if wire.day >= CITED_WITHOUT_QUOTE:
        doc = _WITHOUT_QUOTES(doc)
    if via is Via.STREAMED:
        return doc
    doc = {name: value for name, value in doc.items() if name not in _STREAM_ONLY}
    if via is Via.CHANGED and not wire.is_v1:
        doc = {("file_ids" if name == "attachments" else name): value for name, value in doc.items()}
        doc["file_ids"] = []
    return doc


def _run(doc: Doc, wire: Wire, via: Via) -> Doc:
    """Over REST tool_resources is empty, whatever the thread has (recorded; streams differ).

    Foundry shows the MCP servers that were sent with the run, and only there (recorded: azure-sdk-assets, Aug 2025).
    """
    resources = dict(doc["tool_resources"])
    servers = resources.pop("mcp", None)
    if via is Via.STREAMED:
        return {**doc, "tool_resources": resources}
    return {**doc, "tool_resources": {"mcp": servers} if servers and wire.foundry else {}}


def _thread(doc: Doc, _wire: Wire, via: Via) -> Doc:
    """GET and streams show an empty list of code files where there are none; other verbs leave it out (recorded)."""
    if via not in (Via.READ, Via.STREAMED):
        return doc
    return {**doc, "tool_resources": {"code_interpreter": {"file_ids": []}, **doc["tool_resources"]}}


def _upload(doc: Doc, wire: Wire, _via: Via) -> Doc:
    return {**doc, "file": project(doc["file"], wire)} if doc.get("file") else doc


_BY_VERB: Final[Mapping[str, Callable[[Doc, Wire, Via], Doc]]] = {
    MESSAGE: _message,
    RUN: _run,
    THREAD: _thread,
    "upload": _upload,
}
# On v1 their files are shown.
_WITH_DATA_SOURCES: Final = (ASSISTANT, THREAD, MESSAGE)
# Documents with a history of their own; a new file also has that of every file.
_SPECIAL_KINDS: Final[Mapping[str, Mapping[Via, str]]] = {
    "file": {Via.CREATED: NEW_FILE, Via.DELETED: FILE_DELETED},
    "vector_store.file": {Via.IN_BATCH: FILE_IN_BATCH},
}


def _without_search_texts(doc: Doc) -> Doc:
    details = doc["step_details"]
    if not details.get("tool_calls"):
        return doc
    calls = [_without_content(call) for call in details["tool_calls"]]
    return {**doc, "step_details": {**details, "tool_calls": calls}}


def _without_content(call: Doc) -> Doc:
    kind = kinds.of_type(call.get("type", ""))  # a kept call may be of a kind that is gone
    return call if kind is None else kind.without_content(call)


def _with_v1_files(doc: Doc) -> Doc:
    """Show the files of a v1 assistant where v2 has them: as files of the code interpreter (documented)."""
    if "file_ids" not in doc:
        return doc
    file_ids = doc.pop("file_ids")
    resources = doc.get("tool_resources", {})
    if doc["object"] == ASSISTANT and file_ids and "code_interpreter" in resources:
        code = resources["code_interpreter"]
        ids = [*code["file_ids"], *file_ids]
        doc["tool_resources"] = {**resources, "code_interpreter": {**code, "file_ids": list(dict.fromkeys(ids))}}
    return doc

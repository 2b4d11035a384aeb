"""What tools may read: files and vector stores named by assistants, threads, runs and messages."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Final

from emulator.domain import refusals
from emulator.domain.view import AttachedFile
from emulator.engine.namespace import Namespace
from emulator.service import files, ingestion, vector_stores
from emulator.store.documents import Unit
from emulator.store.tables import Thread, VectorStore, VectorStoreFile
from emulator.wire.messages import Attachment, CreateMessage, ImageFilePart
from emulator.wire.values import StoreToMake, ToolResources, ToolResourcesToMake
from emulator.wire.vector_stores import AddFile, CreateVectorStore, StoreExpiresAfter

# Documented: a store that a thread got on the way goes a week after its last use; an assistant's stays.
_THREAD_STORE: Final = StoreExpiresAfter(anchor="last_active_at", days=7)
_IMAGES: Final = (".jpeg", ".jpg", ".png", ".gif", ".webp")


@dataclass(slots=True)
class Resources:
    """What the tool resources of a body come to.

    fields: as documents hold them. new_stores: ids of stores whose files are to be read after the commit.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    new_stores: list[str] = field(default_factory=list)

    def add_store(self, store_id: str | None) -> None:
        """Note a store whose files are to be read, once."""
        if store_id is not None and store_id not in self.new_stores:
            self.new_stores.append(store_id)

    def begin_ingestion(self, namespace: Namespace) -> None:
        """Begin to read the files of new stores."""
        for store_id in self.new_stores:
            ingestion.begin(namespace, store_id)


def resolve(
    namespace: Namespace,
    unit: Unit,
    body: ToolResources | ToolResourcesToMake | None,
    *,
    of_thread: bool = False,
    changes: bool = False,
) -> Resources:
    """Check what a body names, and add the stores that it wants made to the unit.

    changes: the body changes something that is there, so a list that it leaves out stays (agency-swarm relied on it).
    """
    resources = Resources()
    code = body.code_interpreter if body is not None else None
    if body is not None and code is not None and not (changes and code.file_ids is None):
        file_ids = code.file_ids or []
        check_files(namespace, file_ids)
        resources.fields["code_interpreter"] = {"file_ids": file_ids}
    search = body.file_search if body is not None else None
    if search is not None and not (changes and search.vector_store_ids is None):
        to_make: Sequence[StoreToMake] = getattr(search, "vector_stores", None) or []
        if to_make and search.vector_store_ids:
            raise refusals.either_store_field()
        store_ids = [vector_stores.find(namespace, store_id)["id"] for store_id in search.vector_store_ids or []]
        resources.new_stores = [_make(namespace, unit, new, of_thread=of_thread) for new in to_make]
        resources.fields["file_search"] = {"vector_store_ids": store_ids + resources.new_stores}
    return resources


def _make(namespace: Namespace, unit: Unit, new: StoreToMake, *, of_thread: bool) -> str:
    if not new.file_ids:
        raise refusals.empty_store_to_make()
    check_files(namespace, new.file_ids, searchable=True)
    body = CreateVectorStore(
        file_ids=None,
        metadata=new.metadata,
        expires_after=_THREAD_STORE if of_thread else None,
    )
    doc = vector_stores.add(namespace, unit, body)
    add_to_store(namespace, unit, doc, new.file_ids, new.chunking_strategy)
    return str(doc["id"])


def add_to_store(
    namespace: Namespace, unit: Unit, store: Mapping[str, Any], file_ids: Sequence[str], chunking: Any = None
) -> None:
    """Add files to a store, to be read when the unit has been written."""
    added = [AddFile(file_id=file_id, chunking_strategy=chunking) for file_id in file_ids]
    vector_stores.check_files(namespace, added)
    ingestion.add(namespace, unit, store["id"], added)
    unit.update(VectorStore, store["id"], doc=vector_stores.busy(store, len(added)))


def check_files(namespace: Namespace, file_ids: Sequence[str], *, searchable: bool = False) -> None:
    """Refuse files that are not there, or that file search cannot read (reported)."""
    for row in files.require(namespace, file_ids):
        extension = _extension(row["doc"]["filename"])
        if searchable and not _is_searchable(extension):
            raise refusals.extension_not_supported(extension)


def _extension(filename: str) -> str:
    return PurePosixPath(filename).suffix.lower()


def _is_searchable(extension: str) -> bool:
    from emulator.retrieval.extraction import SUPPORTED  # noqa: PLC0415 - most servers never search

    return extension.lstrip(".") in SUPPORTED


def of_tools(tools: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assistant's resources: one entry for each tool that it has, empty if nothing is named (recorded)."""
    types = {tool["type"] for tool in tools}
    resources: dict[str, Any] = {}
    if "code_interpreter" in types or "code_interpreter" in fields:
        resources["code_interpreter"] = fields.get("code_interpreter", {"file_ids": []})
    if "file_search" in types or "file_search" in fields:
        resources["file_search"] = fields.get("file_search", {"vector_store_ids": []})
    return resources


# --- messages -------------------------------------------------------------------------------------------------------


def attach(namespace: Namespace, unit: Unit, thread: dict[str, Any], body: CreateMessage) -> str | None:
    """Give a message's files to its thread's tools (documented); return the store that has new files, if any.

    thread: its document, brought up to date. The store is the thread's own, made on first need.
    """
    _check_images(namespace, body)
    attachments = body.attachments or []
    code = [a.file_id for a in attachments if any(tool.type == "code_interpreter" for tool in a.tools)]
    check_files(namespace, [attachment.file_id for attachment in attachments])
    search = [a.file_id for a in attachments if _to_search(namespace, a)]
    resources = thread["tool_resources"]
    if code:
        known = resources.get("code_interpreter", {"file_ids": []})["file_ids"]
        resources = {**resources, "code_interpreter": {"file_ids": list(dict.fromkeys([*known, *code]))}}
    store_id = None
    if search:
        store_ids = resources.get("file_search", {"vector_store_ids": []})["vector_store_ids"]
        store = _thread_store(namespace, unit, store_ids)
        store_id = str(store["id"])
        add_to_store(namespace, unit, store, list(dict.fromkeys(search)))
        resources = {**resources, "file_search": {"vector_store_ids": [store_id]}}
    if resources != thread["tool_resources"]:
        thread["tool_resources"] = resources
        unit.update(Thread, thread["id"], doc=thread)
    return store_id


def _to_search(namespace: Namespace, attachment: Attachment) -> bool:
    """Whether an attachment is to be searched. One for both tools that search cannot read is left to the other."""
    kinds = {tool.type for tool in attachment.tools}
    if kinds == {"file_search"}:
        check_files(namespace, [attachment.file_id], searchable=True)
    row = files.find_live(namespace, attachment.file_id)
    return "file_search" in kinds and row is not None and _is_searchable(_extension(row["doc"]["filename"]))


def _thread_store(namespace: Namespace, unit: Unit, store_ids: Sequence[str]) -> Mapping[str, Any]:
    added = {row["id"]: row["doc"] for row in unit.added(VectorStore)}
    if store_ids:
        return added.get(store_ids[0]) or vector_stores.usable(namespace, store_ids[0])
    return vector_stores.add(namespace, unit, CreateVectorStore(expires_after=_THREAD_STORE))


def _check_images(namespace: Namespace, body: CreateMessage) -> None:
    if isinstance(body.content, str):
        return
    for part in body.content:
        if isinstance(part, ImageFilePart):
            check_files(namespace, [part.image_file.file_id])
            row = files.find_live(namespace, part.image_file.file_id)
            extension = _extension(row["doc"]["filename"]) if row else ""
            if extension not in _IMAGES:
                raise refusals.not_an_image(extension)


# --- assistants of v1 ------------------------------------------------------------------------------------------------


def keep_searchable(namespace: Namespace, unit: Unit, assistant: Mapping[str, Any]) -> list[str]:
    """Store what v1 attached to an assistant like the files of a hidden vector store; return its id if some are new.

    The store's id is the assistant's, which is where a run's search looks too.
    """
    if "file_ids" not in assistant:
        return []
    searches = any(tool["type"] == "file_search" for tool in assistant["tools"])
    file_ids = list(assistant.get("file_ids", ())) if searches else []
    rows = namespace.documents.all(VectorStoreFile, namespace.name, store_id=assistant["id"])
    stored = {row["file_id"]: row["id"] for row in rows}
    for file_id in stored.keys() - set(file_ids):
        unit.delete(VectorStoreFile, id=stored[file_id])
    new = [AddFile(file_id=file_id) for file_id in file_ids if file_id not in stored]
    ingestion.add(namespace, unit, assistant["id"], new)
    return [assistant["id"]] if new else []


# --- what a model sees ----------------------------------------------------------------------------------------------


def stores_of(*holders: Mapping[str, Any]) -> list[str]:
    """Return the stores of assistants and threads."""
    ids = [holder["tool_resources"].get("file_search", {}).get("vector_store_ids", []) for holder in holders]
    return list(dict.fromkeys(store_id for store_ids in ids for store_id in store_ids))


def reach(namespace: Namespace, assistant: Mapping[str, Any], thread: Mapping[str, Any]) -> list[AttachedFile]:
    """Return every file within a run's reach, and the tools that may read it."""
    tools: dict[str, list[str]] = {}
    for holder in (assistant, thread):
        for file_id in holder["tool_resources"].get("code_interpreter", {}).get("file_ids", []):
            tools.setdefault(file_id, []).append("code_interpreter")
    for store_id in stores_of(assistant, thread):
        for row in namespace.documents.all(VectorStoreFile, namespace.name, store_id=store_id):
            tools.setdefault(row["file_id"], []).append("file_search")
    for file_id in assistant.get("file_ids", ()):  # v1: for whichever tool the assistant has
        tools.setdefault(file_id, [])
    return [AttachedFile(file_id, _name(namespace, file_id), tuple(dict.fromkeys(by))) for file_id, by in tools.items()]


def _name(namespace: Namespace, file_id: str) -> str:
    row = files.find_live(namespace, file_id)
    return str(row["doc"]["filename"]) if row else file_id

"""What tools may read: files and vector stores named by assistants, threads, runs and messages."""

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, Final

from emulator.domain import refusals
from emulator.domain.view import AttachedFile
from emulator.engine.namespace import Namespace
from emulator.service import files, ingestion, vector_stores
from emulator.store.documents import Transaction
from emulator.store.tables import Thread, VectorStore, VectorStoreFile
from emulator.wire.messages import Attachment, CreateMessage, ImageFilePart
from emulator.wire.values import StoreToMake, ToolResources, ToolResourcesToMake
from emulator.wire.vector_stores import AddFile, CreateVectorStore, StoreExpiresAfter

# Documented: a store that a thread got on the way goes a week after its last use; an assistant's stays.
_THREAD_STORE: Final = StoreExpiresAfter(anchor="last_active_at", days=7)
_IMAGES: Final = (".jpeg", ".jpg", ".png", ".gif", ".webp")


async def resolve(
    namespace: Namespace,
    tx: Transaction,
    body: ToolResources | ToolResourcesToMake | None,
    *,
    of_thread: bool = False,
    changes: bool = False,
) -> dict[str, Any]:
    """Check what a body names, add the stores that it wants made, and return the resources as documents hold them.

    changes: the body changes something that is there, so a list that it leaves out stays (agency-swarm relied on it).
    """
    fields: dict[str, Any] = {}
    code = body.code_interpreter if body is not None else None
    if body is not None and code is not None and not (changes and code.file_ids is None):
        file_ids = code.file_ids or []
        await check_files(namespace, tx, file_ids)
        fields["code_interpreter"] = {"file_ids": file_ids}
    search = body.file_search if body is not None else None
    if search is not None and not (changes and search.vector_store_ids is None):
        to_make: Sequence[StoreToMake] = getattr(search, "vector_stores", None) or []
        if to_make and search.vector_store_ids:
            raise refusals.either_store_field()
        store_ids = [(await vector_stores.find(namespace, tx, one))["id"] for one in search.vector_store_ids or []]
        store_ids += [await _make(namespace, tx, new, of_thread=of_thread) for new in to_make]
        fields["file_search"] = {"vector_store_ids": store_ids}
    return fields


async def _make(namespace: Namespace, tx: Transaction, new: StoreToMake, *, of_thread: bool) -> str:
    if not new.file_ids:
        raise refusals.empty_store_to_make()
    await check_files(namespace, tx, new.file_ids, searchable=True)
    body = CreateVectorStore(
        file_ids=None,
        metadata=new.metadata,
        expires_after=_THREAD_STORE if of_thread else None,
    )
    doc = await vector_stores.add(namespace, tx, body)
    await _add_to_store(namespace, tx, doc, new.file_ids, new.chunking_strategy)
    return str(doc["id"])


async def _add_to_store(
    namespace: Namespace, tx: Transaction, store: Mapping[str, Any], file_ids: Sequence[str], chunking: Any = None
) -> None:
    added = [AddFile(file_id=file_id, chunking_strategy=chunking) for file_id in file_ids]
    await vector_stores.check_files(namespace, tx, added)
    await ingestion.add(namespace, tx, store["id"], added)
    tx.update(VectorStore, store["id"], doc=vector_stores.busy(store, len(added)))


async def check_files(
    namespace: Namespace, tx: Transaction, file_ids: Sequence[str], *, searchable: bool = False
) -> None:
    """Refuse files that are not there, or that file search cannot read (reported)."""
    for row in await files.require(namespace, tx, file_ids):
        if searchable:
            _check_searchable(_extension(row["doc"]["filename"]))


def _check_searchable(extension: str) -> None:
    if not _is_searchable(extension):
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


async def attach(namespace: Namespace, tx: Transaction, thread: dict[str, Any], body: CreateMessage) -> None:
    """Give a message's files to its thread's tools (documented).

    thread: its document, brought up to date. What is to be searched goes into its own store, made on first need.
    """
    await _check_images(namespace, tx, body)
    attachments = body.attachments or []
    code = [a.file_id for a in attachments if any(tool.type == "code_interpreter" for tool in a.tools)]
    rows = await files.require(namespace, tx, [attachment.file_id for attachment in attachments])
    extensions = {row["id"]: _extension(row["doc"]["filename"]) for row in rows}
    search = [a.file_id for a in attachments if _is_to_search(a, extensions[a.file_id])]
    resources = thread["tool_resources"]
    if code:
        known = resources.get("code_interpreter", {"file_ids": []})["file_ids"]
        resources = {**resources, "code_interpreter": {"file_ids": list(dict.fromkeys([*known, *code]))}}
    if search:
        store_ids = resources.get("file_search", {"vector_store_ids": []})["vector_store_ids"]
        store = await _thread_store(namespace, tx, store_ids)
        await _add_to_store(namespace, tx, store, list(dict.fromkeys(search)))
        resources = {**resources, "file_search": {"vector_store_ids": [store["id"]]}}
    if resources != thread["tool_resources"]:
        thread["tool_resources"] = resources
        tx.update(Thread, thread["id"], doc=thread)


def _is_to_search(attachment: Attachment, extension: str) -> bool:
    """Whether an attachment is to be searched. One for both tools that search cannot read is left to the other."""
    kinds = {tool.type for tool in attachment.tools}
    if "file_search" not in kinds:
        return False
    if kinds == {"file_search"}:
        _check_searchable(extension)
    return _is_searchable(extension)


async def _thread_store(namespace: Namespace, tx: Transaction, store_ids: Sequence[str]) -> dict[str, Any]:
    if store_ids:
        return await vector_stores.usable(namespace, tx, store_ids[0])
    return await vector_stores.add(namespace, tx, CreateVectorStore(expires_after=_THREAD_STORE))


async def _check_images(namespace: Namespace, tx: Transaction, body: CreateMessage) -> None:
    if isinstance(body.content, str):
        return
    for part in body.content:
        if isinstance(part, ImageFilePart):
            (row,) = await files.require(namespace, tx, [part.image_file.file_id])
            extension = _extension(row["doc"]["filename"])
            if extension not in _IMAGES:
                raise refusals.not_an_image(extension)


# --- assistants of v1 ------------------------------------------------------------------------------------------------


async def keep_searchable(namespace: Namespace, tx: Transaction, assistant: Mapping[str, Any]) -> None:
    """Store what v1 attached to an assistant like the files of a hidden vector store.

    The store's id is the assistant's, which is where a run's search looks too.
    """
    if "file_ids" not in assistant:
        return
    searches = any(tool["type"] == "file_search" for tool in assistant["tools"])
    file_ids = list(assistant.get("file_ids", ())) if searches else []
    stored = {row["file_id"]: row for row in await tx.all(VectorStoreFile, store_id=assistant["id"])}
    for file_id in stored.keys() - set(file_ids):
        tx.delete(VectorStoreFile, id=stored[file_id]["id"])
        namespace.indexes.touch(tx, stored[file_id])
    new = [AddFile(file_id=file_id) for file_id in file_ids if file_id not in stored]
    await ingestion.add(namespace, tx, assistant["id"], new)


# --- what a model sees ----------------------------------------------------------------------------------------------


def stores_of(*holders: Mapping[str, Any]) -> list[str]:
    """Return the stores of assistants and threads."""
    ids = [holder["tool_resources"].get("file_search", {}).get("vector_store_ids", []) for holder in holders]
    return list(dict.fromkeys(store_id for store_ids in ids for store_id in store_ids))


async def reach(
    namespace: Namespace, tx: Transaction, assistant: Mapping[str, Any], thread: Mapping[str, Any]
) -> list[AttachedFile]:
    """Return every file within a run's reach, and the tools that may read it."""
    tools: dict[str, list[str]] = {}
    for holder in (assistant, thread):
        for file_id in holder["tool_resources"].get("code_interpreter", {}).get("file_ids", []):
            tools.setdefault(file_id, []).append("code_interpreter")
    for store_id in stores_of(assistant, thread):
        for row in await tx.all(VectorStoreFile, store_id=store_id):
            tools.setdefault(row["file_id"], []).append("file_search")
    for file_id in assistant.get("file_ids", ()):  # v1: for whichever tool the assistant has
        tools.setdefault(file_id, [])
    return [
        AttachedFile(file_id, await _name(namespace, tx, file_id), tuple(dict.fromkeys(by)))
        for file_id, by in tools.items()
    ]


async def _name(namespace: Namespace, tx: Transaction, file_id: str) -> str:
    row = await files.find_live(namespace, tx, file_id)
    return str(row["doc"]["filename"]) if row else file_id

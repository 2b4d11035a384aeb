"""What tools may read: files and vector stores named by assistants, threads, runs and messages."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import refusals
from emulator.domain.view import AttachedFile
from emulator.engine.namespace import Namespace
from emulator.service import data_sources, files, ingestion, vector_stores
from emulator.service.searchable import check_searchable, extension_of, is_searchable
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Thread, VectorStore, VectorStoreFile
from emulator.wire.data_sources import code_files
from emulator.wire.messages import Attachment, CreateMessage, ImageFilePart
from emulator.wire.values import (
    CodeInterpreterFiles,
    FileSearchStores,
    FoundryResources,
    StoreToMake,
    ToolResources,
    ToolResourcesToMake,
)
from emulator.wire.vector_stores import AddFile, CreateVectorStore, StoreExpiresAfter

# Documented: a store that a thread got on the way goes a week after its last use; an assistant's stays.
_THREAD_STORE: Final = StoreExpiresAfter(anchor="last_active_at", days=7)
# What is shown of a tool for which nothing is named.
_EMPTY: Final[Mapping[str, Mapping[str, Any]]] = {
    "code_interpreter": {"file_ids": []},
    "file_search": {"vector_store_ids": []},
}
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
    sent, body = body, await data_sources.in_stores(namespace, tx, body) if body is not None else None
    await check(namespace, tx, body, sent)
    fields: dict[str, Any] = {}
    code = body.code_interpreter if body is not None else None
    if code is not None and not (changes and not _names_code(code)):
        fields["code_interpreter"] = await data_sources.held_of_code(namespace, tx, code)
    search = body.file_search if body is not None else None
    if search is not None and not (changes and not _names_stores(search)):
        made = [await _make(namespace, tx, new, of_thread=of_thread) for new in search.vector_stores or []]
        fields["file_search"] = {"vector_store_ids": [*(search.vector_store_ids or []), *made]}
    return {**fields, **_of_foundry(body)}


async def check(
    namespace: Namespace,
    tx: Transaction,
    body: ToolResources | ToolResourcesToMake | None,
    sent: ToolResources | ToolResourcesToMake | None = None,
) -> None:
    """Refuse files and stores that are not there, and stores that cannot be made.

    sent: the body as it came, where the stores of this one name the files of their data sources, too.
    """
    if body is None:
        return
    sent = sent or body
    if body.code_interpreter is not None:
        await check_files(namespace, tx, body.code_interpreter.file_ids or [])
    if body.file_search is not None:
        for store_id in body.file_search.vector_store_ids or []:
            await vector_stores.find(namespace, tx, store_id)
        sent_stores = (sent.file_search and sent.file_search.vector_stores) or []
        for new, as_sent in zip(body.file_search.vector_stores or [], sent_stores, strict=True):
            if not new.file_ids and not (new.configuration and new.configuration.data_sources):
                raise refusals.empty_store_to_make()
            await check_searchable_files(namespace, tx, new.file_ids or [], as_sent.file_ids or [])


def merge(of_thread: ToolResourcesToMake, of_run: ToolResources) -> ToolResourcesToMake:
    """Return the resources of a thread that is made with its run: for each tool those of the run, if it names any.

    Both are documented; that they are merged by tool, and whose win, is unverified.
    """
    code, search = of_run.code_interpreter, of_run.file_search
    own = {
        "code_interpreter": code if code is not None and _names_code(code) else None,
        "file_search": search if search is not None and _names_stores(search) else None,
    }
    return of_thread.model_copy(update={name: value for name, value in own.items() if value is not None})


def _names_code(code: CodeInterpreterFiles) -> bool:
    return code.file_ids is not None or code.data_sources is not None


def _names_stores(search: FileSearchStores) -> bool:
    return search.vector_store_ids is not None or bool(search.vector_stores)


def _of_foundry(body: FoundryResources | None) -> dict[str, Any]:
    """Return the resources of Foundry's tools, as the service shows them: without secrets."""
    fields: dict[str, Any] = {}
    if body is not None and body.azure_ai_search is not None:
        fields["azure_ai_search"] = body.azure_ai_search.to_wire()
    if body is not None and body.mcp is not None:
        fields["mcp"] = [server.to_wire() for server in body.mcp]
    return fields


def approvals(of_run: FoundryResources | None) -> dict[str, Any]:
    """Return what each MCP server of a run asks of its client, by label.

    What an agent's own resources say makes no difference (reported, azure-sdk-for-net 2026).
    """
    servers = of_run.mcp if of_run is not None else None
    return {server.server_label: server.approval for server in servers or []}


async def _make(namespace: Namespace, tx: Transaction, new: StoreToMake, *, of_thread: bool) -> str:
    """Add a store that was checked; return its id."""
    body = CreateVectorStore(
        file_ids=None,
        name=new.name,
        metadata=new.metadata,
        expires_after=_THREAD_STORE if of_thread else None,
    )
    doc = await vector_stores.add(namespace, tx, body)
    await _add_to_store(namespace, tx, doc, new.file_ids or [], new.chunking_strategy)
    return str(doc["id"])


async def _add_to_store(
    namespace: Namespace, tx: Transaction, store: Mapping[str, Any], file_ids: Sequence[str], chunking: Any = None
) -> None:
    await files.require(namespace, tx, file_ids)
    added = [AddFile(file_id=file_id, chunking_strategy=chunking) for file_id in file_ids]
    await ingestion.add(namespace, tx, store["id"], added)
    tx.update(VectorStore, store["id"], doc=vector_stores.busy(store, len(added)))


async def check_files(namespace: Namespace, tx: Transaction, file_ids: Sequence[str]) -> None:
    """Refuse files that are not there."""
    await files.require(namespace, tx, file_ids)


async def check_searchable_files(
    namespace: Namespace, tx: Transaction, file_ids: Sequence[str], by_id: Sequence[str]
) -> None:
    """Refuse files that are not there, or that file search cannot read (reported). by_id: the others are of sources."""
    for row in await files.require(namespace, tx, file_ids):
        check_searchable(namespace, row, field="file_ids" if row["id"] in by_id else "data_sources")


def of_tools(tools: Sequence[Mapping[str, Any]], fields: Mapping[str, Any]) -> dict[str, Any]:
    """Return an assistant's resources: one entry for each tool that it has, empty if nothing is named (recorded)."""
    types = {tool["type"] for tool in tools}
    return in_order({name: dict(empty) for name, empty in _EMPTY.items() if name in types} | dict(fields))


def of_changed_tools(
    before: Mapping[str, Any], tools: Sequence[Mapping[str, Any]], named: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the resources of an assistant that is changed: those of a tool that it had and has no more go with it.

    before: the assistant as it was. named: what the change names. That files go with their tool is unverified; without
    any tools there were none (recorded).
    """
    gone = {tool["type"] for tool in before["tools"]} - {tool["type"] for tool in tools}
    kept = {name: of for name, of in before["tool_resources"].items() if name not in gone}
    return of_tools(tools, {**kept, **named})


def in_order(resources: Mapping[str, Any]) -> dict[str, Any]:
    """Return resources in the order in which documents show them (recorded for those of the API)."""
    return {name: resources[name] for name in (*_EMPTY, "azure_ai_search", "mcp") if name in resources}


# --- messages -------------------------------------------------------------------------------------------------------


async def attach(namespace: Namespace, tx: Transaction, thread: dict[str, Any], body: CreateMessage) -> None:
    """Give a message's files to its thread's tools (documented).

    thread: its document, brought up to date. What is to be searched goes into its own store, made on first need.
    """
    await _check_images(namespace, tx, body)
    attachments = body.attachments or []
    code = [a for a in attachments if any(tool.type == "code_interpreter" for tool in a.tools)]
    rows = await files.require(namespace, tx, [attachment.file_id for attachment in attachments])
    by_id = {row["id"]: row for row in rows}
    search = [a.file_id for a in attachments if _is_to_search(namespace, a, by_id[a.file_id])]
    resources = thread["tool_resources"]
    if code:
        resources = {**resources, "code_interpreter": _with_attached(resources.get("code_interpreter", {}), code)}
    if search:
        store_ids = resources.get("file_search", {"vector_store_ids": []})["vector_store_ids"]
        store = await _thread_store(namespace, tx, store_ids)
        await _add_to_store(namespace, tx, store, list(dict.fromkeys(search)))
        resources = {**resources, "file_search": {"vector_store_ids": [store["id"]]}}
    if resources != thread["tool_resources"]:
        thread["tool_resources"] = resources
        tx.update(Thread, thread["id"], doc=thread)


def _with_attached(held: Mapping[str, Any], attached: Sequence[Attachment]) -> dict[str, Any]:
    """Return a thread's files for code, as its document holds them, with those of a message."""
    found = [attachment.to_wire() for attachment in attached]
    file_ids = [*held.get("file_ids", []), *(one["file_id"] for one in found if "file_id" in one)]
    named = {"file_ids": list(dict.fromkeys(file_ids))}
    sources = [*held.get("data_sources", []), *(one["data_source"] for one in found if "data_source" in one)]
    once = [source for place, source in enumerate(sources) if source not in sources[:place]]
    return {**named, "data_sources": once} if once else named


def _is_to_search(namespace: Namespace, attachment: Attachment, file: Row) -> bool:
    """Whether an attachment is to be searched. One for both tools that search cannot read is left to the other."""
    kinds = {tool.type for tool in attachment.tools}
    if "file_search" not in kinds:
        return False
    if kinds == {"file_search"}:
        check_searchable(namespace, file)
    return is_searchable(namespace, extension_of(file))


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
            extension = extension_of(row)
            if extension not in _IMAGES:
                raise refusals.not_an_image(extension)


# --- files attached to assistants one by one ------------------------------------------------------------------------


async def add_to_assistant(
    namespace: Namespace, tx: Transaction, assistant: Mapping[str, Any], file_id: str
) -> dict[str, Any]:
    """Add a file to the store of an assistant, made on first need; return the assistant's resources with it."""
    store_ids = stores_of(assistant)
    if store_ids:
        store = await vector_stores.usable(namespace, tx, store_ids[0])
    else:
        store = await vector_stores.add(namespace, tx, CreateVectorStore())
    await _add_to_store(namespace, tx, store, [file_id])
    return {**assistant["tool_resources"], "file_search": {"vector_store_ids": [store["id"]]}}


# --- assistants of v1 ------------------------------------------------------------------------------------------------


async def keep_searchable(namespace: Namespace, tx: Transaction, assistant: Mapping[str, Any]) -> None:
    """Store what v1 attached to an assistant like the files of a hidden vector store.

    The store's id is the assistant's, which is where a run's search looks too.
    """
    if "file_ids" not in assistant:
        return
    searches = any(tool["type"] == "file_search" for tool in assistant["tools"])
    held = [row["file_id"] for store in stores_of(assistant) for row in await tx.all(VectorStoreFile, store_id=store)]
    file_ids = [file_id for file_id in assistant["file_ids"] if searches and file_id not in held]
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
        for file_id in code_files(holder["tool_resources"]):
            tools.setdefault(file_id, []).append("code_interpreter")
    for store_id in stores_of(assistant, thread):
        for row in await tx.all(VectorStoreFile, store_id=store_id):
            tools.setdefault(row["file_id"], []).append("file_search")
    for file_id in assistant.get("file_ids", ()):  # v1: for whichever tool the assistant has
        tools.setdefault(file_id, [])
    return [await _attached(namespace, tx, file_id, tuple(dict.fromkeys(by))) for file_id, by in tools.items()]


async def _attached(namespace: Namespace, tx: Transaction, file_id: str, tools: tuple[str, ...]) -> AttachedFile:
    row = await files.find_live(namespace, tx, file_id)
    if row is None:
        return AttachedFile(file_id, file_id, tools)
    return AttachedFile(file_id, str(row["doc"]["filename"]), tools, row["doc"]["created_at"])

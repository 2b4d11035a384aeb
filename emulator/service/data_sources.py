"""Data sources: each stands for a file of the namespace, because nothing can be fetched here.

What such a file is, is the emulator's own rule: the newest one that was uploaded under a name of the data source, and
an empty one where there is none.
"""

from collections.abc import Sequence
from functools import partial
from typing import Any

from emulator.engine.namespace import Namespace
from emulator.service import files
from emulator.store.blobs import receive_all
from emulator.store.documents import Transaction
from emulator.wire.data_sources import DataSource
from emulator.wire.messages import CreateMessage, SourceAttachment
from emulator.wire.values import CodeInterpreterFiles, ToolResources, ToolResourcesToMake
from emulator.wire.vector_stores import AddFile, AddSource


async def find(namespace: Namespace, tx: Transaction, sources: Sequence[DataSource]) -> list[str]:
    """Return the id of the file that each data source stands for."""
    if not sources:
        return []
    newest = await files.newest_by_name(namespace, tx)
    for source in sources:
        if not any(name in newest for name in source.names):
            newest[source.names[-1]] = await _add_empty(namespace, tx, source.names[-1])
    return [next(newest[name] for name in source.names if name in newest) for source in sources]


async def _add_empty(namespace: Namespace, tx: Transaction, name: str) -> str:
    received = await namespace.blobs.beside(partial(receive_all, namespace.blobs, b""))
    doc = files.add(namespace, tx, received, filename=name, purpose="assistants", azure=True)
    return str(doc["id"])


async def with_files(
    namespace: Namespace, tx: Transaction, file_ids: Sequence[str] | None, sources: Sequence[DataSource] | None
) -> list[str]:
    """Return files with those of data sources; with any of these, each once."""
    named = list(file_ids or [])
    return list(dict.fromkeys([*named, *await find(namespace, tx, sources)])) if sources else named


async def in_added(namespace: Namespace, tx: Transaction, body: AddFile) -> AddFile:
    """Return a file to add to a store, with its id."""
    if not isinstance(body, AddSource):
        return body
    (file_id,) = await find(namespace, tx, [body.data_source])
    return body.model_copy(update={"file_id": file_id})


async def in_message(namespace: Namespace, tx: Transaction, body: CreateMessage) -> CreateMessage:
    """Return a message whose attachments have the ids of their files."""
    attachments = body.attachments or []
    sources = [one.data_source for one in attachments if isinstance(one, SourceAttachment)]
    if not sources:
        return body
    found = iter(await find(namespace, tx, sources))
    with_ids = [
        one.model_copy(update={"file_id": next(found)}) if isinstance(one, SourceAttachment) else one
        for one in attachments
    ]
    return body.model_copy(update={"attachments": with_ids})


async def in_stores(
    namespace: Namespace, tx: Transaction, body: ToolResources | ToolResourcesToMake
) -> ToolResources | ToolResourcesToMake:
    """Return resources whose stores to be made name all their files."""
    search = body.file_search
    if search is None or not any(new.configuration for new in search.vector_stores or []):
        return body
    stores = []
    for new in search.vector_stores or []:
        sources = new.configuration.data_sources if new.configuration else None
        file_ids = await with_files(namespace, tx, new.file_ids, sources)
        stores.append(new.model_copy(update={"file_ids": file_ids}))
    return body.model_copy(update={"file_search": search.model_copy(update={"vector_stores": stores})})


async def held_of_code(namespace: Namespace, tx: Transaction, code: CodeInterpreterFiles) -> dict[str, Any]:
    """Return the files for code as a document holds them."""
    held: dict[str, Any] = {"file_ids": list(code.file_ids or [])}
    if code.data_sources:
        found = await find(namespace, tx, code.data_sources)
        pairs = zip(code.data_sources, found, strict=True)
        held["data_sources"] = [source.to_document(file_id) for source, file_id in pairs]
    return held

"""Files and images in the input of a response: what of them a script can ask for, and which tools can read them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.domain.view import AttachedFile
from emulator.engine.namespace import Namespace
from emulator.service import files, vector_stores
from emulator.service.responses import containers
from emulator.service.responses.contexts import Context
from emulator.store.documents import Transaction
from emulator.store.tables import ContainerFile, VectorStoreFile
from emulator.transcripts.responses import container_files
from emulator.wire.responses.tools import stores_of

Doc = Mapping[str, Any]
_CODE: Final = "code_interpreter"
_SEARCH: Final = "file_search"


# --- messages -------------------------------------------------------------------------------------------------------


def files_of(message: Doc) -> tuple[str, ...]:
    """Return the files of a message, by their ids; those that came as data, by their names."""
    named = [part.get("file_id") or part.get("filename") for part in message["content"] if _shows_file(part)]
    return tuple(dict.fromkeys(str(one) for one in named if one))


def images_of(message: Doc) -> int:
    """Return how many images a message shows."""
    return sum(part["type"] == "input_image" for part in message["content"])


def _shows_file(part: Doc) -> bool:
    return part["type"] == "input_file" or (part["type"] == "input_image" and bool(part["file_id"]))


# --- what tools reach -----------------------------------------------------------------------------------------------


async def prepare(
    namespace: Namespace, tx: Transaction, context: Context, tools: Sequence[Doc]
) -> dict[str, Any] | None:
    """Look up what a request for a response names, and return the container in which its code runs.

    tools: as the response shows them. Files and stores that are not there are refused in the words of other endpoints
    (generic). None: it offers no code.
    """
    await files.require(namespace, tx, _ids_in(context.own))
    for store_id in stores_of(tools):
        await vector_stores.use(namespace, tx, store_id)
    tool = next((tool for tool in tools if tool["type"] == _CODE), None)
    if tool is None:
        return None
    container = await containers.container_for(namespace, tx, context.items, tool)
    # Code finds the files of the input, too (documented).
    await containers.copy_known(namespace, tx, container["id"], _ids_in(context.items))
    return container


async def reach(
    namespace: Namespace, tx: Transaction, items: Sequence[Doc], tools: Sequence[Doc], container: Doc | None
) -> list[AttachedFile]:
    """Return every file within a response's reach, and the tools that may read it; no tools: the model itself.

    items: the context. container: as `prepare` returns it.
    """
    reached: dict[str, list[str]] = {file_id: [] for file_id in _ids_in(items)}
    names: dict[str, tuple[str, int]] = {}
    for doc in await _put_into(tx, container):
        file_id, name = container_files.original(doc)
        names[file_id] = name, doc["created_at"]
        reached.setdefault(file_id, [_CODE])
    for store_id in stores_of(tools):
        for row in await tx.all(VectorStoreFile, store_id=store_id):
            reached.setdefault(row["file_id"], []).append(_SEARCH)
    attached = [
        await _attached(namespace, tx, file_id, tuple(dict.fromkeys(by)), names) for file_id, by in reached.items()
    ]
    return [*attached, *_sent_as_data(items)]


async def _put_into(tx: Transaction, container: Doc | None) -> list[dict[str, Any]]:
    """Return the files that clients have put into a container."""
    if container is None:
        return []
    docs = [row["doc"] for row in await tx.all(ContainerFile, container_id=container["id"])]
    return [doc for doc in docs if doc["source"] == "user"]


async def _attached(
    namespace: Namespace,
    tx: Transaction,
    file_id: str,
    tools: tuple[str, ...],
    names: Mapping[str, tuple[str, int]],
) -> AttachedFile:
    row = await files.find_live(namespace, tx, file_id)
    if row is not None:
        return AttachedFile(file_id, str(row["doc"]["filename"]), tools, row["doc"]["created_at"])
    name, created_at = names.get(file_id, (file_id, 0))
    return AttachedFile(file_id, name, tools, created_at)


def _ids_in(items: Sequence[Doc]) -> list[str]:
    """Return the ids of the files in the messages of a context, each once."""
    ids = [str(part["file_id"]) for part in _file_parts(items) if part.get("file_id")]
    return list(dict.fromkeys(ids))


def _sent_as_data(items: Sequence[Doc]) -> Iterator[AttachedFile]:
    """Yield the files that came as data, which have no ids."""
    names = [str(part["filename"]) for part in _file_parts(items) if not part.get("file_id") and part.get("filename")]
    return (AttachedFile(name, name) for name in dict.fromkeys(names))


def _file_parts(items: Sequence[Doc]) -> Iterator[Doc]:
    messages = (item for item in items if item["type"] == "message")
    return (part for message in messages for part in message["content"] if _shows_file(part))

"""Importing objects in the API's own JSON: exports of threads, answers that were kept, data of a real account.

Ids are kept, and what has one already is replaced. An object that cannot be taken is skipped, with the reason; what
refers to something that is not there is taken and noted.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from emulator.service import conversation_imports
from emulator.service.conversation_imports import ImportedConversations
from emulator.service.exported_objects import GivenObjects, Item, usable_items
from emulator.service.importer import Content, Imported, Importer
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import Blobs, Received


@dataclass(frozen=True, slots=True)
class ReceivedFile:
    """The bytes of a file. name: of its part, which may be the id of the file."""

    name: str
    filename: str
    received: Received


async def import_objects(
    namespaces: Namespaces,
    ns: str,
    read: Callable[[], GivenObjects],
    received: Sequence[ReceivedFile] = (),
    *,
    as_conversations: bool = False,
) -> Imported:
    """Import objects, and files. Raises `ApiError` for what is no import; nothing is half done.

    read: returns the objects; it is called on a thread. received: bytes that belong to a file that is imported, by its
    id or its name, and else become a new file. as_conversations: what threads become.
    """
    result = ImportedConversations() if as_conversations else Imported()
    namespace = await namespaces.open(ns)
    work = partial(_read, namespaces.blobs, read, received, namespace.now(), result)
    found, sent = await namespaces.snapshots.workers.compute(work)
    await namespace.settle()
    async with namespace.transaction() as tx:
        if isinstance(result, ImportedConversations):
            await conversation_imports.add(namespace, tx, result, found, sent)
        else:
            await Importer(namespace, tx, result, found, sent).run()
        namespace.store(tx)
    return result


def _read(
    blobs: Blobs, read: Callable[[], GivenObjects], received: Sequence[ReceivedFile], now: int, result: Imported
) -> tuple[list[Item], Mapping[str, Content]]:
    """Return what is imported, and the bytes of files by their ids; new files have none yet, and go by their names."""
    given = read()
    for place, why in given.skipped:
        result.skip(place, why)
    for place, why in given.noted:
        result.note(place, why)
    found = usable_items(given, now, result.skip)
    by_id = {item.id: item for item in found if item.kind == "file"}
    by_name = {item.doc["filename"]: item.id for item in by_id.values()}
    sent: dict[str, Content] = {}
    for one in received:
        content = Content(one.received, blobs.digest(one.received.name))
        sent[one.name if one.name in by_id else by_name.get(one.filename, f"new/{one.filename}")] = content
    return found, sent

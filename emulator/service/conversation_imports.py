"""Importing threads as conversations: objects in the API's own JSON whose threads are continued over Responses.

Files, vector stores and assistants are imported as they are. What of a thread has no place in a conversation is listed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from emulator.engine.namespace import Namespace
from emulator.service.exported_objects import Item
from emulator.service.importer import Content, Imported, Importer
from emulator.service.responses import conversations, dialogues, items
from emulator.service.stand_ins import named_files
from emulator.service.thread_items.losses import Losses
from emulator.service.thread_items.threads import ConversationBodies, OldThread, bodies_of
from emulator.store.documents import Transaction
from emulator.store.tables import File
from emulator.wire.responses.input_items import items_of

Doc = dict[str, Any]
_ON_THREAD: Final = ("thread", "thread.message", "thread.run", "thread.run.step")
_NOT_STOOD_FOR: Final = ("assistant", *_ON_THREAD)


@dataclass(slots=True)
class ImportedConversations(Imported):
    """What came of an import as conversations. ids: also of conversations and items, by what they were before.

    lost: what has no place there, why, and what had it.
    """

    lost: list[Doc] = field(default_factory=list)


async def add(
    namespace: Namespace,
    tx: Transaction,
    result: ImportedConversations,
    found: Sequence[Item],
    sent: Mapping[str, Content],
) -> None:
    """Import objects within a transaction, threads as conversations. sent: the bytes of files."""
    others = [
        item for item in found if item.kind not in _ON_THREAD and not (item.is_stand_in and item.kind in _NOT_STOOD_FOR)
    ]
    await Importer(namespace, tx, result, others, sent).run()
    losses = Losses()
    for thread in threads_of(found, await _names(tx, found)):
        bodies = bodies_of(thread, losses)
        doc, added = await create(namespace, tx, thread, bodies)
        result.ids |= {thread.id: doc["id"], **dict(zip(bodies.sources, (one["id"] for one in added), strict=True))}
        _count(result, "conversations", 1)
        _count(result, "items", len(added))
    result.lost += losses.to_json()


def _count(result: Imported, noun: str, number: int) -> None:
    result.imported[noun] = result.imported.get(noun, 0) + number


async def create(
    namespace: Namespace,
    tx: Transaction,
    thread: OldThread,
    bodies: ConversationBodies,
    id: str | None = None,  # noqa: A002
) -> tuple[Doc, list[Doc]]:
    """Create the conversation of a thread as requests would; return it and its items. id: one that was chosen."""
    doc = conversations.add(namespace, tx, bodies.metadata, id)
    added: list[Doc] = []
    for batch in bodies.batches:
        added += await items.add(namespace, tx, doc["id"], items_of(batch, root="items"))
    await dialogues.remember_thread(namespace, tx, doc["id"], thread=thread.id, turns=thread.turns, items=added)
    return doc, added


# --- threads --------------------------------------------------------------------------------------------------------


async def _names(tx: Transaction, found: Sequence[Item]) -> dict[str, str]:
    """Return the names of the files that objects name, by their ids, as far as they are there."""
    ids = dict.fromkeys(named_files(item.doc for item in found if item.kind in _ON_THREAD))
    rows = [await tx.get(File, id_) for id_ in ids]
    return {row["id"]: row["doc"]["filename"] for row in rows if row is not None}


def threads_of(found: Sequence[Item], names: Mapping[str, str]) -> list[OldThread]:
    """Return the threads among some objects, in the order in which they began; also those that are only named.

    names: of files, by their ids.
    """
    given = [item for item in found if item.kind in _ON_THREAD and not item.is_stand_in]
    by_thread: dict[str, list[Item]] = {}
    for item in given:
        by_thread.setdefault(item.id if item.kind == "thread" else item.doc["thread_id"], []).append(item)
    threads = [_thread(id_, of_it, names) for id_, of_it in by_thread.items()]
    return sorted(threads, key=lambda one: one.thread.get("created_at", 0))


def _thread(thread_id: str, of_it: Sequence[Item], names: Mapping[str, str]) -> OldThread:
    docs = {kind: [item.doc for item in of_it if item.kind == kind] for kind in _ON_THREAD}
    unknown = {"id": thread_id, "object": "thread"}
    thread = next(iter(docs["thread"]), unknown)
    messages = docs["thread.message"]
    steps: dict[str, list[Mapping[str, Any]]] = {}
    for step in docs["thread.run.step"]:
        steps.setdefault(step["run_id"], []).append(step)
    runs = [{**run, "steps": steps.pop(run["id"], [])} for run in docs["thread.run"]]
    # Runs of which only steps are known.
    runs += [{"id": id_, "created_at": of_run[0]["created_at"], "steps": of_run} for id_, of_run in steps.items()]
    runs.sort(key=lambda run: run["created_at"])
    return OldThread(thread, messages, runs, names, {run["id"]: _begun_behind(run, messages) for run in runs})


def _begun_behind(run: Mapping[str, Any], messages: Sequence[Mapping[str, Any]]) -> int:
    """Return how many messages there were when a run began, as far as times tell."""
    return sum(message["created_at"] <= run["created_at"] for message in messages)

"""Conversations that scripts ask for: each holds what a thread held, of the fixtures or of an export among them."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.domain.ports import came_from
from emulator.engine.namespace import Namespace
from emulator.service.conversation_exports import thread_of
from emulator.service.conversation_imports import create
from emulator.service.thread_exports import gather
from emulator.service.thread_items.losses import Losses
from emulator.service.thread_items.threads import bodies_of
from emulator.store.documents import Transaction
from emulator.store.tables import Conversation, ConversationItem, ScriptMemory, Thread
from emulator.transcripts.responses import turn_places

Fixture = Mapping[str, Any]
Fixtures = Mapping[str, Sequence[Fixture]]


async def replace(
    namespace: Namespace, tx: Transaction, fixture: Fixture, fixtures: Fixtures, before: Fixtures
) -> None:
    """Make a conversation that is not there, and make one anew that was another before, or whose thread was.

    Raises the 404 of a thread that is not there.
    """
    row = await tx.get(Conversation, fixture["id"], deleted=True)
    is_same = fixture in before.get("conversations", ()) and _source(fixture, fixtures) == _source(fixture, before)
    if row is not None and is_same and not row["deleted"]:
        return
    if row is not None:
        _remove(tx, fixture["id"])
    await _make(namespace, tx, fixture)


async def add_missing(namespace: Namespace, tx: Transaction, fixture: Fixture) -> None:
    """Make a conversation that was never there, if its thread is."""
    is_known = await tx.get(Conversation, fixture["id"], deleted=True) is not None
    if not is_known and await tx.has(Thread, fixture["thread"]):
        await _make(namespace, tx, fixture)


async def _make(namespace: Namespace, tx: Transaction, fixture: Fixture) -> None:
    thread = thread_of(await gather(tx, fixture["thread"]))
    await create(namespace, tx, thread, bodies_of(thread, Losses()), fixture["id"])


def _remove(tx: Transaction, conversation_id: str) -> None:
    tx.delete(ConversationItem, conversation_id=conversation_id)
    tx.delete(Conversation, id=conversation_id)
    tx.delete(ScriptMemory, owner=came_from(conversation_id).partition("/")[0])
    turn_places.forget(tx, "tip", conversation_id)


def _source(fixture: Fixture, fixtures: Fixtures) -> list[Mapping[str, Any]]:
    """Return what a conversation is made of."""
    thread_id = fixture["thread"]
    threads = [one for one in fixtures.get("threads", ()) if one["id"] == thread_id]
    items = [item for one in fixtures.get("exports", ()) for item in one["items"]]
    return [*threads, *(item.doc for item in items if thread_id in (item.id, item.doc.get("thread_id")))]

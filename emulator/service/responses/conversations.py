"""Conversations."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from emulator.engine.namespace import Namespace
from emulator.service.responses import items
from emulator.service.responses.contexts import find_conversation
from emulator.store.documents import Transaction
from emulator.store.tables import Conversation, ConversationItem
from emulator.wire.responses.conversations import conversation
from emulator.wire.responses.ids import in_partition, new_partition

Doc = dict[str, Any]


async def create(namespace: Namespace, first: Sequence[Doc], metadata: dict[str, str] | None = None) -> Doc:
    """Create a conversation with its first items."""
    async with namespace.transaction() as tx:
        doc = add(namespace, tx, metadata)
        await items.add(namespace, tx, doc["id"], first)
        return doc


def add(namespace: Namespace, tx: Transaction, metadata: Mapping[str, str] | None, id: str | None = None) -> Doc:  # noqa: A002
    """Add a conversation without items. id: one that was chosen for it."""
    now = namespace.now()
    id_ = id or _new_id(namespace, now)
    doc = conversation(id_, now=now, metadata=metadata)
    tx.insert(Conversation, id_, id=id_, doc=doc)
    return doc


def _new_id(namespace: Namespace, now: int) -> str:
    made = namespace.ids.make("conv")
    return in_partition(made, partition=new_partition(namespace.ids.make("partition")), time=now, of_api=True)


async def retrieve(namespace: Namespace, id: str) -> Doc:  # noqa: A002
    """Return a conversation."""
    async with namespace.transaction() as tx:
        return await _find(tx, id)


async def modify(namespace: Namespace, id: str, metadata: dict[str, str] | None) -> Doc:  # noqa: A002
    """Change the metadata of a conversation, as a whole; null changes nothing (unverified)."""
    async with namespace.transaction() as tx:
        doc = await _find(tx, id)
        if metadata is not None:
            doc = {**doc, "metadata": metadata}
            tx.update(Conversation, id, doc=doc)
        return doc


async def delete(namespace: Namespace, id: str) -> None:  # noqa: A002
    """Delete a conversation. Its items stay known by their ids (documented), and its responses by theirs."""
    async with namespace.transaction() as tx:
        await _find(tx, id)
        tx.soft_delete(Conversation, id)
        tx.delete(ConversationItem, conversation_id=id)
        tx.after_commit(partial(namespace.documents.removals.deleted, None))


async def _find(tx: Transaction, id: str) -> Doc:  # noqa: A002
    return dict((await find_conversation(tx, id))["doc"])

"""Items of conversations."""

from collections.abc import Sequence
from typing import Any

from emulator.domain import context_refusals
from emulator.engine.namespace import Namespace
from emulator.service.lookup import ListQuery
from emulator.service.responses.contexts import find_conversation, identify
from emulator.store.documents import Cursor, Page, Row, Transaction
from emulator.store.tables import ConversationItem
from emulator.transcripts.responses import stored_items
from emulator.wire.responses.ids import partition_of

Doc = dict[str, Any]


async def create(namespace: Namespace, conversation_id: str, items: Sequence[Doc]) -> list[Doc]:
    """Add items to a conversation in which no response is being made; return them as they stand there.

    Calls and outputs need not belong together, as they must in a context (recorded for calls).
    """
    async with namespace.transaction(thread=conversation_id) as tx:
        await find_conversation(tx, conversation_id)
        if await namespace.runs.active(tx, conversation_id) is not None:
            raise context_refusals.conversation_is_locked()
        return await add(namespace, tx, conversation_id, items)


async def add(namespace: Namespace, tx: Transaction, conversation_id: str, items: Sequence[Doc]) -> list[Doc]:
    """Add items to a conversation. One that is there already is refused, the same one twice at once is not (recorded).

    items: as validated. Nothing is kept if one of them is refused (recorded).
    """
    if await stored_items.present(tx, conversation_id, (item["id"] for item in items if item["id"] is not None)):
        raise context_refusals.item_already_in_conversation()
    added = await identify(namespace, tx, items, partition=partition_of(conversation_id), of_api=True)
    await stored_items.append(tx, conversation_id, added)
    return added


async def listing(namespace: Namespace, conversation_id: str, query: ListQuery) -> Page:
    """List the items of a conversation. An item that is not in it any more is no place to begin after (recorded)."""
    async with namespace.transaction(thread=conversation_id) as tx:
        await find_conversation(tx, conversation_id)
        after = None
        if query.after is not None:
            places = [row["seq"] for row in await stored_items.copies(tx, conversation_id, query.after)]
            if not places:
                raise context_refusals.no_item_to_begin_after(query.after)
            # Behind all copies of an item, so that whoever reads page after page comes to an end.
            after = max(places) if query.order == "asc" else min(places)
        cursor = Cursor(query.limit, query.order, after)
        return await tx.page(ConversationItem, cursor, conversation_id=conversation_id)


async def retrieve(namespace: Namespace, conversation_id: str, item_id: str) -> Doc:
    """Return an item of a conversation."""
    async with namespace.transaction(thread=conversation_id) as tx:
        await find_conversation(tx, conversation_id)
        return dict((await _places(tx, conversation_id, item_id))[0]["doc"])


async def delete(namespace: Namespace, conversation_id: str, item_id: str) -> Doc:
    """Take an item out of a conversation, wherever it stands there; return the conversation, as the service does.

    The item stays known by its id (unverified).
    """
    async with namespace.transaction(thread=conversation_id) as tx:
        conversation = await find_conversation(tx, conversation_id)
        for row in await _places(tx, conversation_id, item_id):
            tx.delete(ConversationItem, id=row["id"])
        return dict(conversation["doc"])


async def _places(tx: Transaction, conversation_id: str, item_id: str) -> list[Row]:
    """Return the rows of an item in a conversation; raise the refusal where there is none."""
    if not (rows := await stored_items.copies(tx, conversation_id, item_id)):
        raise context_refusals.item_not_in_conversation(item_id)
    return rows

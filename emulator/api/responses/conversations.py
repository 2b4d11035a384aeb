"""Handlers of /conversations."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.responses import bodies, item_lists
from emulator.service.responses import conversations, items
from emulator.wire.history.responses import ITEM_DELETED_UNTIL
from emulator.wire.responses.conversations import AddItems, CreateConversation, ModifyConversation
from emulator.wire.responses.input_items import items_of


async def create(exchange: Exchange) -> Response:
    """POST /conversations; without a body too (unverified)."""
    body = await bodies.read(exchange, CreateConversation, optional=True)
    first = items_of(body.items or [], root="items", day=exchange.namespace.config.wire)
    made = await conversations.create(exchange.namespace, first, body.metadata)
    exchange.thread = made["id"]
    return answers.plain(exchange, made)


async def retrieve(exchange: Exchange) -> Response:
    """GET /conversations/{conversation_id}."""
    return answers.plain(exchange, await conversations.retrieve(exchange.namespace, _id(exchange)))


async def modify(exchange: Exchange) -> Response:
    """POST /conversations/{conversation_id}."""
    body = await bodies.read(exchange, ModifyConversation)
    return answers.plain(exchange, await conversations.modify(exchange.namespace, _id(exchange), body.metadata))


async def delete(exchange: Exchange) -> Response:
    """DELETE /conversations/{conversation_id}."""
    await conversations.delete(exchange.namespace, _id(exchange))
    return answers.deleted(exchange, _id(exchange), "conversation.deleted")


async def add_items(exchange: Exchange) -> Response:
    """POST /conversations/{conversation_id}/items."""
    item_lists.included(exchange)  # before anything is kept
    body = await bodies.read(exchange, AddItems)
    new = items_of(body.items, root="items", day=exchange.namespace.config.wire)
    return item_lists.page(exchange, await items.create(exchange.namespace, _id(exchange), new))


async def list_items(exchange: Exchange) -> Response:
    """GET /conversations/{conversation_id}/items."""
    found = await items.listing(exchange.namespace, _id(exchange), exchange.list_query())
    return item_lists.page(exchange, [row["doc"] for row in found.rows], has_more=found.has_more)


async def retrieve_item(exchange: Exchange) -> Response:
    """GET /conversations/{conversation_id}/items/{item_id}."""
    return item_lists.one(exchange, await items.retrieve(exchange.namespace, _id(exchange), exchange.param("item_id")))


async def delete_item(exchange: Exchange) -> Response:
    """DELETE /conversations/{conversation_id}/items/{item_id}; the answer is the conversation (recorded)."""
    namespace, item_id = exchange.namespace, exchange.param("item_id")
    doc = await items.delete(namespace, _id(exchange), item_id)
    if namespace.config.wire < ITEM_DELETED_UNTIL:
        return answers.deleted(exchange, item_id, "conversation.item.deleted")
    return answers.plain(exchange, doc)


def _id(exchange: Exchange) -> str:
    return exchange.param("conversation_id")

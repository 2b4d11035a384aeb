"""Handlers of /threads/{thread_id}/messages."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import messages
from emulator.wire.messages import CreateMessage, ModifyMessage
from emulator.wire.projection import Via


async def create(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/messages."""
    body = await exchange.body(CreateMessage)
    doc = await messages.create(exchange.namespace, exchange.param("thread_id"), body)
    return answers.document(exchange, doc, Via.CREATED)


async def listing(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/messages."""
    run_id = exchange.query.get("run_id") or None
    page = await messages.listing(exchange.namespace, exchange.param("thread_id"), exchange.list_query(), run_id)
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}."""
    doc = await messages.retrieve(exchange.namespace, exchange.param("thread_id"), exchange.param("message_id"))
    return answers.document(exchange, doc)


async def modify(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/messages/{message_id}."""
    body = await exchange.body(ModifyMessage)
    doc = await messages.modify(exchange.namespace, exchange.param("thread_id"), exchange.param("message_id"), body)
    return answers.document(exchange, doc, Via.CHANGED)


async def delete(exchange: Exchange) -> Response:
    """DELETE /threads/{thread_id}/messages/{message_id}."""
    await messages.delete(exchange.namespace, exchange.param("thread_id"), exchange.param("message_id"))
    return answers.deleted(exchange, exchange.param("message_id"), "thread.message.deleted")

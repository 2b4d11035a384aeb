"""Handlers of /threads."""

from emulator.api import responses
from emulator.api.exchange import Exchange
from emulator.api.responses import Response
from emulator.service import threads
from emulator.wire.projection import Via
from emulator.wire.threads import CreateThread, ModifyThread


async def create(exchange: Exchange) -> Response:
    """POST /threads; without a body too (recorded)."""
    body = await exchange.body(CreateThread, optional=True)
    doc = await threads.create(exchange.namespace, body)
    exchange.thread = doc["id"]
    return responses.document(exchange, doc, Via.CREATED)


async def listing(exchange: Exchange) -> Response:
    """GET /threads: Foundry's alone, the service itself never had it (documented there)."""
    page = await threads.listing(exchange.namespace, exchange.list_query())
    return responses.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}."""
    return responses.document(exchange, await threads.retrieve(exchange.namespace, exchange.param("thread_id")))


async def modify(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}."""
    body = await exchange.body(ModifyThread)
    doc = await threads.modify(exchange.namespace, exchange.param("thread_id"), body)
    return responses.document(exchange, doc, Via.CHANGED)


async def delete(exchange: Exchange) -> Response:
    """DELETE /threads/{thread_id}."""
    await threads.delete(exchange.namespace, exchange.param("thread_id"))
    return responses.deleted(exchange, exchange.param("thread_id"), "thread.deleted")

"""Handlers of /threads."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import threads
from emulator.wire.projection import Via
from emulator.wire.threads import CreateThread, ModifyThread


async def create(exchange: Exchange) -> Response:
    """POST /threads; without a body too (recorded)."""
    body = await exchange.body(CreateThread, optional=True)
    doc = await threads.create(exchange.namespace, body)
    exchange.thread = doc["id"]
    return answers.document(exchange, doc, Via.CREATED)


async def listing(exchange: Exchange) -> Response:
    """GET /threads: Foundry's alone, the service itself never had it (documented there)."""
    page = await threads.listing(exchange.namespace, exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}."""
    return answers.document(exchange, await threads.retrieve(exchange.namespace, exchange.param("thread_id")))


async def modify(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}."""
    body = await exchange.body(ModifyThread)
    doc = await threads.modify(exchange.namespace, exchange.param("thread_id"), body)
    return answers.document(exchange, doc, Via.CHANGED)


async def delete(exchange: Exchange) -> Response:
    """DELETE /threads/{thread_id}."""
    await threads.delete(exchange.namespace, exchange.param("thread_id"))
    return answers.deleted(exchange, exchange.param("thread_id"), "thread.deleted")

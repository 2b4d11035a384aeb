"""Handlers of /assistants."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import assistants
from emulator.wire.assistants import CreateAssistant, ModifyAssistant
from emulator.wire.projection import Via


async def create(exchange: Exchange) -> Response:
    """POST /assistants."""
    body = await exchange.body(CreateAssistant)
    doc = await assistants.create(exchange.namespace, body, old_models=exchange.caller.refuses_later_models)
    return answers.document(exchange, doc, Via.CREATED)


async def listing(exchange: Exchange) -> Response:
    """GET /assistants."""
    page = await assistants.listing(exchange.namespace, exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /assistants/{assistant_id}."""
    doc = await assistants.retrieve(exchange.namespace, exchange.param("assistant_id"))
    return answers.document(exchange, doc)


async def modify(exchange: Exchange) -> Response:
    """POST /assistants/{assistant_id}."""
    body = await exchange.body(ModifyAssistant)
    assistant_id = exchange.param("assistant_id")
    doc = await assistants.modify(
        exchange.namespace, assistant_id, body, old_models=exchange.caller.refuses_later_models
    )
    return answers.document(exchange, doc, Via.CHANGED)


async def delete(exchange: Exchange) -> Response:
    """DELETE /assistants/{assistant_id}."""
    await assistants.delete(exchange.namespace, exchange.param("assistant_id"))
    return answers.deleted(exchange, exchange.param("assistant_id"), "assistant.deleted")

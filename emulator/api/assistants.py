"""Handlers of /assistants."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import assistants
from emulator.service.finding import documents
from emulator.wire.assistants import CreateAssistant, ModifyAssistant


async def create(call: Call) -> Response:
    """POST /assistants."""
    body = await call.body(CreateAssistant)
    return answering.document(call, assistants.create(call.world, body, old_models=call.old_models))


async def listing(call: Call) -> Response:
    """GET /assistants."""
    page = assistants.listing(call.world, call.list_query())
    return answering.listing(call, page, documents(page))


async def retrieve(call: Call) -> Response:
    """GET /assistants/{assistant_id}."""
    return answering.document(call, assistants.retrieve(call.world, call.param("assistant_id")))


async def modify(call: Call) -> Response:
    """POST /assistants/{assistant_id}."""
    body = await call.body(ModifyAssistant)
    return answering.document(
        call, assistants.modify(call.world, call.param("assistant_id"), body, old_models=call.old_models)
    )


async def delete(call: Call) -> Response:
    """DELETE /assistants/{assistant_id}."""
    assistants.delete(call.world, call.param("assistant_id"))
    return answering.deleted(call, call.param("assistant_id"), "assistant.deleted")

"""Handlers of /threads/{thread_id}/messages."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import messages
from emulator.service.finding import documents
from emulator.wire.messages import CreateMessage, ModifyMessage, after_modify, over_rest


async def create(call: Call) -> Response:
    """POST /threads/{thread_id}/messages."""
    body = await call.body(CreateMessage)
    return answering.document(call, over_rest(await messages.create(call.world, call.param("thread_id"), body)))


async def listing(call: Call) -> Response:
    """GET /threads/{thread_id}/messages."""
    run_id = call.request.query_params.get("run_id") or None
    page = await messages.listing(call.world, call.param("thread_id"), call.list_query(), run_id)
    return answering.listing(call, page, [over_rest(doc) for doc in documents(page)])


async def retrieve(call: Call) -> Response:
    """GET /threads/{thread_id}/messages/{message_id}."""
    doc = await messages.retrieve(call.world, call.param("thread_id"), call.param("message_id"))
    return answering.document(call, over_rest(doc))


async def modify(call: Call) -> Response:
    """POST /threads/{thread_id}/messages/{message_id}."""
    body = await call.body(ModifyMessage)
    doc = await messages.modify(call.world, call.param("thread_id"), call.param("message_id"), body)
    return answering.document(call, over_rest(doc) if call.wire.is_v1 else after_modify(doc))


async def delete(call: Call) -> Response:
    """DELETE /threads/{thread_id}/messages/{message_id}."""
    await messages.delete(call.world, call.param("thread_id"), call.param("message_id"))
    return answering.deleted(call, call.param("message_id"), "thread.message.deleted")

"""Handlers of /threads."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import threads
from emulator.service.finding import documents
from emulator.wire.threads import CreateThread, ModifyThread, when_read


async def create(call: Call) -> Response:
    """POST /threads; without a body too (recorded)."""
    return answering.document(call, threads.create(call.world, await call.body(CreateThread, optional=True)))


async def listing(call: Call) -> Response:
    """GET /threads: Foundry's alone, the service itself never had it (documented there)."""
    page = threads.listing(call.world, call.list_query())
    return answering.listing(call, page, [when_read(doc) for doc in documents(page)])


async def retrieve(call: Call) -> Response:
    """GET /threads/{thread_id}."""
    return answering.document(call, when_read(threads.retrieve(call.world, call.param("thread_id"))))


async def modify(call: Call) -> Response:
    """POST /threads/{thread_id}."""
    body = await call.body(ModifyThread)
    return answering.document(call, threads.modify(call.world, call.param("thread_id"), body))


async def delete(call: Call) -> Response:
    """DELETE /threads/{thread_id}."""
    await threads.delete(call.world, call.param("thread_id"))
    return answering.deleted(call, call.param("thread_id"), "thread.deleted")

"""Handlers of /threads/{thread_id}/runs/{run_id}/steps."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import steps
from emulator.service.finding import documents
from emulator.wire.steps import over_rest


async def listing(call: Call) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}/steps."""
    content = call.includes_content()
    page, over = await steps.listing(call.world, call.param("thread_id"), call.param("run_id"), call.list_query())
    shown = [over_rest(doc, run_is_over=over, content=content) for doc in documents(page)]
    return answering.listing(call, page, shown)


async def retrieve(call: Call) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}."""
    content = call.includes_content()
    ids = (call.param("thread_id"), call.param("run_id"), call.param("step_id"))
    doc, over = await steps.retrieve(call.world, *ids)
    return answering.document(call, over_rest(doc, run_is_over=over, content=content))

"""Handlers of /threads/{thread_id}/runs, and of /threads/runs."""

from collections.abc import Awaitable, Mapping
from typing import Any

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.api.streaming import stream
from emulator.service import runs
from emulator.service.finding import documents
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs, over_rest


async def create(call: Call) -> Response:
    """POST /threads/{thread_id}/runs."""
    content = call.includes_content()
    body = await call.body(CreateRun)
    begun = runs.create(call.world, call.param("thread_id"), body, v1=call.wire.is_v1, old_models=call.old_models)
    return await _answer(call, begun, streamed=bool(body.stream), content=content)


async def create_with_thread(call: Call) -> Response:
    """POST /threads/runs."""
    body = await call.body(CreateThreadAndRun)
    begun = runs.create_with_thread(call.world, body, v1=call.wire.is_v1, old_models=call.old_models)
    return await _answer(call, begun, streamed=bool(body.stream))


async def listing(call: Call) -> Response:
    """GET /threads/{thread_id}/runs."""
    page = await runs.listing(call.world, call.param("thread_id"), call.list_query())
    return answering.listing(call, page, [over_rest(doc) for doc in documents(page)])


async def retrieve(call: Call) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}."""
    return _run(call, await runs.retrieve(call.world, call.param("thread_id"), call.param("run_id")))


async def modify(call: Call) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}."""
    body = await call.body(ModifyRun)
    return _run(call, await runs.modify(call.world, call.param("thread_id"), call.param("run_id"), body))


async def cancel(call: Call) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}/cancel; whatever the body holds is not looked at."""
    return _run(call, await runs.cancel(call.world, call.param("thread_id"), call.param("run_id")))


async def submit_tool_outputs(call: Call) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs."""
    body = await call.body(SubmitToolOutputs)
    submitted = runs.submit_tool_outputs(call.world, call.param("thread_id"), call.param("run_id"), body)
    return await _answer(call, submitted, streamed=bool(body.stream))


def _run(call: Call, doc: Mapping[str, Any]) -> Response:
    return answering.document(call, over_rest(doc))


async def _answer(call: Call, begun: Awaitable[dict[str, Any]], *, streamed: bool, content: bool = False) -> Response:
    """Answer with the run, or with the journal from where it stood: streaming changes the answer, not the run."""
    if not streamed:
        return _run(call, await begun)
    # What a run on the thread still does by itself belongs to an earlier answer.
    await call.world.settle(call.request.path_params.get("thread_id", ""))
    follower = call.world.documents.journal.follow(call.world.name)
    try:
        follower.only((await begun)["id"])
    except BaseException:
        follower.leave()
        raise
    return stream(call, follower, content=content)

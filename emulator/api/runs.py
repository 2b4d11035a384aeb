"""Handlers of /threads/{thread_id}/runs, and of /threads/runs."""

from collections.abc import Awaitable
from typing import Any

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.streaming import stream
from emulator.service import runs
from emulator.wire.foundry import SubmitToFoundry
from emulator.wire.projection import Via
from emulator.wire.runs import CreateRun, CreateThreadAndRun, ModifyRun, SubmitToolOutputs


async def create(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/runs."""
    content = exchange.includes_content()
    body = await exchange.body(CreateRun)
    running = runs.create(exchange.namespace, exchange.param("thread_id"), body, exchange.caller)
    return await _answer(exchange, running, streamed=bool(body.stream), content=content)


async def create_with_thread(exchange: Exchange) -> Response:
    """POST /threads/runs."""
    body = await exchange.body(CreateThreadAndRun)
    running = runs.create_with_thread(exchange.namespace, body, exchange.caller)
    return await _answer(exchange, running, streamed=bool(body.stream))


async def listing(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/runs."""
    page = await runs.listing(exchange.namespace, exchange.param("thread_id"), exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}."""
    return answers.document(exchange, await runs.retrieve(exchange.namespace, *_ids(exchange)))


async def modify(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}."""
    body = await exchange.body(ModifyRun)
    return answers.document(exchange, await runs.modify(exchange.namespace, *_ids(exchange), body), Via.CHANGED)


async def cancel(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}/cancel; whatever the body holds is not looked at."""
    return answers.document(exchange, await runs.cancel(exchange.namespace, *_ids(exchange)))


async def submit_tool_outputs(exchange: Exchange) -> Response:
    """POST /threads/{thread_id}/runs/{run_id}/submit_tool_outputs."""
    is_foundry = exchange.address.mount == "foundry"
    body: SubmitToolOutputs | SubmitToFoundry
    body = await exchange.body(SubmitToFoundry) if is_foundry else await exchange.body(SubmitToolOutputs)
    submitted = runs.submit_tool_outputs(exchange.namespace, *_ids(exchange), body)
    return await _answer(exchange, submitted, streamed=bool(body.stream))


def _ids(exchange: Exchange) -> tuple[str, str]:
    return exchange.param("thread_id"), exchange.param("run_id")


async def _answer(
    exchange: Exchange, running: Awaitable[dict[str, Any]], *, streamed: bool, content: bool = False
) -> Response:
    """Answer with the run, or with the journal from where it stood: streaming changes the answer, not the run."""
    if not streamed:
        return answers.document(exchange, _about(exchange, await running))
    # What a run on the thread is still doing belongs to an earlier response.
    await exchange.namespace.runs.settle(exchange.params.get("thread_id", ""))
    journal, name = exchange.namespace.documents.journal, exchange.namespace.name
    follower = journal.follow(name, exchange.params.get("run_id"), streams=True)
    try:
        follower.only(_about(exchange, await running)["id"])
    except BaseException:
        follower.leave()
        raise
    return stream(exchange, follower, content=content)


def _about(exchange: Exchange, run: dict[str, Any]) -> dict[str, Any]:
    """Note which run a request has made, or is about, and return it."""
    exchange.run, exchange.thread = run["id"], run["thread_id"]
    if "run_id" not in exchange.params:
        exchange.namespace.coverage.offer(run["tools"])
    return run

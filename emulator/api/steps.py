"""Handlers of /threads/{thread_id}/runs/{run_id}/steps."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import steps


async def listing(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}/steps."""
    content = exchange.includes_content()
    page = await steps.listing(
        exchange.namespace, exchange.param("thread_id"), exchange.param("run_id"), exchange.list_query()
    )
    return answers.listing(exchange, page, content=content)


async def retrieve(exchange: Exchange) -> Response:
    """GET /threads/{thread_id}/runs/{run_id}/steps/{step_id}."""
    content = exchange.includes_content()
    ids = (exchange.param("thread_id"), exchange.param("run_id"), exchange.param("step_id"))
    doc = await steps.retrieve(exchange.namespace, *ids)
    return answers.document(exchange, doc, content=content)

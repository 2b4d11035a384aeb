"""Handlers of what responses are given: /responses/{response_id}/input_items and /responses/input_tokens."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.responses import bodies, item_lists
from emulator.service.responses import inputs
from emulator.wire.responses import input_tokens as counting


async def input_items(exchange: Exchange) -> Response:
    """GET /responses/{response_id}/input_items."""
    query = exchange.list_query()
    items, has_more = await inputs.listing(exchange.namespace, exchange.param("response_id"), query)
    return item_lists.page(exchange, items, has_more=has_more)


async def input_tokens(exchange: Exchange) -> Response:
    """POST /responses/input_tokens."""
    namespace = exchange.namespace
    body = counting.read(await bodies.read_json(exchange), day=namespace.config.wire)
    return answers.plain(exchange, counting.document(await inputs.tokens(namespace, body)))

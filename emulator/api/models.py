"""Handlers of /models."""

from emulator.api import responses
from emulator.api.exchange import Exchange
from emulator.api.responses import Response
from emulator.service import models


async def listing(exchange: Exchange) -> Response:
    """GET /models: without a cursor (documented)."""
    return responses.plain(exchange, {"object": "list", "data": models.listing(exchange.namespace)})


async def retrieve(exchange: Exchange) -> Response:
    """GET /models/{model}."""
    return responses.plain(exchange, models.retrieve(exchange.namespace, exchange.param("model")))


async def delete(exchange: Exchange) -> Response:
    """DELETE /models/{model}: for fine-tuned models only (documented)."""
    await models.delete(exchange.namespace, exchange.param("model"))
    return responses.deleted(exchange, exchange.param("model"), "model")

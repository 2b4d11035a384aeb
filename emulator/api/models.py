"""Handlers of /models."""

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.service import models


async def listing(exchange: Exchange) -> Response:
    """GET /models: without a cursor (documented)."""
    return answers.plain(exchange, {"object": "list", "data": models.listing(exchange.namespace)})


async def retrieve(exchange: Exchange) -> Response:
    """GET /models/{model}."""
    return answers.plain(exchange, models.retrieve(exchange.namespace, exchange.param("model")))


async def delete(exchange: Exchange) -> Response:
    """DELETE /models/{model}: for fine-tuned models only (documented)."""
    await models.delete(exchange.namespace, exchange.param("model"))
    return answers.deleted(exchange, exchange.param("model"), "model")

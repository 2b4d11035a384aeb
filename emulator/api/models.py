"""Handlers of /models."""

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.service import models


async def listing(call: Call) -> Response:
    """GET /models: without a cursor (documented)."""
    return answering.plain(call, {"object": "list", "data": models.listing(call.world)})


async def retrieve(call: Call) -> Response:
    """GET /models/{model}."""
    return answering.plain(call, models.retrieve(call.world, call.param("model")))


async def delete(call: Call) -> Response:
    """DELETE /models/{model}: for fine-tuned models only (documented)."""
    models.delete(call.world, call.param("model"))
    return answering.deleted(call, call.param("model"), "model")

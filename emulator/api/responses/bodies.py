"""Bodies of requests, with the words in which these endpoints refuse what is none."""

from typing import Any, TypeVar

from emulator.api.exchange import Exchange
from emulator.domain import response_refusals
from emulator.tools.body import Body
from emulator.wire import layout
from emulator.wire.responses.problems import validate, wrong_type

Model = TypeVar("Model", bound=Body)


async def read(exchange: Exchange, model: type[Model], *, optional: bool = False) -> Model:
    """Return the body as a value. optional: no body at all is an empty object."""
    data = await read_json(exchange, optional=optional)
    if not isinstance(data, dict):
        raise response_refusals.bad_json() if data is None else wrong_type("body", "an object", data)  # unverified
    return validate(model, data, day=exchange.namespace.config.wire)


async def read_json(exchange: Exchange, *, optional: bool = False) -> Any:
    """Return the body's JSON. optional: as above."""
    raw = await exchange.raw_body()
    if optional and not raw.strip():
        return {}
    try:
        return layout.parse(raw)
    except ValueError:
        raise response_refusals.bad_json() from None

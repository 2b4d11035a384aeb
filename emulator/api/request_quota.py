"""The quota of requests: how many each API key may send in a minute."""

from emulator.api.exchange import Exchange
from emulator.domain import refusals
from emulator.domain.quotas import digest_of
from emulator.engine.facets import Kind


async def check(exchange: Exchange) -> None:
    """Count a request; raise the refusal of one for which there is no room yet, which is not counted."""
    namespace = exchange.namespace
    quotas = namespace.config.quotas
    if quotas is None or quotas.rpm is None:
        return
    key = digest_of(exchange.headers.api_key or "")
    async with namespace.facets.changing(namespace, Kind.CONSUMPTION):
        wait = namespace.consumption.request(key, quotas.rpm, namespace.clock.now())
    if wait:
        raise refusals.rate_limited(wait)

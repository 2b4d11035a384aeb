"""Access to the API: keys, beta headers, and the wire that a client speaks."""

import logging
from functools import lru_cache
from typing import Final

from starlette.datastructures import QueryParams

from emulator.api.address import RequestHeaders
from emulator.domain import refusals
from emulator.domain.config import NamespaceConfig
from emulator.domain.refusals import Beta
from emulator.wire.history.wires import V1_ENDS, V1_LAST, V2_FIRST, Wire, betas, wire

# The first api-version of Azure's that spoke v2 (documented).
_AZURE_V2: Final = "2024-05-01"
_log: Final = logging.getLogger(__name__)


class Keys:
    """The keys that a server takes; with an empty list any key will do."""

    def __init__(self, accepted: frozenset[str]) -> None:
        self._accepted = accepted
        self._warned = False

    def check(self, headers: RequestHeaders) -> None:
        """Refuse a request without a key, or with one that is not on the list; warn once of a key that may be real."""
        key = headers.api_key
        if key is None:
            raise refusals.missing_key()
        if self._accepted:
            if key not in self._accepted:
                raise refusals.incorrect_key(key)
        elif not self._warned and not key.startswith("sk-emu"):
            self._warned = True
            _log.warning(
                "A key was sent that does not begin with sk-emu. It may be a real one: it is neither stored nor"
                " printed, but an emulator needs none. Use OPENAI_API_KEY=sk-emu-default."
            )


@lru_cache(256)
def _wire_of_header(header: str | None, day: str) -> Wire | None:
    named = [beta for beta in betas(header) if beta in ("v1", "v2")]
    # How the service read a header that names both is not recorded; the newer one is taken. unverified
    return wire("v2" if "v2" in named else "v1", day) if named else None


def spoken_wire(headers: RequestHeaders, query: bytes, day: str, *, mount: str, needs_beta: bool) -> Wire:
    """Return the wire of a request, or refuse a missing header where the endpoint needs it. day: the namespace's.

    Files, uploads, models and vector stores are no part of the beta: they have the shapes of the day (documented).
    """
    if mount == "foundry":
        return wire("v2", day, foundry=True)
    if not needs_beta and day > V1_LAST:
        return wire("v2", day)
    if (named := _wire_of_header(headers.get("openai-beta"), day)) is not None:
        return named
    if mount == "azure":
        version = QueryParams(query).get("api-version") or day
        return wire("v1" if version < _AZURE_V2 else "v2", day)
    of_the_day: Beta = "v1" if day < V2_FIRST else "v2"
    if needs_beta and mount == "openai":
        raise refusals.missing_beta(of_the_day)
    return wire(of_the_day, day)


def is_over(config: NamespaceConfig, mount: str) -> bool:
    """Return whether assistants and threads are gone; Foundry's outlive the API (documented: until March 2027)."""
    return config.sunset and mount != "foundry"


def check_v1(spoken: Wire, config: NamespaceConfig, *, only_v1: bool) -> None:
    """Refuse v1 where it is over: from its last day on, if the namespace is configured so."""
    over = config.v1 == "refused" and config.wire >= V1_ENDS
    if over and (only_v1 or spoken.is_v1):
        raise refusals.v1_deprecated(v1_only_path=only_v1)

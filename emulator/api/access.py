"""Who may come in, and which wire they speak."""

import logging
from collections.abc import Mapping
from typing import Any, Final

from starlette.datastructures import QueryParams

from emulator.api.addressing import Headers, api_key
from emulator.domain import errors
from emulator.domain.errors import Beta
from emulator.wire.speaking import V1_ENDS, V2_FIRST, Wire, betas, wire

# The first api-version of Azure's that spoke v2 (documented).
_AZURE_V2: Final = "2024-05-01"
_log: Final = logging.getLogger(__name__)


class Keys:
    """The keys that a server takes; with an empty list any key will do."""

    def __init__(self, accepted: frozenset[str]) -> None:
        self._accepted = accepted
        self._warned = False

    def check(self, headers: Headers) -> None:
        """Refuse a request without a key, or with one that is not on the list; warn once of a key that may be real."""
        key = api_key(headers)
        if key is None:
            raise errors.missing_key()
        if self._accepted:
            if key not in self._accepted:
                raise errors.incorrect_key(key)
        elif not self._warned and not key.startswith("sk-emu"):
            self._warned = True
            _log.warning(
                "A key was sent that does not begin with sk-emu. It may be a real one: it is neither stored nor"
                " printed, but an emulator needs none. Use OPENAI_API_KEY=sk-emu-default."
            )


def spoken(headers: Headers, query: QueryParams, setup: Mapping[str, Any], *, mount: str, needs_beta: bool) -> Wire:
    """Return the wire of a request, or refuse a missing header where the endpoint needs it."""
    day = setup["wire"]
    named = [beta for beta in betas(headers.get("openai-beta")) if beta in ("v1", "v2")]
    if named:
        # How the service read a header that names both is not recorded; the newer one is taken. unverified
        return wire("v2" if "v2" in named else "v1", day)
    if mount == "azure":
        version = query.get("api-version") or day
        return wire("v1" if version < _AZURE_V2 else "v2", day)
    if needs_beta and mount == "openai":
        raise errors.missing_beta("v1" if day < V2_FIRST else "v2")
    default: Beta = "v1" if day < V2_FIRST else "v2"
    return wire(default, day) if day >= V2_FIRST else Wire(default, day)


def is_over(setup: Mapping[str, Any], mount: str | None) -> bool:
    """Return whether assistants and threads are gone; Foundry's outlive the API (documented: until March 2027)."""
    return bool(setup["sunset"]) and mount != "foundry"


def check_v1(spoken: Wire, setup: Mapping[str, Any], *, only_v1: bool) -> None:
    """Refuse v1 where it is over: from its last day on, if the server was told to."""
    over = setup["v1"] == "refused" and setup["wire"] >= V1_ENDS
    if over and (only_v1 or spoken.is_v1):
        raise errors.v1_deprecated(v1_only_path=only_v1)

"""Why a URL leads nowhere: what is wrong with the base URL that the program was given, and which one is right."""

import logging
import re
from typing import Final

from emulator.api.dispatch import EndpointTable
from emulator.api.exchange import Exchange
from emulator.domain.keys import has_key
from emulator.domain.neighbors import REMARK, is_neighbor
from emulator.domain.printable import printable
from emulator.domain.redaction import shown_sent_path
from emulator.domain.request_log import LoggedRequest
from emulator.service.namespaces import NAME

SUNSET: Final = "assistants and threads are gone, because this namespace answers as since the end of the service"
ONLY_V1: Final = "only clients with OpenAI-Beta: assistants=v1 have this path"
# No endpoint's path below any base URL is longer, but for the name of a model.
_MOST_SEGMENTS: Final = 16
_HOST: Final = re.compile(r"[\w.:\[\]-]{1,200}")
_IN: Final = r"(?P<ns>(/ns/[^/]+)?)"
# Base URLs that are wrong, what is wrong with them, and what would be right; the first that fits counts.
_BASES: Final = tuple(
    (re.compile(base), why, right)
    for base, why, right in (
        ("/ns(/v1)+", "base_url names no namespace behind /ns", "{server}/ns/NAME/v1"),
        (_IN, "base_url lacks /v1", "{server}{ns}/v1"),
        (_IN + "(/v1){2,}", "base_url has /v1 twice", "{server}{ns}/v1"),
        ("/v1(?P<ns>/ns/[^/]+)(/v1)?", "in base_url the namespace comes before /v1", "{server}{ns}/v1"),
        (_IN + "/v1/openai(/.*)?", "azure_endpoint has a /v1 of its own", "{server}{ns}"),
        (_IN + r"/v\d+\w{0,10}", "base_url has to end in /v1", "{server}{ns}/v1"),
        (
            rf"/(?P<name>(?!(ns|openai)(/|$)){NAME.pattern.replace('$', '(/|$)')})(/v1)?",
            "nothing is below /{name}",
            "{server}/v1, or {server}/ns/{name}/v1 for a namespace of that name",
        ),
    )
)
# Of the pairs of a hint and a namespace; more are not logged.
_MOST_LOGGED: Final = 1_000
_log: Final = logging.getLogger("emulator")


def hint_at(exchange: Exchange, table: EndpointTable) -> str | None:
    """Return what to do about a request whose path is no endpoint; None where nothing can be said."""
    address, path = exchange.address, exchange.scope["path"]
    if address.mount and is_neighbor(address.path):
        return REMARK
    if address.mount and address.path.endswith("/") and table.methods(address.path.rstrip("/")):
        return "the path ends in a slash: leave it out"
    segments = [segment for segment in path.split("/") if segment]
    if len(segments) > _MOST_SEGMENTS or has_key(path):
        return None
    host = exchange.headers.get("host") or ""
    server = f"{exchange.scope['scheme']}://{host if _HOST.fullmatch(host) else 'HOST'}"
    for start in range(len(segments)):
        rest = "/" + "/".join(segments[start:])
        if is_neighbor(rest) or table.methods(rest):
            found = _wrong_base("".join(f"/{one}" for one in segments[:start]), server)
            return f"{found}; {REMARK}" if found and is_neighbor(rest) else found
    return None


def _wrong_base(base: str, server: str) -> str | None:
    """Return what is wrong with a base URL before the path of an endpoint. base: its path."""
    for pattern, why, right in _BASES:
        if found := pattern.fullmatch(base):
            names = {**found.groupdict(default=""), "server": server}
            return f"{why}: use {right}".format(**names)
    return None


class LoggedHints:
    """Says each hint in the log, once for each namespace."""

    def __init__(self) -> None:
        self._said: set[tuple[str, str]] = set()

    def say(self, namespace: str, request: LoggedRequest) -> None:
        """Log the hint of a request, if it is new."""
        if request.hint is None or (namespace, request.hint) in self._said or len(self._said) >= _MOST_LOGGED:
            return
        self._said.add((namespace, request.hint))
        path = printable(shown_sent_path(request.sent_path))
        _log.warning("namespace %s: %s %s: %d: %s", namespace, request.method, path, request.status, request.hint)

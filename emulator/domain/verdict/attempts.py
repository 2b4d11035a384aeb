"""Attempts of one call: the same request of the same client, again and again until it succeeds.

A call is told by its method, path, query and body. Of a body that is cut in the log, its size counts, too; one that
nobody has read, because a fault took the endpoint's place, may be any body of its size.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from emulator.domain.request_log import MOST_BODY_BYTES, LoggedRequest
from emulator.domain.verdict.answers import header, is_failure, is_lost

# Shorter waits than Retry-After says by so much are the clocks' fault.
TOLERANCE: Final = 0.05
# Seconds. Pauses below are none: what is left of them is the machine's.
NO_PAUSE: Final = 0.01
_FORM: Final = "multipart/"


class Client(NamedTuple):
    """Who sent a request, as far as its headers say: two programs with one key and one library are one client."""

    key: str | None
    library: str | None


class Call(NamedTuple):
    """What attempts have in common. size, body: None where they differ from one attempt to the next, or are unknown."""

    client: Client
    method: str
    path: str
    query: bytes
    size: int | None
    body: bytes | None

    @classmethod
    def of(cls, request: LoggedRequest) -> "Call":
        """Return what a request has in common with other attempts of it."""
        size: int | None = request.body_bytes
        body = request.body if request.body_bytes else None
        if _is_form(request):
            size = body = None  # each attempt has another boundary
        elif request.body_bytes > MOST_BODY_BYTES:
            body = None
        return cls(client_of(request), request.method, request.path, request.query, size, body)


def client_of(request: LoggedRequest) -> Client:
    """Return who sent a request."""
    key = header(request.headers, b"authorization") or header(request.headers, b"api-key")
    return Client(key, header(request.headers, b"user-agent"))


def is_same_body(one: LoggedRequest, other: LoggedRequest) -> bool:
    """Return whether two requests of a call may have the same body: what is known of both is the same."""
    known: Sequence[tuple[Any, Any]] = ((one.form, other.form), (one.body, other.body))
    if _is_form(one):
        known = known[:1]
    return all(mine is None or its is None or mine == its for mine, its in known)


def _is_form(request: LoggedRequest) -> bool:
    return (header(request.headers, b"content-type") or "").startswith(_FORM)


@dataclass(slots=True)
class Attempts:
    """Attempts of one call, up to the first that succeeds. places: of the requests in the history."""

    requests: list[LoggedRequest] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    @property
    def failures(self) -> int:
        """How many of them failed."""
        return len(self.requests) - (not is_failure(self.requests[-1]))

    @property
    def pauses(self) -> list[float]:
        """How long each attempt but the first came after the one before it."""
        return [passed(one, other) for one, other in zip(self.requests, self.requests[1:], strict=False)]


def attempts(requests: Iterable[LoggedRequest]) -> list[Attempts]:
    """Return the attempts of all calls that failed at least once. requests: in the order in which they came.

    What the log has no headers and bodies of any more is left out: it cannot be compared.
    """
    failing: dict[Call, list[Attempts]] = {}
    found: list[Attempts] = []
    for place, request in enumerate(requests):
        if not request.has_contents:
            continue
        call = Call.of(request)
        unfinished = failing.get(call, ())
        # Of programs that send the same at the same time, each has attempts of its own.
        several = next((one for one in unfinished if is_next(one.requests[-1], request)), None)
        if several is None:
            if not is_failure(request):
                continue
            several = Attempts()
            found.append(several)
            failing.setdefault(call, []).append(several)
        several.requests.append(request)
        several.places.append(place)
        if not is_failure(request):
            failing[call].remove(several)
    return found


def is_next(before: LoggedRequest, request: LoggedRequest) -> bool:
    """Return whether a request may be the next attempt: it came when the one before was over, and is the same."""
    # A client that leaves is noticed later than its next request may come.
    is_behind = is_lost(before) or request.began >= before.ended
    return is_behind and is_same_body(before, request)


def passed(before: LoggedRequest, request: LoggedRequest) -> float:
    """Return the seconds from an answer to the next attempt: the machine's, or the clock's if that went on more."""
    return max(0.0, request.began - before.ended, request.began_at - before.at)

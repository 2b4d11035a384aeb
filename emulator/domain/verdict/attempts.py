"""Attempts of one call: the same request of the same client, again and again until it succeeds.

A call is told by its method, path, query and body. Of a body that is cut in the log, its size counts, too; one that
nobody has read, because a fault took the endpoint's place, may be any body of its size.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from emulator.domain.request_log import LoggedRequest
from emulator.domain.verdict.answers import header, is_failure, is_lost

# Shorter waits than Retry-After says by so much are the clocks' fault.
TOLERANCE: Final = 0.05
# Seconds. Pauses below are none: what is left of them is the machine's.
NO_PAUSE: Final = 0.01
_FORM: Final = "multipart/"
# So many that send the same at the same time are told apart.
_MOST_AT_ONCE: Final = 32


class Client(NamedTuple):
    """Who sent a request, as far as its headers say: two programs with one key and one library are one client."""

    key: str | None
    library: str | None


class Call(NamedTuple):
    """What attempts have in common. content: of the body, as far as it is kept; None: nobody has read it.

    size: of the body; 0 for forms, each of which has another boundary.
    """

    client: Client
    method: str
    path: str
    query: bytes
    size: int
    content: bytes | str | None

    @classmethod
    def of(cls, request: LoggedRequest) -> "Call":
        """Return what a request has in common with other attempts of it."""
        size = request.body_bytes
        content: bytes | str | None = request.body if size else b""
        if (header(request.headers, b"content-type") or "").startswith(_FORM):
            size, content = 0, None if request.form is None else str(request.form)
        return cls(client_of(request), request.method, request.path, request.query, size, content)

    @property
    def unread(self) -> "Call":
        """The same with a body that nobody has read."""
        return self._replace(content=None)


def client_of(request: LoggedRequest) -> Client:
    """Return who sent a request."""
    key = header(request.headers, b"authorization") or header(request.headers, b"api-key")
    return Client(key, header(request.headers, b"user-agent"))


@dataclass(slots=True)
class Attempts:
    """Attempts of one call, up to the first that succeeds. places: of the requests in the history."""

    requests: list[LoggedRequest] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def add(self, place: int, request: LoggedRequest) -> None:
        """Add the next one."""
        self.requests.append(request)
        self.places.append(place)

    def is_next(self, request: LoggedRequest) -> bool:
        """Return whether a request may be the next one: none has succeeded, and it came when the last one was over."""
        last = self.requests[-1]
        # A client that leaves is noticed later than its next request may come.
        return is_failure(last) and (is_lost(last) or request.began >= last.ended)

    @property
    def failures(self) -> int:
        """How many of them failed."""
        return len(self.requests) - (not is_failure(self.requests[-1]))

    @property
    def pauses(self) -> list[float]:
        """How long each attempt but the first came after the one before it."""
        return [passed(one, other) for one, other in zip(self.requests, self.requests[1:], strict=False)]


class _Calls:
    """The attempts of each call that are not over."""

    def __init__(self) -> None:
        self._exact: dict[Call, deque[Attempts]] = {}
        self._alike: dict[Call, deque[Attempts]] = {}  # whatever is known of their bodies

    def begin(self, call: Call, several: Attempts) -> None:
        """Add the attempts of a call."""
        self._exact.setdefault(call, deque(maxlen=_MOST_AT_ONCE)).append(several)
        self._alike.setdefault(call.unread, deque(maxlen=_MOST_AT_ONCE)).append(several)

    def continued(self, call: Call, request: LoggedRequest) -> Attempts | None:
        """Return the attempts to which a request belongs; None where it is the first one."""
        if call.content is None:
            known: Iterable[Attempts] = self._alike.get(call, ())
        else:
            known = (*self._exact.get(call, ()), *self._exact.get(call.unread, ()))
        return next((several for several in known if several.is_next(request)), None)


def attempts(requests: Iterable[LoggedRequest]) -> list[Attempts]:
    """Return the attempts of all calls that failed at least once. requests: in the order in which they came.

    What the log has no headers and bodies of any more is left out: it cannot be compared.
    """
    calls = _Calls()
    found: list[Attempts] = []
    for place, request in enumerate(requests):
        if not request.has_contents:
            continue
        call = Call.of(request)
        several = calls.continued(call, request)
        if several is not None:
            several.add(place, request)
        elif is_failure(request):
            several = Attempts([request], [place])
            found.append(several)
            calls.begin(call, several)
    return found


def passed(before: LoggedRequest, request: LoggedRequest) -> float:
    """Return the seconds from an answer to the next attempt: the machine's, or the clock's if that went on more."""
    return max(0.0, request.began - before.ended, request.began_at - before.at)

"""Which requests a namespace had: the newest, with what was sent and answered as far as there is room.

Nothing is decoded here: bytes are kept as they came, and `service.request_log` says what is shown of them. All this is
done for each request of each program, so it costs as little as it can.
"""

import heapq
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from operator import itemgetter
from typing import Any, Final, Self

from emulator.domain.observations import Observed

# Of one namespace, and of all together.
MOST_REQUESTS: Final = 10_000
MOST_REQUESTS_OF_SERVER: Final = 100_000
# Of one body, and of all headers and bodies of a server.
MOST_BODY_BYTES: Final = 16 * 1024
MOST_BYTES_OF_SERVER: Final = 64 * 1024 * 1024
# What Python needs for two byte strings, their pair and its place in a list.
_BYTES_PER_HEADER: Final = 130
# That a client uses; they may be any words.
_MOST_METHODS: Final = 8
# How much is given up at once when there is no room any more.
_PART_GIVEN_UP: Final = 0.05

Headers = Sequence[tuple[bytes, bytes]]


@dataclass(slots=True, eq=False)
class LoggedRequest:
    """One request, and its answer.

    path: below its mount; sent_path: as it was sent, with its escapes. status: 0 if nothing was answered. thread, run:
    what it is about. fault: the `do` of the fault that it met. hint: why its URL leads nowhere. body_bytes,
    answer_bytes: of the whole bodies; body, answer: as far as they are kept, body is None if nobody read it. form: of a
    body that is one, its fields, with name and size of a file. number, size: in the order of all requests of a server,
    and about how many bytes of memory the contents take. ended: when, in seconds since the server began; at: the same
    on the namespace's clock; began_at: when it came, on that clock. observed: what the client got to see of statuses.
    endpoint_status: what the endpoint answered, where the namespace has faults. Compared by identity.
    """

    id: str
    method: str
    path: str
    query: bytes
    sent_path: bytes
    mount: str
    status: int
    ms: float
    thread: str | None
    run: str | None
    fault: Mapping[str, Any] | None
    hint: str | None
    headers: Headers
    body_bytes: int
    body: bytes | None
    form: Mapping[str, Any] | None
    answer_headers: Headers
    answer_bytes: int
    answer: bytes
    ended: float = 0.0
    at: float = 0.0
    began_at: float = 0.0
    observed: Observed | None = None
    endpoint_status: int | None = None
    has_contents: bool = True
    number: int = 0
    size: int = 0

    @property
    def began(self) -> float:
        """When it came, in seconds since the server began."""
        return self.ended - self.ms / 1000

    def give_up_contents(self) -> None:
        """Forget headers and bodies."""
        self.headers, self.body, self.form = (), None, None
        self.answer_headers, self.answer = (), b""
        self.has_contents, self.size = False, 0


@dataclass(slots=True)
class LogRoom:
    """The room that the request logs of a server share: the oldest contents go first, then the oldest requests."""

    most_bytes: int = MOST_BYTES_OF_SERVER
    most_requests: int = MOST_REQUESTS_OF_SERVER
    bytes: int = 0
    requests: int = 0
    numbered: int = 0
    logs: set["RequestLog"] = field(default_factory=set)  # those that have requests

    def make(self) -> None:
        """Make room, where there is none: some more than is needed, because this takes longer than a request."""
        if self.bytes > self.most_bytes:
            least = self.most_bytes * (1 - _PART_GIVEN_UP)
            for log in self._oldest_first(with_contents=True):
                log.give_up_contents()
                if self.bytes <= least:
                    break
            for log in self.logs:
                log.forget_last()
        if self.requests > self.most_requests:
            many = self.requests - int(self.most_requests * (1 - _PART_GIVEN_UP))
            for log in list(islice(self._oldest_first(with_contents=False), many)):
                log.drop_oldest()

    def _oldest_first(self, *, with_contents: bool) -> Iterator["RequestLog"]:
        """Return the log of each request, in the order of all requests."""
        merged = heapq.merge(*(log.numbered(with_contents=with_contents) for log in self.logs), key=itemgetter(0))
        return map(itemgetter(1), merged)


@dataclass(slots=True, eq=False)
class RequestLog:
    """The requests of one namespace, the oldest first. dropped: how many were there before the oldest."""

    room: LogRoom = field(default_factory=LogRoom)
    dropped: int = 0
    _requests: deque[LoggedRequest] = field(default_factory=deque)
    _bare: int = 0  # how many of the oldest have no contents any more
    _has_ended: bool = False
    # What is mostly the same from one request of a client to the next, as in polls, is kept once.
    _last_headers: dict[str, Headers] = field(default_factory=dict)
    _last_answer: bytes = b""

    @classmethod
    def of(cls, requests: Iterable[LoggedRequest], dropped: int) -> Self:
        """Return a log of some requests, the oldest first, that goes on elsewhere."""
        return cls(dropped=dropped, _requests=deque(requests))

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(self._requests)

    @property
    def total(self) -> int:
        """How many requests came since the log was empty, also those that are not kept any more."""
        return self.dropped + len(self._requests)

    def newest_first(self) -> Iterator[LoggedRequest]:
        """Yield the requests, the newest first; it must be over before another one comes."""
        return reversed(self._requests)

    def numbered(self, *, with_contents: bool) -> Iterator[tuple[int, "RequestLog"]]:
        """Return the numbers of all requests, or of those that have contents, with their log."""
        start = self._bare if with_contents else 0
        return ((request.number, self) for request in islice(self._requests, start, None))

    def append(self, request: LoggedRequest) -> None:
        """Add a request."""
        if self._has_ended:
            return
        if len(self._requests) >= MOST_REQUESTS:
            self.drop_oldest()
        self._keep_contents(request)
        self._requests.append(request)
        room = self.room
        room.logs.add(self)
        room.numbered += 1
        request.number = room.numbered
        room.bytes += request.size
        room.requests += 1
        if room.bytes > room.most_bytes or room.requests > room.most_requests:
            room.make()

    def _keep_contents(self, request: LoggedRequest) -> None:
        size = 0
        last = self._last_headers.get(request.method)
        if last is not None and request.headers == last:
            request.headers = last
        else:
            if len(self._last_headers) >= _MOST_METHODS:
                self._last_headers.clear()
            self._last_headers[request.method] = request.headers
            size = sum([len(name) + len(value) + _BYTES_PER_HEADER for name, value in request.headers])
        if request.answer == self._last_answer:
            request.answer = self._last_answer
        else:
            # A copy: what an encoder has made may hold more memory than it shows, and keeps it in pieces.
            self._last_answer = request.answer = bytes(memoryview(request.answer))
            size += len(request.answer)
        if request.body is not None:
            size += len(request.body)
        if request.form is not None:
            size += sum(len(name) + len(str(value)) for name, value in request.form.items())
        request.size = size

    def drop_oldest(self) -> None:
        """Make room for another request."""
        self._forget(self._requests.popleft())
        self._bare = max(0, self._bare - 1)
        self.dropped += 1
        if not self._requests:
            self.room.logs.discard(self)

    def give_up_contents(self) -> None:
        """Make room for the contents of another request: those of the oldest that has some go."""
        request = self._requests[self._bare]
        self._bare += 1
        self.room.bytes -= request.size
        request.give_up_contents()

    def _forget(self, request: LoggedRequest) -> None:
        self.room.bytes -= request.size
        self.room.requests -= 1

    def clear(self) -> None:
        """Forget all requests."""
        for request in self._requests:
            self._forget(request)
        self._requests.clear()
        self.forget_last()
        self._bare = self.dropped = 0
        self.room.logs.discard(self)

    def forget_last(self) -> None:
        """Keep what comes next, even if it is the same as the last."""
        self._last_headers.clear()
        self._last_answer = b""

    def end(self) -> None:
        """Forget all requests, and those that are still under way as well: their namespace is gone."""
        self.clear()
        self._has_ended = True

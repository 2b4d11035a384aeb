"""Which requests a namespace had: the newest, with what was sent and answered as far as there is room.

Nothing is decoded here: bytes are kept as they came, and `service.request_log` says what is shown of them.
"""

from collections import OrderedDict, deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, NamedTuple

# Of one namespace, and of all together.
MOST_REQUESTS: Final = 10_000
MOST_REQUESTS_OF_SERVER: Final = 100_000
# Of one body, and of all headers and bodies of a server.
MOST_BODY_BYTES: Final = 16 * 1024
MOST_BYTES_OF_SERVER: Final = 64 * 1024 * 1024
# What Python needs for two byte strings, their pair and its place in a list.
_BYTES_PER_HEADER: Final = 130
_MOST_BLOCKS: Final = 128

Headers = Sequence[tuple[bytes, bytes]]


class HeaderBlock(NamedTuple):
    """The headers of a request, and about how many bytes of memory they take."""

    headers: Headers
    size: int


@lru_cache(_MOST_BLOCKS)
def header_block(headers: tuple[tuple[bytes, bytes], ...]) -> HeaderBlock:
    """Return headers as they are kept. A client's requests mostly have the same ones, which are kept once."""
    size = sum(len(name) + len(value) + _BYTES_PER_HEADER for name, value in headers)
    return HeaderBlock(headers, size)


class Contents(NamedTuple):
    """What travelled, each body up to `MOST_BODY_BYTES`.

    body: None if nobody read it. form: of a body that is one, its fields, with name and size of a file.
    """

    block: HeaderBlock
    body: bytes | None
    form: Mapping[str, Any] | None
    answer_headers: Headers
    answer: bytes

    def size(self) -> int:
        """Return about how many bytes of memory this takes; headers of answers are shared by all."""
        size = self.block.size + len(self.answer)
        if self.body is not None:
            size += len(self.body)
        if self.form is not None:
            size += sum(len(name) + len(str(value)) for name, value in self.form.items())
        return size


@dataclass(slots=True, eq=False)
class LoggedRequest:
    """One request.

    path: below its mount; sent_path: as it was sent, with its escapes. status: 0 if nothing was answered. thread, run:
    what it is about. fault: the `do` of the fault that it met. hint: why its URL leads nowhere. contents: None once
    there is no room for them any more. Compared by identity.
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
    body_bytes: int
    answer_bytes: int
    contents: Contents | None


@dataclass(slots=True)
class LogRoom:
    """The room that the request logs of a server share: the oldest contents go first, then the oldest requests."""

    most_bytes: int = MOST_BYTES_OF_SERVER
    most_requests: int = MOST_REQUESTS_OF_SERVER
    _bytes: int = 0
    _sizes: OrderedDict[LoggedRequest, int] = field(default_factory=OrderedDict)  # of those that have contents
    _logs: OrderedDict[LoggedRequest, "RequestLog"] = field(default_factory=OrderedDict)

    def add(self, request: LoggedRequest, log: "RequestLog") -> None:
        """Take in the newest request, which its log has already."""
        self._logs[request] = log
        if request.contents is not None:
            self._sizes[request] = size = request.contents.size()
            self._bytes += size
        while self._bytes > self.most_bytes:
            oldest, size = self._sizes.popitem(last=False)
            oldest.contents = None
            self._bytes -= size
        if len(self._logs) > self.most_requests:
            next(iter(self._logs.values())).drop_oldest()

    def remove(self, request: LoggedRequest) -> None:
        """Forget a request."""
        del self._logs[request]
        self._bytes -= self._sizes.pop(request, 0)


@dataclass(slots=True)
class RequestLog:
    """The requests of one namespace, the oldest first. dropped: how many were there before the oldest."""

    room: LogRoom = field(default_factory=LogRoom)
    dropped: int = 0
    _requests: deque[LoggedRequest] = field(default_factory=deque)
    _has_ended: bool = False

    def __iter__(self) -> Iterator[LoggedRequest]:
        return iter(self._requests)

    def append(self, request: LoggedRequest) -> None:
        """Add a request."""
        if self._has_ended:
            return
        if len(self._requests) >= MOST_REQUESTS:
            self.drop_oldest()
        self._requests.append(request)
        self.room.add(request, self)

    def drop_oldest(self) -> None:
        """Make room for another request."""
        self.room.remove(self._requests.popleft())
        self.dropped += 1

    def clear(self) -> None:
        """Forget all requests."""
        for request in self._requests:
            self.room.remove(request)
        self._requests.clear()
        self.dropped = 0

    def end(self) -> None:
        """Forget all requests, and those that are still under way as well: their namespace is gone."""
        self.clear()
        self._has_ended = True

"""One request and its answer, between an app on its event loop and a client that may be on another thread.

To the app it is what a connection of an HTTP server is: bodies come and go in pieces, a client that does not read is
waited for, and one that goes away is a disconnect. An app that ends before its answer is whole, or that raises, breaks
the connection: see `is_whole`.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from contextvars import Context
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from emulator.domain.broken_connection import BrokenConnectionError

Headers = Sequence[tuple[bytes, bytes]]
Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Awaitable[None]]
Notify = Callable[[], None]

_log: Final = logging.getLogger(__name__)
# Bytes that wait for the other side before whoever sends them has to wait: as much as the server's connections hold.
MOST_WAITING: Final = 64 * 1024
# Seconds until an app has to have noticed that its clients have gone.
_PATIENCE: Final = 2.0
_WITHOUT_BODY: Final = (204, 304)
_CHUNKED: Final = (b"transfer-encoding", b"chunked")


def scope_of(
    method: str,
    target: bytes,
    headers: Headers,
    *,
    scheme: str = "http",
    host: str = "localhost",
    port: int | None = None,
) -> dict[str, Any]:
    """Return the ASGI scope of a request as the HTTP server makes it. target: path and query, as they are sent."""
    raw_path, _, query = target.partition(b"?")
    path = raw_path.decode("ascii")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "server": (host, port or (443 if scheme == "https" else 80)),
        "client": ("127.0.0.1", 0),
        "scheme": scheme,
        "root_path": "",
        "method": method,
        "path": unquote(path) if "%" in path else path,
        "raw_path": raw_path,
        "query_string": query,
        "headers": [(name.lower(), value) for name, value in headers],
        "state": {},
    }


@dataclass(frozen=True, slots=True)
class Site:
    """Where requests are answered: an app, the event loop that it lives on, and what is under way there."""

    app: App
    loop: asyncio.AbstractEventLoop
    cycles: "set[Cycle]" = field(default_factory=set)

    def disconnect(self) -> None:
        """Break all that is under way; called on the loop."""
        for cycle in list(self.cycles):
            cycle.disconnect()

    async def end(self, grace: float) -> None:
        """Let what is under way end by itself for so many seconds; then break it, and wait until the app notices."""
        await self._settle(grace)
        self.disconnect()
        await self._settle(_PATIENCE)

    async def _settle(self, seconds: float) -> None:
        if tasks := [cycle.task for cycle in self.cycles if cycle.task is not None]:
            await asyncio.wait(tasks, timeout=seconds)


class Cycle:
    """A request and its answer. body: its first piece; more: whether others follow.

    Everything that takes or gives `Notify` is called on the loop; `take` and the attributes are the client's.
    status, headers: of the answer, None and empty until they come. failure: what the app raised. task: the app's.
    """

    def __init__(self, site: Site, scope: Mapping[str, Any], body: bytes, *, more: bool = False) -> None:
        self.status: int | None = None
        self.headers: list[tuple[bytes, bytes]] = []
        self.is_whole = False
        self.failure: BaseException | None = None
        self._site = site
        self._scope = scope
        self.task: asyncio.Task[None] | None = None
        self._has_ended = False
        self._is_gone = False
        # The request: what the app has not received yet.
        self._body = bytearray(body)
        self._more = more
        self._has_news = True
        self._news = asyncio.Event()
        self._feeder: Notify | None = None
        # The answer: what the client has not taken yet. Expected bytes: None where the app does not announce them.
        self._pieces: deque[bytes] = deque()
        self._announced = 0
        self._expected: int | None = None
        self._has_body = scope["method"] != "HEAD"
        self._unread = 0
        self._room: asyncio.Event | None = None
        self._reader: Notify | None = None

    # --- the client's side ------------------------------------------------------------------------------------------

    @property
    def is_over(self) -> bool:
        """Whether nothing more of the answer will come."""
        return self.is_whole or self._has_ended or self._is_gone

    @property
    def progress(self) -> tuple[int, int] | None:
        """How many bytes of the body have come, of how many; None if the app did not announce them."""
        return None if self._expected is None else (self._announced - self._expected, self._announced)

    def take(self) -> bytes:
        """Return what has come of the body since the last time."""
        pieces = self._pieces
        if len(pieces) == 1:
            return pieces.popleft()
        taken = []
        while pieces:
            taken.append(pieces.popleft())
        return b"".join(taken)

    # --- on the loop ------------------------------------------------------------------------------------------------

    def start(self, notify: Notify) -> None:
        """Let the app begin, and notify at once."""
        if not self._is_gone:  # before anything was sent
            self._site.cycles.add(self)
            self.task = self._site.loop.create_task(self._run(), context=Context())
            self.task.add_done_callback(self._end)  # also of one that was cancelled before it began
        notify()

    def ask(self, notify: Notify) -> None:
        """Let the app begin, and notify once there is something of the answer."""
        self.start(_nothing)
        self.watch(notify)

    def watch(self, notify: Notify) -> None:
        """Notify once there is more of the answer, or nothing more will come."""
        self._unread = 0
        if self._room is not None:
            self._room.set()
        self._reader = notify
        if self._pieces or self.is_over:
            self._tell_reader()

    def feed(self, piece: bytes, notify: Notify, *, more: bool = True) -> None:
        """Give the app a piece of the request's body; notify once it may have the next one."""
        if not self.is_over:
            self._body += piece
        self._more = more
        self._has_news = True
        self._news.set()
        self._feeder = notify
        if len(self._body) < MOST_WAITING or self.is_over:
            self._tell_feeder()

    def disconnect(self) -> None:
        """Tell the app that the client has gone, unless it has its answer."""
        if self.is_over:
            return
        self._is_gone = True
        self._look_up()

    def _look_up(self) -> None:
        """Let whoever waits for the other side see that there is none any more."""
        self._news.set()
        if self._room is not None:
            self._room.set()
        self._tell_feeder()
        self._tell_reader()

    def _tell_reader(self) -> None:
        reader, self._reader = self._reader, None
        if reader is not None:
            reader()

    def _tell_feeder(self) -> None:
        feeder, self._feeder = self._feeder, None
        if feeder is not None:
            feeder()

    # --- the app's side ---------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            await self._site.app(self._scope, self._receive, self._send)
        except BrokenConnectionError as error:  # on purpose
            self.failure = error
        except Exception as error:  # noqa: BLE001 - it breaks the connection
            self.failure = error
            # Neither the path nor the query: either may hold a key.
            _log.exception("a request failed: %s", self._scope["method"])
        except BaseException as error:
            self.failure = error
            raise

    def _end(self, _: object) -> None:
        self._site.cycles.discard(self)
        self._has_ended = True
        self._look_up()

    async def _receive(self) -> Message:
        while not (self._has_news or self.is_over):
            self._news.clear()
            await self._news.wait()
        if self.is_over:
            return {"type": "http.disconnect"}
        body = bytes(self._body)
        self._body.clear()
        self._has_news = False
        self._tell_feeder()
        return {"type": "http.request", "body": body, "more_body": self._more}

    async def _send(self, message: Message) -> None:
        if self._is_gone:
            return
        if self.is_whole:
            raise RuntimeError(f"{message['type']} behind the end of an answer")
        expected_type = "http.response.start" if self.status is None else "http.response.body"
        if message["type"] != expected_type:
            raise RuntimeError(f"{message['type']} in place of {expected_type}")
        if self.status is None:
            self._begin(message["status"], message.get("headers", ()))
            # Not at once: most answers are whole in the same turn of the loop.
            self._site.loop.call_soon(self._tell_reader)
            return
        more = message.get("more_body", False)
        self._add(message.get("body", b""), more=more)
        self._tell_reader()
        if more and self._unread >= MOST_WAITING:
            await self._wait_for_room()

    def _begin(self, status: int, headers: Headers) -> None:
        self.headers = [(name.lower(), value) for name, value in headers]
        self._has_body = self._has_body and status not in _WITHOUT_BODY
        for name, value in self.headers:
            if name == b"content-length" and self._has_body:
                self._expected = self._announced = int(value)
        if self._has_body and self._expected is None:
            self.headers.append(_CHUNKED)
        self.status = status

    def _add(self, piece: bytes, *, more: bool) -> None:
        if self._has_body and piece:
            if self._expected is not None and len(piece) > self._expected:
                raise RuntimeError("an answer is longer than its Content-Length")
            if self._expected is not None:
                self._expected -= len(piece)
            self._pieces.append(piece)
            self._unread += len(piece)
        if more:
            return
        if self._expected:
            raise RuntimeError("an answer is shorter than its Content-Length")
        self.is_whole = True
        self._news.set()

    async def _wait_for_room(self) -> None:
        self._room = asyncio.Event()
        await self._room.wait()
        self._room = None


def _nothing() -> None:
    """Notify nobody."""

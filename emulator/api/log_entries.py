"""What the request log keeps of an exchange: bytes that are there anyway, and those of an answer while it is sent."""

import asyncio
from collections.abc import Callable
from typing import Final

from starlette.types import Message, Scope, Send

from emulator.api.exchange import Exchange
from emulator.domain.content_length import announced_bytes
from emulator.domain.errors import ApiError
from emulator.domain.redaction import MOST_SHOWN
from emulator.domain.request_log import MOST_BODY_BYTES, Contents, Headers, LoggedRequest, header_block

# One more than is shown, so that it is seen that there were more.
_MOST_OF_URL: Final = MOST_SHOWN + 1
_WITH_BODY: Final = ("POST", "PUT", "PATCH")
# Seconds that a client gets to send a body which nobody but the log needs.
_PATIENCE: Final = 1.0


class SentAnswer:
    """Sends an answer, and keeps its status, its headers and the beginning of its body.

    log: called once, before the last part is sent: who has the whole answer finds it in the log.
    """

    __slots__ = ("_log", "_pieces", "_room", "_send", "headers", "size", "status")

    def __init__(self, send: Send, log: Callable[["SentAnswer"], None]) -> None:
        self._send = send
        self._log: Callable[[SentAnswer], None] | None = log
        self._pieces: list[bytes] = []
        self._room = MOST_BODY_BYTES
        self.status = 0
        self.headers: Headers = ()
        self.size = 0

    async def __call__(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status, self.headers = message["status"], message["headers"]
        else:
            if piece := message.get("body"):
                self._keep(piece)
            if not message.get("more_body"):
                self.end()
        await self._send(message)

    def _keep(self, piece: bytes) -> None:
        if self._room > 0:
            # A copy: what an encoder has made may hold more memory than it shows, and keeps it in pieces.
            self._pieces.append(bytes(memoryview(piece)[: self._room]))
            self._room -= len(piece)
        self.size += len(piece)

    def end(self) -> None:
        """Log the answer as far as it was sent, unless it is logged."""
        log, self._log = self._log, None
        if log is not None:
            log(self)

    @property
    def body(self) -> bytes:
        """The beginning of what was sent."""
        return self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces)


def logged(exchange: Exchange, answer: SentAnswer, milliseconds: float) -> LoggedRequest:
    """Return what the log keeps of an exchange that is over."""
    scope, params, address = exchange.scope, exchange.params, exchange.address
    sent = exchange.sent
    if sent is not None:
        size = len(sent)
        sent = sent[:MOST_BODY_BYTES]
    else:
        size = exchange.form_bytes or announced_bytes(exchange.headers.get("content-length"))
    return LoggedRequest(
        exchange.request_id,
        scope["method"],
        address.path[:_MOST_OF_URL],
        scope["query_string"][:_MOST_OF_URL],
        _sent_path(scope),
        address.mount,
        answer.status,
        milliseconds,
        exchange.thread or params.get("thread_id"),
        exchange.run or params.get("run_id"),
        exchange.fault,
        exchange.hint,
        size,
        answer.size,
        Contents(header_block(tuple(scope["headers"])), sent, exchange.form, answer.headers, answer.body),
    )


def misaddressed(scope: Scope, error: ApiError, milliseconds: float) -> LoggedRequest:
    """Return what is known of a request that no log keeps, because it names no namespace."""
    path = scope["path"]
    return LoggedRequest(
        id="",
        method=scope["method"],
        path=path[:_MOST_OF_URL],
        query=scope["query_string"][:_MOST_OF_URL],
        sent_path=_sent_path(scope),
        mount="",
        status=error.status,
        ms=milliseconds,
        thread=None,
        run=None,
        fault=None,
        hint=error.message,
        body_bytes=0,
        answer_bytes=0,
        contents=None,
    )


def _sent_path(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw[:_MOST_OF_URL]


async def read_for_log(exchange: Exchange) -> None:
    """Read a small body that nobody has read, because a fault or a refusal took the endpoint's place.

    A client that keeps it back until it is asked for it, or for long, sends it in vain.
    """
    if exchange.sent is not None or exchange.scope["method"] not in _WITH_BODY:
        return
    headers = exchange.headers
    is_small = 0 < announced_bytes(headers.get("content-length")) <= MOST_BODY_BYTES
    is_form = (headers.get("content-type") or "").startswith("multipart/")
    if not is_small or is_form or headers.get("expect"):
        return
    try:
        async with asyncio.timeout(_PATIENCE):
            await exchange.raw_body()
    except Exception:  # noqa: BLE001 - the answer does not depend on it
        return

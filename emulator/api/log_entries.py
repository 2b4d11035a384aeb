"""What the request log keeps of an exchange: bytes that are there anyway, and those of an answer while it is sent."""

import asyncio
from collections.abc import Callable
from typing import Final, NamedTuple

from starlette.types import Message, Scope, Send

from emulator.api.exchange import Exchange
from emulator.domain.content_length import announced_bytes
from emulator.domain.errors import ApiError
from emulator.domain.observations import ObservedStream
from emulator.domain.redaction import MOST_SHOWN
from emulator.domain.request_log import MOST_BODY_BYTES, Headers, LoggedRequest

# One more than is shown, so that it is seen that there were more.
_MOST_OF_URL: Final = MOST_SHOWN + 1
WITH_BODY: Final = ("POST", "PUT", "PATCH")
# Seconds that a client gets to send a body which nobody but the log needs.
_PATIENCE: Final = 1.0


class Sent(NamedTuple):
    """What was sent of an answer. size: of its body, of which the beginning is kept."""

    status: int
    headers: Headers
    size: int
    body: bytes


NOTHING: Final = Sent(0, (), 0, b"")
Log = Callable[[Sent], None]


class SentAnswer:
    """Sends an answer, and logs what was sent of it, before its last part: who has the whole answer finds it there."""

    __slots__ = ("_headers", "_log", "_pieces", "_room", "_send", "_size", "status")

    def __init__(self, send: Send, log: Log) -> None:
        self._send = send
        self._log: Log | None = log
        self._pieces: list[bytes] = []
        self._room = MOST_BODY_BYTES
        self._headers: Headers = ()
        self._size = 0
        self.status = 0

    async def __call__(self, message: Message) -> None:
        """Send a part of it."""
        if message["type"] == "http.response.start":
            self.status, self._headers = message["status"], message["headers"]
        else:
            piece = message.get("body", b"")
            if piece and self._room > 0:
                self._pieces.append(piece[: self._room])
                self._room -= len(piece)
            self._size += len(piece)
            if not message.get("more_body"):
                self.end()
        await self._send(message)

    def end(self) -> None:
        """Log the answer as far as it was sent, unless it is logged."""
        log, self._log = self._log, None
        if log is not None:
            log(Sent(self.status, self._headers, self._size, b"".join(self._pieces)))


def logged(exchange: Exchange, answer: Sent, began: float, ended: float) -> LoggedRequest:
    """Return what the log keeps of an exchange that is over. began, ended: in milliseconds since the server began."""
    observed = exchange.end_observing() if isinstance(exchange.observed, ObservedStream) else exchange.observed
    scope, params, address, sent = exchange.scope, exchange.params, exchange.address, exchange.sent
    if sent is not None:
        size = len(sent)
        sent = sent[:MOST_BODY_BYTES]
    elif exchange.form_bytes:
        size = exchange.form_bytes
    else:
        announced = exchange.headers.get("content-length")
        size = announced_bytes(announced) if announced else 0
    return LoggedRequest(
        exchange.request_id,
        scope["method"],
        address.path[:_MOST_OF_URL],
        scope["query_string"][:_MOST_OF_URL],
        _sent_path(scope),
        address.mount,
        answer.status,
        ended - began,
        exchange.thread or params.get("thread_id") or params.get("conversation_id"),
        exchange.run or params.get("run_id") or params.get("response_id"),
        exchange.fault,
        exchange.hint,
        scope["headers"],
        size,
        sent,
        exchange.form,
        answer.headers,
        answer.size,
        answer.body,
        ended / 1000,
        exchange.namespace.clock.now(),
        exchange.began_at,
        observed if answer.status else None,  # what never went out was not seen
        exchange.endpoint_status,
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
        headers=(),
        body_bytes=0,
        body=None,
        form=None,
        answer_headers=(),
        answer_bytes=0,
        answer=b"",
    )


def _sent_path(scope: Scope) -> bytes:
    raw: bytes = scope.get("raw_path") or scope["path"].encode()
    return raw[:_MOST_OF_URL]


async def read_for_log(exchange: Exchange) -> None:
    """Read a small body that nobody has read, because a fault or a refusal took the endpoint's place.

    A client that keeps it back until it is asked for it, or for long, sends it in vain.
    """
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

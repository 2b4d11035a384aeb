"""Requests on their way to the server that is recorded, and its answers on their way back, both as they come."""

import asyncio
import secrets as chance
from base64 import b64decode
from collections.abc import AsyncIterator, Callable, Iterable
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

import orjson
from starlette.types import Message, Receive, Scope, Send

from emulator.domain import refusals
from emulator.domain.broken_connection import BrokenConnectionError
from emulator.domain.errors import ApiError
from emulator.domain.passed_headers import CONTENT_LENGTH, TRANSFER_ENCODING, VIA, RawHeaders, of_answer, of_message
from emulator.recording.recorder.codings import accepted, readable
from emulator.recording.recorder.connections import Connections
from emulator.recording.recorder.errors import ClientLeftError
from emulator.recording.recorder.exchanges import PassingExchange
from emulator.recording.recorder.kept_headers import named
from emulator.recording.recorder.sink import Sink
from emulator.recording.recorder.upstream import Upstream
from emulator.recording.secrets import Secrets, is_named_like_a_key

if TYPE_CHECKING:
    import httpx

# Made anew: the host is another one, and that a body is expected was said already.
_OF_REQUEST: Final = frozenset((b"host", b"expect"))
_ACCEPT_ENCODING: Final = b"accept-encoding"
# In the message of a certificate that nobody vouches for.
_UNTRUSTED: Final = "CERTIFICATE_VERIFY_FAILED"
_WITHOUT_BODY: Final = (204, 304)
# What authorizes a request, or says whose it is, is a secret wherever it stands.
_SECRET_WORDS: Final = ("key", "token", "secret", "authorization", "organization", "project")
_OPEN_HEADERS: Final = ("idempotency-key",)


class Passing:
    """Passes requests on, and hands every exchange to a sink once it has ended.

    is_recorded: whether an exchange with this URL is. An answer ends for its client when it is written: whoever has it
    as a whole finds it in the recording.
    """

    def __init__(
        self,
        upstream: Upstream,
        connections: Connections,
        sink: Sink,
        secrets: Secrets,
        is_recorded: Callable[[str], bool],
    ) -> None:
        self._upstream = upstream
        self._connections = connections
        self._sink = sink
        self._secrets = secrets
        self._is_recorded = is_recorded
        self._codings = readable()
        # Says that a request has been here.
        self._name = f"1.1 recorder-{chance.token_hex(8)}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        headers: RawHeaders = scope["headers"]
        target = self._upstream.target(scope["raw_path"], scope["query_string"])
        self._learn(headers, scope["query_string"])
        url = self._upstream.origin + target.decode("latin-1")
        exchange = PassingExchange(scope["method"], url, headers, is_recorded=self._is_recorded(url))
        body = _RequestBody(receive, exchange)
        relaying = asyncio.create_task(self._relay(exchange, target, body, send))
        leaving = asyncio.create_task(body.left())
        try:
            await asyncio.wait((relaying, leaving), return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            relaying.cancel()  # no effect once it is done
            await asyncio.wait((relaying,))
        if relaying.cancelled():
            return
        try:
            relaying.result()
        except ClientLeftError:
            pass
        except BrokenConnectionError:
            raise
        except ApiError as error:
            await _refuse(error, send)
        except Exception as error:
            if exchange.status is not None:
                raise BrokenConnectionError from error
            await _refuse(refusals.broken_forward(f"this request cannot be passed on ({type(error).__name__})"), send)

    def _learn(self, headers: Iterable[tuple[bytes, bytes]], query: bytes = b"") -> None:
        """Know what authorizes a request, and whose it is."""
        for raw_name, raw_value in headers:
            name, value = raw_name.decode("latin-1"), raw_value.decode("latin-1").strip()
            if name in ("cookie", "set-cookie"):
                for crumb in value.split(";")[: 1 if name == "set-cookie" else None]:
                    self._secrets.learn(crumb.partition("=")[2])
            elif name not in _OPEN_HEADERS and any(word in name for word in _SECRET_WORDS):
                scheme, _, credential = value.rpartition(" ")
                self._secrets.learn(credential if scheme.isalpha() or not scheme else value)
                if scheme.lower() == "basic":
                    self._secrets.learn(_password(credential))
        for name, value in parse_qsl(query.decode("latin-1")):
            if is_named_like_a_key(name, value):
                self._secrets.learn(value)

    async def _relay(self, exchange: PassingExchange, target: bytes, body: "_RequestBody", send: Send) -> None:
        """Send the answer. Raises `ApiError` where there is none, and `BrokenConnectionError` for half of one."""
        is_whole = False
        try:
            response = await self._begin(exchange, target, body)
            try:
                rest = await self._send(exchange, response, send)
            finally:
                await response.aclose()
            is_whole = True
        finally:
            exchange.end(complete=is_whole)
            if exchange.is_recorded and exchange.status is not None:
                await asyncio.shield(self._sink.take(exchange))
            else:
                exchange.close()
        for message in rest:
            await send(message)

    async def _begin(self, exchange: PassingExchange, target: bytes, body: "_RequestBody") -> "httpx.Response":
        import httpx  # noqa: PLC0415 - loaded already

        if any(name == VIA and self._name in value for name, value in exchange.request_headers):
            raise refusals.broken_forward("the upstream of this recorder is the recorder itself")
        headers = [*map(self._readable, of_message(exchange.request_headers, _OF_REQUEST)), (VIA, self._name)]
        content = body.pieces() if _has_body(exchange.request_headers) else None
        try:
            response = await self._connections.send(exchange.method, target, headers, content)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            hint = "; --ca-file trusts a certificate of your own" if _UNTRUSTED in str(error) else ""
            why = f"{self._upstream.origin} cannot be reached ({type(error).__name__}: {error}{hint})"
            raise refusals.broken_forward(self._secrets.without_secrets(why)) from error
        self._learn([(name.lower(), value) for name, value in response.headers.raw])
        return response

    async def _send(self, exchange: PassingExchange, response: "httpx.Response", send: Send) -> list[Message]:
        """Send all of an answer but what makes it whole; return that."""
        import httpx  # noqa: PLC0415 - as above

        headers = [(name.lower(), value) for name, value in response.headers.raw]
        kept = of_answer(headers)
        exchange.status, exchange.response_headers = response.status_code, headers
        start: Message = {"type": "http.response.start", "status": response.status_code, "headers": kept}
        length = named(kept, CONTENT_LENGTH)
        rest = int(length) if length.isdecimal() else -1
        held: list[Message] = [start]
        if rest != 0 and exchange.method != "HEAD" and response.status_code not in _WITHOUT_BODY:
            held = []
            await send(start)
        last = b""
        try:
            async for piece in response.aiter_raw():
                if exchange.is_recorded:
                    exchange.response.add(piece, exchange.now())
                rest -= len(piece)
                if rest == 0:  # held back, and read on: a connection is used again only behind the end of its answer
                    last = piece
                else:
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        except httpx.HTTPError as error:  # half an answer, which the client is to notice
            raise BrokenConnectionError from error
        return [*held, {"type": "http.response.body", "body": last}]

    def _readable(self, header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
        """Return a header of a request; no coding is accepted that could not be searched for secrets."""
        name, value = header
        if name != _ACCEPT_ENCODING:
            return header
        return name, accepted(value.decode("latin-1"), self._codings).encode("latin-1")


class _RequestBody:
    """The body of a request, read once; behind its end it is noticed when the client leaves."""

    def __init__(self, receive: Receive, exchange: PassingExchange) -> None:
        self._receive = receive
        self._exchange = exchange
        self._ended = asyncio.Event()

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield it as it comes. Raises `ClientLeftError`."""
        is_more = True
        while is_more:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeftError("the client has gone")
            piece = message.get("body", b"")
            is_more = message.get("more_body", False)
            if piece:
                if self._exchange.is_recorded:
                    self._exchange.request.add(piece)
                yield piece
        self._ended.set()

    async def left(self) -> None:
        """Return when the client has gone."""
        if _has_body(self._exchange.request_headers):
            await self._ended.wait()
        while (await self._receive())["type"] != "http.disconnect":
            pass


def _has_body(headers: RawHeaders) -> bool:
    return any(name in (CONTENT_LENGTH, TRANSFER_ENCODING) for name, _ in headers)


def _password(credential: str) -> str:
    """Return the password of basic credentials; "" where they are none."""
    try:
        return b64decode(credential).decode("latin-1").partition(":")[2]
    except ValueError:
        return ""


async def _refuse(error: ApiError, send: Send) -> None:
    """Answer with an error of this server, which its message is marked as."""
    body = orjson.dumps(error.body())
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    start: Message = {"type": "http.response.start", "status": error.status, "headers": headers}
    await send(start)
    answer: dict[str, Any] = {"type": "http.response.body", "body": body}
    await send(answer)

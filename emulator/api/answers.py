"""Answers: documents, lists and deletions in the shape of the caller's wire, with the service's headers."""

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Final

from starlette.responses import StreamingResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from emulator.api.address import Address
from emulator.api.event_stream import EventStream
from emulator.api.exchange import Exchange
from emulator.api.headers import REQUEST_ID, RawHeaders, encode
from emulator.domain import observations, refusals
from emulator.domain.errors import ApiError
from emulator.domain.neighbors import REMARK, is_neighbor
from emulator.store.documents import Page
from emulator.wire import layout
from emulator.wire.projection import Via, is_compact, project

JSON: Final = "application/json"
_JSON_TYPE: Final = (b"content-type", JSON.encode("latin-1"))


class Answer:
    """A whole answer in memory, its headers encoded once."""

    __slots__ = ("body", "raw_headers", "status_code")

    def __init__(self, body: bytes, raw_headers: RawHeaders, status: int = 200, media_type: str = JSON) -> None:
        self.body = body
        self.status_code = status
        self.raw_headers = [
            *raw_headers,
            (b"content-length", b"%d" % len(body)),
            _JSON_TYPE if media_type is JSON else (b"content-type", media_type.encode("latin-1")),
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - any ASGI app's shape
        """Send it."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body})


# Bytes of files are sent by the framework, and answers of other servers as they come.
Response = Answer | EventStream | StreamingResponse | ASGIApp


async def drop(response: Response) -> None:
    """Let go of what an answer holds on to, where it is not sent or not to its end."""
    match response:
        case EventStream():
            await response.drop()
        case StreamingResponse(body_iterator=AsyncGenerator() as pieces):
            await anext(pieces, None)  # a generator that has not begun closes nothing
            await pieces.aclose()
        case _:
            pass


def document(exchange: Exchange, doc: Mapping[str, Any], via: Via = Via.READ, *, content: bool = False) -> Answer:
    """Answer with a document. content: with the texts that file searches found."""
    projected = project(doc, exchange.wire, via, content=content)
    exchange.observed = observations.of_document(projected)
    compact = is_compact(doc["object"], exchange.wire)
    return Answer(layout.body(projected, newline=exchange.newline, compact=compact), exchange.raw_headers())


def listing(exchange: Exchange, page: Page, via: Via = Via.READ, *, content: bool = False) -> Answer:
    """Answer with a page of a list: the envelope and its nulls as recorded."""
    items = [row["doc"] for row in page.rows]
    data = [project(item, exchange.wire, via, content=content) for item in items]
    exchange.observed = observations.of_list(data, has_more=page.has_more)
    envelope = {
        "object": "list",
        "data": data,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": page.has_more,
    }
    return Answer(layout.body(envelope), exchange.raw_headers())


def deleted(exchange: Exchange, id: str, kind: str) -> Answer:  # noqa: A002
    """Answer that an object is gone."""
    return Answer(layout.body({"id": id, "object": kind, "deleted": True}), exchange.raw_headers())


def plain(exchange: Exchange, data: Any) -> Answer:
    """Answer with data as they are."""
    return Answer(layout.body(data, newline=exchange.newline), exchange.raw_headers())


def not_found(method: str, address: Address) -> ApiError:
    """Return the refusal of a path that leads nowhere: Azure has its own. What the service had there is named."""
    remark = REMARK if is_neighbor(address.path) else ""
    if address.mount == "azure":
        return refusals.azure_not_found(remark)
    return refusals.unknown_url(method, address.public_path, remark)


def failure(request_id: str) -> Answer:
    """Answer that the server is broken, where no exchange knows the request."""
    return refusal(refusals.server_error(request_id), {REQUEST_ID: request_id})


def unavailable(request_id: str) -> Answer:
    """Answer the same where the database cannot be reached for now."""
    error = refusals.unavailable_database()
    return refusal(error, {REQUEST_ID: request_id, **error.headers})


def refusal(
    error: ApiError, headers: Mapping[str, str], more: Mapping[str, Any] | None = None, *, newline: bool = False
) -> Answer:
    """Answer with an error's envelope. more: further fields of the body. newline: files and uploads end in one."""
    body = layout.body({**error.body(), **(more or {})}, newline=newline)
    return Answer(body, encode(headers.items()), error.status)

"""Answers: documents, lists and deletions in the shape of the caller's wire, with the service's headers."""

from collections.abc import Mapping, Sequence
from typing import Any

from starlette.responses import Response

from emulator.api.addressing import Address
from emulator.api.call import Call
from emulator.domain import errors
from emulator.domain.errors import ApiError
from emulator.store.documents import Page
from emulator.wire import layout, versions

JSON = "application/json"


def document(call: Call, doc: Mapping[str, Any], kind: str | None = None) -> Response:
    """Answer with a document."""
    shown = versions.show(doc, call.wire, kind)
    body = layout.body(shown, newline=call.newline, compact=versions.is_compact(shown, call.wire))
    return Response(body, media_type=JSON, headers=call.headers)


def listing(call: Call, page: Page, items: Sequence[Mapping[str, Any]], kind: str | None = None) -> Response:
    """Answer with a list: the envelope and its nulls as recorded."""
    shown = [versions.show(item, call.wire, kind) for item in items]
    envelope = {
        "object": "list",
        "data": shown,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": page.has_more,
    }
    return Response(layout.body(envelope), media_type=JSON, headers=call.headers)


def deleted(call: Call, id: str, kind: str) -> Response:  # noqa: A002
    """Answer that an object is gone."""
    return Response(layout.body({"id": id, "object": kind, "deleted": True}), media_type=JSON, headers=call.headers)


def plain(call: Call, data: Any) -> Response:
    """Answer with data as they are."""
    return Response(layout.body(data, newline=call.newline), media_type=JSON, headers=call.headers)


def nowhere(method: str, where: Address) -> ApiError:
    """Return the refusal of a path that leads nowhere: Azure has its own."""
    return errors.azure_not_found() if where.mount == "azure" else errors.unknown_url(method, where.told)


def refusal(
    error: ApiError, headers: Mapping[str, str], more: Mapping[str, Any] | None = None, *, newline: bool = False
) -> Response:
    """Answer with an error's envelope. more: what stands beside it. newline: as files and uploads end."""
    body = layout.body({**error.body(), **(more or {})}, newline=newline)
    return Response(body, error.status, media_type=JSON, headers=dict(headers))

"""Handlers of /files; their bodies end in a newline (recorded)."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

from emulator.api import answering
from emulator.api.call import Call
from emulator.api.receiving import Received, form
from emulator.domain import errors
from emulator.service import files, store_files
from emulator.wire import shapes, versions
from emulator.wire.files import MOST_FILE_BYTES, PURPOSES, ExpiresAfter, deleted
from emulator.wire.problems import validate

_MOST_PER_PAGE = 10_000
_SECONDS: Final = re.compile(r"[0-9]{1,20}")
FORM: Final = shapes.form(
    ("file", "purpose"),
    {"expires_after[anchor]": ["expires_after[seconds]"], "expires_after[seconds]": ["expires_after[anchor]"]},
    {
        "file": shapes.BINARY,
        "purpose": shapes.one_of(*PURPOSES),
        "expires_after[anchor]": shapes.one_of("created_at"),
        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
    },
    closed=True,
)


async def create(call: Call) -> Response:
    """POST /files."""
    async with form(call, "file", MOST_FILE_BYTES) as received:
        if "file" in received.fields:
            raise errors.file_without_name()
        if received.path is None:
            raise errors.missing_form_field("file")
        purpose = received.fields.get("purpose")
        if purpose is None:
            raise errors.missing_form_field("purpose")
        files.check_purpose(purpose)
        if unknown := [name for name in received.fields if name not in FORM["properties"]]:
            raise errors.unknown_form_fields(unknown)
        doc = files.create(
            call.world,
            received.path,
            filename=received.filename or "upload",
            purpose=purpose,
            expires_after=_expires_after(received),
        )
    return answering.plain(call, versions.show(versions.show(doc, call.wire, "new file"), call.wire))


def _expires_after(received: Received) -> ExpiresAfter | None:
    """Return when the file is to go, from fields as the SDKs send them: `expires_after[anchor]` and so on."""
    given = {
        name: received.fields[field]
        for name in ("anchor", "seconds")
        if (field := f"expires_after[{name}]") in received.fields
    }
    if not given:
        return None
    data: dict[str, object] = dict(given)
    if _SECONDS.fullmatch(given.get("seconds", "")):
        data["seconds"] = int(given["seconds"])
    return validate(ExpiresAfter, data, root=("expires_after",))


async def listing(call: Call) -> Response:
    """GET /files: up to 10,000 at once, and the keys of the envelope in an order of their own (recorded)."""
    query = call.list_query(_MOST_PER_PAGE, _MOST_PER_PAGE)
    page = files.listing(call.world, query, call.request.query_params.get("purpose") or None)
    shown = [versions.show(row["doc"], call.wire) for row in page.rows]
    envelope = {
        "object": "list",
        "data": shown,
        "has_more": page.has_more,
        "first_id": shown[0]["id"] if shown else None,
        "last_id": shown[-1]["id"] if shown else None,
    }
    return answering.plain(call, versions.show(envelope, call.wire, "list of file"))


async def retrieve(call: Call) -> Response:
    """GET /files/{file_id}."""
    return answering.document(call, files.retrieve(call.world, call.param("file_id")))


async def delete(call: Call) -> Response:
    """DELETE /files/{file_id}."""
    await store_files.delete_everywhere(call.world, call.param("file_id"))
    gone = versions.show(deleted(call.param("file_id")), call.wire, "file deleted")
    return answering.plain(call, gone)


async def content(call: Call) -> Response:
    """GET /files/{file_id}/content, whatever the client accepts."""
    row = files.readable(call.world, call.param("file_id"))
    filename, size = row["doc"]["filename"], row["doc"]["bytes"]
    headers = {
        **call.headers,
        "content-type": "application/octet-stream",
        "content-disposition": f"attachment; {_named(filename)}",
        "content-length": str(size),
    }
    return StreamingResponse(_pieces(call, row["blob"]), headers=headers)


def _pieces(call: Call, blob: str) -> Iterator[bytes]:
    yield from call.world.blobs.pieces(blob)


def _named(filename: str) -> str:
    """Return a file name as a header may hold it: a name that is not plain ASCII is encoded."""
    plain = filename.isascii() and filename.isprintable() and not set(filename) & set('"\\')
    return f'filename="{filename}"' if plain else f"filename*=UTF-8''{quote(filename, safe='')}"

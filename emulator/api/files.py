"""Handlers of /files; their bodies end in a newline (recorded)."""

import asyncio
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from starlette.responses import StreamingResponse

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.multipart import UploadForm, upload_form
from emulator.domain import refusals
from emulator.service import files, store_files
from emulator.tools import json_schema
from emulator.wire import shapes
from emulator.wire.files import MOST_FILE_BYTES, PURPOSES, ExpiresAfter, deleted
from emulator.wire.problems import validate
from emulator.wire.projection import LIST_OF_FILES, Via, project, project_part

_MOST_PER_PAGE = 10_000
_SECONDS: Final = re.compile(r"[0-9]{1,20}")
FORM: Final = shapes.form(
    ("file", "purpose"),
    {"expires_after[anchor]": ["expires_after[seconds]"], "expires_after[seconds]": ["expires_after[anchor]"]},
    {
        "file": json_schema.BINARY,
        "purpose": json_schema.one_of(*PURPOSES),
        "expires_after[anchor]": json_schema.one_of("created_at"),
        "expires_after[seconds]": {"type": "integer", "minimum": 3600, "maximum": 2_592_000},
    },
    closed=True,
)

# Fields that some mounts know beside these. The public models of Foundry have the name of the file, which other mounts
# refused (Azure/azure-sdk-for-net issue 43953); that it wins over that of the part is unverified.
_FIELDS_OF: Final = {"foundry": ("filename",)}


async def create(exchange: Exchange) -> Response:
    """POST /files."""
    async with upload_form(exchange, "file", MOST_FILE_BYTES) as upload:
        if "file" in upload.fields:
            raise refusals.file_without_name()
        if upload.received is None:
            raise refusals.missing_form_field("file")
        purpose = upload.fields.get("purpose")
        if purpose is None:
            raise refusals.missing_form_field("purpose")
        files.check_purpose(purpose)
        known = [*FORM["properties"], *_FIELDS_OF.get(exchange.address.mount, ())]
        if unknown := [name for name in upload.fields if name not in known]:
            raise refusals.unknown_form_fields(unknown)
        filename = upload.fields.get("filename") or upload.filename or "upload"
        files.check_extension(exchange.namespace, filename, purpose)
        if not upload.received.size:
            raise refusals.empty_file()
        doc = await files.create(
            exchange.namespace,
            upload.received,
            filename=filename,
            purpose=purpose,
            expires_after=_expires_after(upload),
            azure=exchange.caller.is_azure,
        )
    return answers.document(exchange, doc, Via.CREATED)


def _expires_after(upload: UploadForm) -> ExpiresAfter | None:
    """Return when the file is to go, from fields as the SDKs send them: `expires_after[anchor]` and so on."""
    parameters = {
        name: upload.fields[field]
        for name in ("anchor", "seconds")
        if (field := f"expires_after[{name}]") in upload.fields
    }
    if not parameters:
        return None
    data: dict[str, object] = dict(parameters)
    if _SECONDS.fullmatch(parameters.get("seconds", "")):
        data["seconds"] = int(parameters["seconds"])
    return validate(ExpiresAfter, data, root=("expires_after",))


async def listing(exchange: Exchange) -> Response:
    """GET /files: up to 10,000 at once, and the keys of the envelope in an order of their own (recorded)."""
    query = exchange.list_query(_MOST_PER_PAGE, _MOST_PER_PAGE)
    page = await files.listing(exchange.namespace, query, exchange.query.get("purpose") or None)
    items = [project(row["doc"], exchange.wire) for row in page.rows]
    envelope = {
        "object": "list",
        "data": items,
        "has_more": page.has_more,
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
    }
    return answers.plain(exchange, project_part(envelope, exchange.wire, LIST_OF_FILES))


async def retrieve(exchange: Exchange) -> Response:
    """GET /files/{file_id}."""
    return answers.document(exchange, await files.retrieve(exchange.namespace, exchange.param("file_id")))


async def delete(exchange: Exchange) -> Response:
    """DELETE /files/{file_id}."""
    await store_files.delete_everywhere(exchange.namespace, exchange.param("file_id"))
    return answers.document(exchange, deleted(exchange.param("file_id")), Via.DELETED)


async def content(exchange: Exchange) -> Response:
    """GET /files/{file_id}/content, whatever the client accepts."""
    row = await files.readable(exchange.namespace, exchange.param("file_id"))
    return await streamed(exchange, row["blob"], row["doc"]["filename"], row["doc"]["bytes"])


async def streamed(exchange: Exchange, blob: str, filename: str, size: int) -> Response:
    """Answer with bytes that are kept. blob: their name there; filename: what the client may call them."""
    headers = {
        **exchange.named_headers(),
        "content-type": "application/octet-stream",
        "content-disposition": f"attachment; {_named(filename)}",
        "content-length": str(size),
    }
    # Opened before the answer begins: bytes that are gone are a refusal, and not a connection that breaks.
    pieces = await asyncio.to_thread(_pieces, exchange, blob, size)
    return StreamingResponse(pieces, headers=headers)


def _pieces(exchange: Exchange, blob: str, size: int) -> Iterator[bytes]:
    blobs = exchange.namespace.blobs
    if (found := blobs.length(blob)) != size:
        raise OSError(f"a file has {found} bytes where there were {size}")
    return blobs.pieces(blob)


def _named(filename: str) -> str:
    """Return a file name as a header may hold it (RFC 6266): its last segment, which names no other folder.

    A name that is not plain ASCII is encoded (RFC 8187).
    """
    segment = re.split(r"[/\\]", filename)[-1]
    name = "".join(letter for letter in segment if letter.isprintable()).strip()
    if not name.strip("."):
        name = "download"
    plain = name.isascii() and '"' not in name
    return f'filename="{name}"' if plain else f"filename*=UTF-8''{quote(name, safe='')}"

"""Handlers of /uploads."""

from typing import Final

from starlette.responses import Response

from emulator.api import answering
from emulator.api.call import Call
from emulator.api.receiving import form
from emulator.domain import errors
from emulator.service import uploads
from emulator.wire import shapes, versions
from emulator.wire.files import MOST_PART_BYTES, CompleteUpload, CreateUpload

FORM: Final = shapes.form(("data",), {}, {"data": shapes.BINARY})


async def create(call: Call) -> Response:
    """POST /uploads."""
    return answering.document(call, uploads.create(call.world, await call.body(CreateUpload)))


async def add_part(call: Call) -> Response:
    """POST /uploads/{upload_id}/parts."""
    async with form(call, "data", MOST_PART_BYTES) as received:
        if received.path is None:
            raise errors.missing_parameter("data")
        doc = uploads.add_part(call.world, call.param("upload_id"), received.path)
    return answering.document(call, doc)


async def complete(call: Call) -> Response:
    """POST /uploads/{upload_id}/complete."""
    doc = await uploads.complete(call.world, call.param("upload_id"), await call.body(CompleteUpload))
    return answering.document(call, {**doc, "file": versions.show(doc["file"], call.wire)})


async def cancel(call: Call) -> Response:
    """POST /uploads/{upload_id}/cancel."""
    return answering.document(call, uploads.cancel(call.world, call.param("upload_id")))

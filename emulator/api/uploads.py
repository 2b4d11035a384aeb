"""Handlers of /uploads."""

from typing import Final

from emulator.api import answers
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.multipart import upload_form
from emulator.domain import refusals
from emulator.service import uploads
from emulator.tools import json_schema
from emulator.wire import shapes
from emulator.wire.files import MOST_PART_BYTES, CompleteUpload, CreateUpload

FORM: Final = shapes.form(("data",), {}, {"data": json_schema.BINARY})


async def create(exchange: Exchange) -> Response:
    """POST /uploads."""
    body = await exchange.body(CreateUpload)
    return answers.document(exchange, await uploads.create(exchange.namespace, body))


async def add_part(exchange: Exchange) -> Response:
    """POST /uploads/{upload_id}/parts."""
    async with upload_form(exchange, "data", MOST_PART_BYTES) as upload:
        if upload.received is None:
            raise refusals.missing_parameter("data")
        doc = await uploads.add_part(exchange.namespace, exchange.param("upload_id"), upload.received)
    return answers.document(exchange, doc)


async def complete(exchange: Exchange) -> Response:
    """POST /uploads/{upload_id}/complete."""
    body = await exchange.body(CompleteUpload)
    doc = await uploads.complete(exchange.namespace, exchange.param("upload_id"), body, azure=exchange.caller.is_azure)
    return answers.document(exchange, doc)


async def cancel(exchange: Exchange) -> Response:
    """POST /uploads/{upload_id}/cancel."""
    return answers.document(exchange, await uploads.cancel(exchange.namespace, exchange.param("upload_id")))

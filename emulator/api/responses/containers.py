"""Handlers of /containers."""

from typing import Final

from emulator.api import answers, files
from emulator.api.answers import Response
from emulator.api.exchange import Exchange
from emulator.api.multipart import upload_form
from emulator.domain import refusals
from emulator.service.responses import containers
from emulator.tools import json_schema
from emulator.transcripts.responses.container_files import filename
from emulator.wire import shapes
from emulator.wire.files import MOST_FILE_BYTES
from emulator.wire.responses.containers import CopyFile, CreateContainer

FORM: Final = shapes.form(("file",), {}, {"file": json_schema.BINARY})


async def create(exchange: Exchange) -> Response:
    """POST /containers."""
    body = await exchange.body(CreateContainer)
    return answers.plain(exchange, await containers.create(exchange.namespace, body))


async def listing(exchange: Exchange) -> Response:
    """GET /containers."""
    name = exchange.query.get("name") or None
    page = await containers.listing(exchange.namespace, exchange.list_query(), name)
    return answers.listing(exchange, page)


async def retrieve(exchange: Exchange) -> Response:
    """GET /containers/{container_id}."""
    return answers.plain(exchange, await containers.retrieve(exchange.namespace, exchange.param("container_id")))


async def delete(exchange: Exchange) -> Response:
    """DELETE /containers/{container_id}."""
    await containers.delete(exchange.namespace, exchange.param("container_id"))
    return answers.deleted(exchange, exchange.param("container_id"), "container.deleted")


# --- files ----------------------------------------------------------------------------------------------------------


async def create_file(exchange: Exchange) -> Response:
    """POST /containers/{container_id}/files: a form with a file, or JSON with the id of an uploaded one."""
    container_id = exchange.param("container_id")
    if not (exchange.headers.get("content-type") or "").lower().startswith("multipart/form-data"):
        body = await exchange.body(CopyFile)
        return answers.plain(exchange, await containers.copy_file(exchange.namespace, container_id, body))
    async with upload_form(exchange, "file", MOST_FILE_BYTES) as form:
        if form.received is not None:
            name = form.filename or "upload"
            doc = await containers.receive_file(exchange.namespace, container_id, form.received, name=name)
        elif (file_id := form.fields.get("file_id")) is not None:
            doc = await containers.copy_file(exchange.namespace, container_id, CopyFile(file_id=file_id))
        else:
            raise refusals.missing_form_field("file")
    return answers.plain(exchange, doc)


async def list_files(exchange: Exchange) -> Response:
    """GET /containers/{container_id}/files."""
    page = await containers.list_files(exchange.namespace, exchange.param("container_id"), exchange.list_query())
    return answers.listing(exchange, page)


async def retrieve_file(exchange: Exchange) -> Response:
    """GET /containers/{container_id}/files/{file_id}."""
    row = await containers.retrieve_file(exchange.namespace, exchange.param("container_id"), exchange.param("file_id"))
    return answers.plain(exchange, row["doc"])


async def file_content(exchange: Exchange) -> Response:
    """GET /containers/{container_id}/files/{file_id}/content, whatever the client accepts."""
    row = await containers.retrieve_file(exchange.namespace, exchange.param("container_id"), exchange.param("file_id"))
    return await files.streamed(exchange, row["blob"], filename(row["doc"]), row["doc"]["bytes"])


async def delete_file(exchange: Exchange) -> Response:
    """DELETE /containers/{container_id}/files/{file_id}."""
    await containers.delete_file(exchange.namespace, exchange.param("container_id"), exchange.param("file_id"))
    return answers.deleted(exchange, exchange.param("file_id"), "container.file.deleted")

"""Multipart bodies: fields in memory, the file on disk, whatever its size."""

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request
from starlette.types import Message, Receive

from emulator.api.exchange import Exchange
from emulator.domain import refusals
from emulator.domain.content_length import announced_bytes
from emulator.domain.redaction import MOST_SHOWN
from emulator.forms import read_form
from emulator.store.blobs import Received

# Boundaries and fields come on top of the file.
_ENVELOPE: Final = 1024 * 1024
_COPY: Final = 1024 * 1024
_QUOTED: Final = re.compile(r'"(?:\\.|[^"\\])*"')
# RFC 5987: filename*=utf-8''%E4%BD%A0.txt, in one of the two charsets that it knows.
_EXTENDED_NAME: Final = re.compile(
    r";\s*filename\*\s*=\s*(?P<charset>utf-8|iso-8859-1)'[\w-]*'(?P<name>[^\s;]+)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class UploadForm:
    """A form with a file. received: its bytes; None if the form had none."""

    fields: dict[str, str]
    filename: str | None
    received: Received | None


@asynccontextmanager
async def upload_form(exchange: Exchange, file_field: str, most: int) -> AsyncIterator[UploadForm]:
    """Read a form with one file of at most ``most`` bytes, in bounded memory; a file that is not stored is removed."""
    request = _bounded(exchange, most + _ENVELOPE)
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise refusals.no_multipart(content_type)
    received = None
    try:
        async with read_form(request, most_files=1, most_fields=50) as data:
            exchange.form = dict(_kept(data))
            upload = data.get(file_field)
            if isinstance(upload, UploadFile):
                if upload.size is not None and upload.size > most:
                    raise refusals.body_too_large(most, upload.size)
                received = await _receive(exchange, upload)
            yield UploadForm(_fields(data), _name_of(upload) if isinstance(upload, UploadFile) else None, received)
    finally:
        if received is not None:
            exchange.namespace.blobs.discard(received)


def _name_of(upload: UploadFile) -> str | None:
    """Return the name of a file. One in the extended notation wins, as clients on .NET rely on (recorded)."""
    extended = _EXTENDED_NAME.search(_QUOTED.sub('""', upload.headers.get("content-disposition", "")))
    return unquote(extended["name"], encoding=extended["charset"]) if extended else upload.filename


def _fields(data: FormData) -> dict[str, str]:
    return {name: value for name, value in data.multi_items() if isinstance(value, str)}


def _kept(data: FormData) -> Iterator[tuple[str, Any]]:
    """Yield what the request log keeps of a form: the beginnings of its fields, and no bytes of files."""
    for name, value in data.multi_items():
        if isinstance(value, str):
            yield name[:MOST_SHOWN], value[:MOST_SHOWN]
        else:
            yield name[:MOST_SHOWN], {"filename": (value.filename or "")[:MOST_SHOWN], "bytes": value.size}


async def _receive(exchange: Exchange, upload: UploadFile) -> Received:
    def copy() -> Received:
        with exchange.namespace.blobs.receive() as part:
            shutil.copyfileobj(upload.file, part, _COPY)
        return part.received

    return await asyncio.to_thread(copy)


def _bounded(exchange: Exchange, most: int) -> Request:
    """Return the request with a body that ends in a refusal when it grows too large."""
    announced = announced_bytes(exchange.headers.get("content-length"))
    if announced > most:
        raise refusals.body_too_large(most, announced)
    return Request(exchange.scope, _counting(exchange, most))


def _counting(exchange: Exchange, most: int) -> Receive:
    async def counted() -> Message:
        message = await exchange.receive()
        exchange.form_bytes += len(message.get("body", b""))
        if exchange.form_bytes > most:
            raise refusals.body_too_large(most, None)
        return message

    return counted

"""The bodies of an import: objects as they are, recordings, and forms that hold both with the bytes of files."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from typing import Any, Final

from starlette.datastructures import UploadFile
from starlette.requests import Request

from emulator.control.imported_recordings import Form, choice_of, imported_form, imported_recording
from emulator.control.limits import MOST_IMPORT_BYTES, MOST_IMPORTED_JSON_BYTES, counted
from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.domain.id_forms import is_file_id
from emulator.domain.replay import CONVERSATION
from emulator.forms import read_form
from emulator.recording.importables import given_objects
from emulator.service.exported_objects import is_export
from emulator.service.imports import ReceivedFile, import_objects
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import Blobs, Received
from emulator.wire.files import MOST_FILE_BYTES

# The field whose parts are objects, whatever else they look like.
_OBJECTS: Final = "objects"
# The field whose parts are recordings.
_RECORDING: Final = "recording"


async def import_body(namespaces: Namespaces, ns: str, request: Request) -> dict[str, Any]:
    """Import what a request holds, and say what came of it. Raises `ApiError`, with nothing imported."""
    choice = choice_of(request.query_params)
    if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
        async with _form(request, namespaces.blobs) as form:
            if (imported := await imported_form(namespaces, ns, choice, form)) is not None:
                return imported
            read = partial(given_objects, form.texts)
            return asdict(
                await import_objects(namespaces, ns, read, form.received, as_conversations=choice.what == CONVERSATION)
            )
    body = await Request(request.scope, counted(request.receive, MOST_IMPORTED_JSON_BYTES)).body()
    if (imported := await imported_recording(namespaces, ns, choice, body)) is not None:
        return imported
    as_conversations = choice.what == CONVERSATION
    read = partial(given_objects, [body])
    return asdict(await import_objects(namespaces, ns, read, as_conversations=as_conversations))


@asynccontextmanager
async def _form(request: Request, blobs: Blobs) -> AsyncIterator[Form]:
    """Read a form, whose files are removed again if they are not stored."""
    bounded = Request(request.scope, counted(request.receive, MOST_IMPORT_BYTES))
    form = Form()
    left = MOST_IMPORTED_JSON_BYTES
    try:
        async with read_form(
            bounded, most_files=1_000, most_fields=1_000, most_field_bytes=MOST_IMPORTED_JSON_BYTES
        ) as fields:
            for name, part in fields.multi_items():
                if isinstance(part, str):
                    form.texts.append(part.encode("utf-8", "replace"))
                elif name == _RECORDING:
                    form.recordings.append(await _receive(name, part, blobs))
                elif (text := await _text_of(name, part, left)) is not None:
                    form.texts.append(text)
                    left -= len(text)
                else:
                    form.received.append(await _receive(name, part, blobs))
        yield form
    finally:
        for file in (*form.received, *form.recordings):
            blobs.discard(file.received)


async def _text_of(name: str, part: UploadFile, left: int) -> bytes | None:
    """Return the text of a part with objects; None for one that is a file. left: how many bytes a text may have."""
    looks_like_json = part.content_type == "application/json" or (part.filename or "").endswith(".json")
    if name != _OBJECTS and not looks_like_json:
        return None
    if (part.size or 0) > left:
        if name == _OBJECTS:
            raise _too_large(MOST_IMPORTED_JSON_BYTES)
        return None
    data = await part.read()
    if name == _OBJECTS or (not is_file_id(name) and is_export(data)):
        return data
    await part.seek(0)
    return None


async def _receive(name: str, part: UploadFile, blobs: Blobs) -> ReceivedFile:
    if (part.size or 0) > MOST_FILE_BYTES:
        raise _too_large(MOST_FILE_BYTES)

    def copy() -> Received:
        with blobs.receive() as target:
            shutil.copyfileobj(part.file, target, 1024 * 1024)
        return target.received

    return ReceivedFile(name, part.filename or name, await in_thread(copy, "import"))


def _too_large(most: int) -> ApiError:
    return ApiError(413, f"A part of an import may have at most {most} bytes.")

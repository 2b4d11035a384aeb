"""/ns/{ns}/import: objects in the API's own JSON, and the bytes of files."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile

from emulator.control.imported_recordings import PARAMETERS, imported_recording
from emulator.control.limits import MOST_IMPORT_BYTES, MOST_IMPORTED_JSON_BYTES, counted
from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.domain.id_forms import is_file_id
from emulator.forms import read_form
from emulator.service.namespaces import Namespaces
from emulator.store.blobs import Blobs
from emulator.wire.files import MOST_FILE_BYTES

if TYPE_CHECKING:
    from emulator.service.imports import ReceivedFile

_BODY: Final = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "example": {"objects": [{"object": "thread", "id": "thread_abc123", "created_at": 1767604200}]},
                "schema": {
                    "description": "An object, a list, a page of a list, or `objects`; or a form: the JSON, and the"
                    " bytes of files by their ids or names."
                },
            }
        },
    },
    "parameters": PARAMETERS,
}
# The field whose parts are objects, whatever else they look like.
_OBJECTS: Final = "objects"


def router(namespaces: Namespaces) -> APIRouter:
    """Return the route."""
    router = APIRouter(prefix="/ns/{ns}/import", tags=["import"])

    @router.post(
        "",
        openapi_extra=_BODY,
        response_description='`{"imported": {noun: number}, "ids": ..., "skipped": [...], "notes": [...]}`, and of'
        ' recordings `"scripts": [{"name", "kind", "fidelity", "turns", "notes"}]`.',
    )
    async def post_import(ns: str, request: Request) -> dict[str, Any]:
        """Import objects in the API's own JSON, with the bytes of files as further parts of a form.

        A body may also be a recording, of which threads, scripts or both are taken.
        """
        # The reading of recordings is loaded with the first one.
        from emulator.recording.importables import given_objects  # noqa: PLC0415
        from emulator.service.imports import import_objects  # noqa: PLC0415

        if request.headers.get("content-type", "").lower().startswith("multipart/form-data"):
            async with _parts(request, namespaces.blobs) as (texts, received):
                return asdict(await import_objects(namespaces, ns, partial(given_objects, texts), received))
        body = await Request(request.scope, counted(request.receive, MOST_IMPORTED_JSON_BYTES)).body()
        if (imported := await imported_recording(namespaces, ns, request.query_params, body)) is not None:
            return imported
        return asdict(await import_objects(namespaces, ns, partial(given_objects, [body])))

    return router


@asynccontextmanager
async def _parts(request: Request, blobs: Blobs) -> AsyncIterator[tuple[list[bytes], "list[ReceivedFile]"]]:
    """Read a form: the JSON texts of objects, and the files, which are removed again if they are not stored."""
    bounded = Request(request.scope, counted(request.receive, MOST_IMPORT_BYTES))
    texts: list[bytes] = []
    received: list[ReceivedFile] = []
    left = MOST_IMPORTED_JSON_BYTES
    try:
        async with read_form(
            bounded, most_files=1_000, most_fields=1_000, most_field_bytes=MOST_IMPORTED_JSON_BYTES
        ) as form:
            for name, part in form.multi_items():
                if isinstance(part, str):
                    texts.append(part.encode("utf-8", "replace"))
                elif (text := await _text_of(name, part, left)) is not None:
                    texts.append(text)
                    left -= len(text)
                else:
                    received.append(await _to_disk(name, part, blobs))
        yield texts, received
    finally:
        for file in received:
            file.path.unlink(missing_ok=True)


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
    from emulator.service.exported_objects import is_export  # noqa: PLC0415 - as above

    if name == _OBJECTS or (not is_file_id(name) and is_export(data)):
        return data
    await part.seek(0)
    return None


async def _to_disk(name: str, part: UploadFile, blobs: Blobs) -> "ReceivedFile":
    from emulator.service.imports import ReceivedFile  # noqa: PLC0415 - as above

    if (part.size or 0) > MOST_FILE_BYTES:
        raise _too_large(MOST_FILE_BYTES)

    def copy() -> Path:
        with blobs.receive() as target:
            shutil.copyfileobj(part.file, target, 1024 * 1024)
        return Path(target.name)

    return ReceivedFile(name, part.filename or name, await in_thread(copy, "import"))


def _too_large(most: int) -> ApiError:
    return ApiError(413, f"A part of an import may have at most {most} bytes.")

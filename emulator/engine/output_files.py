"""Files that tools draw and write: stored where the client can read them back, as the service did."""

import base64
import binascii
from pathlib import PurePosixPath
from typing import Final
from urllib.parse import unquote_to_bytes

from emulator.engine import object_ids
from emulator.engine.namespace import Namespace
from emulator.store.documents import Unit
from emulator.store.tables import File
from emulator.wire.files import file

_PURPOSE: Final = "assistants_output"
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class BadImageError(ValueError):
    """A text that is neither a data URI of an image nor the id of a file."""


def from_data_uri(uri: str) -> tuple[str, bytes]:
    """Return the media type and the bytes of a data URI (RFC 2397)."""
    head, comma, data = uri.partition(",")
    if not head.startswith("data:") or not comma:
        raise BadImageError("an image has to be a data URI")
    media_type, semicolon, encoding = head.removeprefix("data:").rpartition(";base64")
    if not semicolon or encoding:
        return head.removeprefix("data:"), unquote_to_bytes(data)
    try:
        return media_type, base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise BadImageError(f"an image is not valid base64: {error}") from error


def keep_image(namespace: Namespace, unit: Unit, image: str) -> str:
    """Keep a script's image, a data URI, as a file; return its id. The id of a file that is there stays what it is."""
    if image.startswith("file-"):
        return image
    media_type, data = from_data_uri(image)
    return keep_output(namespace, unit, None, data, _ENDINGS.get(media_type, "png"))


def keep_output(namespace: Namespace, unit: Unit, name: str | None, data: bytes, ending: str = "png") -> str:
    """Keep bytes that a tool made; return the file's id. name: below /mnt/data; None for a picture without one."""
    file_id = object_ids.make(namespace, "file")
    blob = namespace.blobs.name(namespace.name, file_id)
    namespace.blobs.write(blob, data)
    filename = PurePosixPath(name).name if name else f"{file_id}.{ending}"
    doc = file(file_id, now=namespace.now(), filename=filename, purpose=_PURPOSE, size=len(data))
    unit.insert(File, file_id, id=file_id, purpose=_PURPOSE, blob=blob, doc=doc)
    return file_id

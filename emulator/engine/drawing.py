"""Images that a script gives: kept as files, as the service keeps what its tools draw."""

import base64
import binascii
from typing import Final

from emulator.engine.world import World
from emulator.store.documents import Unit
from emulator.store.tables import File
from emulator.wire.files import file

_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}


class BadImageError(ValueError):
    """A text that is no data URI of an image."""


def from_data_uri(uri: str) -> tuple[str, bytes]:
    """Return the media type and the bytes of a base64 data URI."""
    head, comma, data = uri.partition(",")
    if not head.startswith("data:") or not comma:
        raise BadImageError("an image has to be a data URI")
    try:
        return head.removeprefix("data:").removesuffix(";base64"), base64.b64decode(data, validate=True)
    except binascii.Error as error:
        raise BadImageError(f"an image is not valid base64: {error}") from error


def keep_image(world: World, unit: Unit, uri: str) -> str:
    """Keep an image as a file that a tool wrote; return its id."""
    media_type, data = from_data_uri(uri)
    file_id = world.ids.make("file")
    blob = world.blobs.name(world.name, file_id)
    world.blobs.write(blob, data)
    doc = file(
        file_id,
        now=world.now(),
        filename=f"{file_id}.{_ENDINGS.get(media_type, 'png')}",
        purpose="assistants_output",
        size=len(data),
    )
    unit.insert(File, file_id, id=file_id, purpose="assistants_output", blob=blob, doc=doc)
    return file_id

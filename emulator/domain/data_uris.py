"""Data URIs, by which scripts carry images and files (RFC 2397)."""

import base64
import binascii
from urllib.parse import unquote_to_bytes


class BadImageError(ValueError):
    """A text that is neither a data URI of an image nor the id of a file."""


def from_data_uri(uri: str) -> tuple[str, bytes]:
    """Return the media type and the bytes of a data URI."""
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

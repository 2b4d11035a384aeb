"""Multipart forms with files."""

import secrets
from collections.abc import Iterable
from typing import NamedTuple


class Part(NamedTuple):
    """A file in a form."""

    field: str
    name: str
    media_type: str
    data: bytes


def form_of(parts: Iterable[Part]) -> tuple[bytes, str]:
    """Return the body of a form, and its media type."""
    boundary = secrets.token_hex(16)
    pieces = [piece for part in parts for piece in (f"--{boundary}\r\n{_head(part)}".encode(), part.data, b"\r\n")]
    return b"".join((*pieces, f"--{boundary}--\r\n".encode())), f"multipart/form-data; boundary={boundary}"


def _head(part: Part) -> str:
    name, field = _quoted(part.name), _quoted(part.field)
    disposition = f'Content-Disposition: form-data; name="{field}"; filename="{name}"'
    return f"{disposition}\r\nContent-Type: {part.media_type}\r\n\r\n"


def _quoted(text: str) -> str:
    # As browsers do (HTML, 4.10.21.8).
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

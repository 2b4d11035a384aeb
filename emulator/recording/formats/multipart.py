"""Uploads that were recorded: their parts out of a body, and a body out of parts.

No parser of a server is used, because what was recorded may be cut, and its line ends may have been changed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from email.message import Message
from typing import Final

from emulator.recording.exchange import Part

_SNIFFED: Final = re.compile(rb"--([^\r\n]{1,70})\r?\n")
_HEAD_END: Final = re.compile(rb"\r?\n\r?\n")


def boundary_of(headers: Mapping[str, str]) -> str | None:
    """Return the boundary that headers name."""
    message = Message()
    message["content-type"] = headers.get("content-type", "").replace("\n", " ").replace("\r", " ")
    boundary = message.get_param("boundary")
    return boundary if isinstance(boundary, str) and boundary else None


def parts_of(data: bytes, headers: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of a multipart body."""
    named = boundary_of(headers)
    boundary = named.encode("latin-1", "replace") if named else b""
    if not boundary or b"--" + boundary not in data:  # recorders may have changed one of both
        sniffed = _SNIFFED.match(data.lstrip())
        if sniffed is None:
            return ()
        boundary = sniffed[1]
    return tuple(_parts(data.split(b"--" + boundary)[1:]))


def _parts(pieces: Sequence[bytes]) -> Iterator[Part]:
    for piece in pieces:
        if piece.startswith(b"--"):
            return
        body = piece.removeprefix(b"\r").removeprefix(b"\n")
        end = _HEAD_END.search(body)
        if end is None:
            continue
        data = body[end.end() :].removesuffix(b"\n").removesuffix(b"\r")
        disposition = _disposition(body[: end.start()])
        name = disposition.get_param("name", header="content-disposition")
        if isinstance(name, str):
            yield Part(name, disposition.get_filename(), data)


def _disposition(head: bytes) -> Message:
    message = Message()
    for line in head.decode("utf-8", "replace").splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "content-disposition":
            message["content-disposition"] = value.strip()
    return message


def body_of(parts: Sequence[Part], media_types: Sequence[str], boundary: str) -> bytes | None:
    """Return the body that sends some parts, of each the media type or ""; None where one of them is lost."""
    pieces: list[bytes] = []
    for part, media_type in zip(parts, media_types, strict=True):
        if part.data is None:
            return None
        filename = "" if part.filename is None else f'; filename="{_quoted(part.filename)}"'
        disposition = f'Content-Disposition: form-data; name="{_quoted(part.name)}"{filename}\r\n'
        typed = f"Content-Type: {media_type}\r\n" if media_type else ""
        pieces += [f"--{boundary}\r\n{disposition}{typed}\r\n".encode(), part.data, b"\r\n"]
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()])


def _quoted(text: str) -> str:
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")

"""What was sent one way, out of the value that a recording holds for it."""

import base64
import codecs
import json
import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

import orjson

from emulator.recording.exchange import Body, Part
from emulator.recording.formats.codings import GZIP_MAGIC, MissingDecoderError, UndecodableError, decoded
from emulator.recording.formats.headers import media_type_of
from emulator.recording.formats.multipart import parts_of
from emulator.recording.formats.source import MAX_DECOMPRESSED, Source

# What Ruby calls them. Others of Python's codecs are no character sets, or costly.
_CHARSETS: Final = re.compile(
    r"us-ascii|ascii|iso-8859-\d+|windows-\d+|utf-(?:8|16|16le|16be|32|32le|32be)|shift_jis|euc-jp|koi8-r|big5|gb18030",
    re.IGNORECASE,
)

# What the API answers with, where headers say that, and where they say nothing.
_OF_API: Final = re.compile(r"(?:application/json|text/.*)?")
_API_TEXT: Final = re.compile(rb"\s*(?:\{|event:|data:)")


def body_of(
    data: bytes | None, headers: Mapping[str, str], source: Source, line: int, *, whose: str
) -> tuple[Body, bool]:
    """Return a body with its codings taken off, and whether it came to its end. whose: "answer" or "request"."""
    media_type = source.same(media_type_of(headers))
    codings = headers.get("content-encoding") or _unnamed_coding(data, media_type)
    if not data or not codings:
        return Body(data, media_type), True
    try:
        plain, complete = decoded(data, codings)
    except UndecodableError as error:
        source.note(f"the body of a compressed {whose} is unknown: it is {error}")
        return Body(None, media_type), True
    except MissingDecoderError as error:
        raise source.broken(line, f"the {whose} {error}") from None
    source.decompressed += len(plain)
    if source.decompressed > MAX_DECOMPRESSED:
        raise source.broken(line, f"the bodies take more than {MAX_DECOMPRESSED >> 20} MB when decompressed")
    if not complete:
        source.note(f"the body of a compressed {whose} ends in the middle")
    return Body(plain, media_type), complete


def _unnamed_coding(data: bytes | None, media_type: str) -> str | None:
    """Return the coding of a body whose headers were scrubbed; a file in gzip is no text of the API."""
    if not data or not data.startswith(GZIP_MAGIC) or not _OF_API.fullmatch(media_type):
        return None
    with suppress(UndecodableError):
        if _API_TEXT.match(decoded(data, "gzip")[0]):
            return "gzip"
    return None


def form_parts(body: Body, headers: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of a request, if it is a form with files."""
    if body.data and body.media_type.startswith("multipart/"):
        return parts_of(body.data, headers)
    return ()


def without_files(parts: tuple[Part, ...]) -> tuple[Part, ...]:
    """Return the parts of a form, the bytes of its files unknown."""
    return tuple(part if part.filename is None else Part(part.name, part.filename) for part in parts)


def from_base64(text: str, source: Source, line: int) -> bytes:
    """Return the bytes of a text in base64, line ends in it or none."""
    try:
        return base64.b64decode(text)
    except ValueError as error:
        raise source.broken(line, f"broken base64: {error}") from None


def bytes_of_text(text: str, charset: str = "") -> bytes:
    """Return the bytes that a text was before it was written; charset: as which its recorder read it."""
    if _CHARSETS.fullmatch(charset) and charset.lower() != "utf-8":
        try:
            return text.encode(codecs.lookup(charset).name)
        except (LookupError, UnicodeEncodeError):
            pass
    return text.encode("utf-8", "replace")


def json_bytes(value: Any) -> bytes:
    """Return a value that a recorder has parsed as JSON again."""
    try:
        dumped = orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:  # numbers of more than 64 bits, halves of characters
        return json.dumps(value, default=str).encode()
    return bytes(memoryview(dumped))  # a copy: orjson keeps its buffer, several times as large (measured)

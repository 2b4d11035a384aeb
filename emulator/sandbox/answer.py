"""Reads the answers of the interpreter. The user's code may write to the same pipe, so everything is checked."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from emulator.sandbox.inside.frames import LENGTH
from emulator.sandbox.limits import Limits
from emulator.sandbox.names import inner_path
from emulator.sandbox.result import OutputFile

_LONGEST_HEADER: Final = 2**21
_LONGEST_LINE: Final = 20_000
_MOST_LEFT_OUT: Final = 100
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class GarbledError(Exception):
    """The data is not a valid answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """The result of one run as the interpreter reports it, checked for shape and size."""

    error: str | None
    images: tuple[bytes, ...]
    files: tuple[OutputFile, ...]
    left_out: tuple[str, ...]
    removed: tuple[str, ...]
    note: str | None  # for the logs


async def read_header(stream: asyncio.StreamReader) -> dict[str, Any]:
    """Read the header of a message. Raises `GarbledError`, and EOFError if the other end has gone."""
    (size,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
    if size > _LONGEST_HEADER:
        raise GarbledError("a header beyond all bounds")
    try:
        header = json.loads(await stream.readexactly(size))
    except (ValueError, RecursionError) as problem:
        raise GarbledError("a header that is no JSON") from problem
    if not isinstance(header, dict):
        raise GarbledError("a header that is no object")
    return header


def refusal(header: dict[str, Any]) -> str | None:
    """Return why the question was refused, where the message is no answer to it."""
    if "refused" not in header:
        return None
    if not isinstance(header["refused"], str):
        raise GarbledError("an answer of another shape")
    return _text(header["refused"][:_LONGEST_LINE])


async def read_answer(stream: asyncio.StreamReader, header: dict[str, Any], limits: Limits, number: int) -> Answer:
    """Read the rest of the message that begins with ``header``. number: of the question that it must answer."""
    if header.get("number") != number:
        raise GarbledError("an answer to another question")
    error, note, files = header.get("error"), header.get("note"), _texts(header.get("files"))
    images = _size(header.get("images"), limits.images)
    if not all(text is None or isinstance(text, str) for text in (error, note)):
        raise GarbledError("an answer of another shape")
    sizes = header.get("blobs")
    if not isinstance(sizes, list):
        raise GarbledError("sizes that are none")
    sizes = [_size(size, limits.report_bytes) for size in sizes]
    if len(sizes) != images + len(files) or len(files) > limits.files or sum(sizes) > limits.report_bytes:
        raise GarbledError("more than was asked for")
    blobs = [await stream.readexactly(size) for size in sizes]
    written = zip(files, blobs[images:], strict=True)
    return Answer(
        error=None if error is None else _text(error[:_LONGEST_LINE]),
        note=None if note is None else _text(note[:_LONGEST_LINE]),
        # Other data would become an image file of the API.
        images=tuple(blob for blob in blobs[:images] if blob.startswith(_PNG)),
        files=tuple(OutputFile(name, blob) for name, blob in written if inner_path(name) is not None),
        left_out=tuple(map(_text, _texts(header.get("left_out"))[:_MOST_LEFT_OUT])),
        removed=_texts(header.get("removed")),
    )


def _size(value: object, limit: int) -> int:
    if type(value) is not int or not 0 <= value <= limit:
        raise GarbledError("sizes that are none")
    return value


def _text(value: str) -> str:
    """Return the text without lone surrogates, which JSON allows and no encoding does."""
    return value.encode(errors="replace").decode()


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise GarbledError("a list of another shape")
    return tuple(value)

"""Reading what the interpreter answers. Foreign code may write there too, so nothing of it is believed unseen."""

import asyncio
import json
from dataclasses import dataclass
from typing import Any, Final

from emulator.sandbox.inside.frames import LENGTH
from emulator.sandbox.limits import Limits
from emulator.sandbox.names import inner_path
from emulator.sandbox.result import Written

_LONGEST_HEADER: Final = 2**21
_LONGEST_LINE: Final = 20_000
_MOST_LEFT_OUT: Final = 100
_PNG: Final = b"\x89PNG\r\n\x1a\n"


class GarbledError(Exception):
    """What came is no answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One run as the interpreter tells it, checked for shape and size."""

    error: str | None
    images: tuple[bytes, ...]
    files: tuple[Written, ...]
    left_out: tuple[str, ...]
    gone: tuple[str, ...]


async def header(stream: asyncio.StreamReader) -> dict[str, Any]:
    """Read the start of a message. Raises `GarbledError`, and EOFError when the other end is gone."""
    (size,) = LENGTH.unpack(await stream.readexactly(LENGTH.size))
    if size > _LONGEST_HEADER:
        raise GarbledError("a header beyond all bounds")
    try:
        told = json.loads(await stream.readexactly(size))
    except (ValueError, RecursionError) as problem:
        raise GarbledError("a header that is no JSON") from problem
    if not isinstance(told, dict):
        raise GarbledError("a header that is no object")
    return told


async def answer(stream: asyncio.StreamReader, told: dict[str, Any], limits: Limits, number: int) -> Answer:
    """Read the rest of the message that begins with ``told``; number: of the question that it should answer."""
    if told.get("number") != number:
        raise GarbledError("an answer to another question")
    error, files = told.get("error"), _texts(told.get("files"))
    images = _size(told.get("images"), limits.images)
    if not (error is None or isinstance(error, str)):
        raise GarbledError("an answer of another shape")
    sizes = told.get("blobs")
    if not isinstance(sizes, list):
        raise GarbledError("sizes that are none")
    sizes = [_size(size, limits.report_bytes) for size in sizes]
    if len(sizes) != images + len(files) or len(files) > limits.files or sum(sizes) > limits.report_bytes:
        raise GarbledError("more than was asked for")
    blobs = [await stream.readexactly(size) for size in sizes]
    written = zip(files, blobs[images:], strict=True)
    return Answer(
        error=None if error is None else _text(error[:_LONGEST_LINE]),
        # A file that is no picture would become one of the API's picture files.
        images=tuple(blob for blob in blobs[:images] if blob.startswith(_PNG)),
        files=tuple(Written(name, blob) for name, blob in written if inner_path(name) is not None),
        left_out=tuple(map(_text, _texts(told.get("left_out"))[:_MOST_LEFT_OUT])),
        gone=_texts(told.get("gone")),
    )


def _size(value: object, most: int) -> int:
    if type(value) is not int or not 0 <= value <= most:
        raise GarbledError("sizes that are none")
    return value


def _text(value: str) -> str:
    """Return the text without what no encoding takes: lone surrogates, which JSON lets pass."""
    return value.encode(errors="replace").decode()


def _texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise GarbledError("a list of another shape")
    return tuple(value)

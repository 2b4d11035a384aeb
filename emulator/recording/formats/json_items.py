"""The elements of a list in a JSON file one after the other, each with its line, and the lines of JSON lines."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import orjson

from emulator.recording.formats.source import Item, Source
from emulator.recording.recordings import UnreadableRecordingError

MAX_DEPTH: Final = 200
_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_QUOTE: Final = ord('"')
_BRACKET: Final = ord("[")
_COLON: Final = re.compile(rb"\s*:")


def json_items(source: Source, path: tuple[str, ...]) -> Iterator[Item]:
    """Yield the elements of the list that a path of keys leads to; no path: the file is a list.

    Only an element is in memory at a time. Raises `UnreadableRecordingError` with the line.
    """
    line = counted = 0
    for start, end in _spans(source, path):
        line += source.data.count(b"\n", counted, start)
        counted = start
        yield Item(line + 1, _loaded(source, source.data[start:end], line + 1))
        source.advance(end)


def _spans(source: Source, path: tuple[str, ...]) -> Iterator[tuple[int, int]]:  # noqa: C901 - one loop, to be fast
    """Yield where the elements begin and end; what is between them is not looked at."""
    data = source.data
    wanted = [None, *path]
    opened: list[str | None] = []  # the keys below which it was opened; None for the whole, and in lists
    key: str | None = None
    start = 0
    inside = 0  # how much is open between two elements; 0 outside of the list
    for token in _TOKEN.finditer(data):
        first = data[token.start()]
        if first == _QUOTE:
            if len(opened) == inside:
                raise _broken(source, token.start(), "a text where an exchange should be")
            key = _text(token[0]) if len(opened) <= len(path) and _COLON.match(data, token.end()) else None
        elif first in b"[{":
            if len(opened) == inside:
                start = token.start()
            opened.append(key)
            key = None
            if not inside and opened == wanted and first == _BRACKET:
                inside = len(opened)
            if len(opened) > MAX_DEPTH:
                raise _broken(source, token.start(), f"nested deeper than {MAX_DEPTH} levels")
        elif opened:
            opened.pop()
            if inside and len(opened) == inside:
                yield start, token.end()
            inside = inside if len(opened) >= inside else 0
    if opened:
        raise _broken(source, len(data.rstrip()), "the file ends in the middle")


def _broken(source: Source, offset: int, problem: str) -> UnreadableRecordingError:
    return source.broken(source.data.count(b"\n", 0, offset) + 1, problem)


def json_lines(source: Source) -> Iterator[tuple[int, bytes, bool]]:
    """Yield the lines that hold something: the line's number, its bytes, and whether it is the last."""
    data, start, number = source.data, 0, 0
    while start < len(data):
        number += 1
        end = data.find(b"\n", start)
        end = len(data) if end < 0 else end
        line = data[start:end].strip()
        start = end + 1
        if line:
            yield number, line, start >= len(data)
            source.advance(start)


def _text(token: bytes) -> str | None:
    try:
        return str(orjson.loads(token))
    except orjson.JSONDecodeError:
        return None


def _loaded(source: Source, text: bytes, line: int) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    try:  # reads more: characters in halves, NaN
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise source.broken(line + error.lineno - 1, f"not JSON: {error.msg}") from None
    except UnicodeDecodeError as error:
        raise source.broken(line + text.count(b"\n", 0, error.start), "not UTF-8") from None
    except (ValueError, RecursionError) as error:
        raise source.broken(line, f"not JSON: {error}") from None

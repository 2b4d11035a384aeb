"""The elements of a list in a JSON file one after the other, each with its line, and the lines of JSON lines."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import orjson

from emulator.recording.formats.source import Source

_TOKEN: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"|[\[\]{}]', re.DOTALL)
_COLON: Final = re.compile(rb"\s*:")


@dataclass(frozen=True, slots=True)
class JsonItem:
    """An element, with the line where it begins."""

    line: int
    value: Any


def json_items(source: Source, path: tuple[str, ...]) -> Iterator[JsonItem]:  # noqa: C901 - one loop, to be fast
    """Yield the elements of the list that a path of keys leads to; no path: the file is a list.

    Only an element is in memory at a time. Raises `UnreadableRecordingError` with the line.
    """
    data = source.data
    wanted: list[str | None] = [None, *path]
    opened: list[str | None] = []  # the keys below which what is open was found; None in lists, and for the whole
    key: str | None = None
    line, start = 1, 0  # of the element that began last
    inside = 0  # how many are open where the list's elements begin; 0 outside of it
    for token in _TOKEN.finditer(data):
        first = data[token.start()]
        if first == 0x22:  # a text
            if len(opened) <= len(path) and not inside:
                key = _text(token[0]) if _COLON.match(data, token.end()) else None
            elif inside == len(opened):
                raise source.broken(data.count(b"\n", 0, token.start()) + 1, "a text where an exchange should be")
        elif first in b"[{":
            if inside and len(opened) == inside:
                line += data.count(b"\n", start, token.start())
                start = token.start()
            opened.append(key)
            key = None
            if first == 0x5B and not inside and opened == wanted:
                inside = len(opened)
        elif not opened:
            break
        else:
            opened.pop()
            if inside and len(opened) == inside:
                yield JsonItem(line, _loaded(source, data[start : token.end()], line))
                source.advance(token.end())
            elif len(opened) < inside:
                inside = 0
    if opened:
        raise source.broken(data.rstrip().count(b"\n") + 1, "the file ends in the middle")


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

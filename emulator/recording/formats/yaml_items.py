"""The interactions of a YAML cassette one after the other, so that a large one is never in memory as a tree.

Nothing but data is made: a tag is taken for the plain value that it stands before, but for binary, which is decoded.
Dates stay text. A hostile file costs little: depth and the growth through aliases are bounded.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from yaml.reader import ReaderError

from emulator.recording.formats.source import Item, Source
from emulator.recording.recordings import UnreadableRecordingError

MAX_DEPTH: Final = 64
# What the aliases of one interaction may stand for: values, long texts counted as several. vcrpy writes a handful.
MAX_ALIASED: Final = 500_000
_LONG: Final = 256
# libyaml, many times as fast; where it is missing, the same in Python.
_FAST: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HALF_CHARACTER: Final = "invalid Unicode character escape code"
_LITERALS: Final = {"": None, "~": None, "null": None, "Null": None, "NULL": None, "true": True, "false": False}
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"[-+]?[0-9]+\.[0-9]+([eE][-+]?[0-9]+)?")
_NUMBER_STARTS: Final = frozenset("+-0123456789")


@dataclass(slots=True)
class _Open:
    """A list or a mapping whose end has not come yet. weight: of what is in it, each alias as what it stands for."""

    container: Any
    line: int
    anchor: str | None
    key: Any = None
    has_key: bool = False
    weight: int = 1


class _WithHalves(yaml.SafeLoader):
    """Reads characters that are escaped in two halves, as JSON has them."""

    def get_event(self) -> Any:
        """Return the next event, with whole characters."""
        event = super().get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, ScalarEvent):
            event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return event


def yaml_items(source: Source, key: str) -> Iterator[Item]:
    """Yield the elements of the list below a key of each document, and of a document that is a list.

    Raises `UnreadableRecordingError` with the line.
    """
    builder = _Items(source, key)
    try:
        yield from builder.read(_FAST)
    except _HalfCharacterError:
        yield from builder.read(_WithHalves)


class _HalfCharacterError(UnreadableRecordingError):
    """A character that is escaped in two halves, which libyaml does not read."""


class _Items:
    """Reads the parser's events, because the parser keeps a stack of its own and would not bound the depth."""

    def __init__(self, source: Source, key: str) -> None:
        self._source = source
        self._key = key
        self._yielded = 0
        self._aliased = 0
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._open: list[_Open] = []

    def read(self, loader: Any) -> Iterator[Item]:
        """Yield the items that were not yielded yet."""
        for number, item in enumerate(self._items(loader), 1):
            if number > self._yielded:
                self._yielded = number
                yield item

    def _events(self, loader: Any) -> Iterator[Any]:
        parser = None
        try:
            parser = loader(self._source.data)
            while (event := parser.get_event()) is not None:
                yield event
        except yaml.MarkedYAMLError as error:
            reason = ", ".join(part for part in (error.context, error.problem) if part)
            if _HALF_CHARACTER in reason and loader is not _WithHalves:
                raise _HalfCharacterError from None
            mark = error.problem_mark or error.context_mark
            raise self._source.broken(mark.line + 1 if mark else 1, f"not YAML: {reason}") from None
        except ReaderError as error:
            line = self._source.data.count(b"\n", 0, error.position) + 1
            raise self._source.broken(line, f"not YAML: {error.reason}") from None
        except (yaml.YAMLError, ValueError, IndexError, RecursionError) as error:
            raise self._source.broken(1, f"not YAML: {error}") from None
        finally:
            if parser is not None:
                parser.dispose()

    def _items(self, loader: Any) -> Iterator[Item]:  # noqa: C901 - one loop, to be fast
        self._open.clear()
        opened = self._open
        for event in self._events(loader):
            kind = type(event)
            if kind is ScalarEvent:
                value = self._scalar(event)
                weight, line, anchor = 1 + len(event.value) // _LONG, event.start_mark.line + 1, event.anchor
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                container: Any = {} if kind is MappingStartEvent else []
                entry = _Open(container, event.start_mark.line + 1, event.anchor)
                opened.append(entry)
                if len(opened) > MAX_DEPTH:
                    raise self._source.broken(entry.line, f"nested deeper than {MAX_DEPTH} levels")
                continue
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                entry = opened.pop()
                value, weight, line, anchor = entry.container, entry.weight, entry.line, entry.anchor
            elif kind is AliasEvent:
                value, weight = self._anchored(event)
                line, anchor = event.start_mark.line + 1, None
            else:
                if kind is DocumentStartEvent:
                    self._anchors.clear()
                continue
            if anchor is not None:
                self._anchors[anchor] = (value, weight)
            if not opened:
                continue
            if len(opened) <= 2 and self._is_wanted():
                yield Item(line, value)
                self._aliased = 0
                self._source.advance(event.end_mark.index)
            else:
                self._add(opened[-1], value, line)
                opened[-1].weight += weight

    def _is_wanted(self) -> bool:
        """Return whether the elements of the list that is open are to be yielded."""
        root = self._open[0]
        if len(self._open) == 1:
            return type(root.container) is list
        return type(self._open[1].container) is list and root.has_key and root.key == self._key

    def _add(self, parent: _Open, value: Any, line: int) -> None:
        if type(parent.container) is list:
            parent.container.append(value)
        elif parent.has_key:
            parent.container[parent.key] = value
            parent.has_key = False
        elif isinstance(value, dict | list):
            raise self._source.broken(line, "a key has to be text")
        else:
            parent.key = self._source.same(value) if type(value) is str else str(value)
            parent.has_key = True

    def _anchored(self, event: Any) -> tuple[Any, int]:
        found = self._anchors.get(event.anchor)
        if found is None:  # also where it stands inside its own anchor
            raise self._source.broken(event.start_mark.line + 1, f"alias *{event.anchor} has no anchor before it")
        self._aliased += found[1]
        if self._aliased > MAX_ALIASED:
            raise self._source.broken(event.start_mark.line + 1, "aliases that stand for too much")
        return found

    def _scalar(self, event: Any) -> Any:
        text = event.value
        if event.implicit[0]:  # plain
            return _plain(text)
        tag = event.tag
        if tag is None:
            return text
        if tag in {"!binary", "tag:yaml.org,2002:binary"}:
            try:
                return base64.b64decode(text)
            except (binascii.Error, ValueError) as error:
                raise self._source.broken(event.start_mark.line + 1, f"broken base64: {error}") from None
        return _plain(text) if tag.startswith("tag:yaml.org,2002:") and tag[18:] in _PLAIN_TAGS else text


_PLAIN_TAGS: Final = frozenset({"int", "float", "bool", "null"})


def _plain(text: str) -> Any:
    if text in _LITERALS:
        return _LITERALS[text]
    if text[0] in _NUMBER_STARTS:
        if _INT.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text)
    return text

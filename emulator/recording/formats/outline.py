"""The beginning of a file as a value, whatever its syntax, so that its kind is seen without reading all of it."""

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, Literal

import orjson
import yaml
from pydantic_core import from_json
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

# Enough for several interactions; what comes behind does not change the kind.
_MAX_EVENTS: Final = 2000
_MAX_LINES: Final = 20
_MAX_DEPTH: Final = 32
# With the separator of JSON text sequences.
_BLANK: Final = b"\x1e \t\r\n"
_JSON: Final = re.compile(rb"[\x1e\s]*[{\[]\s*[\"{}\[\]]")
_CASSETTE: Final = re.compile(rb"^(http_interactions|interactions):", re.MULTILINE)
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Syntax = Literal["json", "json lines", "yaml", "other"]


@dataclass(frozen=True, slots=True)
class Outline:
    """What is seen of a file. value: its beginning, of JSON lines a list; tag: of the first element of a list."""

    syntax: Syntax
    value: Any = None
    tag: str = ""


def outlines_of(text: bytes) -> Iterator[Outline]:
    """Yield what is seen of a text in UTF-8 that may be cut anywhere, the more exact view first."""
    if b"\0" in text:
        yield Outline("other")
    elif _JSON.match(text):
        yield from _json_outlines(text)
    else:
        yield _yaml_outline(text, "yaml")


def _json_outlines(text: bytes) -> Iterator[Outline]:
    start = text.lstrip(_BLANK)
    values = list(_line_values(start))
    if values and start.partition(b"\n")[2].strip():
        yield Outline("json lines", values)
        return
    with suppress(ValueError):
        yield Outline("json", from_json(start, allow_partial="trailing-strings"))
    yield _yaml_outline(start, "json")  # sees what stands before a mistake


def _line_values(text: bytes) -> Iterator[dict[str, Any]]:
    """Yield the objects of the first lines, if each of these is one."""
    for line in text.split(b"\n", _MAX_LINES)[:_MAX_LINES]:
        try:
            value = orjson.loads(line.strip(_BLANK))
        except orjson.JSONDecodeError:
            return
        if isinstance(value, dict):
            yield value


def _yaml_outline(text: bytes, syntax: Syntax) -> Outline:
    tree = _Tree()
    parser: Any = None
    try:
        parser = _LOADER(text)
        for _ in range(_MAX_EVENTS):
            event = parser.get_event()
            if event is None or not tree.add(event):
                break
    except (yaml.YAMLError, ValueError, IndexError, RecursionError):
        pass  # cut, or no YAML
    finally:
        if parser is not None:
            parser.dispose()
    if isinstance(tree.root, dict | list):
        return Outline(syntax, tree.root, tree.tag)
    # The parser looks ahead, and gives nothing where a character further on is none.
    cassette = _CASSETTE.search(text)
    return Outline("yaml", {cassette[1].decode(): []}) if cassette else Outline("other")


class _Tree:
    """Grows by the parser's events, so that what was there before a cut is seen."""

    def __init__(self) -> None:
        self.root: Any = None
        self.tag = ""
        self._open: list[Any] = []
        self._keys: list[str | None] = []

    def add(self, event: Any) -> bool:
        """Take an event in; return whether more is wanted."""
        match event:
            case ScalarEvent():
                self._add(str(event.value))
            case AliasEvent():
                self._add(None)
            case MappingStartEvent() | SequenceStartEvent():
                container: Any = {} if isinstance(event, MappingStartEvent) else []
                if len(self._open) == 1 and not self.tag:
                    self.tag = str(event.tag or "")
                self._add(container)
                self._open.append(container)
                self._keys.append(None)
                return len(self._open) <= _MAX_DEPTH
            case MappingEndEvent() | SequenceEndEvent():
                self._open.pop()
                self._keys.pop()
            case DocumentStartEvent():
                return not self.root
        return True

    def _add(self, value: Any) -> None:
        if not self._open:
            self.root = value
        elif isinstance(self._open[-1], list):
            self._open[-1].append(value)
        elif (key := self._keys[-1]) is None:
            self._keys[-1] = str(value)[:200]
            self._open[-1][self._keys[-1]] = None
        else:
            self._open[-1][key] = value
            self._keys[-1] = None

"""The beginning of a file as a value, whatever its syntax, so that its kind is seen without reading all of it."""

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
_MAX_DEPTH: Final = 32
_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Syntax = Literal["json", "json lines", "yaml", "other"]


@dataclass(frozen=True, slots=True)
class Outline:
    """What is seen of a file. value: its beginning, of JSON lines the first; tag: of the first element of a list."""

    syntax: Syntax
    value: Any = None
    tag: str = ""


def outline_of(text: bytes) -> Outline:
    """Return what is seen of a text in UTF-8 that may be cut anywhere."""
    if b"\0" in text:
        return Outline("other")
    start = text.lstrip()
    if start[:1] in {b"{", b"["}:
        line, newline, rest = start.partition(b"\n")
        try:
            first = orjson.loads(line)
        except orjson.JSONDecodeError:
            first = None
        if isinstance(first, dict) and newline and rest.strip():
            return Outline("json lines", first)
        try:
            return Outline("json", from_json(start, allow_partial="trailing-strings"))
        except ValueError:
            pass  # a YAML text may begin like this, too
    return _yaml_outline(text)


def _yaml_outline(text: bytes) -> Outline:
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
    return Outline("yaml", tree.root, tree.tag) if isinstance(tree.root, dict | list) else Outline("other")


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

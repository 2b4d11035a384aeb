"""Strict YAML: what a file says is what it looks like, and a hostile file costs little.

Only ``true`` and ``false`` are booleans, dates stay text, keys are unique texts, tags are refused, and size, depth
and the growth through aliases are bounded. JSON is read as JSON, its line numbers by way of YAML.
"""

import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from scripted_models.problems import Problem, spell

MAX_TEXT: Final = 16 * 1024 * 1024
MAX_DEPTH: Final = 64
MAX_VALUES: Final = 500_000

_NULLS: Final = frozenset({"", "~", "null"})
_BOOLS: Final = {"true": True, "false": False}
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})")
_FLOAT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


class UnreadableError(Exception):
    """A text that is no strict YAML; line counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line
        self.message = message


@dataclass(slots=True)
class Node:
    """A value with the line it begins on: a scalar, a list (items) or a mapping (fields, with their keys' lines)."""

    line: int
    scalar: Any = None
    items: list["Node"] | None = None
    fields: dict[str, tuple[int, "Node"]] | None = None


@dataclass(frozen=True)
class Document:
    """A text that was read. name: the file in messages."""

    name: str
    text: str
    data: Any = field(compare=False)

    @cached_property
    def _root(self) -> Node:
        try:
            return _compose(self.text)
        except UnreadableError:
            return Node(1)

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line on which the value at ``path`` stands, or the nearest one above it that exists."""
        node, line = self._root, self._root.line
        for part in path:
            if node.fields is not None and part in node.fields:
                line, node = node.fields[str(part)]
            elif node.items is not None and isinstance(part, int) and part < len(node.items):
                node = node.items[part]
                line = node.line
            else:
                break
        return line

    def problem(self, path: Sequence[str | int], message: str, *, warning: bool = False) -> Problem:
        """Return a finding about the value at ``path``."""
        return Problem("warning" if warning else "error", self.name, self.line(path), spell(path), message)


def read(name: str, text: str) -> Document:
    """Read one YAML or JSON document; raise `UnreadableError`."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(1, f"longer than {MAX_TEXT} characters")
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        try:
            data = json.loads(text, object_pairs_hook=_unique, parse_constant=_refuse)
            _measure(data)
            return Document(name, text, data)
        except (ValueError, RecursionError):
            pass  # flow YAML, or a mistake: the YAML reader knows its line
    root = _compose(text)
    return Document(name, text, _plain(root))


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("duplicate key")
    return fields


def _refuse(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _measure(data: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            _measure(item, depth + 1)


def _events(text: str) -> Iterator[Any]:
    try:
        yield from YAML(typ="safe", pure=True).parse(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = ", ".join(part for part in (error.context, error.problem) if part)
        raise UnreadableError(mark.line + 1 if mark else 1, f"not YAML: {said}") from None
    except YAMLError as error:
        line = text.count("\n", 0, getattr(error, "position", 0)) + 1
        raise UnreadableError(line, f"not YAML: {str(error).splitlines()[0]}") from None
    except (ValueError, IndexError, RecursionError) as error:
        raise UnreadableError(1, f"not YAML: {error}") from None


def _compose(text: str) -> Node:
    """Build the tree from the parser's events; the parser keeps its own stack, so depth is bounded here."""
    builder = _Builder()
    for event in _events(text):
        builder.take(event, event.start_mark.line + 1)
    return builder.root or Node(1)


class _Builder:
    def __init__(self) -> None:
        self.root: Node | None = None
        self._documents = 0
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Node, list[Node]]] = []  # containers; of mappings also the key that waits for its value

    def take(self, event: Any, line: int) -> None:
        match type(event).__name__:
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise UnreadableError(line, "one file holds one document")
            case "AliasEvent":
                self._put(self._anchored(str(event.anchor), line))
            case "ScalarEvent":
                self._begin(event, Node(line, _scalar(event.value) if event.style is None else event.value))
            case "SequenceStartEvent":
                self._enter(event, Node(line, items=[]))
            case "MappingStartEvent":
                self._enter(event, Node(line, fields={}))
            case "SequenceEndEvent" | "MappingEndEvent":
                self._open.pop()

    def _anchored(self, name: str, line: int) -> Node:
        if name not in self._anchors:
            raise UnreadableError(line, f"alias *{name} has no anchor")
        node = self._anchors[name]
        if any(node is parent for parent, _ in self._open):
            raise UnreadableError(line, f"alias *{name} stands inside its own anchor")
        return node

    def _begin(self, event: Any, node: Node) -> None:
        if event.tag is not None:
            raise UnreadableError(node.line, f"tags such as {event.tag} are not read")
        if event.anchor is not None:
            self._anchors[str(event.anchor)] = node
        self._put(node)

    def _enter(self, event: Any, node: Node) -> None:
        self._begin(event, node)
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableError(node.line, f"nested deeper than {MAX_DEPTH} levels")
        self._open.append((node, []))

    def _put(self, node: Node) -> None:
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1]
        if parent.items is not None:
            parent.items.append(node)
        elif parent.fields is not None and key:
            name = key.pop()
            parent.fields[name.scalar] = (name.line, node)
        elif not isinstance(node.scalar, str):
            raise UnreadableError(node.line, "a key has to be text: put it in quotes")
        elif parent.fields is not None and node.scalar in parent.fields:
            raise UnreadableError(node.line, f'duplicate key "{node.scalar[:60]}"')
        else:
            key.append(node)


def _scalar(text: str) -> Any:
    if text in _NULLS:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if _INT.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def _plain(root: Node) -> Any:
    left = MAX_VALUES

    def build(node: Node, depth: int) -> Any:
        nonlocal left
        left -= 1
        if left < 0:
            raise UnreadableError(
                node.line, f"holds more than {MAX_VALUES} values (aliases counted where they are used)"
            )
        if depth > MAX_DEPTH:
            raise UnreadableError(node.line, f"nested deeper than {MAX_DEPTH} levels")
        if node.fields is not None:
            return {key: build(item, depth + 1) for key, (_, item) in node.fields.items()}
        if node.items is not None:
            return [build(item, depth + 1) for item in node.items]
        return node.scalar

    return build(root, 0)

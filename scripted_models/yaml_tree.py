"""Strict YAML: every value is what it looks like, and a hostile file costs little.

Only ``true`` and ``false`` are booleans, dates stay text, keys are unique texts, tags are refused, and depth and the
growth through aliases are bounded.
"""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import yaml
from yaml.reader import ReaderError

from emulator.domain.json_values import problem_of
from scripted_models.problems import Problem
from scripted_models.rules import Rule
from scripted_models.yaml_hints import Remedy, in_quotes, remedy_of

MAX_DEPTH: Final = 64
MAX_VALUES: Final = 500_000
_TOO_MANY: Final = f"holds more than {MAX_VALUES} values (aliases counted where they are used)"

# libyaml, many times as fast; where it is missing, the same in Python.
_FAST: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_HALF_CHARACTER: Final = "invalid Unicode character escape code"
_NULLS: Final = frozenset({"", "~", "null"})
_BOOLS: Final = {"true": True, "false": False}
_INT: Final = re.compile(r"[-+]?(0|[1-9][0-9]{0,300})")
_FLOAT: Final = re.compile(r"[-+]?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?")


class UnreadableError(Exception):
    """A text that is no strict YAML; line and column count from 1. suggestion: what to write instead."""

    def __init__(
        self,
        line: int,
        message: str,
        rule: Rule = Rule.SYNTAX,
        *,
        column: int | None = None,
        suggestion: str | None = None,
    ) -> None:
        super().__init__(message)
        self.line = line
        self.message = message
        self.rule = rule
        self.column = column
        self.suggestion = suggestion

    def problem(self, file: str, path: str) -> Problem:
        """Return it as a finding about a file. path: what of it cannot be read."""
        return Problem("error", file, self.line, path, self.message, self.rule, self.suggestion, self.column)


@dataclass(slots=True)
class Node:
    """A value with the place it begins at: a scalar, a list (items) or a mapping (fields, each behind its key).

    literal: a block scalar (``|``), whose lines are lines of the file.
    """

    line: int
    column: int = 1
    scalar: Any = None
    literal: bool = False
    items: list["Node"] | None = None
    fields: dict[str, tuple["Node", "Node"]] | None = None


def _events(text: str, loader: Any) -> Iterator[Any]:
    try:
        yield from yaml.parse(text, Loader=loader)
    except yaml.MarkedYAMLError as error:
        reason = ", ".join(part for part in (error.context, error.problem) if part)
        # Where something is never closed, the end of the file says nothing.
        is_open = error.context_mark is not None and "end of stream" in reason
        mark = error.context_mark if is_open else error.problem_mark or error.context_mark
        lines = text.split("\n")
        line = min(mark.line, len(lines) - 1) if mark else 0
        raise _unreadable(reason, lines, line, mark.column if mark else 0) from None
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise UnreadableError(line, f"not YAML: {str(error).splitlines()[0]}") from None
    except (yaml.YAMLError, ValueError, IndexError, RecursionError) as error:
        raise UnreadableError(1, f"not YAML: {error}") from None


def _unreadable(reason: str, lines: Sequence[str], line: int, column: int) -> UnreadableError:
    """Return the error for what the parser does not read, with the remedy first: the parser's words help few."""
    remedy = remedy_of(reason, lines, line, column) or Remedy("")
    message = f"{remedy.message} (not YAML: {reason})" if remedy.message else f"not YAML: {reason}"
    return UnreadableError(line + 1, message, remedy.rule, column=column + 1, suggestion=remedy.written)


def compose(text: str) -> Node:
    """Return the tree of a YAML text; raise `UnreadableError`.

    Built from the parser's events, because the parser keeps a stack of its own and would not bound the depth.
    """
    try:
        return _compose(text, _FAST)
    except UnreadableError as error:
        if _HALF_CHARACTER not in error.message:
            raise
        return _compose(text, _WithHalves)


def _compose(text: str, loader: Any) -> Node:
    builder = _Builder(text)
    for event in _events(text, loader):
        builder.handle(event, event.start_mark.line + 1, event.start_mark.column + 1)
    return builder.root or Node(1)


class _WithHalves(yaml.SafeLoader):
    """Reads characters that are escaped in two halves, as JSON has them."""

    def get_event(self) -> Any:
        """Return the next event, with whole characters."""
        event = super().get_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.ScalarEvent):
            event.value = event.value.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")
        return event


class _Builder:
    def __init__(self, text: str) -> None:
        self.root: Node | None = None
        self._text = text
        self._documents = 0
        self._values = 0
        self._anchors: dict[str, Node] = {}
        self._open: list[tuple[Node, list[Node]]] = []  # containers; of mappings also the key whose value comes next

    def handle(self, event: Any, line: int, column: int) -> None:
        match type(event).__name__:
            case "DocumentStartEvent":
                self._documents += 1
                if self._documents > 1:
                    raise UnreadableError(line, "one file holds one document")
            case "AliasEvent":
                self._add(self._anchored(str(event.anchor), line))
            case "ScalarEvent":
                value = resolve(event.value) if not event.style else event.value
                self._begin(event, Node(line, column, value, literal=event.style == "|"))
            case "SequenceStartEvent":
                self._enter(event, Node(line, column, items=[]))
            case "MappingStartEvent":
                self._enter(event, Node(line, column, fields={}))
            case "SequenceEndEvent" | "MappingEndEvent":
                self._open.pop()

    def _anchored(self, name: str, line: int) -> Node:
        if name not in self._anchors:
            message = f"alias *{name} has no anchor: a text that begins with * needs quotes"
            raise UnreadableError(line, message, suggestion=f'"*{name}"')
        node = self._anchors[name]
        if any(node is parent for parent, _ in self._open):
            raise UnreadableError(line, f"alias *{name} stands inside its own anchor")
        return node

    def _begin(self, event: Any, node: Node) -> None:
        if event.tag is not None:
            message = f"tags such as {event.tag} are not read: a text that begins with ! needs quotes"
            raise UnreadableError(node.line, message, column=node.column)
        if event.anchor is not None:
            self._anchors[str(event.anchor)] = node
        self._add(node)

    def _enter(self, event: Any, node: Node) -> None:
        self._begin(event, node)
        if len(self._open) >= MAX_DEPTH:
            raise UnreadableError(node.line, f"nested deeper than {MAX_DEPTH} levels", Rule.TOO_LARGE)
        self._open.append((node, []))

    def _add(self, node: Node) -> None:
        self._values += 1
        if self._values > 2 * MAX_VALUES:  # with the keys
            raise UnreadableError(node.line, _TOO_MANY, Rule.TOO_LARGE)
        if not self._open:
            self.root = node
            return
        parent, key = self._open[-1]
        if parent.items is not None:
            parent.items.append(node)
        elif parent.fields is not None and key:
            name = key.pop()
            parent.fields[name.scalar] = (name, node)
        elif node.fields is not None:  # `{` where a key should be: nobody writes that but for a template
            raise self._unquoted(node)
        elif not isinstance(node.scalar, str):
            message, column = "a key has to be text: put it in quotes", node.column
            raise UnreadableError(node.line, message, column=column)
        elif parent.fields is not None and node.scalar in parent.fields:
            message, column = f'duplicate key "{node.scalar[:60]}"', node.column
            raise UnreadableError(node.line, message, Rule.DUPLICATE_KEY, column=column)
        else:
            key.append(node)

    def _unquoted(self, node: Node) -> UnreadableError:
        line = self._text.split("\n")[node.line - 1]
        remedy = in_quotes(line, node.column - 2)
        return UnreadableError(
            node.line, remedy.message, remedy.rule, column=node.column - 1, suggestion=remedy.written
        )


def resolve(text: str) -> Any:
    """Return what a plain text stands for: null, true, false, a number, or itself."""
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


def to_data(root: Node) -> Any:
    """Return the values of a tree; raise `UnreadableError` for too many, too deep and unusable ones."""
    remaining = MAX_VALUES

    def checked(value: Any, line: int) -> Any:
        if problem := problem_of(value):
            raise UnreadableError(line, problem)
        return value

    def build(node: Node, depth: int) -> Any:
        nonlocal remaining
        remaining -= 1
        if remaining < 0:
            raise UnreadableError(node.line, _TOO_MANY, Rule.TOO_LARGE)
        if depth > MAX_DEPTH:
            raise UnreadableError(node.line, f"nested deeper than {MAX_DEPTH} levels", Rule.TOO_LARGE)
        if node.fields is not None:
            return {checked(key, name.line): build(item, depth + 1) for key, (name, item) in node.fields.items()}
        if node.items is not None:
            return [build(item, depth + 1) for item in node.items]
        return checked(node.scalar, node.line)

    return build(root, 0)

"""Reads one YAML or JSON document, and knows the line of every value in it.

JSON is read as JSON; its line numbers come from reading it as YAML: when a problem needs one, but at once where that
takes long, because then it may be needed where nobody can wait for it.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any, Final, Literal

from emulator.domain.json_values import problem_of
from emulator.domain.ports import Place
from scripted_models.problems import Finding, Problem, format_path
from scripted_models.rules import Rule
from scripted_models.yaml_tree import MAX_DEPTH, MAX_VALUES, Node, UnreadableError, compose, to_data

MAX_TEXT: Final = 16 * 1024 * 1024
_SHORT: Final = 256 * 1024  # characters
_ESCAPE: Final = re.compile(r"\\(?:u(?P<high>d[89ab]..)\\u(?P<low>d[c-f]..)|.)", re.IGNORECASE)


@dataclass(frozen=True)
class Document:
    """A text with its data. name: the file in messages. tree: the data with their lines, if they are known."""

    name: str
    text: str
    data: Any = field(compare=False)
    tree: Node | None = field(default=None, compare=False, repr=False)

    @cached_property
    def _root(self) -> Node:
        return self.tree or _lines_of_json(self.text)

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line on which the value at ``path`` stands, or the nearest one above it that exists."""
        return self._find(path)[0].line

    def column(self, path: Sequence[str | int]) -> int | None:
        """Return the column in which that begins."""
        return self._find(path)[0].column

    def text_line(self, path: Sequence[str | int], number: int) -> int:
        """Return the line of the file that holds line ``number`` of the text at ``path``; else that of its value."""
        mark, node = self._find(path)
        line = mark.line
        if node is None or not node.literal:
            return line
        inner, lines = node.scalar.split("\n"), self.text.split("\n")
        here = node.line + number  # a literal text begins on the line after its indicator
        if number > len(inner) or here > len(lines):
            return line
        # An anchor on a line of its own shifts the text: a wrong line would be worse than the value's.
        return here if lines[here - 1].strip() == inner[number - 1].strip() else line

    def place(self, path: Sequence[str | int]) -> Place:
        """Return where the value at ``path`` stands."""
        return Place(self.name, self.line(path), self.shown(path))

    def shown(self, path: Sequence[str | int]) -> str:
        """Return a path as people write it."""
        return format_path(path)

    def problem(self, found: Finding, *, warning: bool = False, text_line: int | None = None) -> Problem:
        """Return a finding with its place. text_line: the line within the value that it is about, if that is a text."""
        path = found.path
        line = self.line(path) if text_line is None else self.text_line(path, text_line)
        column = self.column(path) if line == self.line(path) else None
        severity: Literal["error", "warning"] = "warning" if warning else "error"
        return Problem(severity, self.name, line, self.shown(path), found.message, found.rule, found.suggestion, column)

    def _find(self, path: Sequence[str | int]) -> tuple[Node, Node | None]:
        """Return what begins at the place for ``path``, a key or an element, and its value; None if there is none."""
        begin = node = self._root
        for part in path:
            if node.fields is not None and part in node.fields:
                begin, node = node.fields[str(part)]
            elif node.items is not None and isinstance(part, int) and part < len(node.items):
                begin = node = node.items[part]
            else:
                return begin, None
        return begin, node


# The path of a turn that has a line, and a document, of its own.
OF_LINE: Final = ("turns", 0)


@dataclass(frozen=True)
class LineDocument(Document):
    """A turn on a line of its own file; paths begin with `OF_LINE`, as if it were alone in its scenario."""

    number: int = 1

    def line(self, path: Sequence[str | int]) -> int:  # noqa: ARG002 - as the others
        """Return its line."""
        return self.number

    def column(self, path: Sequence[str | int]) -> None:
        """Return None: all of it stands on one line."""

    def text_line(self, path: Sequence[str | int], number: int) -> int:  # noqa: ARG002
        """Return its line."""
        return self.number

    def shown(self, path: Sequence[str | int]) -> str:
        """Return a path within the turn."""
        return format_path(path[len(OF_LINE) :]) if len(path) > len(OF_LINE) else "turn"


def read_line(name: str, number: int, text: str) -> LineDocument:
    """Read a turn that stands on a line of a file, as JSON; raise `UnreadableError`."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(number, f"longer than {MAX_TEXT} characters", Rule.TOO_LARGE)
    try:
        data = _decoder.decode(text)
        if "\\u" in text or text.count("{") + text.count("[") > MAX_DEPTH:  # else no text can be half a character
            _check(data)
    except RecursionError:
        raise UnreadableError(number, f"nested deeper than {MAX_DEPTH} levels", Rule.TOO_LARGE) from None
    except json.JSONDecodeError as error:
        raise UnreadableError(number, f"not JSON: {error.msg}, in column {error.colno}", column=error.colno) from None
    except ValueError as error:
        raise UnreadableError(number, f"not JSON: {error}") from None
    return LineDocument(name, text, data, number=number)


def read(name: str, text: str) -> Document:
    """Read one YAML or JSON document; raise `UnreadableError`."""
    if len(text) > MAX_TEXT:
        raise UnreadableError(1, f"longer than {MAX_TEXT} characters", Rule.TOO_LARGE)
    if text.lstrip("\ufeff \t\r\n").startswith(("{", "[")) and _is_readable_at_once(text):
        try:
            data = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_reject_constant)
            if count_values(data) > MAX_VALUES:
                raise ValueError("too many values")
            _check(data)
            return Document(name, text, data, _lines_of_json(text) if len(text) > _SHORT else None)
        except (ValueError, RecursionError):
            pass  # flow YAML, or a mistake: the YAML reader knows its line
    root = compose(text)
    return Document(name, text, to_data(root), root)


def _lines_of_json(text: str) -> Node:
    try:
        return compose(_ESCAPE.sub(_whole_character, text))
    except UnreadableError:
        return Node(1)


def _whole_character(escape: re.Match[str]) -> str:
    """Write an escape of two halves of a character as one, which YAML reads fast."""
    high, low = escape["high"], escape["low"]
    if high is None:
        return escape[0]
    return f"\\U{0x10000 + ((int(high, 16) - 0xD800) << 10) + int(low, 16) - 0xDC00:08x}"


def _is_readable_at_once(text: str) -> bool:
    """Return whether JSON has few values: its reader makes all of them before any other thread may run."""
    return text.count(",") + text.count("[") + text.count("{") <= 2 * MAX_VALUES


def count_values(data: Any) -> int:
    """Return how many values there are in data, itself included."""
    total, open_ones = 0, [data]
    while open_ones:
        value = open_ones.pop()
        total += 1
        if isinstance(value, dict | list):
            open_ones += value.values() if isinstance(value, dict) else value
    return total


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("duplicate key")
    return fields


def _reject_constant(constant: str) -> Any:
    raise ValueError(f"{constant} is no JSON")


def _number(make: Callable[[str], int | float], text: str) -> int | float:
    number = make(text)
    if problem := problem_of(number):
        raise ValueError(problem)
    return number


_decoder: Final = json.JSONDecoder(
    object_pairs_hook=_unique_keys,
    parse_constant=_reject_constant,
    parse_int=partial(_number, int),
    parse_float=partial(_number, float),
)


def _check(data: Any, depth: int = 0) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("too deep")
    if isinstance(data, dict | list):
        for item in (*data, *data.values()) if isinstance(data, dict) else data:
            _check(item, depth + 1)
    elif problem := problem_of(data):
        raise ValueError(problem)

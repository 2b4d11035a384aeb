"""Writes scenarios as a person would: what the strict reader takes for exactly the same document.

Short values stand on one line, texts of several lines are blocks, and comments stand above what they speak of.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from scripted_models.raw_texts import verbatim
from scripted_models.yaml_texts import comment_line, number, plain_or_quoted, quoted, text_of

__all__ = ["Comments", "verbatim", "write"]

Comments = Mapping[tuple[str | int, ...], str]

_NO_COMMENTS: Final[Comments] = MappingProxyType({})
# Of lists and mappings on one line: the width of the line, and how deep they may hold others.
_WIDTH: Final = 100
_MOST_NESTED: Final = 3
# YAML reads a longer key only behind a question mark.
_LONGEST_KEY: Final = 1000
# What reads better below each other, however short.
_SPREAD: Final = frozenset(
    {"turns", "steps", "choose", "recording", "fixtures", "assistants", "vector_stores", "threads", "messages", "runs"}
)
_SPREAD_LISTS: Final = frozenset({"turns", "steps", "choose"})


def write(document: Any, comments: Comments = _NO_COMMENTS) -> str:
    """Return YAML that reads back as the document; raise ValueError for values that no file can hold.

    comments: what stands above a value, by its path; those whose value is not there are left out.
    """
    writer = _Writer()
    writer.write(document, _tree(comments))
    return "\n".join(writer.lines) + "\n"


@dataclass(slots=True)
class _Remarks:
    """The comment on a value, and those on what is within it."""

    text: str = ""
    within: dict[str | int, "_Remarks"] = field(default_factory=dict)


def _tree(comments: Comments) -> _Remarks:
    root = _Remarks()
    for path, text in comments.items():
        here = root
        for part in path:
            here = here.within.setdefault(part, _Remarks())
        here.text = text
    return root


_NOTHING: Final = _Remarks()


class _Writer:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, document: Any, remarks: _Remarks) -> None:
        self._comment(remarks, "")
        if isinstance(document, dict) and document:
            self._sections(document, remarks)
        elif isinstance(document, list) and document:
            self._list(document, 0, remarks)
        elif isinstance(document, str):
            self.lines.append(text_of(document, 0) if "\n" in document else quoted(document))
        else:
            self.lines.append(_one_line(document))

    def _sections(self, document: dict[str, Any], remarks: _Remarks) -> None:
        """Write a mapping with blank lines around the values that take several lines."""
        was_long = False
        for place, (key, value) in enumerate(document.items()):
            start = len(self.lines)
            self._field(key, value, 0, "", remarks.within.get(key, _NOTHING))
            is_long = len(self.lines) > start + 1
            if place and (is_long or was_long):
                self.lines.insert(start, "")
            was_long = is_long

    def _mapping(self, mapping: dict[str, Any], indent: int, remarks: _Remarks, lead: str | None = None) -> None:
        """Write a mapping that is not empty. lead: what stands before the first key."""
        for key, value in mapping.items():
            start = " " * indent if lead is None else lead
            self._field(key, value, indent, start, remarks.within.get(key, _NOTHING))
            lead = None

    def _field(self, key: str, value: Any, indent: int, start: str, remarks: _Remarks) -> None:
        self._comment(remarks, start)
        name = plain_or_quoted(key)
        if len(name) > _LONGEST_KEY:
            self.lines.append(f"{start}? {name}")
            name, start = "", " " * indent
        self._value(f"{start}{name}:", value, indent, remarks, key)

    def _list(self, items: list[Any], indent: int, remarks: _Remarks, lead: str | None = None, key: str = "") -> None:
        """Write a list that is not empty. lead: what stands before the first dash. key: of the list."""
        item_key = key if key in _SPREAD_LISTS else ""
        for place, item in enumerate(items):
            start = " " * indent if lead is None else lead
            within = remarks.within.get(place, _NOTHING)
            if place and key == "turns" and not indent:
                self.lines.append("")
            self._comment(within, start)
            self._value(f"{start}-", item, indent, within, item_key, in_list=True)
            lead = None

    def _value(self, head: str, value: Any, indent: int, remarks: _Remarks, key: str, *, in_list: bool = False) -> None:
        """Write what stands behind a key or a dash. indent: of the key or the dash."""
        if isinstance(value, str):
            self.lines.append(f"{head} {text_of(value, indent)}")
        elif isinstance(value, dict | list) and value:
            line = None if remarks.within or key in _SPREAD else self._flow(value, key, len(head))
            if line is not None:
                self.lines.append(f"{head} {line}")
                return
            lead = f"{head} " if in_list else None
            if not in_list:
                self.lines.append(head)
            if isinstance(value, dict):
                self._mapping(value, indent + 2, remarks, lead)
            else:
                self._list(value, indent + 2 if in_list else indent, remarks, lead, key)
        else:
            self.lines.append(f"{head} {_one_line(value)}")

    def _flow(self, value: Any, key: str, column: int) -> str | None:
        """Return a value as it stands on one line; None where it would be too long, or too much."""
        if key == "chunk" and _is_pieces(value):
            return _one_line(value)
        if key == "stream" and isinstance(value, dict) and list(value) == ["chunk"] and _is_pieces(value["chunk"]):
            return _one_line(value)
        return _short(value, _WIDTH - column - 1, _MOST_NESTED)

    def _comment(self, remarks: _Remarks, start: str) -> None:
        """Write the comment on what begins in a line. start: what that line begins with."""
        if remarks.text:
            pad = start[: len(start) - len(start.lstrip())]
            self.lines += [pad + comment_line(line) for line in remarks.text.splitlines()]


def _is_pieces(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(piece, str) for piece in value)


def _one_line(value: Any) -> str:
    """Return a value on one line, however long."""
    if isinstance(value, str):
        return plain_or_quoted(value, in_flow=True)
    if not isinstance(value, dict | list):
        return number(value)
    line = ", ".join(name + _one_line(item) for name, item in _named(value))
    return f"{{{line}}}" if isinstance(value, dict) else f"[{line}]"


def _named(value: dict[str, Any] | list[Any]) -> Iterator[tuple[str, Any]]:
    """Yield what is in a mapping or a list, each with what stands before it."""
    if isinstance(value, dict):
        return ((f"{plain_or_quoted(key, in_flow=True)}: ", item) for key, item in value.items())
    return (("", item) for item in value)


def _short(value: Any, room: int, levels: int) -> str | None:
    """Return a value on one line of at most ``room`` characters and so many levels; None where it does not fit."""
    if not isinstance(value, dict | list):
        if isinstance(value, str) and (len(value) > room or "\n" in value):
            return None
        written = _one_line(value)
        return written if len(written) <= room else None
    if room < len("[]") or (levels == 0 and value):
        return None
    parts: list[str] = []
    room -= 2
    for name, item in _named(value):
        part = _short(item, room - len(name), levels - 1)
        if part is None:
            return None
        parts.append(name + part)
        room -= len(parts[-1]) + 2
    line = ", ".join(parts)
    return f"{{{line}}}" if isinstance(value, dict) else f"[{line}]"

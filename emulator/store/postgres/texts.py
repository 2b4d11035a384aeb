"""Texts as PostgreSQL can hold them: it has no NUL, neither in a text nor behind an escape in JSON that it reads.

A mark stands before what it replaces, and before itself, so that every text comes back as it went in.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import orjson

_NUL: Final = "\0"
_MARK: Final = "\x01"
_TO: Final = {_NUL: f"{_MARK}\x02", _MARK: f"{_MARK}{_MARK}"}
_NEEDS_MARK: Final = re.compile(f"[{_NUL}{_MARK}]")
_MARKED: Final = re.compile(f"{_MARK}(.)", re.DOTALL)
# The same characters within JSON, where they are always escaped. A backslash may itself be escaped, so each escape is
# read to its end.
_JSON_NEEDS_MARK: Final = re.compile(r"\\(?:u000([01])|.)")
_JSON_MARKED: Final = re.compile(r"\\(?:u0001\\u000([12])|.)")
_JSON_SIGN: Final = "\\u000"
_JSON_MARK: Final = "\\u0001"


def to_text(value: Any) -> Any:
    """Return a value as it is stored; only a text with such a character is another one."""
    if isinstance(value, str) and (_NUL in value or _MARK in value):
        return _NEEDS_MARK.sub(lambda found: _TO[found[0]], value)
    return value


def values_to_texts(values: Sequence[Any]) -> Sequence[Any]:
    """Return the parameters of a statement as they are stored."""
    for value in values:
        if isinstance(value, str) and (_NUL in value or _MARK in value):
            return [to_text(one) for one in values]
    return values


def rows_from_texts(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows that were stored as they were before. No JSON is changed: it never has the mark itself in it."""
    if any(isinstance(value, str) and _MARK in value for row in rows for value in row):
        return [tuple(_from_text(value) for value in row) for row in rows]
    return rows


def _from_text(value: Any) -> Any:
    if isinstance(value, str) and _MARK in value:
        return _MARKED.sub(lambda found: _NUL if found[1] == "\x02" else found[1], value)
    return value


def dump_json(value: Any) -> str | None:
    """Return a value as JSON that is stored. Raises TypeError for what is not JSON."""
    if value is None:
        return None
    text = orjson.dumps(value).decode()
    return _JSON_NEEDS_MARK.sub(_marked, text) if _JSON_SIGN in text else text


def _marked(found: "re.Match[str]") -> str:
    match found[1]:
        case "0":
            return r"\u0001\u0002"
        case "1":
            return r"\u0001\u0001"
        case _:
            return found[0]


def load_json(text: str) -> Any:
    """Return the value of JSON that was stored. Raises ValueError for what is no JSON."""
    return orjson.loads(_JSON_MARKED.sub(_unmarked, text) if _JSON_MARK in text else text)


def _unmarked(found: "re.Match[str]") -> str:
    match found[1]:
        case "2":
            return r"\u0000"
        case "1":
            return r"\u0001"
        case _:
            return found[0]

"""The statements of the store in PostgreSQL's SQL: they are written in that of SQLite, and differ in a few places."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, Final, ParamSpec, TypeVar

import orjson

from emulator.store.postgres.schema import TYPES
from emulator.store.postgres.texts import dump_json, load_json
from emulator.store.statements import Select, Write

P = ParamSpec("P")
T = TypeVar("T")
_COPY: Final = re.compile(r"INSERT INTO (\w+) \((?P<names>[^)]*)\) SELECT (?P<marks>\?(?:, \?)*)(?P<rest>, .*)")
_CHANGES: Final = (
    (re.compile(r" INDEXED BY \w+"), ""),  # the planner knows its indexes, and takes those that hold few rows
    (re.compile(r"ORDER BY \+seq"), "ORDER BY seq"),
    (re.compile(r"WHERE 1\b"), "WHERE true"),
    (re.compile(r" IN \(\)"), " IN (NULL)"),
    (re.compile(r" AND 1\b"), ""),
    (re.compile(r"LIMIT \?"), "LIMIT nullif(?, -1)"),
    (re.compile(r"json_extract\(doc, '\$\.(\w+)'\)"), r"(doc->>'\1')::bigint"),
    (re.compile(r"sum\(([^()]*(?:\([^()]*\))?[^()]*)\)"), r"sum(\1)::bigint"),
)


def adapted(make: Callable[P, T]) -> Callable[P, T]:
    """Return what makes the same statements, and reads and writes JSON as it is in PostgreSQL."""

    def made(*args: P.args, **kwargs: P.kwargs) -> T:
        statement: Any = make(*args, **kwargs)
        match statement:
            case Select():
                readers = [(name, load_json if read is orjson.loads else read) for name, read in statement.readers]
                return replace(statement, readers=readers)  # type: ignore[return-value]
            case Write():
                return replace(statement, dump=dump_json)  # type: ignore[return-value]
            case _:
                return statement  # type: ignore[no-any-return]

    return made


@cache
def translated(text: str) -> str:
    """Return a statement of SQLite's as PostgreSQL takes it, with the placeholders of its driver."""
    text = text.replace("%", "%%")
    if (copied := _COPY.match(text)) is not None:
        text = _with_types(text, copied)
    for pattern, replacement in _CHANGES:
        text = pattern.sub(replacement, text)
    return text.replace("?", "%s")


def _with_types(text: str, copied: "re.Match[str]") -> str:
    """Cast the parameters of a copy: in a list of columns PostgreSQL takes them for text."""
    types = TYPES[copied[1]]
    names = [name.strip() for name in copied["names"].split(",")]
    marks = copied["marks"].count("?")
    cast = ", ".join(f"?::{types[name]}" for name in names[:marks])
    return text[: copied.start("marks")] + cast + text[copied.end("marks") :]

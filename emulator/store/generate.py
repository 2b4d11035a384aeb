"""Writes `tables.py` from the declaration: ``python -m emulator.store.generate [--check]``.

SQLAlchemy compiles the statements that make the tables, so a server that imports the result needs no SQLAlchemy. With
``--check`` nothing is written: a stale file is named, and the exit code is 1.
"""

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import sqlalchemy
from sqlalchemy.dialects import sqlite
from sqlalchemy.schema import CreateIndex, CreateTable, DDLElement

from emulator.store import declaration

GENERATED: Final = Path(__file__).with_name("tables.py")
_COMMAND: Final = "python -m emulator.store.generate"
_WIDTH: Final = 120
_HEADER: Final = f'''\
"""The tables in SQLite. Generated from `declaration.py` by ``{_COMMAND}``: do not edit."""

from typing import Final

from emulator.store.table import Table

SCHEMA_VERSION: Final = {declaration.SCHEMA_VERSION}
'''


def generate() -> str:
    """Return the text of `tables.py`, as ruff formats it."""
    models = [model for model in vars(declaration).values() if hasattr(model, "__table__")]
    lists = {"OF_A_NAMESPACE": [model.__name__ for model in declaration.OF_A_NAMESPACE]}
    lists["ALL"] = [model.__name__ for model in models]
    blocks = [_HEADER, *("\n".join(_block(model)) for model in models)]
    for name, members in lists.items():
        *first, last = _field(f"{name}: Final =", f"({', '.join(members)})", members, indent="")
        blocks.append("\n".join([*first, last.removesuffix(","), ""]))
    return "\n".join(blocks)


def _block(model: Any) -> Iterator[str]:
    """Yield the lines that define the value of a table."""
    table: sqlalchemy.Table = model.__table__
    columns = list(table.columns)
    defaults = {c.name: c.default.arg for c in columns if isinstance(c.default, sqlalchemy.ColumnDefault)}
    yield from (f"# {line.strip()}".rstrip() for line in model.__doc__.strip().splitlines())
    yield f"{model.__name__}: Final = Table("
    yield f"    name={_literal(table.name)},"
    yield from _names("columns", (column.name for column in columns))
    yield from _names("json", (column.name for column in columns if isinstance(column.type, sqlalchemy.JSON)))
    yield from _names("booleans", (column.name for column in columns if isinstance(column.type, sqlalchemy.Boolean)))
    if defaults:
        yield f"    defaults={{{', '.join(f'{_literal(name)}: {value!r}' for name, value in defaults.items())}}},"
    yield from _names("key", (column.name for column in table.primary_key))
    yield from _names("heavy", (column.name for column in columns if column.info.get("heavy")))
    indexes = sorted(table.indexes, key=lambda index: str(index.name))
    yield from _facts(table, indexes)
    yield "    ddl=("
    yield from _statement(CreateTable(table))
    for index in indexes:
        yield from _statement(CreateIndex(index))
    yield "    ),"
    yield ")"
    yield ""


def _facts(table: sqlalchemy.Table, indexes: Iterable[sqlalchemy.Index]) -> Iterator[str]:
    """Yield the lines of what holds for some tables only."""
    ends = {index.name: (index.columns.keys()[0], index.columns.keys()[-1]) for index in indexes}
    for name in [name for name, columns in ends.items() if columns == ("ns", "seq")][:1]:
        yield f"    in_order={_literal(str(name))},"
    for column in table.columns:
        if column.info.get("owner"):
            yield f"    owner={_literal(column.name)},"
    if table.info.get("stays"):
        yield "    stays=True,"
    for index in indexes:
        for fact in ("ended_badly", "unfinished"):
            if index.name == f"{table.name}_{fact}":
                yield f"    {fact}={_literal(str(index.dialect_options['sqlite']['where']))},"


def _statement(statement: DDLElement) -> Iterator[str]:
    """Yield the lines of a statement as a literal: on one line if there is room."""
    lines = str(statement.compile(dialect=sqlite.dialect())).strip().replace(" WHERE ", "\n\tWHERE ").splitlines()
    text = " ".join(line.strip() for line in lines)
    if len(line := f"        {_literal(text)},") <= _WIDTH:
        yield line
    else:
        first, *rest = (line.replace("\t", "    ").rstrip() for line in lines)
        yield f'        """{first}'
        yield from rest[:-1]
        yield f'{rest[-1]}""",'


def _names(field: str, names: Iterable[str]) -> Iterator[str]:
    """Yield the lines of a tuple of names; none if it is empty."""
    if members := [_literal(name) for name in names]:
        whole = f"({', '.join(members)})" if len(members) > 1 else f"({members[0]},)"
        yield from _field(f"{field}=", whole, members, indent="    ")


def _field(start: str, whole: str, members: Iterable[str], *, indent: str) -> Iterator[str]:
    """Yield a tuple on one line if there is room, else with one member a line."""
    space = " " if start.endswith(" =") else ""
    if len(line := f"{indent}{start}{space}{whole},") <= _WIDTH:
        yield line
    else:
        yield f"{indent}{start}{space}("
        yield from (f"{indent}    {member}," for member in members)
        yield f"{indent}),"


def _literal(text: str) -> str:
    """Return a string as ruff writes it."""
    return repr(text) if '"' in text else f'"{text}"'


def main(*, check: bool) -> int:
    """Write the file, or check it; return the exit code."""
    text = generate()
    if not check:
        GENERATED.write_text(text, encoding="utf-8")
    elif not GENERATED.exists() or GENERATED.read_text(encoding="utf-8") != text:
        print(f"{GENERATED}: does not follow from declaration.py; run {_COMMAND}")  # noqa: T201 - it is a command
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))

"""Core statements, compiled once and run by the driver itself: SQLAlchemy's way there costs twice what SQLite does."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

Row = Mapping[str, Any]
Change = Callable[[Any], Any]


class Statement:
    """A statement as text, with what its parameters and columns pass through. keys: columns that an insert fills."""

    def __init__(self, connection: Connection, statement: Any, keys: Sequence[str] | None) -> None:
        dialect = connection.dialect
        compiled = statement.compile(dialect=dialect, column_keys=keys)
        self.text = str(compiled)
        kinds = {name: bind.type.dialect_impl(dialect) for bind, name in compiled.bind_names.items()}
        self._params = [(name, kinds[name].bind_processor(dialect)) for name in compiled.positiontup]
        defaults = {column.key: column.default.arg for column in getattr(compiled, "insert_prefetch", ())}
        self._defaults: Row = {**compiled.params, **defaults}
        columns = list(getattr(statement, "selected_columns", ()))
        self._names = [column.key for column in columns]
        changes = {c.key: c.type.dialect_impl(dialect).result_processor(dialect, None) for c in columns}
        self._changes: Mapping[str, Change] = {name: change for name, change in changes.items() if change}

    def values(self, given: Row) -> list[Any]:
        """Return the parameters in their order."""
        known = {**self._defaults, **given}
        return [known[name] if change is None else change(known[name]) for name, change in self._params]

    def row(self, values: Iterable[Any]) -> dict[str, Any]:
        """Return what was found as a row."""
        row = dict(zip(self._names, values, strict=True))
        for name, change in self._changes.items():
            row[name] = change(row[name])
        return row


class Driver:
    """Runs Core statements on a connection, each compiled when it first comes."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._driver: Any = connection.connection.dbapi_connection
        self._known: dict[tuple[Any, frozenset[str]], Statement] = {}

    def ask(self, statement: Any, params: Row) -> list[dict[str, Any]]:
        """Return the rows that a select finds."""
        ready = self._ready(statement)
        return [ready.row(values) for values in self._driver.execute(ready.text, ready.values(params))]

    def write(self, statement: Any, params: Row) -> None:
        """Run a statement that gives no rows."""
        ready = self._ready(statement)
        self._driver.execute(ready.text, ready.values(params))

    def insert(self, statement: Any, rows: Sequence[Row]) -> None:
        """Insert rows that share their columns."""
        ready = self._ready(statement, frozenset(rows[0]))
        self._driver.executemany(ready.text, [ready.values(row) for row in rows])

    def _ready(self, statement: Any, keys: frozenset[str] = frozenset()) -> Statement:
        known = self._known.get((statement, keys))
        if known is None:
            known = self._known[statement, keys] = Statement(self._connection, statement, sorted(keys) or None)
        return known

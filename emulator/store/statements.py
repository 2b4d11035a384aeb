"""SQL as text, made once for a table and a shape, and what turns the values of a database into rows and back.

A shape is what the text depends on besides the table: the columns that are named, which way a list is walked. Names
come from the tables only; values are always parameters.
"""

# ruff: noqa: S608 - a column that the table does not have is refused before a text is made of its name

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, ParamSpec, TypeVar

import orjson

from emulator.store.database import Dialect
from emulator.store.table import Table

P = ParamSpec("P")
T = TypeVar("T")
Row = Mapping[str, Any]
Names = tuple[str, ...]


def _json(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


@dataclass(frozen=True, slots=True)
class Select:
    """A query. readers: (name of a column, what makes its value of the database's), for those that need it."""

    text: str
    columns: Names
    readers: Sequence[tuple[str, Callable[[Any], Any]]]

    def rows(self, found: Iterable[Sequence[Any]]) -> Sequence[Row]:
        """Return the rows of what the database found."""
        columns = self.columns
        rows = [dict(zip(columns, values, strict=True)) for values in found]
        for name, read in self.readers:  # column by column: a page is read a quarter faster than row by row
            for row in rows:
                if (value := row[name]) is not None:
                    row[name] = read(value)
        return rows


@dataclass(frozen=True, slots=True)
class Write:
    """An insert or update. columns: (name, whether it is JSON) of its first parameters. defaults: those that follow.

    dump: returns JSON as the database keeps it.
    """

    text: str
    columns: Sequence[tuple[str, bool]]
    defaults: tuple[Any, ...] = ()
    dump: Callable[[Any], str | None] = _json

    def values(self, row: Row, *where: Any) -> list[Any]:
        """Return the parameters for a row, and behind them those of the condition.

        Raises TypeError for what is not JSON where JSON is kept.
        """
        dump = self.dump
        values = [dump(row[name]) if is_json else row[name] for name, is_json in self.columns]
        values += self.defaults
        values += where
        return values


class StatementCache:
    """The statements that were needed so far; a text is made when it is first asked for. dialect: of the database."""

    def __init__(self, dialect: Dialect = "sqlite") -> None:
        if dialect == "postgresql":
            from emulator.store.postgres.dialect import adapted  # noqa: PLC0415 - most processes have SQLite
        else:
            adapted = _as_it_is
        self.one: Callable[[Table, bool, bool, Names], Select] = cache(adapted(_one))
        self.exists: Callable[[Table], str] = cache(adapted(_exists))
        self.first: Callable[[Table, Names, bool], Select] = cache(adapted(_first))
        self.every: Callable[[Table, Names, bool], Select] = cache(adapted(_every))
        self.among: Callable[[Table, str, int], Select] = cache(adapted(_among))
        self.listing: Callable[[Table, Names, tuple[bool, bool, bool], Names, bool], Select] = cache(adapted(_listing))
        self.unfinished: Callable[[Table, Names, bool], Select] = cache(adapted(_unfinished))
        self.census: Callable[[Table, str], str] = cache(adapted(_census))
        self.ended_badly: Callable[[Table], Select] = cache(adapted(_ended_badly))
        self.newest_unfinished: Callable[[Table], Select] = cache(adapted(_newest_unfinished))
        self.not_ended_well: Callable[[Table], str] = cache(adapted(_not_ended_well))
        self.earliest: Callable[[Table, bool], Select] = cache(adapted(_earliest))
        self.busy: Callable[[Table, Names], str] = cache(adapted(_busy))
        self.size: Callable[[Table], str] = cache(adapted(_size))
        self.whole: Callable[[Table, Names], Select] = cache(adapted(_whole))
        self.count: Callable[[Table, Names], str] = cache(adapted(_count))
        self.count_up_to: Callable[[Table, Names], str] = cache(adapted(_count_up_to))
        self.tally: Callable[[Table, str, str, Names], str] = cache(adapted(_tally))
        self.insert: Callable[[Table, Names], Write] = cache(adapted(_insert))
        self.copy: Callable[[Table, Names], Write] = cache(adapted(_copy))
        self.update: Callable[[Table, Names, Names], Write] = cache(adapted(_update))
        self.delete: Callable[[Table, Names], str] = cache(adapted(_delete))
        self.delete_some: Callable[[Table, Names], str] = cache(adapted(_delete_some))
        self.some: Callable[[Table, Names, str], str] = cache(adapted(_some))


def _as_it_is(make: Callable[P, T]) -> Callable[P, T]:
    """Return what makes statements: they are written in SQLite's SQL."""
    return make


# --- reading --------------------------------------------------------------------------------------------------------


def _one(table: Table, heavy: bool, deleted: bool, also: Names) -> Select:  # noqa: FBT001 - a shape is a tuple
    """The row of an object. Parameters: ns, id. deleted: also if it is deleted. also: heavy columns that are wanted."""
    where = "ns = ? AND id = ?" if deleted else "ns = ? AND id = ? AND deleted = 0"
    return _select(table, where, heavy=heavy, also=also)


def _exists(table: Table) -> str:
    """One row if there is such an object. Parameters: ns, id."""
    return f"SELECT 1 FROM {table.name} WHERE ns = ? AND id = ? AND deleted = 0"


def _first(table: Table, columns: Names, heavy: bool) -> Select:  # noqa: FBT001 - as above
    """The first row whose columns have some values. Parameters: the values."""
    return _select(table, f"{_equal(table, columns)} LIMIT 1", heavy=heavy)


def _every(table: Table, columns: Names, heavy: bool) -> Select:  # noqa: FBT001 - as above
    """The rows that are not deleted and whose columns have some values, in order. Parameters: the values."""
    return _select(table, f"{_present(table, columns)} ORDER BY {_order(table)}", heavy=heavy)


def _among(table: Table, column: str, size: int) -> Select:
    """The rows that have one of some values in a column, in order. Parameters: ns, the values."""
    marks = ", ".join("?" * size)
    _check(table, (column,))
    # The plus keeps SQLite from walking through the namespace in the order of seq, only to need no sorting.
    order = "+seq" if table.has_seq else _order(table)
    return _select(table, f"{_present(table, ('ns',))} AND {column} IN ({marks}) ORDER BY {order}")


def _listing(
    table: Table,
    columns: Names,
    shape: tuple[bool, bool, bool],
    also: Names,
    deleted: bool,  # noqa: FBT001 - as above
) -> Select:
    """A page of a list. Parameters: ns, the values of the columns, the places of the ends, how many rows at most.

    shape: (walks upwards, the end that it begins after is given, the end that it stops before is given). also: heavy
    columns, which are read of the rows of the page only, in whatever way these are found. deleted: also those whose
    document is still there although they are deleted.
    """
    up, begins, stops = shape
    names = ("ns", *columns)
    conditions = [f"{_equal(table, names)} AND doc IS NOT NULL" if deleted else _present(table, names)]
    if begins:
        conditions.append("seq > ?" if up else "seq < ?")
    if stops:
        conditions.append("seq < ?" if up else "seq > ?")
    where, order = " AND ".join(conditions), f"ORDER BY seq {'ASC' if up else 'DESC'}"
    if not also:
        return _select(table, f"{where} {order} LIMIT ?")
    page = f"SELECT seq FROM {table.name} WHERE {where} {order} LIMIT ?"
    return _select(table, f"seq IN ({page}) {order}", also=also)


def _unfinished(table: Table, columns: Names, heavy: bool) -> Select:  # noqa: FBT001 - as above
    """The unfinished rows whose columns have some values, in order; without columns, those of all namespaces.

    Parameters: the values. INDEXED BY, which SQLite alone has, makes it refuse the statement where it would otherwise
    walk through the whole table.
    """
    if table.unfinished is None:
        raise LookupError(f"no row of {table.name} is ever unfinished")
    where = f"{table.unfinished} AND {_equal(table, columns)}"
    tail = f"INDEXED BY {table.name}_unfinished WHERE {where} ORDER BY seq"
    return _select(table, tail, heavy=heavy, where="")


def _newest_unfinished(table: Table) -> Select:
    """The newest unfinished rows of a namespace, newest first. Parameters: ns, how many rows at most."""
    select = _unfinished(table, ("ns",), heavy=False)
    return replace(select, text=f"{select.text} DESC LIMIT ?")


def _ended_badly(table: Table) -> Select:
    """The newest rows that ended badly, newest first. Parameters: ns, how many rows at most."""
    # INDEXED BY, here and below, as above: an index that holds few of the rows is of use only if it is taken.
    tail = f"INDEXED BY {table.name}_ended_badly WHERE ns = ? AND {table.ended_badly} AND doc IS NOT NULL"
    return _select(table, f"{tail} ORDER BY seq DESC LIMIT ?", where="")


def _not_ended_well(table: Table) -> str:
    """For each status in which nothing has ended well: how many rows have it. Parameters: ns, and ns once more."""
    return " UNION ALL ".join(
        f"SELECT status, count(*) FROM {table.name} INDEXED BY {table.name}_{kind} WHERE ns = ? AND {which}"
        " GROUP BY status"
        for kind, which in (("unfinished", table.unfinished), ("ended_badly", table.ended_badly))
    )


def _census(table: Table, column: str) -> str:
    """For each value of a column: how many rows have it. Parameters: ns."""
    _check(table, (column,))
    return f"SELECT {column}, count(*) FROM {table.name} WHERE {_present(table, ('ns',))} GROUP BY {column}"


def _earliest(table: Table, delays: bool) -> Select:  # noqa: FBT001 - as above
    """The earliest timer up to a time. Parameters: ns, the time. delays: of those alone that end a delay.

    What comes at the same time as its run's end comes before that.
    """
    only = " AND is_delay = 1" if delays else ""
    return _select(table, f"ns = ? AND at <= ? AND kind <> 'job'{only} ORDER BY at, kind = 'expiry', seq LIMIT 1")


def _busy(table: Table, columns: Names) -> str:
    """The states of the rows that do not rest. Parameters: ns, the columns' values."""
    return (
        f"SELECT state FROM {table.name} WHERE {_equal(table, ('ns', *columns))} AND state NOT IN ('paused', 'resting')"
    )


def _size(table: Table) -> str:
    """The number of rows, deleted or not. Parameters: ns."""
    return f"SELECT count(*) FROM {table.name} WHERE ns = ?"


def _whole(table: Table, columns: Names) -> Select:
    """Some columns of every row, deleted or not, in order. Parameters: ns."""
    _check(table, columns)
    text = f"SELECT {', '.join(columns)} FROM {table.name} WHERE ns = ? ORDER BY {_order(table)}"
    return Select(text, columns, _readers(table, columns))


def _some(table: Table, columns: Names, wanted: str) -> str:
    """Some columns of the rows that `_delete_some` removes. Parameters: ns, the values, how many rows at most.

    All rows of a namespace are walked by the index in which neighbors were written one after the other: INDEXED BY,
    because the index of their ids would do as well, and leads to another page with each row.
    """
    hint = f" INDEXED BY {table.in_order}" if table.in_order and not columns else ""
    return f"SELECT {wanted} FROM {table.name}{hint} WHERE {_equal(table, ('ns', *columns))} LIMIT ?"


def _count(table: Table, columns: Names) -> str:
    """The number of rows that are not deleted and whose columns have some values. Parameters: ns, the values."""
    return f"SELECT count(*) FROM {table.name} WHERE {_present(table, ('ns', *columns))}"


def _count_up_to(table: Table, columns: Names) -> str:
    """The same number, but no more than wanted. Parameters: ns, the values, how many rows are counted at most."""
    return f"SELECT count(*) FROM (SELECT 1 FROM {table.name} WHERE {_present(table, ('ns', *columns))} LIMIT ?) AS few"


def _tally(table: Table, column: str, field: str, columns: Names) -> str:
    """For each value of a column: how many rows have it, and the sum of a number in their documents.

    Of the rows that are not deleted and whose columns have some values. Parameters: ns, the values.
    """
    _check(table, (column,))
    return (
        f"SELECT {column}, count(*), coalesce(sum(json_extract(doc, '$.{field}')), 0) FROM {table.name}"
        f" WHERE {_present(table, ('ns', *columns))} GROUP BY {column}"
    )


def _select(table: Table, tail: str, *, heavy: bool = False, where: str = "WHERE ", also: Names = ()) -> Select:
    _check(table, also)
    columns = table.columns if heavy else (*table.light, *also)
    return Select(f"SELECT {', '.join(columns)} FROM {table.name} {where}{tail}", columns, _readers(table, columns))


def _readers(table: Table, columns: Names) -> Sequence[tuple[str, Callable[[Any], Any]]]:
    readers: list[tuple[str, Callable[[Any], Any]]] = [(name, bool) for name in columns if name in table.booleans]
    return readers + [(name, orjson.loads) for name in columns if name in table.json]


# --- writing --------------------------------------------------------------------------------------------------------


def _insert(table: Table, columns: Names) -> Write:
    """A new row. Parameters: the values of the columns, the defaults of those that are not named."""
    _check(table, columns)
    rest = {name: value for name, value in table.defaults.items() if name not in columns}
    names = (*columns, *rest)
    text = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"
    return Write(text, _kinds(table, columns), tuple(rest.values()))


def _copy(table: Table, columns: Names) -> Write:
    """A new row like another one, but for some columns. Parameters: their values, ns, the id of the other one."""
    _check(table, columns)
    rest = [name for name in table.columns if name not in ("seq", *columns)]
    names = ", ".join((*columns, *rest))
    values = ", ".join((*"?" * len(columns), *rest))
    text = f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} WHERE ns = ? AND id = ?"
    return Write(text, _kinds(table, columns))


def _update(table: Table, keys: Names, columns: Names) -> Write:
    """A change of the rows whose key columns have some values. Parameters: the new values, ns, those of the keys."""
    _check(table, columns)
    changes = ", ".join(f"{name} = ?" for name in columns)
    text = f"UPDATE {table.name} SET {changes} WHERE {_equal(table, ('ns', *keys))}"
    return Write(text, _kinds(table, columns))


def _delete(table: Table, keys: Names) -> str:
    """The end of the rows whose key columns have some values. Parameters: ns, the values."""
    return f"DELETE FROM {table.name} WHERE {_equal(table, ('ns', *keys))}"


def _delete_some(table: Table, keys: Names) -> str:
    """The end of some of these rows. Parameters: ns, the values, how many at most."""
    key = ", ".join(table.key)
    return f"DELETE FROM {table.name} WHERE {f'({key})' if len(table.key) > 1 else key} IN ({_some(table, keys, key)})"


def _kinds(table: Table, columns: Names) -> Sequence[tuple[str, bool]]:
    return [(name, name in table.json) for name in columns]


# --- conditions -----------------------------------------------------------------------------------------------------


def _check(table: Table, columns: Names) -> None:
    for name in columns:
        if name not in table.columns:
            raise LookupError(f"{table.name} has no column {name!r}")


def _equal(table: Table, columns: Names) -> str:
    _check(table, columns)
    return " AND ".join(f"{name} = ?" for name in columns) or "1"


def _present(table: Table, columns: Names) -> str:
    return f"{_equal(table, columns)} AND deleted = 0" if table.has_deleted else _equal(table, columns)


def _order(table: Table) -> str:
    return "seq" if table.has_seq else ", ".join(table.key)

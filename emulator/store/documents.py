"""Reading and writing documents: Core statements on the tables, all writes of a unit in one transaction."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Select, Table, and_, bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel

from emulator.store.database import transaction
from emulator.store.journal import Entry, Journal
from emulator.store.statements import Driver
from emulator.store.tables import OF_A_NAMESPACE, JournalEntry

Row = Mapping[str, Any]


def table_of(model: type[SQLModel]) -> Table:
    """Return the Core table that a SQLModel class declares."""
    table: Table = model.__table__  # type: ignore[attr-defined]
    return table


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list. rows: in the order asked for. has_more: whether the list goes on behind them."""

    rows: Sequence[Row]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page lies: `limit` rows in `order` (asc, desc) after or before the place of an object."""

    limit: int = 20
    order: str = "desc"
    after: int | None = None
    before: int | None = None


@cache
def _one(model: type[SQLModel]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(table.c.ns == bindparam("ns"), table.c.id == bindparam("id"))


@cache
def _found(model: type[SQLModel], columns: tuple[str, ...]) -> Select[Any]:
    table = table_of(model)
    return select(table).where(*(table.c[name] == bindparam(name) for name in columns)).limit(1)


@cache
def _every(model: type[SQLModel], columns: tuple[str, ...]) -> Select[Any]:
    table = table_of(model)
    wanted = [table.c[name] == bindparam(name) for name in columns]
    if "deleted" in table.c:
        wanted.append(~table.c.deleted)
    order = [table.c.seq] if "seq" in table.c else list(table.primary_key)
    return select(table).where(*wanted).order_by(*order)


@cache
def _counting(model: type[SQLModel], columns: tuple[str, ...]) -> Select[Any]:
    table = table_of(model)
    wanted = [table.c[name] == bindparam(name) for name in ("ns", *columns)]
    return select(func.count()).select_from(table).where(*wanted, ~table.c.deleted)


@cache
def _listing(model: type[SQLModel], columns: tuple[str, ...], shape: tuple[bool, bool, bool]) -> Select[Any]:
    """The list of a model below some columns. shape: (walks up, after given, before given)."""
    up, after, before = shape
    table = table_of(model)
    wanted = [table.c.ns == bindparam("ns"), ~table.c.deleted]
    wanted += [table.c[name] == bindparam(name) for name in columns]
    if after:
        wanted.append(table.c.seq > bindparam("low") if up else table.c.seq < bindparam("high"))
    if before:
        wanted.append(table.c.seq < bindparam("high") if up else table.c.seq > bindparam("low"))
    by = table.c.seq.asc() if up else table.c.seq.desc()
    return select(table).where(and_(*wanted)).order_by(by).limit(bindparam("most"))


def _first(rows: Sequence[Row]) -> Row | None:
    return rows[0] if rows else None


class Documents:
    """The documents of every namespace."""

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self.connection = connection
        self.journal = journal
        self.driver = Driver(connection)

    def get(self, model: type[SQLModel], ns: str, id: str, *, deleted: bool = False) -> Row | None:  # noqa: A002
        """Return the row of an object, None if there is none (or it is deleted and that was not asked for)."""
        row = _first(self.driver.ask(_one(model), {"ns": ns, "id": id}))
        return None if row is None or (row["deleted"] and not deleted) else row

    def find(self, model: type[SQLModel], **where: Any) -> Row | None:
        """Return the first row whose columns are as in ``where``; for tables without ids."""
        return _first(self.driver.ask(_found(model, tuple(where)), where))

    def page(self, model: type[SQLModel], ns: str, cursor: Cursor, **where: str) -> Page:
        """Return a page of the objects whose columns are as in ``where``, in the order of their insertion."""
        asc = cursor.order == "asc"
        # A page that ends before an object is read backwards from it, so that it is the page next to it.
        backwards = cursor.before is not None and cursor.after is None
        up = asc is not backwards
        bounds = {"low": cursor.after, "high": cursor.before} if asc else {"low": cursor.before, "high": cursor.after}
        low_side, high_side = bounds["low"] is not None, bounds["high"] is not None
        shape = (up, low_side if up else high_side, high_side if up else low_side)
        params = {"ns": ns, "most": cursor.limit + 1, **where, **{k: v for k, v in bounds.items() if v is not None}}
        rows = self.driver.ask(_listing(model, tuple(where), shape), params)
        more, rows = len(rows) > cursor.limit, rows[: cursor.limit]
        return Page(rows[::-1] if backwards else rows, more)

    def all(self, model: type[SQLModel], ns: str | None = None, **where: str) -> Sequence[Row]:
        """Return every row whose columns are as in ``where``, oldest first."""
        if ns is not None:
            where["ns"] = ns
        return self.driver.ask(_every(model, tuple(where)), where)

    def newest(self, model: type[SQLModel], ns: str, most: int = 500, **where: str) -> Sequence[Row]:
        """Return the newest objects, oldest of them first."""
        return self.page(model, ns, Cursor(limit=most), **where).rows[::-1]

    def count(self, model: type[SQLModel], ns: str, **where: str) -> int:
        """Return how many objects there are whose columns are as in ``where``."""
        return int(self.connection.scalar(_counting(model, tuple(where)), {"ns": ns, **where}) or 0)

    def unit(self, ns: str) -> "Unit":
        """Begin a unit of writes in a namespace."""
        return Unit(self, ns)


class Unit:
    """Writes that belong together: gathered first, then written in one transaction, then told to the followers.

    Nothing is in the database before `commit`, so a unit that is dropped leaves no trace.
    """

    def __init__(self, documents: Documents, ns: str) -> None:
        self._documents = documents
        self._inserts: dict[type[SQLModel], dict[Any, dict[str, Any]]] = {}
        self._updates: dict[tuple[type[SQLModel], tuple[str, ...]], dict[Any, dict[str, Any]]] = {}
        self._deletes: list[tuple[type[SQLModel], Mapping[str, Any]]] = []
        self.entries: list[Entry] = []
        self.ns = ns

    def insert(self, model: type[SQLModel], key: Any, /, **columns: Any) -> None:
        """Add a row. key: what later writes of this unit name it by (an id, or a tuple of key columns)."""
        self._inserts.setdefault(model, {})[key] = {"ns": self.ns, **columns}

    def update(self, model: type[SQLModel], key: Any, /, by: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Change columns of a row: of one that this unit adds, or of the one found by ``by`` (default: its id)."""
        if key in (added := self._inserts.get(model, {})):
            added[key].update(columns)
            return
        where = {"id": key} if by is None else by
        rows = self._updates.setdefault((model, tuple(where)), {})
        rows.setdefault(key, {f"by_{name}": value for name, value in where.items()}).update(columns)

    def added(self, model: type[SQLModel]) -> Sequence[Row]:
        """Return the rows that this unit adds to a table."""
        return list(self._inserts.get(model, {}).values())

    def delete(self, model: type[SQLModel], **where: Any) -> None:
        """Remove rows for good."""
        self._deletes.append((model, where))

    def bury(self, model: type[SQLModel], id: str) -> None:  # noqa: A002
        """Delete an object, keeping its place in the order."""
        self.update(model, id, deleted=True, doc=None)

    def tell(self, event: str, data: dict[str, Any], *, thread_id: str | None, run_id: str | None = None) -> None:
        """Add a journal entry about a document."""
        self.entries.append(Entry(self.ns, thread_id, run_id, event, data))

    def pass_by(self, event: str, data: dict[str, Any], *, thread_id: str, run_id: str) -> None:
        """Tell a delta, which is not kept."""
        self.entries.append(Entry(self.ns, thread_id, run_id, event, data, row=False))

    def commit(self) -> None:
        """Write everything in one transaction, then wake the followers; afterwards the unit is empty and usable."""
        rows = [
            {
                "ns": entry.ns,
                "thread_id": entry.thread_id,
                "run_id": entry.run_id,
                "event": entry.event,
                "doc": entry.data,
            }
            for entry in self.entries
            if entry.row
        ]
        if rows or self._inserts or self._updates or self._deletes:
            with transaction(self._documents.connection):
                self._write(rows)
        entries = self.entries
        self._inserts, self._updates, self._deletes, self.entries = {}, {}, [], []
        self._documents.journal.publish(entries)

    def _write(self, journal: Sequence[Row]) -> None:
        run, driver = self._documents.connection.execute, self._documents.driver
        for model, where in self._deletes:
            table = table_of(model)
            run(delete(table).where(table.c.ns == self.ns, *(table.c[k] == v for k, v in where.items())))
        for model, added in self._inserts.items():
            # Rows of one statement share their columns; the order of the rows is the order of every list.
            for _, rows in groupby(added.values(), key=frozenset):
                driver.insert(_insert(model), list(rows))
        for (model, keys), changed in self._updates.items():
            for row in changed.values():
                columns = tuple(name for name in row if not name.startswith("by_"))
                driver.write(
                    _update(model, keys, columns),
                    {
                        "by_ns": self.ns,
                        **{f"to_{k}": row[k] for k in columns},
                        **{k: v for k, v in row.items() if k.startswith("by_")},
                    },
                )
        if journal:
            driver.insert(_insert(JournalEntry), list(journal))


@cache
def _insert(model: type[SQLModel]) -> Any:
    return insert(table_of(model))


@cache
def _update(model: type[SQLModel], keys: tuple[str, ...], columns: tuple[str, ...]) -> Any:
    table = table_of(model)
    wanted = [table.c.ns == bindparam("by_ns"), *(table.c[key] == bindparam(f"by_{key}") for key in keys)]
    return update(table).where(*wanted).values({name: bindparam(f"to_{name}") for name in columns})


def forget(documents: Documents, ns: str) -> None:
    """Remove every object of a namespace in one transaction; its row and its scripts stay."""
    unit = documents.unit(ns)
    for model in OF_A_NAMESPACE:
        unit.delete(model)
    unit.commit()

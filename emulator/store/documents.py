"""Reading documents by their tables and namespaces, and the units in which they are written."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from emulator.store.database import Connection, transaction
from emulator.store.journal import Entry, Journal
from emulator.store.statements import Row, StatementCache
from emulator.store.table import Table
from emulator.store.tables import OF_A_NAMESPACE
from emulator.store.unit import Unit

__all__ = ["Cursor", "Documents", "Page", "Row", "Unit", "forget"]


@dataclass(frozen=True, slots=True)
class Page:
    """A piece of a list. rows: in the order that the cursor names. has_more: whether more rows follow."""

    rows: Sequence[Row]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page lies: `limit` rows in `order` (asc, desc) after or before the place (`seq`) of an object."""

    limit: int = 20
    order: str = "desc"
    after: int | None = None
    before: int | None = None


class Documents:
    """The documents of every namespace.

    Rows come without the heavy columns of their table unless ``heavy`` is true. ``where`` names columns and the values
    they must have; a column that the table does not have raises LookupError.
    """

    def __init__(self, connection: Connection, journal: Journal) -> None:
        self.connection = connection
        self.journal = journal
        self.statements = StatementCache()
        self._run = connection.driver.execute
        self._unpublished: list[Entry] | None = None  # those of the `atomic` block that is open

    # --- reading ----------------------------------------------------------------------------------------------------

    def get(
        self,
        table: Table,
        ns: str,
        id: str,  # noqa: A002
        *,
        deleted: bool = False,
        heavy: bool = False,
    ) -> Row | None:
        """Return the row of an object, None if there is none. deleted: return it also if it is deleted."""
        select = self.statements.one(table, heavy, deleted)
        rows = select.rows(self._run(select.text, (ns, id)))
        return rows[0] if rows else None

    def has(self, table: Table, ns: str, id: str) -> bool:  # noqa: A002
        """Return whether there is an object of that id, without reading its document."""
        return self._run(self.statements.exists(table), (ns, id)).fetchone() is not None

    def find(self, table: Table, /, *, heavy: bool = False, **where: Any) -> Row | None:
        """Return the first row that ``where`` describes, deleted or not; for tables without ids."""
        select = self.statements.first(table, tuple(where), heavy)
        rows = select.rows(self._run(select.text, tuple(where.values())))
        return rows[0] if rows else None

    def page(self, table: Table, ns: str, cursor: Cursor, **where: str) -> Page:
        """Return a page of the objects that ``where`` describes, in the order of their insertion."""
        # A page that ends before an object is read backwards from it, so that it is the page next to it.
        backwards = cursor.before is not None and cursor.after is None
        up = (cursor.order == "asc") is not backwards
        begin, stop = (cursor.before, None) if backwards else (cursor.after, cursor.before)
        select = self.statements.listing(table, tuple(where), (up, begin is not None, stop is not None))
        ends = [end for end in (begin, stop) if end is not None]
        rows = select.rows(self._run(select.text, (ns, *where.values(), *ends, cursor.limit + 1)))
        more, rows = len(rows) > cursor.limit, rows[: cursor.limit]
        return Page(rows[::-1] if backwards else rows, more)

    def all(self, table: Table, ns: str | None = None, /, *, heavy: bool = False, **where: str) -> Sequence[Row]:
        """Return every row that ``where`` describes, oldest first. ns: None for those of all namespaces."""
        if ns is not None:
            where["ns"] = ns
        select = self.statements.every(table, tuple(where), heavy)
        return select.rows(self._run(select.text, tuple(where.values())))

    def all_of(self, table: Table, ns: str, column: str, values: Sequence[str]) -> Sequence[Row]:
        """Return every row that has one of some values in a column, in the order of `all`."""
        select = self.statements.among(table, column, len(values))
        return select.rows(self._run(select.text, (ns, *values)))

    def newest(self, table: Table, ns: str, most: int = 500, **where: str) -> Sequence[Row]:
        """Return the newest objects, oldest of them first."""
        return self.page(table, ns, Cursor(limit=most), **where).rows[::-1]

    def unfinished(self, table: Table, *, heavy: bool = False) -> Sequence[Row]:
        """Return the rows of all namespaces that a restart resumes, oldest first.

        The time this takes grows with their number, not with the number of rows that are at rest.
        """
        select = self.statements.unfinished(table, heavy)
        return select.rows(self._run(select.text))

    def count(self, table: Table, ns: str, /, **where: str) -> int:
        """Return how many objects ``where`` describes."""
        (found,) = self._run(self.statements.count(table, tuple(where)), (ns, *where.values())).fetchone()
        return int(found)

    # --- writing ----------------------------------------------------------------------------------------------------

    def unit(self, ns: str) -> Unit:
        """Begin a unit of writes in a namespace."""
        return Unit(ns, self.connection, self.statements, self._publish)

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Let all units that are committed inside the block be written together, or none of them.

        Reads inside see what those units wrote. Followers receive their entries when the block has ended well. If it
        raises, everything is rolled back and nothing is published; the units are empty by then. A block within another
        joins it, and is rolled back by itself if it raises. Nothing may be awaited inside: what other tasks commit
        meanwhile would belong to the block.
        """
        outer, entries = self._unpublished, list[Entry]()
        self._unpublished = entries
        try:
            with transaction(self.connection):
                yield
        finally:
            self._unpublished = outer
        self._publish(entries)

    def _publish(self, entries: Sequence[Entry]) -> None:
        if self._unpublished is None:
            self.journal.publish(entries)
        else:
            self._unpublished += entries


def forget(documents: Documents, ns: str) -> None:
    """Remove every object of a namespace in one transaction; its row and its scripts stay."""
    unit = documents.unit(ns)
    for table in OF_A_NAMESPACE:
        unit.delete(table)
    unit.commit()

"""Writing documents: all writes of a unit in one transaction, then its events to the followers."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.store.database import Connection, transaction
from emulator.store.journal import Entry
from emulator.store.statements import JsonTexts, Names, Row, StatementCache
from emulator.store.table import Table
from emulator.store.tables import JournalEntry


class Unit:
    """Writes that belong together: gathered first, then written in one transaction, then published to the followers.

    Nothing is in the database before `commit`, so a unit that is dropped leaves no trace. publish: takes the entries
    of what was committed.
    """

    def __init__(
        self, ns: str, connection: Connection, statements: StatementCache, publish: Callable[[Sequence[Entry]], None]
    ) -> None:
        self._connection = connection
        self._statements = statements
        self._publish = publish
        self._inserts: dict[Table, dict[Any, dict[str, Any]]] = {}
        # (table, key columns) -> key -> (values of the key columns, changes)
        self._updates: dict[tuple[Table, Names], dict[Any, tuple[Sequence[Any], dict[str, Any]]]] = {}
        self._deletes: list[tuple[Table, Mapping[str, Any]]] = []
        self.entries: list[Entry] = []
        self.ns = ns

    def insert(self, table: Table, key: Any, /, **columns: Any) -> None:
        """Add a row. key: what later writes of this unit name it by (an id, or a tuple of key columns)."""
        self._inserts.setdefault(table, {})[key] = {"ns": self.ns, **columns}

    def update(self, table: Table, key: Any, /, by: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Change columns of a row: of one that this unit adds, or of the one found by ``by`` (default: its id)."""
        added = self._inserts.get(table)
        if added is not None and key in added:
            added[key].update(columns)
            return
        where = {"id": key} if by is None else by
        rows = self._updates.setdefault((table, tuple(where)), {})
        if key in rows:
            rows[key][1].update(columns)
        else:
            rows[key] = (tuple(where.values()), columns)

    def added(self, table: Table) -> Sequence[Row]:
        """Return the rows that this unit adds to a table."""
        return list(self._inserts.get(table, {}).values())

    def delete(self, table: Table, /, **where: Any) -> None:
        """Remove rows for good; this happens before all other writes of the unit."""
        self._deletes.append((table, where))

    def soft_delete(self, table: Table, id: str) -> None:  # noqa: A002
        """Delete an object, keeping its place in the order; its document and its heavy columns go."""
        self.update(table, id, deleted=True, doc=None, **dict.fromkeys(table.heavy))

    def record(self, event: str, data: dict[str, Any], *, thread_id: str | None, run_id: str | None = None) -> None:
        """Add a journal entry about a document."""
        self.entries.append(Entry(self.ns, thread_id, run_id, event, data))

    def publish_delta(self, event: str, data: dict[str, Any], *, thread_id: str, run_id: str) -> None:
        """Add a delta, which followers receive and no row holds."""
        self.entries.append(Entry(self.ns, thread_id, run_id, event, data, row=False))

    def commit(self) -> None:
        """Write everything in one transaction, then wake the followers; afterwards the unit is empty and usable.

        Within `Documents.atomic` both wait for the end of its block.
        """
        if self._inserts or self._updates or self._deletes or any(entry.row for entry in self.entries):
            with transaction(self._connection):
                self._write()
        entries = self.entries
        self._inserts, self._updates, self._deletes, self.entries = {}, {}, [], []
        self._publish(entries)

    def _write(self) -> None:
        run, statements, texts = self._connection.driver.execute, self._statements, JsonTexts()
        for table, where in self._deletes:
            run(statements.delete(table, tuple(where)), (self.ns, *where.values()))
        for table, added in self._inserts.items():
            for row in added.values():  # in this order, which is that of every list
                insert = statements.insert(table, tuple(row))
                run(insert.text, insert.values(row, texts))
        for (table, keys), changed in self._updates.items():
            for values, columns in changed.values():
                update = statements.update(table, keys, tuple(columns))
                run(update.text, update.values(columns, texts, self.ns, *values))
        insert = statements.insert(JournalEntry, _ENTRY)
        for entry in self.entries:
            if entry.row:
                run(insert.text, (entry.ns, entry.thread_id, entry.run_id, entry.event, texts.of(entry.data)))


_ENTRY: Names = ("ns", "thread_id", "run_id", "event", "doc")

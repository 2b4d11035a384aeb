"""A transaction: what one request, or one segment of a run, reads and writes; all of its writes are kept, or none.

Writes are gathered and sent together: a document that changes five times is written once. A read of a table that has
gathered writes sends them first, so a transaction always sees what it has written, and nobody else does before the end.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any, TypeVar

from emulator.daemon_threads import in_thread
from emulator.domain.errors import ApiError
from emulator.store.database import Job, Session, Values
from emulator.store.journal import Entry
from emulator.store.namespace_row import NamespaceRow
from emulator.store.statements import Names, Row
from emulator.store.table import Table

if TYPE_CHECKING:
    from emulator.store.documents import Documents

T = TypeVar("T")


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


BeforeCommit = Callable[["Transaction"], None]
Work = Callable[[], Awaitable[None]]
# How many rows of a table are in memory at a time where all of them are read.
_AT_ONCE = 100


class Transaction:
    """Reads and writes in one namespace; `Documents.transaction` makes it and ends it.

    name: of the namespace. generation: which of its generations is read and written. What is being removed is not seen.
    is_kept: whether it is over, and what it wrote is there.

    Rows come without the heavy columns of their table unless ``heavy`` is true. ``where`` names columns and the values
    they must have; a column that the table does not have raises LookupError.

    Nothing but the store may be awaited inside: a namespace has one transaction at a time, and others wait for its end.
    """

    def __init__(
        self, ns: str, documents: "Documents", session: Session, before_commit: "BeforeCommit | None" = None
    ) -> None:
        self.name = self.generation = ns
        self._documents = documents
        self._before_commit = before_commit
        self._session = session
        self._run = session.fetch
        self._statements = documents.statements
        self._is_over = self._has_changes = self.is_kept = False
        self._sealed: list[tuple[str, Values]] = []
        self._touched: set[Table] = set()
        self._added: set[tuple[Table, Any]] = set()
        self._inserts: dict[Table, dict[Any, dict[str, Any]]] = {}
        # table -> (key columns, key -> (values of the key columns, changes))
        self._updates: dict[Table, tuple[Names, dict[Any, tuple[Sequence[Any], dict[str, Any]]]]] = {}
        self._deletes: list[tuple[Table, Mapping[str, Any]]] = []
        self._after_commit: dict[Any, Callable[[], None]] = {}
        self._after_rollback: list[Callable[[], None]] = []
        self._beforehand: list[Work] = []
        self._afterwards: list[Work] = []
        self.entries: list[Entry] = []

    @property
    def is_shared(self) -> bool:
        """Whether other processes work on the database at the same time."""
        return self._documents.database.is_shared

    def defer(self, job: Job) -> None:
        """Have a job done once this is kept, by any process on the database."""
        self._session.defer(job)

    def end_job(self, job_id: int) -> None:
        """Let the job be over that writes this, once it is kept; no effect if it is not there any more."""
        self._session.end_job(job_id)

    @property
    def namespace(self) -> NamespaceRow | None:
        """The namespace's row as it was when the transaction began; None where no other process can change it."""
        return self._session.namespace

    @property
    def session(self) -> Session:
        """The SQL of it, for the store's own modules: what is gathered is not there yet."""
        return self._session

    def switch(self, generation: str) -> None:
        """Read and write in another generation from now on."""
        self._seal()
        self.generation = generation

    # --- reading ----------------------------------------------------------------------------------------------------

    async def get(
        self,
        table: Table,
        id: str,  # noqa: A002
        *,
        deleted: bool = False,
        heavy: bool = False,
        also: Names = (),
    ) -> Row | None:
        """Return the row of an object, None if there is none.

        deleted: return it also if it is deleted. also: heavy columns that are wanted, where not all of them are.
        """
        if table in self._touched:
            await self._send()
        select = self._statements.one(table, heavy, deleted, also)
        rows = self._visible(table, select.rows(await self._run(select.text, (self._ns(table), id))))
        return rows[0] if rows else None

    async def has(self, table: Table, id: str) -> bool:  # noqa: A002
        """Return whether there is an object of that id, without reading its document."""
        if table in self._touched:
            await self._send()
        if table.owner is not None and self._removed():
            return await self.get(table, id) is not None
        return bool(await self._run(self._statements.exists(table), (self._ns(table), id)))

    async def find(self, table: Table, /, *, heavy: bool = False, **where: Any) -> Row | None:
        """Return the first row that ``where`` describes, deleted or not; for tables without ids."""
        if table in self._touched:
            await self._send()
        select = self._statements.first(table, ("ns", *where), heavy)
        rows = self._visible(table, select.rows(await self._run(select.text, (self._ns(table), *where.values()))))
        return rows[0] if rows else None

    async def page(
        self, table: Table, cursor: Cursor, /, *, also: Names = (), deleted: bool = False, **where: str
    ) -> Page:
        """Return a page of the objects that ``where`` describes, in the order of their insertion.

        also: heavy columns that are wanted. deleted: also deleted ones whose document is still there. The pages of a
        whole namespace go around what is being removed.
        """
        if table in self._touched:
            await self._send()
        if self._is_removed(table, where):
            return Page([], has_more=False)
        # A page that ends before an object is read backwards from it, so that it is the page next to it.
        backwards = cursor.before is not None and cursor.after is None
        up = (cursor.order == "asc") is not backwards
        begin, stop = (cursor.before, None) if backwards else (cursor.after, cursor.before)
        rows: list[Row] = []
        while True:
            shape = (up, begin is not None, stop is not None)
            select = self._statements.listing(table, tuple(where), shape, also, deleted)
            ends = [end for end in (begin, stop) if end is not None]
            found = select.rows(
                await self._run(select.text, (self._ns(table), *where.values(), *ends, cursor.limit + 1))
            )
            rows += self._visible(table, found)
            if len(found) <= cursor.limit or len(rows) > cursor.limit:
                break
            begin = found[-1]["seq"]
        more, rows = len(rows) > cursor.limit, rows[: cursor.limit]
        return Page(rows[::-1] if backwards else rows, more)

    async def all(self, table: Table, /, *, heavy: bool = False, **where: Any) -> Sequence[Row]:
        """Return every row that ``where`` describes, oldest first."""
        if table in self._touched:
            await self._send()
        if self._is_removed(table, where):
            return []
        select = self._statements.every(table, ("ns", *where), heavy)
        return self._visible(table, select.rows(await self._run(select.text, (self._ns(table), *where.values()))))

    async def all_of(self, table: Table, column: str, values: Sequence[str]) -> Sequence[Row]:
        """Return every row that has one of some values in a column, in the order of `all`."""
        if table in self._touched:
            await self._send()
        select = self._statements.among(table, column, len(values))
        return self._visible(table, select.rows(await self._run(select.text, (self._ns(table), *values))))

    async def newest(self, table: Table, most: int = 500, **where: Any) -> Sequence[Row]:
        """Return the newest objects, oldest of them first."""
        return (await self.page(table, Cursor(limit=most), also=(), **where)).rows[::-1]

    async def unfinished(self, table: Table, /, *, heavy: bool = False, **where: str) -> Sequence[Row]:
        """Return every row that ``where`` describes and whose status is not terminal, oldest first."""
        if table in self._touched:
            await self._send()
        select = self._statements.unfinished(table, ("ns", *where), heavy)
        return self._visible(table, select.rows(await self._run(select.text, (self._ns(table), *where.values()))))

    async def ended_badly(self, table: Table, most: int) -> Sequence[Row]:
        """Return the newest rows that came to an end, and not to the good one, newest first."""
        if table in self._touched:
            await self._send()
        select = self._statements.ended_badly(table)
        return self._visible(table, select.rows(await self._run(select.text, (self._ns(table), most))))

    async def statuses(self, table: Table, good: str) -> Mapping[str, int]:
        """Return how many rows have each status, deleted ones too. good: the one of those that ended well.

        The time this takes hardly grows with the number of those: they are only counted.
        """
        if table in self._touched:
            await self._send()
        ns = self._ns(table)
        ((all_of_them,),) = await self._run(self._statements.size(table), (ns,))
        others: dict[str, int] = dict(await self._run(self._statements.not_ended_well(table), (ns, ns)))
        well = all_of_them - sum(others.values())
        return {**others, good: well} if well > 0 else others

    async def newest_unfinished(self, table: Table, most: int) -> Sequence[Row]:
        """Return the newest rows whose status is not terminal, newest first."""
        if table in self._touched:
            await self._send()
        select = self._statements.newest_unfinished(table)
        return self._visible(table, select.rows(await self._run(select.text, (self._ns(table), most))))

    async def census(self, table: Table, column: str) -> Mapping[str, int]:
        """Return how many objects have each value of a column."""
        if table in self._touched:
            await self._send()
        return dict(await self._run(self._statements.census(table, column), (self._ns(table),)))

    async def count(self, table: Table, /, **where: str) -> int:
        """Return how many objects ``where`` describes."""
        if table in self._touched:
            await self._send()
        if self._is_removed(table, where):
            return 0
        text = self._statements.count(table, tuple(where))
        ((found,),) = await self._run(text, (self._ns(table), *where.values()))
        return int(found)

    async def count_up_to(self, table: Table, most: int, /, **where: str) -> int:
        """Return how many objects ``where`` describes, but no more than ``most``, which bounds what is read for it."""
        if table in self._touched:
            await self._send()
        if self._is_removed(table, where):
            return 0
        text = self._statements.count_up_to(table, tuple(where))
        ((found,),) = await self._run(text, (self._ns(table), *where.values(), most))
        return int(found)

    async def tally(self, table: Table, column: str, field: str, /, **where: str) -> Mapping[str, tuple[int, int]]:
        """Return, for each value of a column, the number of objects with it and the sum of a field of their documents.

        Only of those that ``where`` describes.
        """
        if table in self._touched:
            await self._send()
        if self._is_removed(table, where):
            return {}
        tally = self._statements.tally(table, column, field, tuple(where))
        found = await self._run(tally, (self._ns(table), *where.values()))
        return {value: (number, total) for value, number, total in found}

    async def earliest(self, table: Table, until: float, *, delays: bool = False) -> Row | None:
        """Return the first of the timers up to a time; None where there is none. delays: only of those that end one."""
        if table in self._touched:
            await self._send()
        select = self._statements.earliest(table, delays)
        rows = select.rows(await self._run(select.text, (self._ns(table), until)))
        return rows[0] if rows else None

    async def busy(self, table: Table, /, **where: str) -> Collection[str]:
        """Return in which states there are rows that do not rest, of those that ``where`` describes."""
        if table in self._touched:
            await self._send()
        text = self._statements.busy(table, tuple(where))
        return {state for (state,) in await self._run(text, (self._ns(table), *where.values()))}

    async def journal(self, after: int) -> Sequence[Row]:
        """Return what the journal has kept behind a number, oldest first, at most some hundreds of rows.

        Raises `GoneError` where something behind that number is not kept any more.
        """
        return await self._documents.journal.read(self.generation, after, self._session)

    async def changes_of(self, run_id: str) -> Sequence[Row]:
        """Return what the journal has kept of a run and of what belongs to it, oldest first."""
        return await self._documents.journal.of_run(self.generation, run_id, self._session)

    async def last_change(self) -> int:
        """Return the number of the newest change that the journal has kept; 0 where there is none."""
        return await self._documents.journal.last(self.generation, self._session)

    async def changes(self, after: int, **about: str) -> int:
        """Return how many changes the journal has kept behind a number. about: columns and values that they have."""
        return await self._documents.journal.count(self.generation, after, self._session, **about)

    def _ns(self, table: Table) -> str:
        return self.name if table.stays else self.generation

    def _removed(self) -> Collection[str]:
        """Return the ids of what is being removed here, which hardly ever is anything."""
        return self._documents.removals.owners.get(self.generation, ())

    def _is_removed(self, table: Table, where: Mapping[str, Any]) -> bool:
        return table.owner is not None and where.get(table.owner) in self._removed()

    def _visible(self, table: Table, rows: Sequence[Row]) -> Sequence[Row]:
        """Return the rows but for those of what is being removed."""
        if table.owner is None or not rows or not (removed := self._removed()):
            return rows
        return [row for row in rows if row[table.owner] not in removed]

    # --- writing ----------------------------------------------------------------------------------------------------

    def insert(self, table: Table, key: Any, /, **columns: Any) -> None:
        """Add a row. key: what later writes of this transaction name it by (an id, or a tuple of key columns)."""
        if table in self._updates:
            self._seal()  # what is gathered came before
        self._touched.add(table)
        self._added.add((table, key))
        self._inserts.setdefault(table, {})[key] = {"ns": self._ns(table), **columns}

    def copy(self, table: Table, id: str, /, **columns: Any) -> None:  # noqa: A002
        """Add a row like that of an object, but for some columns; the others are not read, however large they are."""
        self._seal()
        copy = self._statements.copy(table, tuple(columns))
        self._sealed.append((copy.text, copy.values(columns, self._ns(table), id)))
        self._touched.add(table)

    def has_added(self, table: Table, key: Any) -> bool:
        """Return whether this transaction has added the row of that key."""
        return (table, key) in self._added

    def update(self, table: Table, key: Any, /, by: Mapping[str, Any] | None = None, **columns: Any) -> None:
        """Change columns of a row, which is found by ``by`` (default: by its id, the key)."""
        added = self._inserts.get(table)
        if added is not None and key in added:
            added[key].update(columns)
            return
        where = {"id": key} if by is None else by
        keys, rows = self._updates.get(table, (None, {}))
        if keys is not None and keys != tuple(where):
            self._seal()  # as above
            keys, rows = None, {}
        if keys is None:
            self._touched.add(table)
            self._updates[table] = tuple(where), rows
        if key in rows:
            rows[key][1].update(columns)
        else:
            rows[key] = (tuple(where.values()), columns)

    def delete(self, table: Table, /, **where: Any) -> None:
        """Remove rows for good."""
        if table in self._inserts or table in self._updates:
            self._seal()  # as above
        self._touched.add(table)
        self._deletes.append((table, where))

    async def delete_some(self, table: Table, most: int, /, **where: Any) -> int:
        """Remove some of the rows that ``where`` describes, at once and for good; return how many. most: of them."""
        await self._send()
        text = self._statements.delete_some(table, tuple(where))
        return await self._session.change(text, (self._ns(table), *where.values(), most))

    async def some(self, table: Table, column: str, most: int, /, **where: Any) -> list[Any]:
        """Return a column of the rows that `delete_some` would remove."""
        if table in self._touched:
            await self._send()
        text = self._statements.some(table, tuple(where), column)
        return [value for (value,) in await self._run(text, (self._ns(table), *where.values(), most))]

    def soft_delete(self, table: Table, id: str) -> None:  # noqa: A002
        """Delete an object, keeping its place in the order; its document and its heavy columns go."""
        self.update(table, id, deleted=True, doc=None, **dict.fromkeys(table.heavy))

    # --- all of it --------------------------------------------------------------------------------------------------

    async def beside(self, work: Callable[[], T]) -> T:
        """Return what long work returns, which a thread does on this transaction, so that the event loop goes on.

        The work is over when this returns or raises, whoever is cancelled meanwhile. Other transactions wait for it.
        """
        await self._send()
        done = asyncio.ensure_future(in_thread(work, "transaction"))
        cancelled: asyncio.CancelledError | None = None
        while not done.done():
            try:
                await asyncio.wait([done])
            except asyncio.CancelledError as error:
                cancelled = error
        failure = done.exception()
        if cancelled is not None:
            raise cancelled
        if failure is not None:
            raise failure
        return done.result()

    async def taken_ids(self, table: Table) -> set[str]:
        """Return the ids of all rows, also of what is deleted or is being removed: no other object can have them."""
        if table in self._touched:
            await self._send()
        select = self._statements.whole(table, ("id",))
        return {id_ for (id_,) in await self._run(select.text, (self._ns(table),))}

    def every_row(self, table: Table) -> Iterator[Row]:
        """Yield all rows, deleted ones too, in their order, with what of them means the same in another namespace.

        Within `beside`.
        """
        select = self._statements.whole(table, table.portable)
        found = self._session.rows(select.text, (self._ns(table),))
        while some := list(islice(found, _AT_ONCE)):
            yield from self._visible(table, select.rows(some))

    def add_rows(self, table: Table, rows: Iterable[Row]) -> None:
        """Add rows of `every_row` at once, in their order, without gathering them. Within `beside`."""
        insert = self._statements.insert(table, ("ns", *table.portable))
        ns = self._ns(table)
        empty = {name: table.defaults.get(name) for name in table.portable}
        values = (insert.values({**empty, **row, "ns": ns}) for row in rows)
        self._session.add(insert.text, values)

    # --- telling ----------------------------------------------------------------------------------------------------

    def record(self, entry: Entry) -> None:
        """Tell the followers of something when this is kept; the journal keeps the entry if it changes a status."""
        self.entries.append(entry)
        self._has_changes = self._has_changes or entry.change is not None

    def after_commit(self, call: Callable[[], None], key: Any = None) -> None:
        """Make a call once everything is kept, to start what builds on it. key: of several calls the last is made."""
        self._after_commit[key or call] = call

    def after_rollback(self, call: Callable[[], None]) -> None:
        """Make a call if nothing is kept, to undo what is not in the database."""
        self._after_rollback.append(call)

    async def is_streamed(self, run_id: str) -> bool:
        """Return whether a client reads the stream of a run, in any process on the database."""
        return await self._documents.journal.is_streamed_anywhere(self.name, run_id, self._session)

    async def waits_for_readers(self, run_id: str) -> bool:
        """Return whether a run has to wait for those who read its stream; it is told when it may go on."""
        return await self._documents.journal.holds_up(self.name, run_id, self._session)

    async def wait_no_more(self, run_id: str) -> None:
        """Note that a run goes on that has waited for its readers."""
        await self._documents.journal.wait_no_more(self.name, run_id, self._session)

    async def close_followers(self, run_id: str | None, error: ApiError) -> None:
        """Let those who follow a run, or anything in the namespace, in any other process end with an error."""
        await self._documents.journal.record_close(self.name, run_id, error, self._session)

    def beforehand(self, work: Work) -> None:
        """Read and write something else before all of it is kept."""
        self._beforehand.append(work)

    def afterwards(self, work: Work) -> None:
        """Do something once the block of this transaction is over, whether it is kept or not; also in another one."""
        self._afterwards.append(work)

    def notify(self, topic: str, payload: str) -> None:
        """Send a message to every process on the database once this is kept; one process sends itself none."""
        self._session.notify(topic, payload)

    # --- ending -----------------------------------------------------------------------------------------------------

    @property
    def has_written(self) -> bool:
        """Whether there is anything to keep."""
        return self._session.has_begun or self._has_changes or bool(self._touched)

    async def commit(self) -> None:
        """Keep everything, then tell the followers, then make the calls; if that fails, keep nothing and raise.

        Raises RuntimeError if it is over already.
        """
        if self._is_over:
            raise RuntimeError("the transaction is over")
        journal = self._documents.journal
        try:
            for work in self._beforehand:
                await work()
            if self.has_written:
                if self._before_commit is not None:
                    self._before_commit(self)
                await self._send()
                await journal.keep(self.generation, self.entries, self._session)
            if self.entries or journal.may_join(self.name):
                await journal.share(self.name, self.entries, self._session)
            await self._session.commit(self._kept)
        except BaseException:
            await self.roll_back()
            raise

    def _kept(self) -> None:
        self._is_over = self.is_kept = True
        self._documents.journal.publish(self.name, self.entries)
        for call in self._after_commit.values():
            call()

    async def roll_back(self) -> None:
        """Keep nothing, and make the calls for that case; no effect if it is over already."""
        if self._is_over:
            return
        self._is_over = True
        await self._session.roll_back(self._not_kept)

    def _not_kept(self) -> None:
        for call in self._after_rollback:
            call()

    async def finish(self) -> None:
        """Do what was to be done afterwards."""
        for work in self._afterwards:
            await work()

    async def _send(self) -> None:
        """Send the gathered writes."""
        self._seal()
        if self._sealed:
            await self._session.write(self._sealed)
            self._sealed = []  # if that fails, a commit that comes all the same fails as well
        self._touched.clear()

    def _seal(self) -> None:
        """Let the gathered writes be sent before all later ones: deletions first, new rows in their order, changes."""
        statements, sealed = self._statements, self._sealed
        for table, where in self._deletes:
            sealed.append((statements.delete(table, tuple(where)), (self._ns(table), *where.values())))
        for table, added in self._inserts.items():
            for row in added.values():  # in this order, which is that of every list
                insert = statements.insert(table, tuple(row))
                sealed.append((insert.text, insert.values(row)))
        for table, (keys, changed) in self._updates.items():
            for values, columns in changed.values():
                update = statements.update(table, keys, tuple(columns))
                sealed.append((update.text, update.values(columns, self._ns(table), *values)))
        self._inserts, self._updates, self._deletes = {}, {}, []

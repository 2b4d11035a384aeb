"""What a database is to the store: it begins sessions, and each is the SQL of one transaction."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, Protocol

from emulator.domain.bus import Bus
from emulator.domain.errors import EmulatorError, UnavailableDatabaseError
from emulator.store.namespace_row import NamespaceRow

# Whatever goes wrong in a database that is open: a full disk, above all, or one that cannot be reached.
DatabaseError: Final = (sqlite3.Error, UnavailableDatabaseError)

Values = Sequence[Any]
Dialect = Literal["sqlite", "postgresql"]
Then = Callable[[], None]


def nothing() -> None:
    """Do nothing."""


class UnusableDatabaseError(EmulatorError):
    """What cannot serve as this emulator's database; the message says why, in one line."""


@dataclass(frozen=True, slots=True)
class Job:
    """Work for whichever process takes it. task: its name. ns: of the namespace in which it is done. about: arguments.

    lock: jobs of the same lock are done one after the other; None: it needs none. at: not before, in seconds since the
    epoch on the database's clock; None: at once.
    """

    task: str
    ns: str
    about: Mapping[str, str] = field(default_factory=dict)
    lock: str | None = None
    at: float | None = None


class Session(Protocol):
    """The SQL of one transaction. Statements have ``?`` for their values, whatever the database.

    has_begun: whether anything was written. namespace: the row of the transaction's namespace as it was when it began,
    where other processes may change it; else None. is_followed: whether somebody may follow that, who has a row.
    """

    has_begun: bool
    is_followed: bool
    namespace: NamespaceRow | None

    async def fetch(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a query."""

    async def write(self, statements: Sequence[tuple[str, Values]]) -> None:
        """Run statements that write, in their order: before anything else is run, and at the latest by the commit."""

    async def write_many(self, text: str, rows: Iterable[Values]) -> None:
        """Run a statement that writes for each row of values."""

    async def change(self, text: str, values: Values = ()) -> int:
        """Run a statement that writes, and return how many rows it changed."""

    def rows(self, text: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of a query; for a thread beside the event loop."""

    def add(self, text: str, rows: Iterable[Values]) -> None:
        """Do as `write_many`; for a thread beside the event loop."""

    def notify(self, topic: str, payload: str) -> None:
        """Send a message to every process on the database, with the commit; one process sends itself none."""

    def defer(self, job: Job) -> None:
        """Have a job done by any process on the database, once what was written is kept."""

    def end_job(self, job_id: int) -> None:
        """Let a job be over, once what was written is kept; no effect if it is not there any more."""

    async def commit(self, then: Then = nothing) -> None:
        """Keep what was written, and end the session; if that fails, `roll_back` has to end it.

        then: called before the next session begins, so that it finds in memory what is in the database.
        """

    async def roll_back(self, then: Then = nothing) -> None:
        """Keep nothing, and end the session. then: as for `commit`."""


class Database(Protocol):
    """An open database.

    dialect: of its SQL. is_shared: whether other processes work on it at the same time. bus: how they hear of each
    other; None where there is one process. ahead: seconds that its clock is ahead of this machine's.
    process: a name for this one, which no other has.
    """

    dialect: Dialect
    is_shared: bool
    bus: Bus | None
    ahead: float
    process: str

    def trouble(self) -> str | None:
        """Return why nothing can be read or written, as far as that is known; None where all is well."""

    async def open(self) -> None:
        """Connect, where that needs the event loop; before the first session."""

    async def begin(self, ns: str) -> Session:
        """Begin a session in a namespace, of which there is one at a time. ns: its name; "" in none."""

    async def read(self, text: str, values: Values = ()) -> Sequence[tuple[Any, ...]]:
        """Return the rows of one query, in no transaction. It sees what is committed."""

    def removals(self) -> Iterable[tuple[str, str, str]]:
        """Return what was deleted and still has rows: its ns, kind and owner."""

    async def shrink(self, least: int, most: int) -> bool:
        """Give some of the room back that nothing is in any more; return whether there may be more to give back.

        least: pages that stay for what is written next. most: that are given back at once.
        """

    async def fold(self) -> None:
        """Give back what `shrink` has made free."""

    async def aclose(self) -> None:
        """Close the database; may be repeated."""

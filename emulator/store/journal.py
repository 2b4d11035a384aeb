"""The journal: the one source of events, which streams and observers follow.

Every event reaches the followers after the commit, in the order in which it happened. Changes of a status are rows as
well, written in the transaction that changes the document, and numbered in their namespace; documents and deltas are
not. So whoever comes late, or from another process, reads what has happened since a number.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from emulator.domain.errors import ApiError, EmulatorError
from emulator.store.database import Session
from emulator.store.tables import JournalEntry
from emulator.wire.pieces import Pieces

# How many rows of a namespace are kept at least; older ones are deleted some hundreds at a time.
MOST_KEPT: Final = 10_000
_AT_ONCE: Final = 500
# How many events may wait for a follower before those who cause them wait for it. Deltas of one text are one event.
MOST_WAITING: Final = 1_000


class GoneError(EmulatorError):
    """What is asked for is not kept any more: the journal has the numbers from ``first`` to ``last``."""

    def __init__(self, first: int, last: int) -> None:
        super().__init__(f"the journal has the entries from {first} to {last}")
        self.first = first
        self.last = last


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a status. at: seconds since the epoch, on the namespace's clock; cause: the signal, or create."""

    object_id: str
    status: str
    at: float
    cause: str

    def in_timeline(self) -> Mapping[str, Any]:
        """Return the change as the timeline of its run holds it."""
        return {"status": self.status, "at": self.at, "cause": self.cause}


@dataclass(slots=True)
class Entry:
    """One event.

    data: the document as it was then, or deltas. change: of a status; only such an entry is kept. seq: its number
    then, from the commit on.
    """

    thread_id: str | None
    run_id: str | None
    event: str
    data: Mapping[str, Any] | Pieces
    change: Change | None = None
    seq: int | None = None

    @property
    def names(self) -> Sequence[str]:
        """The names of the events that a stream shows of it: one for each delta."""
        return [self.event] * len(self.data) if isinstance(self.data, Pieces) else [self.event]

    @property
    def is_delta(self) -> bool:
        """Whether it is a piece of something, which is shown whole later."""
        return self.event.endswith(".delta")


class Follower:
    """Receives the entries that are published after it joined; iterates over batches of them.

    run_id: only entries about this run; None for those of the whole namespace. streams: whether a client reads them as
    its stream, which the run waits for if it does not keep up. is_lossy: it loses the oldest entries then; has_gap says
    so, until whoever reads it has read the journal instead and clears it. error: why it was closed before its run
    ended, if whoever reads it has not closed it.
    """

    def __init__(self, journal: "Journal", ns: str, run_id: str | None, *, streams: bool, is_lossy: bool) -> None:
        self._journal = journal
        self._ns = ns
        self._waiting: deque[Entry] = deque()
        self._news = asyncio.Event()
        self._has_room = asyncio.Event()
        self._has_room.set()
        self._closed = False
        self.run_id = run_id
        self.streams = streams
        self.has_gap = False
        self.error: ApiError | None = None
        self._is_lossy = is_lossy
        self._join()

    def _join(self) -> None:
        self._journal.followers.setdefault((self._ns, self.run_id), set()).add(self)

    def only(self, run_id: str) -> None:
        """Follow one run from now on; entries about others that are waiting are dropped."""
        self.leave()
        self.run_id = run_id
        self._waiting = deque(entry for entry in self._waiting if entry.run_id == run_id)
        self._join()

    def leave(self) -> None:
        """Receive nothing more; what is waiting can still be read."""
        followers = self._journal.followers.get((self._ns, self.run_id), set())
        followers.discard(self)
        if not followers:
            self._journal.followers.pop((self._ns, self.run_id), None)
        self._has_room.set()

    def push(self, entry: Entry) -> None:
        """Receive an entry; deltas that go on where the last ones end become one with them."""
        if self._closed:
            return
        waiting = self._waiting
        if waiting and isinstance(entry.data, Pieces) and (joined := entry.data.after(waiting[-1].data)) is not None:
            waiting[-1] = replace(waiting[-1], data=joined)
            return
        if self._is_lossy and len(waiting) >= MOST_WAITING:
            waiting.popleft()
            self.has_gap = True
        waiting.append(entry)
        self._news.set()
        if self.streams and len(waiting) >= MOST_WAITING:
            self._has_room.clear()

    def close(self, error: ApiError | None = None) -> None:
        """Receive nothing more, and end the iteration after what is waiting has been read. error: why."""
        self._closed = True
        self.error = self.error or error
        self._news.set()
        self._has_room.set()

    @property
    def is_closed(self) -> bool:
        """Whether nothing more will come."""
        return self._closed

    @property
    def newest(self) -> Entry | None:
        """The newest entry that is waiting, which can still be read."""
        return self._waiting[-1] if self._waiting else None

    def take(self) -> list[Entry]:
        """Return what is waiting, which is empty afterwards."""
        batch = list(self._waiting)
        self._waiting.clear()
        self._has_room.set()
        return batch

    @property
    def is_full(self) -> bool:
        """Whether it has to be waited for."""
        return not self._has_room.is_set()

    async def catch_up(self, session: Session | None = None) -> None:
        """Receive all that was published so far. session: in which to look for it, where one is open."""

    async def skip(self, session: Session) -> None:  # noqa: ARG002 - all that was published is here
        """Receive only what is published from now on. session: of the transaction that is open in the namespace."""
        self.take()
        self.has_gap = False

    async def room(self) -> None:
        """Wait until it has taken what is waiting, or has left."""
        await self._has_room.wait()

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        while True:
            if self._waiting:
                yield self.take()
            elif self._closed:
                return
            else:
                self._news.clear()
                await self._news.wait()


class Journal:
    """Keeps changes, and publishes what was committed to the followers."""

    def __init__(self) -> None:
        # By namespace and run, so that an event costs nothing to the streams of other runs, however many there are.
        self.followers: dict[tuple[str, str | None], set[Follower]] = {}

    # --- following --------------------------------------------------------------------------------------------------

    def follow(self, ns: str, run_id: str | None = None, *, streams: bool = False, is_lossy: bool = False) -> Follower:
        """Return a follower of one namespace, or of one run in it; it receives entries until it leaves.

        streams: whether a client reads it as its stream, which moves a paced run; an observer never does. is_lossy: for
        an observer that may be slow, and can read the journal.
        """
        return Follower(self, ns, run_id, streams=streams, is_lossy=is_lossy)

    def followers_of(self, ns: str) -> Sequence[Follower]:
        """Return those who follow a namespace, or a run in it, in this process."""
        return [one for (name, _), followers in self.followers.items() if name == ns for one in followers]

    def is_streamed(self, ns: str, run_id: str) -> bool:
        """Return whether a client reads the stream of a run."""
        return any(follower.streams for follower in self.followers.get((ns, run_id), ()))

    async def is_streamed_anywhere(self, ns: str, run_id: str, session: Session) -> bool:  # noqa: ARG002
        """Return whether a client reads the stream of a run, in any process on the database."""
        return self.is_streamed(ns, run_id)

    def slow_readers(self, ns: str, run_id: str) -> list[Follower]:
        """Return the streams of a run that have to be waited for."""
        followers = self.followers.get((ns, run_id))
        return [one for one in followers if one.streams and one.is_full] if followers else []

    async def holds_up(self, ns: str, run_id: str, session: Session) -> bool:  # noqa: ARG002 - see `slow_readers`
        """Return whether a run that others may go on with has to wait for those who read its stream."""
        return False

    async def wait_no_more(self, ns: str, run_id: str, session: Session) -> None:
        """Note that it goes on."""

    def publish(self, ns: str, entries: Sequence[Entry]) -> None:
        """Give each entry to the followers of its namespace and of its run."""
        followers = self.followers
        if not followers:
            return
        everything = followers.get((ns, None), ())
        for entry in entries:
            for follower in everything:
                follower.push(entry)
            if entry.run_id is not None:
                for follower in followers.get((ns, entry.run_id), ()):
                    follower.push(entry)

    async def record_close(self, ns: str, run_id: str | None, error: ApiError, session: Session) -> None:
        """Let followers in other processes be closed once a transaction is kept; here there are none."""

    def may_join(self, ns: str) -> bool:  # noqa: ARG002 - there is no store that has to know
        """Return whether somebody follows a namespace of whom the store does not know yet."""
        return False

    def close(self, ns: str | None = None, run_id: str | None = None, error: ApiError | None = None) -> None:
        """Close the followers of everything, of a namespace, or of a run that is gone. error: what ends its stream."""
        for (name, followed), followers in self.followers.items():
            if ns in (None, name) and run_id in (None, followed):
                for follower in followers:
                    follower.close(error)

    # --- keeping ----------------------------------------------------------------------------------------------------

    async def share(self, ns: str, entries: Sequence[Entry], session: Session) -> None:
        """Let followers in other processes have what a transaction publishes once it is kept; here there are none."""

    async def keep(self, ns: str, entries: Iterable[Entry], session: Session) -> None:
        """Number the changes among some entries, and write them in the transaction that is open."""
        kept = [(entry, entry.change) for entry in entries if entry.change is not None]
        if not kept:
            return
        before = await self.last(ns, session)
        rows = []
        for seq, (entry, change) in enumerate(kept, before + 1):
            entry.seq = seq
            about = (change.at, entry.event, change.object_id, change.status, change.cause)
            rows.append((ns, seq, *about, entry.thread_id, entry.run_id))
        await session.write_many(_INSERT, rows)
        last = before + len(rows)
        if last // _AT_ONCE != before // _AT_ONCE:
            await session.change(_DELETE, (ns, last - MOST_KEPT))

    async def read(self, ns: str, after: int, session: Session, most: int = 1_000) -> Sequence[Mapping[str, Any]]:
        """Return the rows of a namespace behind a number, oldest first, at most so many of them.

        Raises `GoneError` where something behind that number is not kept any more, and for a number that is still to
        come: then the journal has begun anew.
        """
        ((first,),) = await session.fetch(_FIRST, (ns,))
        last = await self.last(ns, session)
        if after > last or after < first - 1:
            raise GoneError(first, last)
        return [dict(zip(_COLUMNS, row, strict=True)) for row in await session.fetch(_SELECT, (ns, after, most))]

    @staticmethod
    async def of_run(ns: str, run_id: str, session: Session, most: int = 10_000) -> Sequence[Mapping[str, Any]]:
        """Return the rows about a run and what belongs to it, oldest first, as far as they are kept.

        All rows of the namespace are looked through for them: there are never many more than `MOST_KEPT`.
        """
        found = await session.fetch(_SELECT_OF_RUN, (ns, run_id, most))
        return [dict(zip(_COLUMNS, row, strict=True)) for row in found]

    @staticmethod
    async def count(ns: str, after: int, session: Session, **about: str) -> int:
        """Return how many rows behind a number are kept. about: the columns and values that they have."""
        where = "".join(f" AND {column} = ?" for column in about)
        ((found,),) = await session.fetch(f"{_COUNT}{where}", (ns, after, *about.values()))
        return int(found)

    @staticmethod
    async def last(ns: str, session: Session) -> int:
        """Return the number of the newest change in a namespace; 0 where there is none."""
        found = await session.fetch(_LAST, (ns,))
        return int(found[0][0]) if found else 0


_COLUMNS: Final = JournalEntry.columns
_INSERT: Final = f"INSERT INTO journal ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_LAST: Final = "SELECT seq FROM journal WHERE ns = ? ORDER BY seq DESC LIMIT 1"
_FIRST: Final = "SELECT coalesce(min(seq), 1) FROM journal WHERE ns = ?"
_SELECT: Final = f"SELECT {', '.join(_COLUMNS)} FROM journal WHERE ns = ? AND seq > ? ORDER BY seq LIMIT ?"  # noqa: S608
_SELECT_OF_RUN: Final = f"SELECT {', '.join(_COLUMNS)} FROM journal WHERE ns = ? AND run_id = ? ORDER BY seq LIMIT ?"  # noqa: S608
_COUNT: Final = "SELECT count(*) FROM journal WHERE ns = ? AND seq > ?"
_DELETE: Final = "DELETE FROM journal WHERE ns = ? AND seq <= ?"

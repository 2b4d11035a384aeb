"""A journal that is followed over processes: what one publishes, the followers in all others read from the store.

Each follower reads for itself, when it has room: so a slow one costs no memory, and nobody waits for it. All entries of
a namespace go this way, those of its own process as well, because only the store has them all in their order.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import suppress
from typing import Any, Final

from emulator.domain.bus import Bus
from emulator.domain.errors import ApiError, UnavailableDatabaseError
from emulator.store.database import Database, Session
from emulator.store.journal import Entry, Follower, Journal
from emulator.store.shared_entries import CLOSED, COLUMNS, closing, entry_of, error_of, values_of
from emulator.wire.pieces import Pieces

ENTRIES: Final = "entries"
# Seconds of the machine's time after which a follower looks without a message: one may be lost.
PATIENCE: Final = 1.0
# Seconds between two signs that a process follows, and after how many without one it is taken for dead.
RENEWAL: Final = 2.0
DEAD_AFTER: Final = 15.0
# How many entries a follower reads at a time.
_AT_ONCE: Final = 300

_NAMES: Final = ", ".join(COLUMNS)
_INSERT: Final = f"INSERT INTO stream_entries ({_NAMES}) VALUES (?, ?, ?, ?, ?, ?)"  # noqa: S608 - names of columns
_LAST: Final = "SELECT coalesce(max(seq), 0) FROM stream_entries WHERE ns = ?"
_READ: Final = "SELECT seq, thread_id, run_id, event, data, change FROM stream_entries WHERE ns = ? AND seq > ?"
_FOLLOWED: Final = "SELECT run_id, streams FROM stream_followers WHERE ns = ?"
_JOIN: Final = "INSERT INTO stream_followers (id, ns, run_id, streams, seen) VALUES (?, ?, ?, ?, ?)"
_LEAVE: Final = "DELETE FROM stream_followers WHERE id = ?"
_SEEN: Final = "UPDATE stream_followers SET seen = ? WHERE id LIKE ?"
_SWEEP_FOLLOWERS: Final = "DELETE FROM stream_followers WHERE seen < ?"
_SWEEP_ENTRIES: Final = (
    "DELETE FROM stream_entries WHERE ns = ? AND NOT EXISTS (SELECT 1 FROM stream_followers WHERE ns = ?)"
)
_NAMES_WITH_ENTRIES: Final = "SELECT DISTINCT ns FROM stream_entries"


class SharedFollower(Follower):
    """Receives the entries that were published after it joined, by reading them; see `Follower`."""

    def __init__(
        self, journal: "SharedJournal", ns: str, run_id: str | None, *, streams: bool, is_lossy: bool, name: str
    ) -> None:
        self.name = name
        self.task = asyncio.current_task()
        self.since: int | None = None  # the place behind which it reads, once the store knows of it
        self._shared = journal
        self._has_left = False
        super().__init__(journal, ns, run_id, streams=streams, is_lossy=is_lossy)

    def _join(self) -> None:
        """Do nothing: the journal knows it."""

    @property
    def ns(self) -> str:
        """The namespace."""
        return self._ns

    def only(self, run_id: str) -> None:
        """Follow one run from now on."""
        self.run_id = run_id
        self._waiting = type(self._waiting)(entry for entry in self._waiting if entry.run_id == run_id)

    def leave(self) -> None:
        """Receive nothing more; what is waiting can still be read."""
        if not self._has_left:
            self._has_left = True
            self._shared.left(self)

    def wake(self) -> None:
        """Look whether there is something new."""
        self._news.set()

    async def catch_up(self) -> None:
        """Receive all that was published so far."""
        while not self._closed and await self._read() >= _AT_ONCE:
            pass

    async def _read(self) -> int:
        """Read some of what is new; return how many rows that was."""
        if self.since is None or self._has_left:
            return 0
        rows = await self._shared.rows(self._ns, self.since, self.run_id)
        for seq, thread_id, run_id, event, data, change in rows:
            self.since = seq
            entry = entry_of(thread_id, run_id, event, data, change)
            if not isinstance(entry.data, Pieces) and event == CLOSED:
                if run_id in (None, self.run_id):
                    self.close(error_of(entry.data))
                    break
            else:
                self.push(entry)
        return len(rows)

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        while True:
            self._news.clear()
            with suppress(UnavailableDatabaseError):  # it is read when the database is back
                await self._read()
            if self._waiting:
                yield self.take()
            elif self._closed:
                return
            else:
                timer = asyncio.get_running_loop().call_later(PATIENCE, self._news.set)
                try:
                    await self._news.wait()
                finally:
                    timer.cancel()


class SharedJournal(Journal):
    """The journal of one process among several. database: theirs. now: returns the database's time."""

    def __init__(self, database: Database, bus: Bus, now: Callable[[], float]) -> None:
        super().__init__()
        self._database = database
        self._now = now
        self._count = itertools.count(1)
        self._of_ns: dict[str, set[SharedFollower]] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        bus.subscribe(ENTRIES, self._heard)
        bus.on_gap(self._wake_all)

    # --- following --------------------------------------------------------------------------------------------------

    def follow(self, ns: str, run_id: str | None = None, *, streams: bool = False, is_lossy: bool = False) -> Follower:
        """Return a follower; the store knows of it from the next transaction of its task in the namespace on."""
        name = f"{self._database.process}/{next(self._count)}"
        follower = SharedFollower(self, ns, run_id, streams=streams, is_lossy=is_lossy, name=name)
        self._of_ns.setdefault(ns, set()).add(follower)
        return follower

    def left(self, follower: SharedFollower) -> None:
        """Forget a follower, in the store as well."""
        others = self._of_ns.get(follower.ns, set())
        others.discard(follower)
        if not others:
            self._of_ns.pop(follower.ns, None)
        if follower.since is not None:
            task = asyncio.get_running_loop().create_task(self._forget(follower))
            self._leaving.add(task)
            task.add_done_callback(self._leaving.discard)

    async def _forget(self, follower: SharedFollower) -> None:
        with suppress(UnavailableDatabaseError):  # then it is swept
            session = await self._database.begin(follower.ns)
            try:
                await session.change(_LEAVE, (follower.name,))
                await session.change(_SWEEP_ENTRIES, (follower.ns, follower.ns))
                await session.commit()
            except BaseException:
                await session.roll_back()
                raise

    def is_streamed(self, ns: str, run_id: str) -> bool:
        """Return whether a client reads the stream of a run here; see `is_streamed_anywhere`."""
        return any(one.streams and one.run_id == run_id for one in self._of_ns.get(ns, ()))

    def slow_readers(self, ns: str, run_id: str) -> list[Follower]:  # noqa: ARG002 - each reads for itself
        """Return nobody: who is slow reads later what stands in the store."""
        return []

    def may_join(self, ns: str) -> bool:
        """Return whether somebody follows a namespace of whom the store does not know yet."""
        return any(one.since is None for one in self._of_ns.get(ns, ()))

    async def rows(self, ns: str, after: int, run_id: str | None) -> Sequence[tuple[Any, ...]]:
        """Return some of the rows of a namespace, or of a run in it, behind a place."""
        session = await self._database.begin("")
        only, values = ("", ()) if run_id is None else (" AND (run_id = ? OR run_id IS NULL)", (run_id,))
        try:
            return await session.fetch(f"{_READ}{only} ORDER BY seq LIMIT {_AT_ONCE}", (ns, after, *values))
        finally:
            await session.roll_back()

    # --- publishing -------------------------------------------------------------------------------------------------

    async def share(self, ns: str, entries: Sequence[Entry], session: Session) -> None:
        """Let those join who follow since before this transaction, and write what it publishes for all who follow."""
        await self._let_join(ns, entries, session)
        followed = await session.fetch(_FOLLOWED, (ns,)) if entries else ()
        if not followed:
            return
        runs = {run_id for run_id, _ in followed}
        wanted = [entry for entry in entries if None in runs or entry.run_id in runs]
        if wanted:
            await session.write([(_INSERT, values_of(ns, entry)) for entry in wanted])
            session.notify(ENTRIES, ns)

    async def _let_join(self, ns: str, entries: Sequence[Entry], session: Session) -> None:
        task = asyncio.current_task()
        joining = [
            one for one in self._of_ns.get(ns, ()) if one.since is None and (not one.streams or one.task is task)
        ]
        if not joining:
            return
        ((last,),) = await session.fetch(_LAST, (ns,))
        run_id = next((entry.run_id for entry in entries if entry.run_id is not None), None)
        rows = [(one.name, ns, one.run_id or (run_id if one.streams else None), one.streams) for one in joining]
        await session.write([(_JOIN, (*row, self._now())) for row in rows])
        for one in joining:
            one.since = last

    async def record_close(self, ns: str, run_id: str | None, error: ApiError, session: Session) -> None:
        """Let followers in all processes be closed once a transaction is kept."""
        await session.write([(_INSERT, closing(ns, run_id, error))])
        session.notify(ENTRIES, ns)

    def publish(self, ns: str, entries: Sequence[Entry]) -> None:
        """Do nothing: who follows reads it."""

    def close(self, ns: str | None = None, run_id: str | None = None, error: ApiError | None = None) -> None:
        """Close the followers of this process: of everything, of a namespace, or of a run that is gone."""
        for name, followers in self._of_ns.items():
            for one in followers if ns in (None, name) else ():
                if run_id is None or one.run_id == run_id:
                    one.close(error)

    async def is_streamed_anywhere(self, ns: str, run_id: str, session: Session) -> bool:
        """Return whether a client reads the stream of a run, in any process."""
        return any(run == run_id and streams for run, streams in await session.fetch(_FOLLOWED, (ns,)))

    # --- hearing ----------------------------------------------------------------------------------------------------

    def _heard(self, ns: str) -> None:
        for follower in self._of_ns.get(ns, ()):
            follower.wake()

    def _wake_all(self) -> None:
        for followers in self._of_ns.values():
            for follower in followers:
                follower.wake()

    # --- renewing ---------------------------------------------------------------------------------------------------

    async def renew(self) -> None:
        """Say that this process follows, and forget those of processes that have died. Raises `DatabaseError`."""
        session = await self._database.begin("")
        try:
            await session.change(_SEEN, (self._now(), f"{self._database.process}/%"))
            swept = await session.change(_SWEEP_FOLLOWERS, (self._now() - DEAD_AFTER,))
            for (ns,) in await session.fetch(_NAMES_WITH_ENTRIES) if swept else ():
                await session.change(_SWEEP_ENTRIES, (ns, ns))
            await session.commit()
        except BaseException:
            await session.roll_back()
            raise

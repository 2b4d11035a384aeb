"""A journal that is followed over processes: what one publishes, the followers in all others read from the store.

Each follower reads for itself, when it has room: so a slow one costs no memory. All entries of a namespace go this way,
those of its own process as well, because only the store has them all in their order, which is that of the commits.
"""

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, Final

from emulator.domain import refusals
from emulator.domain.bus import Bus
from emulator.domain.errors import ApiError, UnavailableDatabaseError
from emulator.store import stream_rows
from emulator.store.database import Database, Session
from emulator.store.journal import MOST_WAITING, Entry, Follower, Journal
from emulator.store.shared_entries import closing
from emulator.store.shared_follower import SharedFollower
from emulator.store.stream_rows import FollowerRow

# What is said of new entries: the namespace, a slash, and the run, "" for those of no run, "*" for what concerns all.
ENTRIES: Final = "entries"
_ALL: Final = "*"
# Seconds between two signs that a process follows, and after how many without one it is taken for dead.
RENEWAL: Final = 1.0
DEAD_AFTER: Final = 15.0
# Every so many signs, what nobody reads any more is deleted.
_TRIMMED_EACH: Final = 5
_ALL_TRIMMED_EACH: Final = 60
# How many entries of a run its slowest reader may have still to read before the run waits for it.
MOST_BEHIND: Final = 2_000
# How many followers read at the same time: connections are for requests, and jobs, too.
_READING: Final = 4

Published = Callable[[Sequence[Entry]], None]
# Called with a namespace and a run that has waited for its readers; returns whether that namespace is there.
ReadOn = Callable[[str, str], Awaitable[bool]]


class SharedJournal(Journal):
    """The journal of one process among several.

    database: theirs. now: returns the database's time. published: called with what this process has published.
    read_on: lets a run go on that has waited for those who read its stream, and calls `wait_no_more`.
    """

    read_on: ReadOn | None = None

    def __init__(
        self, database: Database, bus: Bus, now: Callable[[], float], published: Published | None = None
    ) -> None:
        super().__init__()
        self._database = database
        self._now = now
        self._published = published
        self._count = itertools.count(1)
        self._of_ns: dict[str, set[SharedFollower]] = {}
        self._joining: dict[str, tuple[int, list[tuple[SharedFollower, FollowerRow]]]] = {}
        self._left: dict[str, str] = {}  # name -> namespace
        self._forgetting: asyncio.Task[None] | None = None
        self._reading = asyncio.Semaphore(_READING)
        self._seen: dict[str, int] = {}  # namespace -> the place up to which it was looked for new entries
        self._signs = itertools.count()
        bus.subscribe(ENTRIES, self._heard)
        bus.on_gap(self._wake_all)

    # --- following --------------------------------------------------------------------------------------------------

    def follow(self, ns: str, run_id: str | None = None, *, streams: bool = False, is_lossy: bool = False) -> Follower:
        """Return a follower; see `Journal.follow`.

        The store knows of it from the next commit of this process in the namespace on, of a stream without a run from
        the commit of its own task on that begins one.
        """
        name = f"{self._database.process}/{next(self._count)}"
        follower = SharedFollower(self, ns, run_id, streams=streams, is_lossy=is_lossy, name=name)
        self._of_ns.setdefault(ns, set()).add(follower)
        return follower

    def followers_of(self, ns: str) -> Sequence[Follower]:
        """Return those who follow a namespace, or a run in it, in this process."""
        return tuple(self._of_ns.get(ns, ()))

    def left(self, follower: SharedFollower) -> None:
        """Forget a follower, in the store as well."""
        others = self._of_ns.get(follower.ns, set())
        others.discard(follower)
        if not others:
            self._of_ns.pop(follower.ns, None)
            self._seen.pop(follower.ns, None)
        if follower.since is not None:
            self._forget_soon(follower)

    def _forget_soon(self, follower: SharedFollower) -> None:
        self._left[follower.name] = follower.ns
        if self._forgetting is None or self._forgetting.done():
            self._forgetting = asyncio.get_running_loop().create_task(self._forget(), name="followers")

    async def _forget(self) -> None:
        """Let the store forget who has left; those it still knows then are forgotten with the next sign of life."""
        with suppress(UnavailableDatabaseError):
            while left := dict(self._left):
                async with _Session(self._database) as session:
                    await stream_rows.leave(session, list(left))
                    for ns in set(left.values()):
                        await stream_rows.trim(session, ns)
                for name in left:
                    self._left.pop(name, None)

    def is_streamed(self, ns: str, run_id: str) -> bool:
        """Return whether a client reads the stream of a run here; see `is_streamed_anywhere`."""
        return any(one.streams and one.run_id == run_id for one in self._of_ns.get(ns, ()))

    async def is_streamed_anywhere(self, ns: str, run_id: str, session: Session) -> bool:
        """Return whether a client reads the stream of a run, in any process."""
        return await stream_rows.is_streamed(session, ns, run_id)

    def slow_readers(self, ns: str, run_id: str) -> list[Follower]:  # noqa: ARG002 - each reads for itself
        """Return nobody: who is slow reads later what stands in the store."""
        return []

    async def holds_up(self, ns: str, run_id: str, session: Session) -> bool:
        """Return whether a run has to wait for those who read its stream; then `read_on` is called with it later."""
        if not await stream_rows.is_behind(session, ns, run_id, MOST_BEHIND):
            return False
        await stream_rows.wait(session, ns, run_id)
        return True

    async def wait_no_more(self, ns: str, run_id: str, session: Session) -> None:
        """Note that a run goes on."""
        await stream_rows.wait_no_more(session, ns, run_id)

    def may_join(self, ns: str) -> bool:
        """Return whether somebody follows a namespace of whom the store does not know yet."""
        return any(one.since is None for one in self._of_ns.get(ns, ()))

    async def rows(self, text: str, values: Sequence[Any]) -> Sequence[tuple[Any, ...]]:
        """Return the rows of a follower's query. Raises `UnavailableDatabaseError`."""
        async with self._reading:
            return await self._database.read(text, values)

    # --- publishing -------------------------------------------------------------------------------------------------

    async def share(self, ns: str, entries: Sequence[Entry], session: Session) -> None:
        """Let those join who follow since before this transaction, and write what it publishes for all who follow."""
        has_joined = await self._let_join(ns, entries, session)
        if not entries or not (session.is_followed or has_joined):
            return
        runs = {entry.run_id for entry in entries if entry.run_id is not None}
        followed = await stream_rows.followed(session, ns, runs)
        wanted = [entry for entry in entries if None in followed or (entry.run_id or _ALL) in followed]
        if not wanted:
            return
        await stream_rows.add(session, ns, wanted)
        for run_id in {entry.run_id or "" for entry in wanted}:
            session.notify(ENTRIES, f"{ns}/{run_id}")

    async def _let_join(self, ns: str, entries: Sequence[Entry], session: Session) -> bool:
        """Let the store know of those who join with a commit; return whether there are any."""
        self._joining.pop(ns, None)
        begun = next((entry.run_id for entry in entries if _begins(entry)), None)
        joining = list(self._who_may_join(ns, begun))
        if not joining:
            return False
        last = await stream_rows.last(session, ns)
        rows = [FollowerRow(one.name, self._database.process, ns, run_id, one.streams, last) for one, run_id in joining]
        await stream_rows.join(session, rows, self._now())
        self._joining[ns] = last, [(one, row) for (one, _), row in zip(joining, rows, strict=True)]
        return True

    def _who_may_join(self, ns: str, begun: str | None) -> Iterator[tuple[SharedFollower, str | None]]:
        """Yield who joins with a commit, and what they follow. begun: the run that it begins."""
        task = asyncio.current_task()
        for one in self._of_ns.get(ns, ()):
            if one.since is None and one.run_id is None and one.task is not None:
                if begun is not None and one.task is task:
                    yield one, begun
            elif one.since is None:
                yield one, one.run_id

    async def record_close(self, ns: str, run_id: str | None, error: ApiError, session: Session) -> None:
        """Let followers in all processes be closed once a transaction is kept."""
        followed = {None} if run_id is None else await stream_rows.followed(session, ns, [run_id])
        if run_id in followed and await stream_rows.is_followed(session, ns):
            await stream_rows.add_values(session, closing(ns, run_id, error))
            session.notify(ENTRIES, f"{ns}/{run_id or _ALL}")

    def publish(self, ns: str, entries: Sequence[Entry]) -> None:
        """Let those read who have joined with what was committed; who follows already hears of it from the bus."""
        last, joined = self._joining.pop(ns, (0, ()))
        for follower, row in joined:
            follower.joined(last, row.run_id)
            if follower.has_left:
                self._forget_soon(follower)
        if self._published is not None:
            self._published(entries)

    def close(self, ns: str | None = None, run_id: str | None = None, error: ApiError | None = None) -> None:
        """Close the followers of this process: of everything, of a namespace, or of a run that is gone.

        Those that the store knows of find there why a namespace or a run is gone, behind what came before that.
        """
        for name, followers in self._of_ns.items():
            for one in followers if ns in (None, name) else ():
                if run_id is None or one.run_id == run_id:
                    one.close(error) if ns is None or one.since is None else one.wake()

    # --- hearing ----------------------------------------------------------------------------------------------------

    def _heard(self, payload: str) -> None:
        ns, _, run_id = payload.partition("/")
        for follower in self._of_ns.get(ns, ()):
            if run_id == _ALL or follower.run_id in (None, run_id):
                follower.wake()

    def _wake_all(self) -> None:
        for follower in self._all():
            follower.wake()

    def _all(self) -> list[SharedFollower]:
        return [one for followers in self._of_ns.values() for one in followers]

    # --- signs of life ----------------------------------------------------------------------------------------------

    async def renew(self) -> None:
        """Say that this process follows and how far, look for what it was not told, and delete what is read.

        Raises `DatabaseError`.
        """
        sign = next(self._signs)
        if joined := [one for one in self._all() if one.since is not None]:
            await self._renew(joined)
        left = dict(self._left)
        async with _Session(self._database) as session:
            await stream_rows.leave(session, list(left))
            for ns in tuple(self._of_ns):
                await self._look(session, ns)
            if sign % _TRIMMED_EACH == 0:
                await self._trim(session, left.values(), everything=sign % _ALL_TRIMMED_EACH == 0)
            awaited = await stream_rows.awaited(session)
            read = [one for one in awaited if not await stream_rows.is_behind(session, *one, MOST_BEHIND // 2)]
        for name in left:
            self._left.pop(name, None)
        for one in read:
            if self.read_on is not None and not await self.read_on(*one):
                async with _Session(self._database) as session:
                    await stream_rows.wait_no_more(session, *one)

    async def _trim(self, session: Session, left: Iterable[str], *, everything: bool) -> None:
        """Forget the followers of processes that have died, and delete what nobody reads any more."""
        has_swept = await stream_rows.sweep(session, self._now() - DEAD_AFTER)
        everything = everything or has_swept
        for ns in await stream_rows.names_with_entries(session) if everything else {*self._of_ns, *left}:
            await stream_rows.trim(session, ns)

    async def _renew(self, followers: Sequence[SharedFollower]) -> None:
        places = {one: one.since for one in followers}
        moved = [(since, one.name) for one, since in places.items() if since is not None and since != one.saved]
        async with _Session(self._database) as session:
            known = await stream_rows.renew(session, self._database.process, moved, self._now())
        for one, since in places.items():
            one.saved = since or 0
            if one.name not in known and not one.has_left:
                _lose(one)

    async def _look(self, session: Session, ns: str) -> None:
        """Wake those for whom there is something new: a message may have been lost."""
        followers = [one for one in self._of_ns.get(ns, ()) if one.since is not None]
        if not followers:
            return
        before = self._seen.get(ns) or min(one.since or 0 for one in followers)
        if not (newest := await stream_rows.newest_of_runs(session, ns, before)):
            return
        self._seen[ns] = max(newest.values())
        for one in followers:
            new = max(newest.values()) if one.run_id is None else max(newest.get(one.run_id, 0), newest.get(None, 0))
            if one.since is not None and one.since < new:
                one.wake()
        for one in [one for one in followers if one.is_lossy and one.since is not None]:
            await self._skip(session, one)

    async def _skip(self, session: Session, follower: SharedFollower) -> None:
        """Let a follower lose what it does not read: it would stay for it alone."""
        since = follower.since or 0
        if await stream_rows.count_behind(session, follower.ns, since, MOST_WAITING) >= MOST_WAITING:
            follower.lose(await stream_rows.last(session, follower.ns))

    async def aclose(self) -> None:
        """Let the store forget all followers of this process, which stops. Raises `DatabaseError`."""
        if self._forgetting is not None and not self._forgetting.done():
            await asyncio.wait([self._forgetting])
        async with _Session(self._database) as session:
            await stream_rows.leave_all(session, self._database.process)


class _Session:
    """A session in no namespace: kept at the end of the block, unless that raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __aenter__(self) -> Session:
        self._session = await self._database.begin("")
        return self._session

    async def __aexit__(self, kind: object, *_: object) -> None:
        if kind is not None:
            await self._session.roll_back()
            return
        try:
            await self._session.commit()
        except BaseException:
            await self._session.roll_back()
            raise


def _begins(entry: Entry) -> bool:
    return entry.change is not None and entry.change.cause == "create" and entry.change.object_id == entry.run_id


def _lose(follower: SharedFollower) -> None:
    """Go on without what a follower has missed, whose process was taken for dead."""
    if follower.is_lossy:
        follower.lose(None)
    else:
        follower.close(refusals.stream_is_cut("this server was taken for dead while the stream was open"))

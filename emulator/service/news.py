"""How much has happened in a namespace since somebody last looked: counted, never shown, and nothing is held up."""

from dataclasses import dataclass
from itertools import islice
from typing import Self

from emulator.domain.request_log import LoggedRequest, RequestLog
from emulator.engine.namespace import Namespace
from emulator.store.documents import Transaction
from emulator.store.journal import Entry
from emulator.store.tables import NamespaceRecord


@dataclass(frozen=True, slots=True)
class Position:
    """How far somebody has seen: the number of the newest change, and how many requests the log has had."""

    change: int = 0
    requests: int = 0

    def __str__(self) -> str:
        return f"{self.change}-{self.requests}"

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the position that was written as a text; None for any other text."""
        change, dash, requests = text[:40].partition("-")
        is_one = dash and all(part.isascii() and part.isdigit() for part in (change, requests))
        return cls(int(change), int(requests)) if is_one else None


@dataclass(frozen=True, slots=True)
class Happened:
    """What has happened behind a position. events: changes of a status; is_anything: also what counts as neither."""

    events: int
    requests: int
    is_anything: bool


@dataclass(frozen=True, slots=True)
class About:
    """What is watched: a thread, a run, or with neither the whole namespace."""

    thread: str | None = None
    run: str | None = None

    def columns(self) -> dict[str, str]:
        """Return the columns of the journal that say so, with their values."""
        named = {"thread_id": self.thread, "run_id": self.run}
        return {column: value for column, value in named.items() if value is not None}

    def has_entry(self, entry: Entry) -> bool:
        """Return whether an event is about it."""
        return self.thread in (None, entry.thread_id) and self.run in (None, entry.run_id)

    def has_request(self, request: LoggedRequest) -> bool:
        """Return whether a request is about it."""
        return self.thread in (None, request.thread) and self.run in (None, request.run)


async def position(namespace: Namespace) -> Position:
    """Return where a namespace is now."""
    async with namespace.transaction() as tx:
        return Position(await tx.last_change(), (await namespace.requests.read(tx)).total)


class News:
    """What happens in a namespace, for one observer, who asks whenever it likes; has to be left in the end.

    The memory that it takes does not grow with what happens between two questions.
    """

    def __init__(self, namespace: Namespace, about: About, seen: Position | None) -> None:
        self._namespace = namespace
        self._about = about
        self._follower = namespace.documents.journal.follow(namespace.name, is_lossy=True)
        self._has_begun = False
        self.seen = seen

    @property
    def is_over(self) -> bool:
        """Whether nothing can come any more: the namespace was emptied or deleted, or the server stops."""
        return self._follower.is_closed

    def leave(self) -> None:
        """Watch no more."""
        self._follower.leave()

    async def take(self) -> Happened:
        """Return what has happened since the last time; at first, since what had been seen before."""
        before = self.seen
        await self._follower.catch_up()
        if not self._has_begun or self._follower.has_gap:
            return await self._catch_up(before)
        entries = [entry for entry in self._follower.take() if not entry.is_delta]
        change = max((entry.seq for entry in entries if entry.seq is not None), default=0)
        log = await self._namespace.requests.read()
        now = Position(max(change, before.change if before else 0), log.total)
        mine = [entry for entry in entries if self._about.has_entry(entry)]
        self.seen = now
        requests = self._requests(log, before, now)
        return Happened(sum(entry.seq is not None for entry in mine), requests, bool(mine or requests))

    async def _catch_up(self, before: Position | None) -> Happened:
        """Count what the journal has kept: nobody writes meanwhile, so the follower goes on right behind it."""
        async with self._namespace.transaction() as tx:
            await self._follower.skip(tx.session)
            if await tx.find(NamespaceRecord) is None:
                self._follower.close()  # it was deleted before the follower joined, so nothing would ever end this
            log = await self._namespace.requests.read(tx)
            now = Position(await tx.last_change(), log.total)
            events = 0 if before is None else await self._events(tx, before.change, now.change)
        self._has_begun, self.seen = True, now
        requests = 0 if before is None else self._requests(log, before, now)
        return Happened(events, requests, bool(events or requests))

    async def _events(self, tx: Transaction, before: int, now: int) -> int:
        """Count the changes behind a number; a greater one than the newest is of a journal that is gone."""
        after = before if before <= now else 0
        columns = self._about.columns()
        return await tx.changes(after, **columns) if columns else now - after

    def _requests(self, log: RequestLog, before: Position | None, now: Position) -> int:
        """Count the requests since then. A log that has fewer than it had was emptied meanwhile."""
        seen = before.requests if before is not None else 0
        many = now.requests - (seen if seen <= now.requests else 0)
        if not self._about.columns():
            return many
        return sum(map(self._about.has_request, islice(log.newest_first(), many)))

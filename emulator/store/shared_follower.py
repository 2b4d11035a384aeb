"""A follower that reads for itself what was published, in whichever process, when whoever reads it has room for it."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

from emulator.domain.errors import UnavailableDatabaseError
from emulator.store import stream_rows
from emulator.store.database import Session
from emulator.store.journal import MOST_WAITING, Entry, Follower
from emulator.store.shared_entries import CLOSED, entry_of, error_of
from emulator.wire.pieces import Pieces

if TYPE_CHECKING:
    from emulator.store.shared_journal import SharedJournal

# Seconds after which a follower looks again that could not read.
_PATIENCE: Final = 1.0


class SharedFollower(Follower):
    """Receives the entries that were published after it joined, by reading them; see `Follower`.

    name: of its row. since: the place up to which it has read, once the store knows of it. saved: the one that its row
    has. task: whose stream it is, where it does not know yet of which run. has_left: whether it reads nothing more.
    """

    def __init__(
        self, journal: "SharedJournal", ns: str, run_id: str | None, *, streams: bool, is_lossy: bool, name: str
    ) -> None:
        self._shared = journal
        self.name = name
        self.task = asyncio.current_task() if streams and run_id is None else None
        self.since: int | None = None
        self.saved = 0
        self.has_left = False
        super().__init__(journal, ns, run_id, streams=streams, is_lossy=is_lossy)
        self._news.set()

    def _join(self) -> None:
        """Do nothing: the journal knows it."""

    # --- what it follows --------------------------------------------------------------------------------------------

    @property
    def ns(self) -> str:
        """The namespace."""
        return self._ns

    @property
    def is_lossy(self) -> bool:
        """Whether it may lose entries, and reads the journal instead."""
        return self._is_lossy

    def joined(self, since: int, run_id: str | None) -> None:
        """Read what is behind a place from now on: the store knows of it. run_id: what it follows."""
        self.since = self.saved = since
        self.run_id = run_id
        self._news.set()

    def only(self, run_id: str) -> None:
        """Follow one run from now on; entries about others that are waiting are dropped."""
        self.run_id = run_id
        self._waiting = deque(entry for entry in self._waiting if entry.run_id == run_id)

    def leave(self) -> None:
        """Receive nothing more; what is waiting can still be read."""
        if not self.has_left:
            self.has_left = True
            self._shared.left(self)

    # --- being told -------------------------------------------------------------------------------------------------

    def wake(self) -> None:
        """Look whether there is something new."""
        self._news.set()

    def lose(self, since: int | None) -> None:
        """Read the journal instead of what came up to a place; None: the store does not know of it any more."""
        self.since, self.has_gap = since, True
        self._waiting.clear()
        self._news.set()

    # --- reading ----------------------------------------------------------------------------------------------------

    async def skip(self, session: Session) -> None:
        """Receive only what is published from now on."""
        await super().skip(session)
        if self.since is not None:
            self.since = await stream_rows.last(session, self._ns)

    async def catch_up(self, session: Session | None = None) -> None:
        """Receive all that was published so far, a stream not more than may wait for it."""
        while not (self._closed or self.has_gap or (self.streams and len(self._waiting) >= MOST_WAITING)):
            if not await self._read(session):
                return

    async def _read(self, session: Session | None = None) -> bool:
        """Read some of what is new; return whether there may be more."""
        if self.since is None or self.has_left:
            return False
        since = self.since
        query = stream_rows.query(self._ns, since, self.run_id)
        rows = await (self._shared.rows(*query) if session is None else session.fetch(*query))
        if self.since == since:  # nothing was lost meanwhile
            self._take_in(rows)
        return len(rows) >= stream_rows.AT_ONCE

    def _take_in(self, rows: Sequence[tuple[Any, ...]]) -> None:
        for seq, thread_id, run_id, event, data, change in rows:
            self.since = seq
            entry = entry_of(thread_id, run_id, event, data, change)
            if event != CLOSED or isinstance(entry.data, Pieces):
                self.push(entry)
            elif run_id in (None, self.run_id):
                self.close(error_of(entry.data))
                return

    async def __aiter__(self) -> AsyncIterator[list[Entry]]:
        has_more = False
        while True:
            if (has_more or self._news.is_set()) and not self._closed:
                self._news.clear()
                has_more = await self._read_if_possible()
            if self._waiting or self.has_gap:
                yield self.take()
            elif self._closed:
                return
            elif not has_more:
                await self._news.wait()

    async def _read_if_possible(self) -> bool:
        with suppress(UnavailableDatabaseError):
            return await self._read()
        asyncio.get_running_loop().call_later(_PATIENCE, self.wake)
        return False

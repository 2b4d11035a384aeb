"""The journal: the one source of events, which streams, inspector and recorder all follow.

Entries about documents are rows, written in the transaction that writes the document. Deltas have no row. Both reach
the followers after the commit, in the order in which they happened.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. data: the document as it was then, or a delta. row: whether it is written to the database."""

    ns: str
    thread_id: str | None
    run_id: str | None
    event: str
    data: dict[str, Any]
    row: bool = True


class Follower:
    """Receives the entries that are published after it joined; iterates over batches of them.

    run_id: only entries about this run; None for those of the whole namespace. streams: whether a client reads them as
    its stream; other followers are observers.
    """

    def __init__(self, journal: "Journal", ns: str, run_id: str | None, *, streams: bool) -> None:
        self._journal = journal
        self._ns = ns
        self._waiting: deque[Entry] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self.run_id = run_id
        self.streams = streams
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

    def push(self, entry: Entry) -> None:
        """Receive an entry."""
        self._waiting.append(entry)
        self._news.set()

    def close(self) -> None:
        """End the iteration after what is waiting has been read."""
        self._closed = True
        self._news.set()

    def take(self) -> list[Entry]:
        """Return what is waiting, which is empty afterwards."""
        batch = list(self._waiting)
        self._waiting.clear()
        return batch

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
    """Publishes what was committed to the followers."""

    def __init__(self) -> None:
        # By namespace and run, so that an event costs nothing to the streams of other runs, however many there are.
        self.followers: dict[tuple[str, str | None], set[Follower]] = {}

    def follow(self, ns: str, run_id: str | None = None, *, streams: bool = False) -> Follower:
        """Return a follower of one namespace, or of one run in it; it receives entries until it leaves.

        streams: whether a client reads it as its stream, which moves a paced run; an observer never does.
        """
        return Follower(self, ns, run_id, streams=streams)

    def is_streamed(self, ns: str, run_id: str) -> bool:
        """Return whether a client reads the stream of a run."""
        return any(follower.streams for follower in self.followers.get((ns, run_id), ()))

    def publish(self, entries: Iterable[Entry]) -> None:
        """Give each entry to the followers of its namespace and of its run."""
        for entry in entries:
            for run_id in {None, entry.run_id}:
                for follower in self.followers.get((entry.ns, run_id), ()):
                    follower.push(entry)

    def close(self, ns: str | None = None, run_id: str | None = None) -> None:
        """Close the followers of everything, of a namespace, or of a run that is gone."""
        for (name, followed), followers in self.followers.items():
            if ns in (None, name) and run_id in (None, followed):
                for follower in followers:
                    follower.close()

"""The journal: the one source of events, which streams, inspector and recorder all follow.

Entries of documents are rows, written in the transaction that wrote the document. Deltas pass by without a row.
Both reach the followers after the commit, in the order in which they happened.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One event. data: the document as it was then, or a delta. row: whether it is kept."""

    ns: str
    thread_id: str | None
    run_id: str | None
    event: str
    data: dict[str, Any]
    row: bool = True


class Follower:
    """Reads the journal from where it stood when the follower joined; iterates over batches of entries.

    run_id: only what is about this run; None hears everything, until `only` is told.
    """

    def __init__(self, journal: "Journal", ns: str, run_id: str | None) -> None:
        self._journal = journal
        self._ns = ns
        self._waiting: deque[Entry] = deque()
        self._news = asyncio.Event()
        self._closed = False
        self.run_id = run_id
        self._join()

    def _join(self) -> None:
        self._journal.followers.setdefault((self._ns, self.run_id), set()).add(self)

    def only(self, run_id: str) -> None:
        """Follow one run from now on; what was heard about others is forgotten."""
        self.leave()
        self.run_id = run_id
        self._waiting = deque(entry for entry in self._waiting if entry.run_id == run_id)
        self._join()

    def leave(self) -> None:
        """Hear nothing more."""
        followers = self._journal.followers.get((self._ns, self.run_id), set())
        followers.discard(self)
        if not followers:
            self._journal.followers.pop((self._ns, self.run_id), None)

    def hear(self, entry: Entry) -> None:
        """Take an entry about what is followed."""
        self._waiting.append(entry)
        self._news.set()

    def close(self) -> None:
        """End the iteration after what is waiting has been read."""
        self._closed = True
        self._news.set()

    def take(self) -> list[Entry]:
        """Return what has been heard since the last time."""
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
    """Tells followers what was committed."""

    def __init__(self) -> None:
        # By namespace and run: a crowd of streams must not cost each of them a look at every event.
        self.followers: dict[tuple[str, str | None], set[Follower]] = {}

    def follow(self, ns: str, run_id: str | None = None) -> Follower:
        """Return a follower of one namespace, or of one run in it; it hears until it leaves."""
        return Follower(self, ns, run_id)

    def is_followed(self, ns: str, run_id: str) -> bool:
        """Return whether somebody follows a run."""
        return bool(self.followers.get((ns, run_id)))

    def publish(self, entries: Iterable[Entry]) -> None:
        """Tell the followers of each entry's namespace."""
        for entry in entries:
            for run_id in {None, entry.run_id}:
                for follower in self.followers.get((entry.ns, run_id), ()):
                    follower.hear(entry)

    def close(self, ns: str | None = None, run_id: str | None = None) -> None:
        """End the followers of everything, of a namespace, or of a run that is gone."""
        for (name, followed), followers in self.followers.items():
            if ns in (None, name) and run_id in (None, followed):
                for follower in followers:
                    follower.close()

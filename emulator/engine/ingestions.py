"""The port behind which files go into vector stores: here, or by whichever process on the same database has time.

How long they are shown as in progress before they are read, the namespace's pace says.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from emulator.store.documents import Transaction

if TYPE_CHECKING:
    from emulator.engine.namespace import Namespace

# Adds to the transaction that writes the last of some files.
AtEnd = Callable[[Transaction], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Shown:
    """How far files have come that are only shown as in progress. until: by the clock; polls: that there were."""

    store_id: str
    batch_id: str | None
    until: float | None = None
    polls: int = 0


class Read(Protocol):
    """Reads every file of a store, or of a batch in it, that has not been read yet."""

    async def __call__(self, namespace: "Namespace", store_id: str, batch_id: str | None, at_end: AtEnd, /) -> None:
        """Read them; the last one's transaction, or one without any, is also that of ``at_end``."""


class Ingestions(Protocol):
    """All that is under way in a namespace.

    polls: files are shown for so many polls of the store, of its files or of the batch. time: for so many seconds of
    the clock. At the other paces they are read at once, and every request sees them settled.
    """

    async def add(self, tx: Transaction, store_id: str, batch_id: str | None, before: Shown | None = None) -> None:
        """Show the files that a transaction has added, once it is kept, and read them when the time has come.

        before: how far another server had come with them.
        """

    async def has(self, tx: Transaction, store_id: str, batch_id: str | None) -> bool:
        """Return whether files are taken care of, by whichever process, although none here has begun that."""

    async def settle(self, store_id: str) -> None:
        """Wait until no file can be ingested further without a poll or the clock."""

    async def begin(self, store_id: str) -> Transaction:
        """Begin a transaction as soon as there is nothing to wait for, as `settle` would."""

    async def settle_all(self) -> None:
        """Wait until every store has settled."""

    async def complete(self, store_id: str) -> None:
        """Ingest every file that is on its way into a store now, because it is needed."""

    async def polled(self, tx: Transaction, store_id: str) -> None:
        """Count a client's poll of a store, or of what is in it; the last one needed lets the files be read."""

    async def resume(self, tx: Transaction) -> None:
        """Let everything continue that only shows itself as in progress."""

    async def fire(self, tx: Transaction, ingestion_id: str) -> None:
        """Let files be read whose time has come."""

    async def end(self, tx: Transaction, store_id: str, batch_id: str) -> None:
        """End the showing of a batch, of which nothing is left to be read."""

    async def forget(self, tx: Transaction, store_id: str) -> None:
        """Give up what is under way in a store that goes with a transaction."""

    async def shown(self, tx: Transaction) -> Sequence[Shown]:
        """Return how far the showing has come."""

    def stop(self) -> "Sequence[asyncio.Task[None]]":
        """Give up what is under way here; return the tasks that are now ending."""

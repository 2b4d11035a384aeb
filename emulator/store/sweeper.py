"""The sweeper: removes in the background what is deleted, and gives back the room that it took."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Final

from emulator.machine_time import pass_seconds
from emulator.store import removals
from emulator.store.blobs import Blobs
from emulator.store.database import DatabaseError
from emulator.store.documents import Documents
from emulator.store.removals import Removal

# Seconds of the machine's time between two pieces, in which the requests of others go first.
PAUSE: Final = 0.004
# Seconds after which a piece is tried again that could not be written.
RETRY_SECONDS: Final = 1.0
# Pages that stay free for what is written next, and how many are given back at a time.
FREE_PAGES: Final = 1_000
PAGES_AT_ONCE: Final = 200
_log: Final = logging.getLogger(__name__)


class Sweeper:
    """Removes what is pending, piece by piece, each in a transaction of its own; a restart goes on with the rest."""

    def __init__(self, documents: Documents, blobs: Blobs) -> None:
        self._documents = documents
        self._blobs = blobs
        self._task: asyncio.Task[None] | None = None
        self._is_stopped = False
        documents.removals.on_delete = self.wake

    def wake(self) -> None:
        """Go on in the background, if there is anything to do."""
        if not self._is_stopped and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="sweeper")

    def stop(self) -> "list[asyncio.Task[None]]":
        """Leave the rest for the next start; return the task that is now ending."""
        self._is_stopped = True
        if self._task is None:
            return []
        self._task.cancel()
        return [self._task]

    async def finish(self) -> None:
        """Wait until nothing is pending any more, and the room is given back."""
        self.wake()
        while self._task is not None and not self._task.done():
            await self._task

    async def _run(self) -> None:
        while True:
            try:
                while pending := tuple(self._documents.removals):
                    await self._piece(pending[0])
                    await pass_seconds(PAUSE)
                await self._shrink()
            except DatabaseError:
                _log.exception("what is deleted could not be removed, which is tried again")
                await pass_seconds(RETRY_SECONDS)
            else:
                if not tuple(self._documents.removals):
                    return

    async def _piece(self, removal: Removal) -> None:
        """Remove a piece of what is deleted. Its bytes go first: a row that is still there leads to them."""
        documents, pending = self._documents, self._documents.removals
        async with documents.transaction(removal.ns) as tx:
            blobs = await removals.blobs_of(tx, removal, removals.EACH_TIME)
        if blobs:
            await asyncio.to_thread(self._drop, blobs)
        async with documents.transaction(removal.ns) as tx:
            if removal in pending and await removals.sweep(tx, removal, removals.EACH_TIME):
                removals.end(tx, pending, removal)

    async def _shrink(self) -> None:
        """Give back the pages that nothing is in any more; the file is shorter once its log is folded into it."""
        has_shrunk = False
        while await self._documents.shrink(FREE_PAGES, PAGES_AT_ONCE):
            has_shrunk = True
            await pass_seconds(PAUSE)
        if has_shrunk:
            await self._documents.fold()

    def _drop(self, blobs: Iterable[str]) -> None:
        for blob in blobs:
            if self._is_stopped:  # this is a thread, which nobody waits for
                return
            self._blobs.drop(blob)

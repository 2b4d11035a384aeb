"""The sweep of bytes that no row holds: each process does it now and then, for as long as it runs."""

import asyncio
import logging
from typing import Final

from emulator.daemon_threads import in_thread
from emulator.machine_time import pass_seconds
from emulator.store.blobs import Blobs
from emulator.store.database import DatabaseError

# Seconds of the machine's time from one sweep to the next.
INTERVAL: Final = 60.0
_log: Final = logging.getLogger(__name__)


class BlobSweeps:
    """Sweeps until it is stopped."""

    def __init__(self, blobs: Blobs, interval: float = INTERVAL) -> None:
        self._blobs = blobs
        self._interval = interval
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="sweep of bytes")

    async def stop(self) -> None:
        """Begin no other sweep. One that is under way goes on, as far as the process lives."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        while True:
            await pass_seconds(self._interval)
            try:
                removed = await in_thread(self._blobs.sweep, "sweep")
            except (*DatabaseError, OSError) as error:
                _log.warning("bytes that no file has are not swept for now: %s", error)
            else:
                if removed:
                    _log.info("removed the bytes of %d files that are gone", removed)

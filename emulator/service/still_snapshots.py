"""Snapshots that are looked at: each is a namespace that stands as it was saved, until something in it is changed.

Its clock is frozen where it stood, and nothing of what was under way goes on or expires by being looked at. The first
change lets it go on as after a restore, on the frozen clock.
"""

import asyncio
from collections.abc import Mapping
from pathlib import Path

from emulator.service import snapshots
from emulator.service.namespaces import Namespaces
from emulator.service.snapshot_folders import refusing_file
from emulator.service.work_under_way import UnderWay


class StillSnapshots:
    """The namespaces of a server that were made of files to look at. files: by the names that they get."""

    def __init__(self, namespaces: Namespaces, files: Mapping[str, Path]) -> None:
        self._namespaces = namespaces
        self._files = files
        self._asleep: dict[str, UnderWay] = {}
        self._waking = asyncio.Lock()

    async def take_in(self) -> None:
        """Let each namespace be what its file says. Raises `FolderError` for the first that cannot be read."""
        for name, path in self._files.items():
            with refusing_file(path):
                self._asleep[name] = await snapshots.restore_still(self._namespaces, name, path)

    def stands_still(self, name: str) -> bool:
        """Return whether a namespace is one of them, and nobody has changed anything in it."""
        return name in self._asleep

    async def wake(self, name: str) -> None:
        """Let what is under way in a namespace go on, once; no effect on any other namespace."""
        async with self._waking:
            if (under_way := self._asleep.pop(name, None)) is not None:
                await self._namespaces.resume_in(await self._namespaces.open(name), under_way)

    async def wake_all(self) -> None:
        """Let what is under way in all of them go on."""
        for name in tuple(self._asleep):
            await self.wake(name)

"""Watches the files of a server's scripts, and loads them again when they change."""

import asyncio
import logging
from collections.abc import Iterable, Mapping
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

from emulator.daemon_threads import in_thread
from emulator.domain.ports import ScriptError, ScriptSource
from emulator.script_files import named_files, read_scripts
from emulator.service.fixtures import RefusedFixtureError
from emulator.service.namespaces import Namespaces
from emulator.settings import Settings

# Seconds between two looks. A file that changes is read once two looks have found it alike: editors write in pieces.
PAUSE: Final = 0.25
_Stamps = Mapping[Path, tuple[int, ...] | None]
_log: Final = logging.getLogger("emulator")


class ScriptWatch:
    """Looks at the files from time to time. Whatever cannot be loaded is logged, and the last good scripts go on."""

    def __init__(self, settings: Settings, namespaces: Namespaces) -> None:
        self._settings = settings
        self._namespaces = namespaces
        self._loaded = self._seen = _stamps(_files_of(settings, namespaces.scripts.of_server.sources))
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to watch."""
        self._task = asyncio.create_task(self._watch(), name="script watch")

    async def stop(self) -> None:
        """Watch no more."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(PAUSE)
            try:
                await self.look()
            except Exception:  # noqa: BLE001 - whatever it is, the next change may mend it
                _log.exception("the scripts could not be loaded again")

    async def look(self) -> bool:
        """Look once, and load what has changed and is not being written any more; return whether it was loaded."""
        before, self._seen = self._seen, _stamps(self._loaded)
        if self._seen == self._loaded or self._seen != before:
            return False
        names = ", ".join(sorted(str(path) for path, stamp in self._seen.items() if stamp != self._loaded[path]))
        self._loaded = self._seen
        try:
            await self._load()
        except ScriptError as error:
            for problem in error.problems:
                _log.warning("%s", problem)
            _log.warning("scripts not loaded, the last good ones go on: %s", names)
            return False
        _log.warning("scripts loaded again: %s", names)
        return True

    async def _load(self) -> None:
        """Load what is there now, whose stamps were taken before. Raises `ScriptError`."""
        named = await in_thread(partial(named_files, self._settings), "scripts")
        self._loaded = self._seen = {**_stamps(named), **self._loaded}
        try:
            scripts = await in_thread(partial(read_scripts, self._settings), "scripts")
        except OSError as error:
            raise ScriptError([f"{error.filename}: {error.strerror}"]) from error
        try:
            await self._namespaces.change_of_server(scripts)
        except RefusedFixtureError as error:
            places = scripts.loaded.places if scripts.loaded else {}
            raise ScriptError([f"{places.get(error.fixture, 'fixtures')}: {error.message}"]) from error


def _files_of(settings: Settings, sources: Iterable[ScriptSource]) -> set[Path]:
    """Return the files that were loaded: the scripts, and what scenarios name."""
    named = {Path(source.name).parent / name for source in sources for name in source.assets}
    return named | {one for one in settings.scripts if isinstance(one, Path)} | {*settings.replays}


def _stamps(files: Iterable[Path]) -> _Stamps:
    return {path: _stamp(path) for path in files}


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what differs when a file has changed; None where there is none."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino

"""Folders of snapshots: a server begins with those of one, and leaves those of its namespaces in one at its end.

Each is named after its namespace, ``orders-7.zip``. Both may be the same folder; then what was deleted since does not
come back.
"""

import logging
import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final

from emulator.domain.errors import ApiError, EmulatorError
from emulator.domain.ports import ScriptError
from emulator.domain.printable import printable
from emulator.service import snapshots
from emulator.service.namespaces import NAME, Namespaces
from emulator.store.database import DatabaseError

_log: Final = logging.getLogger(__name__)
_SUFFIX: Final = ".zip"


class FolderError(EmulatorError):
    """A folder or a file in it that cannot be used; the message names it, and says why in one line."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(f"{printable(os.fsencode(path).decode(errors='replace'))}: {' '.join(why.split())}")


class SnapshotFolders:
    """Where the snapshots of a server come from and where they go."""

    def __init__(self, namespaces: Namespaces, source: Path | None, target: Path | None) -> None:
        self._namespaces = namespaces
        self._source = source
        self._target = target
        self._taken_in: set[str] = set()

    async def take_in(self) -> None:
        """Let each namespace be what its snapshot says. Raises `FolderError` for the first that cannot be read.

        It is raised for a folder too that nothing can be saved to, before anything is lost by that.
        """
        if self._target is not None:
            _make_writable(self._target)
        if self._source is not None:
            found = {path.name.removesuffix(_SUFFIX): path for path in _files_in(self._source)}
            for path in found.values():  # all of them, before anything changes
                with refusing_file(path):
                    await snapshots.check(self._namespaces, path)
            for name, path in found.items():
                with refusing_file(path):
                    await snapshots.restore(self._namespaces, name, path)
                self._taken_in.add(name)

    async def save(self) -> None:
        """Save all namespaces; what cannot be saved is logged, and leaves the snapshot as it is that is there."""
        if self._target is None:
            return
        saved = set()
        for row in await self._namespaces.documents.namespaces():
            name = row["ns"]
            saved.add(name)
            opened = self._namespaces.remembered(name)
            if opened is not None:
                halted = self._namespaces.halted.get(name)
                await self._write(name, partial(snapshots.write, self._namespaces, opened, was_under_way=halted))
            else:
                await self._write(name, partial(snapshots.write_stored, self._namespaces, row))
        if self._source is not None and self._source.resolve() == self._target.resolve():
            for name in self._taken_in - saved:
                self._path(name).unlink(missing_ok=True)

    async def _write(self, name: str, write: Callable[[Path], Awaitable[Any]]) -> None:
        new = self._path(f".{name}").with_suffix(".new")
        try:
            new.unlink(missing_ok=True)  # of a server that was killed
            await write(new)
            new.replace(self._path(name))
        except (OSError, EmulatorError, *DatabaseError, TypeError, ValueError, KeyError) as error:
            new.unlink(missing_ok=True)
            _log.error("namespace %s could not be saved: %s", name, printable(" ".join(str(error).split())))

    def _path(self, name: str) -> Path:
        assert self._target is not None  # noqa: S101 - for the type checker
        return self._target / f"{name}{_SUFFIX}"


def _files_in(folder: Path) -> list[Path]:
    try:
        found = sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and not path.name.startswith("."))
    except OSError as error:
        raise FolderError(folder, error.strerror or str(error)) from error
    for path in found:
        if not NAME.fullmatch(path.name.removesuffix(_SUFFIX)):
            raise FolderError(path, "a snapshot here is named after its namespace: 1 to 64 of a-z, 0-9, and . - _")
    return found


@contextmanager
def refusing_file(path: Path) -> Iterator[None]:
    """Let what is wrong with a snapshot be a `FolderError` that names its file."""
    try:
        yield
    except ScriptError as error:
        raise FolderError(path, f"its scripts cannot be loaded: {error}") from error
    except ApiError as error:
        raise FolderError(path, error.message) from error
    except DatabaseError as error:
        raise FolderError(path, f"it cannot be kept: {error}") from error


def _make_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FolderError(folder, error.strerror or str(error)) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise FolderError(folder, "this process may not write there")

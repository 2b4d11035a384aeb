"""The file by which a server says that it answers, and where."""

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import typer

from emulator.domain import inspector_paths
from emulator.domain.mounts import CONTROL_PREFIX
from emulator.listening import ServeError


class ReadyFile:
    """A file that is there while a server answers: it appears as a whole, and goes when the server stops.

    None: no file. Raises `typer.BadParameter` for one that cannot be there.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._is_written = False

    def __enter__(self) -> Self:
        if self._path is not None:
            if not self._path.absolute().parent.is_dir():
                raise typer.BadParameter(f"{self._path.parent} is not a directory", param_hint="--ready-file")
            try:
                self._path.unlink(missing_ok=True)  # of a server that was killed: whoever waits is not to believe it
            except OSError as error:
                raise typer.BadParameter(f"{self._path}: {error.strerror}", param_hint="--ready-file") from None
        return self

    def write(self, url: str, *, has_inspector: bool = False) -> None:
        """Say that requests are answered. url: where. has_inspector: also for a browser. Raises `ServeError`."""
        if self._path is None:
            return
        pages = {"inspector_url": f"{url}{inspector_paths.namespaces()}"} if has_inspector else {}
        text = json.dumps({"url": url, "control_url": f"{url}{CONTROL_PREFIX}", **pages, "pid": os.getpid()})
        partial = self._path.with_name(f"{self._path.name}.{os.getpid()}.tmp")
        try:
            partial.write_text(f"{text}\n", encoding="utf-8")
            partial.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                partial.unlink()
            raise ServeError(f"{self._path} cannot be written: {error.strerror}") from None
        self._is_written = True

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._path is not None and self._is_written:
            with suppress(OSError):
                self._path.unlink()

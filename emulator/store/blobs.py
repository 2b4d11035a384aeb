"""The bytes of files, in a folder of their own, under names that no client chooses."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Final

from emulator.daemon_threads import Workers

_MOST_THREADS: Final = 2


class Blobs:
    """Bytes by name. folder: where they are; None is a temporary folder, removed when the server stops.

    workers: where many bytes are copied, which nobody waits for when the server stops.
    """

    def __init__(self, folder: Path | None) -> None:
        self.workers = Workers("bytes", _MOST_THREADS)
        self._folder = folder
        self._lock = threading.Lock()  # files are received on threads
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._holders = 0
        self._dropped: set[str] = set()  # while they were held
        if folder is not None and folder.is_dir():
            for part in folder.glob("part-*"):  # a server was killed before it gave these their names
                with suppress(OSError):  # then it stays: nothing depends on it
                    part.unlink()

    @property
    def folder(self) -> Path:
        """The folder, made when it is first needed."""
        with self._lock:
            if self._folder is None:
                self._temporary = tempfile.TemporaryDirectory(prefix="assistants-emulator-")
                self._folder = Path(self._temporary.name)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    @staticmethod
    def name(ns: str, id: str) -> str:  # noqa: A002
        """Return the name of an object's bytes: of a fixed form, whatever the object's id is."""
        return hashlib.blake2b(f"{ns}/{id}".encode(), digest_size=20).hexdigest()

    def path(self, name: str) -> Path:
        """Return the path of the bytes."""
        return self.folder / name

    def write(self, name: str, data: bytes) -> None:
        """Store bytes: all of them, or none."""
        with self.receive() as part:
            part.write(data)
        try:
            self.keep(Path(part.name), name)
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise

    @contextmanager
    def receive(self) -> Iterator[IO[bytes]]:
        """Open a new file to write to; `keep` gives it its name. If the block fails, nothing is left of it."""
        part = tempfile.NamedTemporaryFile(dir=self.folder, prefix="part-", delete=False)  # noqa: SIM115 - closed below
        try:
            with part:
                yield part
        except BaseException:
            Path(part.name).unlink(missing_ok=True)
            raise

    def keep(self, part: Path, name: str) -> None:
        """Give a received file its name."""
        with self._lock:
            self._dropped.discard(name)
        part.rename(self.path(name))

    def copy(self, name: str, other: str) -> None:
        """Keep the same bytes under another name, too; they take no more room, because none are ever changed."""
        with self._lock:
            self._dropped.discard(other)
        target = self.path(other)
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(self.path(name))
        except OSError:  # not every file system has links
            shutil.copyfile(self.path(name), target)

    def read(self, name: str) -> bytes:
        """Return all bytes."""
        return self.path(name).read_bytes()

    def join(self, names: list[str]) -> Path:
        """Make one file of several, in their order; return its path, to be passed to `keep`."""
        with self.receive() as whole:
            for part in names:
                with self.path(part).open("rb") as source:
                    shutil.copyfileobj(source, whole, 1 << 20)
        return Path(whole.name)

    def length(self, name: str) -> int:
        """Return how many bytes there are. Raises OSError where they are gone."""
        return self.path(name).stat().st_size

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Return the bytes in pieces of ``size``. Raises OSError at once where they are gone."""
        return _pieces(self.path(name).open("rb"), size)

    def drop(self, name: str) -> None:
        """Remove the bytes, if they are there; those that are held go when they are not held any more."""
        with self._lock:
            if self._holders:
                self._dropped.add(name)
                return
        self.path(name).unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let all bytes stay that are there, until the end of the block."""
        with self._lock:
            self._holders += 1
        try:
            yield
        finally:
            with self._lock:
                self._holders -= 1
                dropped, self._dropped = (self._dropped, set()) if not self._holders else (set(), self._dropped)
            for name in dropped:
                self.path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            self._temporary.cleanup()


def _pieces(source: IO[bytes], size: int) -> Iterator[bytes]:
    with source:
        while piece := source.read(size):
            yield piece

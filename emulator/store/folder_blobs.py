"""The bytes of files, in a folder of their own, under names that no client chooses."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import IO, Final, TypeVar

from emulator.daemon_threads import Workers
from emulator.store.blobs import OnRollback, Received, name_of

T = TypeVar("T")
MOST_THREADS: Final = 2
_PART: Final = "part-"


class FilePart:
    """A new file, below a name that is only for it."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file = file
        self.path = Path(file.name)
        self.write = file.write  # straight, because it is called for each piece

    @property
    def received(self) -> Received:
        """All that was written."""
        return Received(self.path.name, self.path.stat().st_size)


class FolderBlobs:
    """Bytes in a folder. folder: where they are; None is a temporary folder, removed when the server stops."""

    def __init__(self, folder: Path | None) -> None:
        self.workers = Workers("bytes", MOST_THREADS)
        self._folder = folder
        self._lock = threading.Lock()  # files are received on threads
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._holders = 0
        self._dropped: set[str] = set()  # while they were held
        if folder is not None and folder.is_dir():
            self._clear(folder)

    def _clear(self, folder: Path) -> None:
        """Remove what a server was receiving when it was killed, and has no name yet."""
        for part in filter(is_part, folder.iterdir()):
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

    async def beside(self, work: Callable[[], T]) -> T:
        """Do the work at once: a disk of this machine takes less time than a thread."""
        return work()

    @staticmethod
    def name(ns: str, id: str) -> str:  # noqa: A002
        """Return what the bytes of an object are called."""
        return name_of(ns, id)

    def path(self, name: str) -> Path:
        """Return the path of the bytes."""
        return self.folder / name

    # --- writing ------------------------------------------------------------------------------------------------------

    @contextmanager
    def receive(self) -> Iterator[FilePart]:
        """Take new bytes in; if the block fails, nothing is left of them."""
        file = tempfile.NamedTemporaryFile(dir=self.folder, prefix=_PART, delete=False)  # noqa: SIM115 - closed below
        try:
            with file:
                yield FilePart(file)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise

    def keep(self, received: Received, name: str, on_rollback: OnRollback | None = None) -> str:
        """Give received bytes a name."""
        target = self.path(name)
        if on_rollback is not None and not target.exists():
            on_rollback(partial(self.drop, name))
        with self._lock:
            self._dropped.discard(name)
        self.path(received.name).rename(target)
        return name

    def discard(self, received: Received) -> None:
        """Forget received bytes, if they were not kept."""
        self.path(received.name).unlink(missing_ok=True)

    def write(self, name: str, data: bytes) -> str:
        """Store bytes: all of them, or none."""
        with self.receive() as part:
            part.write(data)
        try:
            return self.keep(part.received, name)
        except BaseException:
            part.path.unlink(missing_ok=True)
            raise

    def copy(self, name: str, other: str) -> str:
        """Keep the same bytes under another name, too; they take no more room, because none are ever changed."""
        with self._lock:
            self._dropped.discard(other)
        target = self.path(other)
        target.unlink(missing_ok=True)
        try:
            target.hardlink_to(self.path(name))
        except OSError:  # not every file system has links
            shutil.copyfile(self.path(name), target)
        return other

    def join(self, names: list[str]) -> Received:
        """Make one file of several, in their order."""
        with self.receive() as whole:
            for part in names:
                with self.path(part).open("rb") as source:
                    shutil.copyfileobj(source, whole.file, 1 << 20)
        return whole.received

    # --- reading ------------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Return whether there are such bytes."""
        return self.path(name).exists()

    def length(self, name: str) -> int:
        """Return how many bytes there are."""
        return self.path(name).stat().st_size

    def digest(self, name: str) -> str:
        """Return the SHA-256 of bytes."""
        with self.path(name).open("rb") as data:
            return hashlib.file_digest(data, "sha256").hexdigest()

    def read(self, name: str) -> bytes:
        """Return all bytes."""
        return self.path(name).read_bytes()

    def head(self, name: str, most: int) -> bytes:
        """Return the first bytes."""
        with self.path(name).open("rb") as file:
            return file.read(most)

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Return the bytes in pieces."""
        return _pieces(self.path(name).open("rb"), size)

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """Return the file itself."""
        return nullcontext(self.path(name))

    # --- removing -----------------------------------------------------------------------------------------------------

    def drop(self, name: str) -> None:
        """Remove bytes; those that are held go when they are not held any more."""
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

    def sweep(self) -> int:
        """Remove nothing: what is dropped is gone."""
        return 0

    def close(self) -> None:
        """Remove the temporary folder, if there is one."""
        if self._temporary is not None:
            self._temporary.cleanup()


def is_part(path: Path) -> bool:
    """Return whether a file is being received, or was when a server was killed."""
    return path.name.startswith(_PART)


def _pieces(source: IO[bytes], size: int) -> Iterator[bytes]:
    with source:
        while piece := source.read(size):
            yield piece

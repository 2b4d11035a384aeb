"""The bytes of files, in a folder of their own, under names that no client chooses."""

import hashlib
import shutil
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO


class Blobs:
    """Bytes by name. folder: where they lie; None is a folder that goes with the server."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._making = threading.Lock()  # files are received on threads
        self._passing: tempfile.TemporaryDirectory[str] | None = None
        if folder is not None and folder.is_dir():
            for left in folder.glob("part-*"):  # a server that was killed had not come to keep these
                left.unlink()

    @property
    def folder(self) -> Path:
        """The folder, made when it is first needed."""
        with self._making:
            if self._folder is None:
                self._passing = tempfile.TemporaryDirectory(prefix="assistants-emulator-")
                self._folder = Path(self._passing.name)
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._folder

    @staticmethod
    def name(ns: str, id: str) -> str:  # noqa: A002
        """Return the name of an object's bytes: of fixed form, whatever the object is called."""
        return hashlib.blake2b(f"{ns}/{id}".encode(), digest_size=20).hexdigest()

    def path(self, name: str) -> Path:
        """Return where the bytes lie."""
        return self.folder / name

    def write(self, name: str, data: bytes) -> None:
        """Keep bytes: whole, or not at all."""
        with self.receive() as part:
            part.write(data)
        self.keep(Path(part.name), name)

    def receive(self) -> IO[bytes]:
        """Return a new file to write to; `keep` gives it its name."""
        return tempfile.NamedTemporaryFile(dir=self.folder, prefix="part-", delete=False)

    def keep(self, part: Path, name: str) -> None:
        """Give a received file its name."""
        part.rename(self.path(name))

    def read(self, name: str) -> bytes:
        """Return all bytes."""
        return self.path(name).read_bytes()

    def join(self, names: list[str]) -> Path:
        """Make one file of several, in their order; return where it lies until it is kept."""
        with self.receive() as whole:
            for part in names:
                with self.path(part).open("rb") as source:
                    shutil.copyfileobj(source, whole, 1 << 20)
        return Path(whole.name)

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Return the bytes piece by piece."""
        with self.path(name).open("rb") as source:
            while piece := source.read(size):
                yield piece

    def drop(self, name: str) -> None:
        """Forget the bytes."""
        self.path(name).unlink(missing_ok=True)

    def close(self) -> None:
        """Remove what should not outlive the server."""
        if self._passing is not None:
            self._passing.cleanup()

"""The bytes of files in a folder that several processes see: no name that one of them gives is ever given again.

So nobody removes what another one has just named. What no row holds goes with the sweep, a while after each process has
seen that for itself; until then it can be read, whoever has deleted it. A file gets its name by a rename: all at once.
"""

import secrets
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from emulator.daemon_threads import in_thread
from emulator.store.blobs import OnRollback, Received
from emulator.store.folder_blobs import FolderBlobs, is_part

T = TypeVar("T")
# Returns those of some names that no row holds.
Unused = Callable[[Sequence[str]], Sequence[str]]
# Seconds for which bytes stay that no row holds, and files whose receiver may still be at work.
GRACE: Final = 3600.0
PART_GRACE: Final = 24 * 3600.0


class SharedFolderBlobs(FolderBlobs):
    """Bytes in a folder of several processes. unused: asks their database."""

    def __init__(self, folder: Path, unused: Unused) -> None:
        super().__init__(folder)
        self._unused = unused
        self._unused_since: dict[str, float] = {}

    def _clear(self, folder: Path) -> None:
        """Leave what may be on its way to another process."""

    async def beside(self, work: Callable[[], T]) -> T:
        """Do the work on a thread: such a folder may be on another machine."""
        return await in_thread(work, "bytes")

    # --- writing ------------------------------------------------------------------------------------------------------

    def keep(self, received: Received, name: str, on_rollback: OnRollback | None = None) -> str:  # noqa: ARG002
        """Give received bytes a name; what is not written down is swept."""
        return super().keep(received, _never_used(name))

    def copy(self, name: str, other: str) -> str:
        """Keep the same bytes under another name, too."""
        return super().copy(name, _never_used(other))

    # --- removing -----------------------------------------------------------------------------------------------------

    def drop(self, name: str) -> None:
        """Leave it to the sweep: somebody may be reading."""

    @contextmanager
    def held(self) -> Iterator[None]:
        """Rely on the sweep, which leaves everything for longer than anybody needs it."""
        yield

    def sweep(self, grace: float = GRACE, part_grace: float = PART_GRACE) -> int:
        """Remove what no row has held for a while, and what was not received to its end; return how much."""
        now = self._now()
        ages = {path: now - at for path in self.folder.iterdir() if (at := _changed_at(path)) is not None}
        old = [path for path, age in ages.items() if age >= (part_grace if is_part(path) else grace)]
        unused = set(self._unused([path.name for path in old if not is_part(path)]))
        self._unused_since = {name: self._unused_since.get(name, now) for name in unused}
        gone = [path for path in old if is_part(path) or now - self._unused_since.get(path.name, now + 1) >= grace]
        for path in gone:
            with suppress(OSError):  # another process was faster
                path.unlink()
        return len(gone)

    def _now(self) -> float:
        """Return the time by the clock that says how old these files are."""
        with tempfile.NamedTemporaryFile(dir=self.folder, prefix=".now-") as file:
            file.write(b"?")
            file.flush()
            return Path(file.name).stat().st_mtime


def _never_used(name: str) -> str:
    return f"{name}-{secrets.token_hex(8)}"


def _changed_at(path: Path) -> float | None:
    """Return when a file was written; None for what is none, or is gone."""
    try:
        return path.stat().st_mtime if path.is_file() else None
    except OSError:
        return None

"""The bytes of files in PostgreSQL, each content once, in bounded memory however many they are.

What the rows of files hold is the digest of a content. So a name is given, copied and dropped with the row, within the
transaction that writes it, and no bytes move. A content is stored before: where that transaction is not kept, no row
holds it, and `sweep` removes it later, as it does with what was deleted.
"""

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from emulator.daemon_threads import Workers, in_thread
from emulator.domain.database_url import DatabaseUrl
from emulator.store.blobs import OnRollback, Received, name_of, receive_all
from emulator.store.folder_blobs import MOST_THREADS
from emulator.store.postgres import blob_sweep
from emulator.store.postgres.blob_connections import BlobConnections
from emulator.store.postgres.blob_part import PostgresPart

T = TypeVar("T")
_SIZE: Final = "SELECT size FROM blobs WHERE digest = %s"
_PIECE: Final = "SELECT data FROM blob_pieces JOIN blobs ON id = blob WHERE digest = %s AND n = %s"


class PostgresBlobs:
    """Bytes in a database. Its verbs are for threads, but for those that touch no bytes."""

    def __init__(self, url: DatabaseUrl) -> None:
        self.workers = Workers("bytes", MOST_THREADS)
        self._connections = BlobConnections(url)

    async def beside(self, work: Callable[[], T]) -> T:
        """Do the work on a thread."""
        return await in_thread(work, "bytes")

    @staticmethod
    def name(ns: str, id: str) -> str:  # noqa: A002
        """Return a name under which there are no bytes yet; what is kept has another one."""
        return name_of(ns, id)

    # --- writing ------------------------------------------------------------------------------------------------------

    def receive(self) -> PostgresPart:
        """Take new bytes in."""
        return PostgresPart(self._connections)

    def keep(self, received: Received, name: str, on_rollback: OnRollback | None = None) -> str:  # noqa: ARG002
        """Return what a row holds whose bytes were received."""
        return received.name

    def discard(self, received: Received) -> None:
        """Leave it to the sweep: others may have the same bytes."""

    def write(self, name: str, data: bytes) -> str:
        """Store bytes."""
        return self.keep(receive_all(self, data), name)

    def copy(self, name: str, other: str) -> str:  # noqa: ARG002 - another row holds the same
        """Return what the row of a copy holds."""
        return name

    def join(self, names: list[str]) -> Received:
        """Make one of several, in their order."""
        with self.receive() as whole:
            for name in names:
                for piece in self.pieces(name):
                    whole.write(piece)
        return whole.received

    # --- reading ------------------------------------------------------------------------------------------------------

    def has(self, name: str) -> bool:
        """Return whether there are such bytes."""
        return self._value(_SIZE, name) is not None

    def length(self, name: str) -> int:
        """Return how many bytes there are."""
        size = self._value(_SIZE, name)
        if size is None:
            raise FileNotFoundError(2, "No such bytes", name)
        return int(size)

    def digest(self, name: str) -> str:
        """Return the SHA-256 of bytes, which is their name."""
        self.length(name)
        return name

    def read(self, name: str) -> bytes:
        """Return all bytes."""
        return b"".join(self.pieces(name))

    def head(self, name: str, most: int) -> bytes:
        """Return the first bytes."""
        return next(self.pieces(name, most), b"")

    def pieces(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """Return the bytes in pieces. Between two of them no connection is held, however slowly they are read."""
        return self._pieces(name, self.length(name), size)

    def _pieces(self, name: str, left: int, size: int) -> Iterator[bytes]:
        n, rest = 0, bytearray()
        while left or rest:
            while left and len(rest) < size:
                data = self._value(_PIECE, name, n)
                if data is None:
                    raise FileNotFoundError(2, "No such bytes any more", name)
                rest += data
                n, left = n + 1, left - len(data)
            piece = bytes(rest[:size])
            del rest[:size]
            yield piece

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """Return a copy."""
        pieces = self.pieces(name)
        with ExitStack() as stack:
            file = stack.enter_context(tempfile.NamedTemporaryFile(prefix="emulator-bytes-"))
            file.writelines(pieces)
            file.flush()
            return _Scratch(Path(file.name), stack.pop_all())

    # --- removing -----------------------------------------------------------------------------------------------------

    def drop(self, name: str) -> None:
        """Leave it to the sweep: other rows may hold the same."""

    def held(self) -> AbstractContextManager[None]:
        """Rely on the sweep, which leaves what was in use for as long as anybody needs it after that."""
        return nullcontext()

    def sweep(self, grace: float = blob_sweep.GRACE) -> int:
        """Remove contents that no row has held for a while; return how many. grace: seconds."""
        with self._connections.connection() as connection:
            return blob_sweep.sweep(connection, grace)

    def unused(self, names: Sequence[str]) -> Sequence[str]:
        """Return those of some names that no row holds."""
        with self._connections.connection() as connection:
            return blob_sweep.unused(connection, list(names))

    def close(self) -> None:
        """Close all connections."""
        self._connections.close()

    def _value(self, query: str, *values: Any) -> Any:
        with self._connections.connection() as connection:
            row = connection.execute(query, values, binary=True).fetchone()
            return None if row is None else row[0]


class _Scratch(AbstractContextManager[Path]):
    """A copy that goes at the end of the block. stack: removes it."""

    def __init__(self, path: Path, stack: ExitStack) -> None:
        self._path = path
        self._stack = stack

    def __enter__(self) -> Path:
        return self._path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

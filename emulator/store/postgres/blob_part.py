"""Bytes on their way into PostgreSQL: a piece of them is in memory at a time, however many there are."""

import hashlib
from contextlib import AbstractContextManager, ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from emulator.store.blobs import Received
from emulator.store.postgres.blob_connections import BlobConnections

if TYPE_CHECKING:
    from psycopg import Connection, Copy

PIECE: Final = 512 * 1024
_COPY: Final = "COPY blob_pieces (blob, n, data) FROM STDIN (FORMAT BINARY)"
# Whoever stores what is there already keeps it from being swept.
_ADD: Final = """INSERT INTO blobs ({columns}) VALUES ({values})
    ON CONFLICT (digest) DO UPDATE SET used_at = clock_timestamp(), unused_since = NULL RETURNING id"""
_ADD_SMALL: Final = f"""WITH added AS ({_ADD.format(columns="digest, size", values="%s, %s")})
    INSERT INTO blob_pieces (blob, n, data) SELECT id, 0, %b FROM added ON CONFLICT DO NOTHING"""  # noqa: S608
_ADD_LARGE: Final = _ADD.format(columns="id, digest, size", values="%s, %s, %s")
_NEXT_ID: Final = "SELECT nextval(pg_get_serial_sequence('blobs', 'id'))"


class PostgresPart:
    """Takes bytes in, in one transaction: all of them are there at the end of the block, or none.

    What fits into one piece takes one statement. For anything else a connection is lent at the second piece. Nothing
    of what is written is sent again where the connection is lost: the error is whoever reads the upload to answer.
    """

    def __init__(self, connections: BlobConnections) -> None:
        self._connections = connections
        self._digest = hashlib.sha256()
        self._size = 0
        self._rest = bytearray()
        self._stack = ExitStack()
        self._large: _Pieces | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if kind is not None:
            self._stack.__exit__(kind, error, at)
            return
        with self._stack:
            self._finish()

    def write(self, data: bytes, /) -> int:
        """Append bytes."""
        self._digest.update(data)
        self._size += len(data)
        view = memoryview(data)
        while view:
            taken = view[: PIECE - len(self._rest)]
            self._rest += taken
            view = view[len(taken) :]
            if len(self._rest) == PIECE and view:
                self._send()
        return len(data)

    @property
    def received(self) -> Received:
        """All that was written; its name is its content's."""
        return Received(self._digest.hexdigest(), self._size)

    def _send(self) -> None:
        if self._large is None:
            self._large = self._stack.enter_context(_Pieces(self._connections))
        self._large.add(bytes(self._rest))
        self._rest.clear()

    def _finish(self) -> None:
        received = self.received
        if self._large is None:
            with self._connections.connection() as connection:
                connection.execute(_ADD_SMALL, (received.name, received.size, bytes(self._rest)))
            return
        self._send()
        self._large.finish(received)


class _Pieces(AbstractContextManager["_Pieces"]):
    """The pieces of a content, and in the end what they are; in one transaction."""

    def __init__(self, connections: BlobConnections) -> None:
        self._connections = connections
        self._stack = ExitStack()
        self._copying = ExitStack()
        self._connection: Connection[Any]
        self._copy: Copy
        self._id = 0
        self._count = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._connection = stack.enter_context(self._connections.connection())
            stack.enter_context(self._connection.transaction())
            row = self._connection.execute(_NEXT_ID).fetchone()
            self._id = int(row[0]) if row else 0
            stack.push(self._copying)
            self._copy = self._copying.enter_context(self._connection.cursor().copy(_COPY))
            self._copy.set_types(("int8", "int4", "bytea"))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._stack.__exit__(kind, error, at)

    def add(self, piece: bytes) -> None:
        self._copy.write_row((self._id, self._count, piece))
        self._count += 1

    def finish(self, received: Received) -> None:
        """Say what the pieces are; where they are there already, these are not needed."""
        self._copying.close()
        row = self._connection.execute(_ADD_LARGE, (self._id, received.name, received.size)).fetchone()
        if row is None or row[0] != self._id:
            self._connection.execute("DELETE FROM blob_pieces WHERE blob = %s", (self._id,))

"""Connections for threads that read and write bytes: few, made when they are first needed."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from psycopg import Connection
from psycopg_pool import ConnectionPool

from emulator.domain.database_url import DatabaseUrl
from emulator.store.postgres.connecting import CONNECTING
from emulator.store.postgres.errors import translated_errors

_MOST: Final = 6
# Seconds that a thread waits for one of them, while others are busy with large files.
_PATIENCE: Final = 10.0
_IDLE: Final = 60.0


class BlobConnections:
    """A pool for threads. url: where to."""

    def __init__(self, url: DatabaseUrl) -> None:
        self._url = url
        self._lock = threading.Lock()
        self._pool: ConnectionPool[Connection[Any]] | None = None

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        """Lend a connection, on which each statement is a transaction. Raises `UnavailableDatabaseError`."""
        with translated_errors(), self._opened().connection() as connection:
            yield connection

    def _opened(self) -> ConnectionPool[Connection[Any]]:
        with self._lock:
            if self._pool is None:
                self._pool = ConnectionPool(
                    self._url.text,
                    min_size=0,
                    max_size=_MOST,
                    timeout=_PATIENCE,
                    max_idle=_IDLE,
                    kwargs=dict(CONNECTING),
                    check=ConnectionPool.check_connection,
                    open=True,
                    name="blobs",
                )
            return self._pool

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.close()

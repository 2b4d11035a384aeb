"""Opening the database: SQLite in memory or in a file, its schema version checked."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import NullPool
from sqlmodel import SQLModel

from emulator.store.tables import SCHEMA_VERSION, Namespace


class UnusableDatabaseError(Exception):
    """The file cannot serve as this emulator's database; the message says why."""


def open_database(path: Path | None) -> Connection:
    """Open (or make) the database; None is in memory.

    Raises `UnusableDatabaseError` for a file that is no database of this schema version, or that another server holds.
    """
    if path is not None:
        _keep_private(path)
    engine = create_engine(
        "sqlite://" if path is None else f"sqlite:///{path}",
        poolclass=NullPool,  # closing gives the file free at once
        # Reads see what is committed, and `transaction` says where writes begin: the driver must not guess.
        isolation_level="AUTOCOMMIT",
        # Whoever holds the file holds it until its end: a long wait would only put off the refusal.
        connect_args={"check_same_thread": False, "timeout": 1.0},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    try:
        connection = engine.connect()
    except DatabaseError as error:
        raise UnusableDatabaseError(f"{path}: {error.orig}") from error
    try:
        _prepare(connection, path)
    except DatabaseError as error:
        connection.close()
        raise UnusableDatabaseError(f"{path}: {error.orig}") from error
    except UnusableDatabaseError:
        connection.close()
        raise
    return connection


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Write everything or nothing."""
    driver: Any = connection.connection.dbapi_connection
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # after some failures SQLite has rolled back by itself
            driver.execute("ROLLBACK")
        raise


_MEMORY = ("journal_mode=MEMORY", "synchronous=OFF")
# The log may grow to 16 MB before it is folded into the file, which is the one thing that waits for the disk.
_FILE = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000")


def _prepare(connection: Connection, path: Path | None) -> None:
    """Take the file, see whose it is, and only then change anything about it."""
    if path is not None:
        # One server has the file: a second one would move the same runs. The lock goes with its process.
        connection.exec_driver_sql("PRAGMA locking_mode=EXCLUSIVE")
    _check_version(connection, path)
    for pragma in _MEMORY if path is None else _FILE:
        connection.exec_driver_sql(f"PRAGMA {pragma}")


def _check_version(connection: Connection, path: Path | None) -> None:
    found = connection.scalar(text("PRAGMA user_version"))
    tables = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    if found == 0 and not tables:
        with transaction(connection):
            SQLModel.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
    elif found == 0 or Namespace.__tablename__ not in tables:  # others count their versions too
        raise UnusableDatabaseError(f"{path}: not a database of this emulator")
    elif found != SCHEMA_VERSION:
        raise UnusableDatabaseError(
            f"{path}: schema version {found}, this emulator needs {SCHEMA_VERSION}; use another file"
        )


def _keep_private(path: Path) -> None:
    """Make a new file readable for its owner only: conversations are nobody else's business.

    SQLite gives the files that it lays beside it the same rights, so it has to be done before they are made.
    """
    with suppress(OSError):  # a file that is there keeps its rights; any other trouble is told when it is opened
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

"""Opening the database: SQLite in memory or in a file, its schema version checked."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.pool import StaticPool
from sqlmodel import SQLModel

from emulator.store.tables import SCHEMA_VERSION


class UnusableDatabaseError(Exception):
    """The file cannot serve as this emulator's database; the message says why."""


def open_database(path: Path | None) -> Connection:
    """Open (or make) the database; None is in memory.

    Raises `UnusableDatabaseError` for a file that is no database of this schema version, or that another server holds.
    """
    engine = create_engine(
        "sqlite://" if path is None else f"sqlite:///{path}",
        poolclass=StaticPool,
        # Reads see what is committed, and `transaction` says where writes begin: the driver must not guess.
        isolation_level="AUTOCOMMIT",
        connect_args={"check_same_thread": False},
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
    )
    try:
        connection = engine.connect()
        for pragma in _MEMORY if path is None else _FILE:
            connection.exec_driver_sql(f"PRAGMA {pragma}")
        _check_version(connection, path)
    except DatabaseError as error:
        engine.dispose()
        raise UnusableDatabaseError(f"{path}: {error.orig}") from error
    except UnusableDatabaseError:
        engine.dispose()
        raise
    return connection


@contextmanager
def transaction(connection: Connection) -> Iterator[None]:
    """Write everything or nothing."""
    connection.exec_driver_sql("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.exec_driver_sql("ROLLBACK")
        raise
    connection.exec_driver_sql("COMMIT")


_MEMORY = ("journal_mode=MEMORY", "synchronous=OFF")
# One server has the file: a second one would move the same runs. The lock goes with its process, however that ends.
_FILE = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "synchronous=NORMAL")


def _check_version(connection: Connection, path: Path | None) -> None:
    found = connection.scalar(text("PRAGMA user_version"))
    tables = connection.scalar(text("SELECT count(*) FROM sqlite_master"))
    if found == 0 and tables == 0:
        with transaction(connection):
            SQLModel.metadata.create_all(connection)
            connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
        if path is not None:
            os.chmod(path, 0o600)  # conversations are nobody else's business
    elif found != SCHEMA_VERSION:
        raise UnusableDatabaseError(
            f"{path}: schema version {found}, this emulator needs {SCHEMA_VERSION}; use another file"
            if found
            else f"{path}: not a database of this emulator"
        )

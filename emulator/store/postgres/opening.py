"""Opening a database of PostgreSQL: its schema made or brought up to date, by one process at a time."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import psycopg
from psycopg import Connection

from emulator.domain.database_url import DatabaseUrl
from emulator.store.database import UnusableDatabaseError
from emulator.store.postgres.connecting import CONNECTING
from emulator.store.postgres.database import MachineTime, PostgresDatabase, key_of
from emulator.store.postgres.schema import DDL
from emulator.store.tables import SCHEMA_VERSION

# No namespace has such a name.
_LOCK: Final = key_of("the schema")
_VERSION: Final = "CREATE TABLE emulator_schema (version BIGINT NOT NULL)"
# From version to version; the first that PostgreSQL had was 6.
# Who has been seen lately, and after how many seconds somebody counts as gone.
_LIVING: Final = (
    "SELECT seq FROM replicas WHERE heartbeat > extract(epoch FROM clock_timestamp()) - %s ORDER BY seq LIMIT 1"
)
_DEAD_AFTER: Final = 3
Step = Callable[[Connection[Any]], None]
_FIRST: Final = 6
_STEPS: Final[Sequence[Step]] = ()


def open_database(url: DatabaseUrl, machine_time: MachineTime, also: Sequence[Step] = ()) -> PostgresDatabase:
    """Return a database that has the schema of this version; `PostgresDatabase.open` connects to it.

    also: makes what else has to be there, in the same transaction; called each time. Raises `UnusableDatabaseError`.
    """
    try:
        with psycopg.connect(url.text, **{**CONNECTING, "autocommit": False}) as connection:
            _check_encoding(connection)
            connection.execute("SET statement_timeout = 0; SET lock_timeout = 0")  # a migration takes what it takes
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
            _prepare(connection)
            for step in also:
                step(connection)
    except psycopg.Error as error:
        raise UnusableDatabaseError(f"{url}: {url.scrubbed(str(error)) or type(error).__name__}") from None
    except UnusableDatabaseError as error:
        raise UnusableDatabaseError(f"{url}: {error}") from None
    return PostgresDatabase(url, machine_time)


def _check_encoding(connection: Connection[Any]) -> None:
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise UnusableDatabaseError(f"the database has the encoding {encoding}, and texts need UTF8")


def _prepare(connection: Connection[Any]) -> None:
    """Make the tables or migrate them, with the lock held."""
    found = connection.execute("SELECT to_regclass('emulator_schema') IS NOT NULL").fetchone()
    if not (found and found[0]):
        connection.execute(_VERSION)
        for statement in DDL:
            connection.execute(statement.encode())
        connection.execute("INSERT INTO emulator_schema VALUES (%s)", (SCHEMA_VERSION,))
        return
    row = connection.execute("SELECT version FROM emulator_schema").fetchone()
    version = int(row[0]) if row else 0
    if version > SCHEMA_VERSION:
        raise UnusableDatabaseError(
            f"schema version {version}, this emulator needs {SCHEMA_VERSION}: "
            "a newer one wrote it; use another database"
        )
    if version < SCHEMA_VERSION:
        _check_alone(connection, version)
        for step in _STEPS[version - _FIRST :]:
            step(connection)
        connection.execute("UPDATE emulator_schema SET version = %s", (SCHEMA_VERSION,))


def _check_alone(connection: Connection[Any], version: int) -> None:
    """Refuse to change the schema while others work with it; wait for those that have just died."""
    found = connection.execute("SELECT to_regclass('replicas') IS NOT NULL").fetchone()
    if not (found and found[0]) or connection.execute(_LIVING, (_DEAD_AFTER,)).fetchone() is None:
        return
    connection.execute("SELECT pg_sleep(%s)", (_DEAD_AFTER,))
    if (living := connection.execute(_LIVING, (_DEAD_AFTER,)).fetchone()) is not None:
        raise UnusableDatabaseError(
            f"schema version {version}, this emulator needs {SCHEMA_VERSION}, and replica {living[0]}"
            " works with the old one: stop all others first"
        )

"""Opening the database: SQLite in memory or in a file, its schema version checked and brought up to date."""

import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from emulator.domain.errors import EmulatorError
from emulator.store.migrations import migrate
from emulator.store.tables import ALL, SCHEMA_VERSION, NamespaceRecord

# Whatever goes wrong in a database that is open: a full disk, above all.
DatabaseError: Final = sqlite3.Error


class UnusableDatabaseError(EmulatorError):
    """The file cannot serve as this emulator's database; the message says why, in one line."""


class Connection:
    """An open database. driver: the connection of `sqlite3`, which commits each statement outside of a transaction."""

    __slots__ = ("closed", "driver")

    def __init__(self, driver: sqlite3.Connection) -> None:
        self.driver = driver
        self.closed = False

    def trouble(self) -> str | None:
        """Return why nothing can be read or written, as far as that is known; None where all is well."""
        return "it is closed" if self.closed else None

    def close(self) -> None:
        """Close the database, which frees its file at once; may be repeated."""
        self.closed = True
        self.driver.close()


def open_database(path: Path | None) -> Connection:
    """Open (or make) the database; None is in memory. A file of an older schema version is migrated.

    Raises `UnusableDatabaseError` for a file that is no database of this emulator, that a newer emulator wrote, or
    that another server holds.
    """
    if path is None:
        return _open(":memory:", _MEMORY)
    try:
        _check_path(path)
        # An absolute path is never read as a URI or as one of SQLite's special names.
        name = os.path.realpath(path)
        _create_private(name)
        return _open(name, _FILE)
    except UnusableDatabaseError as error:
        raise UnusableDatabaseError(f"{_printable(path)}: {error}") from error
    except sqlite3.Error as error:
        raise UnusableDatabaseError(f"{_printable(path)}: {error}{_cause(path, error)}") from error


def _cause(path: Path, error: sqlite3.Error) -> str:
    """Return why SQLite fails, where its own words leave that open."""
    match getattr(error, "sqlite_errorname", ""):  # errors of the module itself have none
        case "SQLITE_BUSY":
            return ": another server uses it"
        case "SQLITE_READONLY" | "SQLITE_READONLY_DIRECTORY":
            return ": the file or its folder is read-only"
        case "SQLITE_CANTOPEN" | "SQLITE_CANTOPEN_SYMLINK":
            return _refusal(path)
    return ""


def _refusal(path: Path) -> str:
    """Return what the system says when the file is opened; nothing where it says nothing."""
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        return f": {error.strerror}"
    return ""


@contextmanager
def _all_or_nothing(driver: sqlite3.Connection) -> Iterator[None]:
    """Make or migrate all tables, or none of them."""
    driver.execute("BEGIN IMMEDIATE")
    try:
        yield
        driver.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # after some failures SQLite has already rolled back
            driver.execute("ROLLBACK")
        raise


# Nothing that was deleted is overwritten: some systems build SQLite so that it is, which makes deleting twice as slow.
_MEMORY: Final = ("journal_mode=MEMORY", "synchronous=OFF", "secure_delete=OFF")
# The log may grow to 16 MB before it is folded into the file, which is the one thing that waits for the disk.
_FILE: Final = ("journal_mode=WAL", "synchronous=NORMAL", "wal_autocheckpoint=4000", "secure_delete=OFF")

# Pages of 4 kB: a file that is migrated is written anew up to this size, which takes some seconds.
_MOST_REWRITTEN: Final = 50_000


def _open(name: str, pragmas: tuple[str, ...]) -> Connection:
    driver = sqlite3.connect(
        name,
        # Another server holds the file until its end: a long wait would only put off the refusal.
        timeout=1.0,
        # Reads see what is committed, and `transaction` says where writes begin: the module must not guess.
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,  # more than there are statements, so that each is prepared once
    )
    connection = Connection(driver)
    try:
        if pragmas is _FILE:
            # One server has the file: a second one would move the same runs. The lock goes with its process.
            driver.execute("PRAGMA locking_mode=EXCLUSIVE")
        _prepare(connection)
        for pragma in pragmas:
            driver.execute(f"PRAGMA {pragma}")
    except BaseException:
        connection.close()
        raise
    return connection


def _prepare(connection: Connection) -> None:
    """Make the tables or migrate them, once it is clear that the file is the emulator's: no other file is changed."""
    driver = connection.driver
    (version,) = driver.execute("PRAGMA user_version").fetchone()
    tables = {name for (name,) in driver.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if version == 0 and not tables:
        driver.execute("PRAGMA auto_vacuum=INCREMENTAL")  # before the first table: see `Documents.shrink`
        with _all_or_nothing(connection.driver):
            for statement in (statement for table in ALL for statement in table.ddl):
                driver.execute(statement)
            driver.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    elif version <= 0 or NamespaceRecord.name not in tables:  # others count their versions too
        raise UnusableDatabaseError("not a database of this emulator")
    elif version > SCHEMA_VERSION:
        raise UnusableDatabaseError(
            f"schema version {version}, this emulator needs {SCHEMA_VERSION}: a newer one wrote it; use another file"
        )
    elif version < SCHEMA_VERSION:
        _migrate(connection, version)


def _migrate(connection: Connection, version: int) -> None:
    try:
        with _all_or_nothing(connection.driver):
            migrate(connection.driver, version)
            connection.driver.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
    except (sqlite3.Error, ValueError, TypeError, AttributeError) as error:  # it was changed by hand
        raise UnusableDatabaseError(
            f"schema version {version} cannot be migrated to {SCHEMA_VERSION} ({error}); use another file"
        ) from error
    _let_shrink(connection.driver)


def _let_shrink(driver: sqlite3.Connection) -> None:
    """Write a file anew so that it can shrink, unless that would take long; it can be used without, too."""
    (pages,) = driver.execute("PRAGMA page_count").fetchone()
    if pages <= _MOST_REWRITTEN:
        with suppress(sqlite3.Error):  # there is no room for a second copy
            driver.execute("PRAGMA auto_vacuum=INCREMENTAL")
            driver.execute("VACUUM")


def _check_path(path: Path) -> None:
    """Refuse what SQLite would take for something else than a file."""
    if str(path) == ":memory:":
        raise UnusableDatabaseError("not a file; without a name the database is in memory")
    if "\0" in str(path):
        raise UnusableDatabaseError("the name of a file cannot contain NUL")
    with suppress(OSError):  # whatever is wrong with the path, SQLite says it when it opens the file
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnusableDatabaseError("not a regular file")
        if not os.access(path, os.R_OK | os.W_OK):
            raise UnusableDatabaseError("this process may not read and write it")
    with suppress(OSError):
        folder = path.absolute().parent
        if folder.is_dir() and not os.access(folder, os.W_OK):  # the log lies beside the file
            raise UnusableDatabaseError("this process may not write in its folder")


def _create_private(name: str) -> None:
    """Make a new file that only its owner can read: conversations are private.

    SQLite gives the files that it makes beside it the same rights, so it has to be done before they are made.
    """
    with suppress(OSError):  # a file that is there keeps its rights; any other trouble SQLite reports
        os.close(os.open(name, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))


def _printable(path: Path) -> str:
    return text if (text := str(path)).isprintable() else repr(text)

"""What PostgreSQL and its driver raise, as the store knows it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.errors import (
    DataError,
    DatatypeMismatch,
    InterfaceError,
    InternalError,
    OperationalError,
    ProgramLimitExceeded,
)

from emulator.domain.database_url import masked_urls
from emulator.domain.errors import UnavailableDatabaseError

# A lost connection, a server that stops, no room in the pool or on the disk, a lock that was waited for too long; and
# whatever a connection says that is in the middle of something else because its last statement was broken off.
_PASSING: Final = (OperationalError, InterfaceError, InternalError)
# What a value breaks: one of another type than its column, or one that is too long for an index.
_OF_VALUES: Final = (DataError, DatatypeMismatch, ProgramLimitExceeded)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise `UnavailableDatabaseError` for what passes, and for all else the errors that SQLite has."""
    try:
        yield
    except psycopg.IntegrityError as error:
        raise sqlite3.IntegrityError(said(error)) from error
    except _OF_VALUES as error:
        raise sqlite3.InterfaceError(said(error)) from error
    except _PASSING as error:
        raise UnavailableDatabaseError(said(error)) from error
    except psycopg.Error as error:
        raise sqlite3.DatabaseError(said(error)) from error


def said(error: BaseException) -> str:
    """Return the message of an error in one line."""
    return masked_urls(" ".join(str(error).split())) or type(error).__name__

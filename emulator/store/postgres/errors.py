"""What PostgreSQL and its driver raise, as the store knows it."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.errors import DataError, InterfaceError, InternalError, OperationalError

from emulator.domain.database_url import masked_urls
from emulator.domain.errors import UnavailableDatabaseError

# A lost connection, a server that stops, no room in the pool or on the disk; and whatever a connection says that is
# in the middle of something else because its last statement was broken off.
_PASSING = (OperationalError, InterfaceError, InternalError)


@contextmanager
def translated_errors() -> Iterator[None]:
    """Raise `UnavailableDatabaseError` for what passes, and for what a value breaks the errors that SQLite has."""
    try:
        yield
    except _PASSING as error:
        raise UnavailableDatabaseError(_said(error)) from error
    except psycopg.IntegrityError as error:
        raise sqlite3.IntegrityError(_said(error)) from error
    except DataError as error:
        raise sqlite3.InterfaceError(_said(error)) from error


def _said(error: BaseException) -> str:
    """Return the message of an error in one line."""
    return masked_urls(" ".join(str(error).split())) or type(error).__name__

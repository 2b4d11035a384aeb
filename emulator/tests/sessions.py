"""What SQLite does at once, for tests that have no event loop."""

from emulator.store.journal import Journal
from emulator.store.sqlite.connection import SqliteSession


def at_once(coroutine):
    """Return what a coroutine returns that never waits."""
    try:
        coroutine.send(None)
    except StopIteration as end:
        return end.value
    raise AssertionError("it waits")


def keep(connection, ns, entries, journal=None):
    """Keep entries in the journal of a database."""
    session = SqliteSession(connection)
    at_once((journal or Journal()).keep(ns, entries, session))
    at_once(session.commit())


def read(connection, ns, after=0, most=1_000, journal=None):
    """Return rows of the journal of a database."""
    return at_once((journal or Journal()).read(ns, after, SqliteSession(connection), most))


def last(connection, ns):
    """Return the newest number in the journal of a database."""
    return at_once(Journal.last(ns, SqliteSession(connection)))

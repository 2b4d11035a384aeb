"""What happens to bytes that no row holds: they are marked when that is first seen, and removed after a while.

The while is for those who have just stored bytes and not yet written their row, and for those who still read what was
deleted, on whichever replica: a download, a snapshot, an export. It is counted by the database's clock. Storing the
same content again takes its mark away, in the row that the removal has to lock; so neither overlooks the other.
"""

from typing import Any, Final

from psycopg import Connection

from emulator.store.postgres.blob_tables import USERS
from emulator.store.postgres.database import key_of

# Seconds.
GRACE: Final = 3600.0
_LOCK: Final = key_of("the sweep of bytes")
_HELD: Final = " UNION ALL ".join(f"SELECT blob FROM {table} WHERE deleted = 0" for table in USERS)  # noqa: S608
_OLD: Final = "used_at <= clock_timestamp() - make_interval(secs => %(grace)s)"
_MARK: Final = f"""UPDATE blobs SET unused_since = clock_timestamp()
    WHERE unused_since IS NULL AND {_OLD} AND digest NOT IN ({_HELD})"""  # noqa: S608
_UNMARK: Final = f"UPDATE blobs SET unused_since = NULL WHERE unused_since IS NOT NULL AND digest IN ({_HELD})"  # noqa: S608
_REMOVE: Final = f"""WITH gone AS (
        DELETE FROM blobs WHERE {_OLD} AND unused_since <= clock_timestamp() - make_interval(secs => %(grace)s)
        AND digest NOT IN ({_HELD}) RETURNING id
    ), pieces AS (DELETE FROM blob_pieces USING gone WHERE blob = gone.id)
    SELECT count(*) FROM gone"""  # noqa: S608
_UNUSED: Final = f"SELECT name FROM unnest(%s::text[]) AS name WHERE name NOT IN ({_HELD})"  # noqa: S608


def sweep(connection: Connection[Any], grace: float = GRACE) -> int:
    """Mark and remove contents; return how many were removed. Nothing is done while another process does it."""
    with connection.transaction():
        row = connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (_LOCK,)).fetchone()
        if not (row and row[0]):
            return 0
        connection.execute(_UNMARK)
        about = {"grace": grace}
        removed = connection.execute(_REMOVE, about).fetchone()
        connection.execute(_MARK, about)
        return int(removed[0]) if removed else 0


def unused(connection: Connection[Any], names: list[str]) -> list[str]:
    """Return the names that no row holds."""
    return [row[0] for row in connection.execute(_UNUSED, (names,)).fetchall()]

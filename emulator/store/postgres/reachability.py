"""Whether a PostgreSQL database can be reached at all, found out before a server starts with it."""

from typing import Final

from emulator.domain.database_url import DatabaseUrl
from emulator.store.database import UnusableDatabaseError

# Seconds until a server that does not answer is given up.
_PATIENCE: Final = 5


def check_reachable(url: DatabaseUrl) -> None:
    """Connect once. Raises `UnusableDatabaseError`, whose message is one line and names no password."""
    import psycopg  # noqa: PLC0415 - loaded once a URL is given

    try:
        psycopg.connect(url.text, connect_timeout=_PATIENCE).close()
    except psycopg.Error as error:
        raise UnusableDatabaseError(f"{url}: {url.scrubbed(str(error)) or type(error).__name__}") from None

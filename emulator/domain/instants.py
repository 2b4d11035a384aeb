"""Points in time: ISO 8601 texts as seconds since the epoch."""

from datetime import datetime
from typing import Final

# 9999-12-31T23:59:59Z: the last time that a date can name, and so that a clock can show.
LAST_INSTANT: Final = 253_402_300_799.0


def instant(text: str) -> float:
    """Return an ISO 8601 instant as seconds since the epoch; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else datetime.fromisoformat(f"{text}+00:00")).timestamp()

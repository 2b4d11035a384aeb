"""Points in time: ISO 8601 texts as seconds since the epoch, from 1970 to the end of the year 9999."""

from datetime import UTC, datetime
from typing import Final

FIRST_INSTANT: Final = 0.0
# 9999-12-31T23:59:59Z: the last time that a date can name, and so that a clock can show.
LAST_INSTANT: Final = 253_402_300_799.0


def instant(text: str) -> float:
    """Return an ISO 8601 instant as seconds since the epoch; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if (seconds := moment.timestamp()) != bounded(seconds):
        raise ValueError("an instant lies between 1970 and the end of the year 9999")
    return seconds


def bounded(seconds: float) -> float:
    """Return the point in time that a clock can show and that is next to another one."""
    return min(max(seconds, FIRST_INSTANT), LAST_INSTANT)

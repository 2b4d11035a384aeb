"""Points in time: ISO 8601 texts as seconds since the epoch, from 1970 to the year 9999; and the days of wires."""

from datetime import UTC, date, datetime
from typing import Final

from emulator.domain.durations import seconds as duration

FIRST_INSTANT: Final = 0.0
# 9999-12-31T23:59:59Z: the last time that a date can name, and so that a clock can show.
LAST_INSTANT: Final = 253_402_300_799.0
# Wires are days from the first of the API on, and not long after its end: nothing is known of others.
FIRST_WIRE: Final = date(2023, 11, 6)
LAST_WIRE: Final = date(2026, 12, 31)


def instant(text: str) -> float:
    """Return an ISO 8601 instant as seconds since the epoch; without an offset it is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    if (seconds := moment.timestamp()) != bounded(seconds):
        raise ValueError("an instant lies between 1970 and the end of the year 9999")
    return seconds


def as_text(seconds: float) -> str:
    """Return an instant as ISO 8601, in UTC; with milliseconds only where it has some."""
    at = datetime.fromtimestamp(seconds, UTC)
    precision = "milliseconds" if at.microsecond else "seconds"
    return at.isoformat(timespec=precision).replace("+00:00", "Z")


def moment(text: str, *, now: float) -> float:
    """Return an instant, or what lies as long before ``now`` as a text such as ``-3d`` says. Raises ValueError."""
    if text.startswith("-"):
        return bounded(now - duration(text[1:]))
    try:
        return instant(text)
    except ValueError:
        raise ValueError(f"{text[:40]!r} is no time: write 2026-01-05T09:00:00Z, or -3d for three days ago") from None


def bounded(seconds: float) -> float:
    """Return the point in time that a clock can show and that is next to another one."""
    return min(max(seconds, FIRST_INSTANT), LAST_INSTANT)


def wire_day(text: str) -> date:
    """Return the day of a wire such as ``2024-05-01``. Raises ValueError, also for days of which nothing is known."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or day.isoformat() != text:  # there are shorter forms, too
        raise ValueError(f"{text!r} is not a day: write it like 2024-05-01")
    return known_wire(day)


def known_wire(day: date) -> date:
    """Return a day whose API can be emulated; raise ValueError for any other."""
    if not FIRST_WIRE <= day <= LAST_WIRE:
        raise ValueError(f"{day} is not known: choose a day from {FIRST_WIRE} to {LAST_WIRE}")
    return day

"""Points in time as exports write them: seconds, milliseconds, texts, and what databases make of them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final

from emulator.domain.instants import LAST_INSTANT

# From what on a number counts smaller units: as seconds it would be thousands of years ahead.
_UNITS: Final = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")


def seconds(value: Any) -> int | None:
    """Return a point in time in whole seconds since the epoch; None for what is none."""
    match value:
        case bool():
            return None
        case int() | float():
            return _of_number(value)
        case str() if _NUMBER.fullmatch(value.strip()):
            return _of_number(float(value))
        case str():
            return _of_text(value.strip())
        case Mapping() if len(value) <= 3:  # {"$date": …}, {"seconds": …, "nanoseconds": …}, {"_seconds": …}
            named = {name.strip("_$").lower(): item for name, item in value.items()}
            return next((seconds(named[name]) for name in ("date", "numberlong", "seconds") if name in named), None)
    return None


def _of_number(value: float) -> int | None:
    for least, unit in _UNITS:
        if value >= least:
            value /= unit
            break
    return int(value) if 0 < value <= LAST_INSTANT else None


def _of_text(text: str) -> int | None:
    moment = _moment(re.sub(r"\s*\(?(UTC|GMT)\)?$", "+00:00", text))
    if moment is None:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return _of_number(moment.timestamp())


def _moment(text: str) -> datetime | None:
    # Python reads fractions of up to six digits, .NET writes seven.
    for form in (text, re.sub(r"(\.\d{6})\d+", r"\1", text), text.replace(" +", "+")):
        try:
            return datetime.fromisoformat(form)
        except ValueError:
            continue
    try:
        return parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError):
        return None

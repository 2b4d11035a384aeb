"""Lengths of time as people write them: ``300ms``, ``2s``, ``10m``, ``1h``, or a number of seconds."""

import math
import re
from typing import Final

_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_WRITTEN: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")

DURATION_PATTERN: Final = r"^\s*\d+(\.\d+)?(ms|s|m|h)\s*$"
LONGEST: Final = 366 * 24 * 3600.0


def seconds(value: object) -> float:
    """Return a duration in seconds; ValueError says what is wrong with it."""
    if isinstance(value, str):
        found = _WRITTEN.fullmatch(value.strip())
        if found is None:
            raise ValueError(f"{value[:40]!r} is not a duration: write 300ms, 2s, 10m, 1h or a number of seconds")
        length = float(found[1]) * _UNITS[found[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        length = float(value)
    else:
        raise ValueError("not a duration: write 300ms, 2s, 10m, 1h or a number of seconds")  # noqa: TRY004 - one kind
    if not math.isfinite(length) or not 0 <= length <= LONGEST:
        raise ValueError("a duration lies between 0 and one year")
    return length

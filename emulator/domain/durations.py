"""Lengths of time as people write them, for scripts and for the control API: ``300ms``, ``2s``, ``10m1s``, ``3d``.

A duration is finite and never negative, in scripts and requests alike; a bare number counts seconds.
"""

import math
import re
from typing import Final

# In milliseconds, the smallest first.
_UNITS: Final = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_PART: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")

# For JSON Schemas: what `seconds` accepts as text. Blanks stand between parts, not between a number and its unit.
DURATION_PATTERN: Final = r"^\s*([0-9]+(\.[0-9]+)?(ms|s|m|h|d)\s*)+$"
_TEXT: Final = re.compile(DURATION_PATTERN)
# Any longer, and a clock that starts today could be moved past the last year that a date can name.
LONGEST: Final = 1000 * 366 * 86400.0


def seconds(duration: object, *, longest: float = LONGEST) -> float:
    """Return a duration in seconds: a text such as ``10m1s``, or a number of seconds.

    Raises ValueError for anything else, for what is negative or not finite, and for more than ``longest`` seconds.
    """
    if isinstance(duration, str):
        length = _written(duration)
    elif isinstance(duration, int | float) and not isinstance(duration, bool):
        length = _number(duration)
    else:
        raise ValueError("not a duration: write 300ms, 2s, 10m, 1h, 3d, or a number of seconds")  # noqa: TRY004 - one kind
    if not math.isfinite(length):
        raise ValueError("a duration has to be finite")
    if length < 0:
        raise ValueError("a duration cannot be negative")
    if length > longest:
        raise ValueError(f"a duration is at most {spell(longest)}")
    return length


def spell(length: float) -> str:
    """Return seconds, to the millisecond, as a duration in its largest whole unit: 600 as 10m, 1.5 as 1500ms."""
    milliseconds = round(length * 1000)
    for unit, size in reversed(_UNITS.items()):
        if milliseconds and milliseconds % size == 0:
            return f"{milliseconds // size}{unit}"
    return "0s"


def _written(text: str) -> float:
    if _TEXT.fullmatch(text) is None:
        raise ValueError(f"{text[:40]!r} is not a duration: write 300ms, 2s, 10m, 1h, 3d, or 10m1s")
    return sum(float(number) * _UNITS[unit] for number, unit in _PART.findall(text)) / 1000


def _number(number: float) -> float:
    try:
        return float(number)
    except OverflowError:  # an integer of more digits than a float can hold
        return math.inf

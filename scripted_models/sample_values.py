"""Plain numbers and texts that fit the bounds, format and pattern of a JSON Schema."""

import math
from collections.abc import Mapping
from typing import Any, Final

from scripted_models.regular_expressions import SearchTime, SlowExpressionError, captures, check_expression

_FORMATS: Final = {
    "date": "2026-01-05",
    "time": "09:00:00Z",
    "date-time": "2026-01-05T09:00:00Z",
    "duration": "PT1H",
    "email": "someone@example.com",
    "hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_LONGEST: Final = 1000


def bounded_count(schema: Mapping[str, Any], key: str) -> int:
    """Return a number of items or characters that a schema demands, never a huge one."""
    value = schema.get(key)
    return min(max(value, 0), _LONGEST) if isinstance(value, int) else 0


def sample_number(schema: Mapping[str, Any], *, whole: bool) -> float:
    """Return 1, or the number nearest to it within the bounds."""
    low, high = _bound(schema, "minimum", "exclusiveMinimum", 1), _bound(schema, "maximum", "exclusiveMaximum", -1)
    value: float = 1
    if low is not None and (low[0] > 1 or low == (1, True)):
        value = _inside(low, 1, whole=whole, other=high)
    elif high is not None and (high[0] < 1 or high == (1, True)):
        value = _inside(high, -1, whole=whole, other=low)
    step = schema.get("multipleOf")
    if isinstance(step, int | float) and step > 0:
        up = math.ceil(value / step) * step
        value = up if high is None or up <= high[0] else math.floor(value / step) * step
    return int(value) if whole or float(value).is_integer() else value


def _bound(schema: Mapping[str, Any], closed: str, opened: str, sign: int) -> tuple[float, bool] | None:
    """Return the tighter of a closed and an open bound, and whether it is open."""
    found: list[tuple[float, bool]] = []
    for key, is_open in ((closed, False), (opened, True)):
        value = schema.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value):
            found.append((value, is_open or (key == closed and schema.get(opened) is True)))
    return max(found, key=lambda one: (one[0] * sign, one[1])) if found else None


def _inside(bound: tuple[float, bool], sign: int, *, whole: bool, other: tuple[float, bool] | None) -> float:
    value, is_open = bound
    if whole:
        nearest = math.ceil(value) if sign > 0 else math.floor(value)
        return nearest + sign if is_open and nearest == value else nearest
    if not is_open:
        return value
    return (value + other[0]) / 2 if other is not None else value + sign


def sample_text(schema: Mapping[str, Any]) -> str:
    """Return a plain text of the format, pattern and length that a schema asks for, as far as that is easy."""
    text = _FORMATS.get(str(schema.get("format")), "text")
    least, most = bounded_count(schema, "minLength"), schema.get("maxLength")
    pattern = schema.get("pattern")
    if isinstance(pattern, str):
        return _patterned(pattern, text)
    if len(text) < least:
        text += "x" * (least - len(text))
    return text[:most] if isinstance(most, int) and most >= 0 else text


def _patterned(pattern: str, text: str) -> str:
    """Try a few plain texts; a pattern that takes none of them gets the plain one."""
    tries = (text, "a", "A", "1", "abc", "ABC", "12345", "2026-01-05", "09:00", "a1", "A1", "ABC-123", "+15550100", "")
    try:
        check_expression(pattern)
        limit = SearchTime()
        return next((one for one in tries if captures(pattern, one, limit) is not None), text)
    except (ValueError, SlowExpressionError):
        return text

"""Bodies as the service laid them out: JSON with an indent of two, and a newline behind it on the Files endpoints."""

from typing import Any, Final

import orjson

# No body of a client is nested like this. What is written out again lies some levels deeper, and no writer bears much.
DEEPEST: Final = 100


def body(data: Any, *, newline: bool = False, compact: bool = False) -> bytes:
    """Return data as the bytes of an answer (recorded byte for byte)."""
    text = orjson.dumps(data, option=None if compact else orjson.OPT_INDENT_2)
    return text + b"\n" if newline else text


def parse(data: bytes) -> Any:
    """Return the JSON of a request's body. Raises ValueError, for what is nested deeper than `DEEPEST` as well."""
    value = orjson.loads(data)
    if data.count(b"{") + data.count(b"[") > DEEPEST and _is_deeper(value, DEEPEST):
        raise ValueError("nested too deep")
    return value


def _is_deeper(value: Any, most: int) -> bool:
    level = [value]
    for _ in range(most):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True

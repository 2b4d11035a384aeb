"""JSON bodies as the service laid them out: an indent of two, and a final newline on the Files endpoints."""

import re
from typing import Any, Final

import orjson

# No client sends bodies as deep as this. Responses nest them some levels deeper, and JSON encoders have limits too.
MAX_DEPTH: Final = 100
_FOREIGN: Final = re.compile(r"[^\x00-\x7f]")


def body(data: Any, *, newline: bool = False, compact: bool = False) -> bytes:
    """Return data as the bytes of a response (recorded byte for byte)."""
    text = orjson.dumps(data, option=None if compact else orjson.OPT_INDENT_2)
    return text + b"\n" if newline else text


def escaped(text: bytes) -> bytes:
    """Return JSON with all characters beyond ASCII written as their numbers."""
    return text if text.isascii() else _FOREIGN.sub(_number, text.decode()).encode()


def _number(found: re.Match[str]) -> str:
    units = found[0].encode("utf-16-be").hex()
    return "".join(f"\\u{units[place : place + 4]}" for place in range(0, len(units), 4))


def parse(data: bytes) -> Any:
    """Return the JSON value of a request body. Raises ValueError, also if it is nested deeper than `MAX_DEPTH`."""
    value = orjson.loads(data)
    if data.count(b"{") + data.count(b"[") > MAX_DEPTH and _is_deeper(value, MAX_DEPTH):
        raise ValueError("nested too deep")
    return value


def _is_deeper(value: Any, limit: int) -> bool:
    level = [value]
    for _ in range(limit):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True

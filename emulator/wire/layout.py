"""Bodies as the service laid them out: JSON with an indent of two, and a newline behind it on the Files endpoints."""

from typing import Any

import orjson


def body(data: Any, *, newline: bool = False, compact: bool = False) -> bytes:
    """Return data as the bytes of an answer (recorded byte for byte)."""
    text = orjson.dumps(data, option=None if compact else orjson.OPT_INDENT_2)
    return text + b"\n" if newline else text


def parse(data: bytes) -> Any:
    """Return the JSON of a request's body. Raises ValueError."""
    return orjson.loads(data)

"""Server-sent events as the service wrote them: compact JSON, two lines, no ids, no comments (recorded)."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

MEDIA_TYPE: Final = "text/event-stream"
DONE: Final = b"event: done\ndata: [DONE]\n\n"


def frame(event: str, data: Mapping[str, Any]) -> bytes:
    """Return the bytes of an event."""
    return b"event: %b\ndata: %b\n\n" % (event.encode(), orjson.dumps(data))

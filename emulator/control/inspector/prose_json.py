"""JSON that came as a text, as people read it."""

import json
from typing import Final

_MOST: Final = 100_000


def pretty(text: str | None) -> str | None:
    """Return a JSON text with indents; anything else, and what is very long, as it is."""
    if text is None or len(text) > _MOST or not text.lstrip().startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text

"""When two texts count as equal, and when two lists of them do."""

import json
from typing import Any

from emulator.domain.parity.sides import Values, same
from emulator.domain.parity.texts import has_marker, plain, spaced


def differ_at_ends(values: Values) -> bool:
    """Return whether two texts are the same but for white space at their ends."""
    texts = _texts(values)
    return texts is not None and texts[0].strip() == texts[1].strip()


def differ_by_markers(values: Values) -> bool:
    """Return whether two texts are the same but for the markers of citations, and spaces where they stood."""
    texts = _texts(values)
    if texts is None or not (values.crosses or any(map(has_marker, texts))):
        return False
    return plain(texts[0]) == plain(texts[1])


def are_joined_differently(values: Values) -> bool:
    """Return whether two texts are the same but for white space."""
    texts = _texts(values)
    return texts is not None and spaced(texts[0]) == spaced(texts[1])


def are_the_same_json(values: Values) -> bool:
    """Return whether two texts are the same value in JSON."""
    texts = _texts(values)
    try:
        return texts is not None and same(*map(json.loads, texts))
    except (ValueError, RecursionError):
        return False


def _texts(values: Values) -> tuple[str, str] | None:
    before: Any = values.before
    after: Any = values.after
    return (before, after) if isinstance(before, str) and isinstance(after, str) else None

"""Steps from one format of snapshots to the next. They are never changed: an older snapshot takes them in turn.

A step is given the name of a table, ``scripts`` or ``namespace``, and one value of it, and returns that of the next
format. It is self-contained, like those of `emulator.store.sqlite.migrations`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Value = Mapping[str, Any]
Step = Callable[[str, Value], Value]


def upgrade(version: int, what: str, value: Value) -> Value:
    """Return a value of a format as the newest one has it."""
    for step in _STEPS[version - 1 :]:
        value = step(what, value)
    return value


# --- 1 -> 2: what clients met, what their keys have used, chunks and quotas, and the details of hints -----------------


def _to_2(what: str, value: Value) -> Value:
    if what != "namespace":
        return value
    hints = value["hints"]
    return {
        "coverage": {"met": {}, "errors": {}, "faults": {}, "tools": {}},
        "consumption": {"requests": {}, "tokens": {}},
        **value,
        "config": {"chunks": "word", "quotas": None, **value["config"]},
        "hints": {**hints, "noted": [{"detail": "", **one} for one in hints["noted"]]},
    }


# --- 2 -> 3: responses, conversations, containers --------------------------------------------------------------------


def _to_3(_what: str, value: Value) -> Value:
    return value  # there are more tables, of which an older snapshot has none


_STEPS: Final[tuple[Step, ...]] = (_to_2, _to_3)
FORMAT: Final = len(_STEPS) + 1

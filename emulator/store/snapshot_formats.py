"""Steps from one format of snapshots to the next. They are never changed: an older snapshot takes them in turn.

A step is given the name of a table, ``scripts`` or ``namespace``, and one value of it, and returns that of the next
format. It is self-contained, like those of `emulator.store.migrations`.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

Value = Mapping[str, Any]
Step = Callable[[str, Value], Value]

_STEPS: Final[tuple[Step, ...]] = ()
FORMAT: Final = len(_STEPS) + 1


def upgrade(version: int, what: str, value: Value) -> Value:
    """Return a value of a format as the newest one has it."""
    for step in _STEPS[version - 1 :]:
        value = step(what, value)
    return value

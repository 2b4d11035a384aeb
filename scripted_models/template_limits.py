"""Bounds on what filling one template may cost: an account of steps and characters, and the weight of values.

Values are weighed before anything turns them into text or multiplies them, because small templates can double a value
many times.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from jinja2.exceptions import SecurityError

MAX_TEXT: Final = 1_000_000
MAX_TICKS: Final = 100_000


@dataclass(slots=True)
class Account:
    """What one render may still do. ticks: rounds of loops, calls and filters."""

    ticks: int = MAX_TICKS
    characters: int = 4 * MAX_TEXT

    def tick(self) -> None:
        """Pay for one round or call."""
        self.ticks -= 1
        if self.ticks < 0:
            raise SecurityError("the template takes too many steps")

    def write(self, characters: int) -> None:
        """Pay for text."""
        self.characters -= characters
        if self.characters < 0:
            raise SecurityError("the template writes too much")


account: ContextVar[Account] = ContextVar("account")


def weigh(value: Any, limit: int = MAX_TEXT) -> int:
    """Return about how long a value is as text; SecurityError beyond ``limit``."""
    weight = 0
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            weight += len(item)
        elif isinstance(item, Mapping):
            stack.extend(item.keys())
            stack.extend(item.values())
        elif isinstance(item, list | tuple | set | frozenset):
            stack.extend(item)
        weight += 1
        if weight > limit:
            raise SecurityError(f"a value is longer than {limit} characters")
    return weight

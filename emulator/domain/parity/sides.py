"""The two values of a field, with what stands beside them: what a rule decides on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.domain.parity.records import Api, Saw, Turn


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two that are compared. saw: with one request; None where it is not about what the model saw."""

    api: Api
    turn: Turn
    saw: Saw | None = None


@dataclass(frozen=True, slots=True)
class Values:
    """Two values of a field that differ. is_later: with a later request of a turn than its first."""

    field: str
    before: Any
    after: Any
    old: Side
    new: Side
    is_later: bool = False

    @property
    def crosses(self) -> bool:
        """Whether one side speaks to Assistants and the other one to Responses."""
        return self.old.api != self.new.api

    @property
    def by_api(self) -> tuple[Any, Any]:
        """The values in the order Assistants, Responses, for two sides of different APIs."""
        return (self.before, self.after) if self.old.api == "assistants" else (self.after, self.before)

    @property
    def of_each_side(self) -> tuple[tuple[Any, Side], tuple[Any, Side]]:
        """Each value with its side."""
        return (self.before, self.old), (self.after, self.new)

    @property
    def sides_by_api(self) -> tuple[Side, Side]:
        """The sides in the order Assistants, Responses, for two sides of different APIs."""
        return (self.old, self.new) if self.old.api == "assistants" else (self.new, self.old)


def same(one: Any, other: Any) -> bool:
    """Return whether two JSON values are the same: 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(same(*pair) for pair in zip(one, other, strict=True))
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    return bool(one == other)


def without_nulls(value: Any) -> Any:
    """Return a JSON value without the keys that are null, at any depth."""
    if isinstance(value, Mapping):
        return {key: without_nulls(below) for key, below in value.items() if below is not None}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [without_nulls(below) for below in value]
    return value

"""What a scripted model would play for a run, and why its other turns would not answer; nothing is played for that."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from emulator.domain.ports import Backend, Place
from emulator.domain.view import ModelView


@dataclass(frozen=True, slots=True)
class Difference:
    """A field that does not match, with what the turn expects and what the run has."""

    field: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Comparison:
    """How a turn compares with a run. differences: none if it matches. used_up: it was played as often as it may be."""

    turn: str
    script: str
    differences: Sequence[Difference] = ()
    used_up: bool = False


@dataclass(frozen=True, slots=True)
class Explanation:
    """turn: that would be played, the first one that matches; None where none would be, which message explains.

    place: where that turn stands. turns: all of them, in the order in which they are asked; of chains, those that are
    near. is_final: no other backend may answer instead.
    """

    turn: str | None = None
    script: str | None = None
    place: Place | None = None
    turns: Sequence[Comparison] = field(default=())
    message: str | None = None
    is_final: bool = False


@runtime_checkable
class Explaining(Protocol):
    """A backend that can explain itself. Any other says what it plays only by playing it."""

    def explain(self, view: ModelView) -> Explanation | None:
        """Return what would be played for a view; None where that cannot be told."""


def explain(backend: Backend, view: ModelView) -> Explanation | None:
    """Return what a backend would play for a view; None where that cannot be told."""
    return backend.explain(view) if isinstance(backend, Explaining) else None

"""How the turns of scripts compare with a run, as a table: those that were nearest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain.explanations import Comparison, Difference
from emulator.service.script_matches import PastMatch

MOST_TURNS: Final = 50
_MOST_DIFFERENCES: Final = 5


@dataclass(frozen=True, slots=True)
class ComparedTurn:
    """A turn. is_played: the run has played it; state: how it compares, in a word; more: differences left out."""

    turn: str
    script: str
    is_played: bool
    state: str
    differences: Sequence[Difference]
    more: int


@dataclass(frozen=True, slots=True)
class ComparedTurns:
    """The turns that are shown, and how many more there are."""

    shown: Sequence[ComparedTurn]
    left_out: int


def compared(past: PastMatch, played: str | None, near: Sequence[str]) -> ComparedTurns:
    """Return the turns of an explanation. played: the name of the turn that the run has played. near: names."""
    if past.explanation is None:
        return ComparedTurns((), 0)
    turns = past.explanation.turns
    chosen = past.explanation.turn if played is None else played
    places = {name: place for place, name in enumerate(near)}
    ordered = sorted(turns, key=lambda one: (one.turn != chosen, places.get(one.turn, len(near)), len(one.differences)))
    return ComparedTurns([_shown(one, chosen) for one in ordered[:MOST_TURNS]], max(0, len(turns) - MOST_TURNS))


def _shown(one: Comparison, chosen: str | None) -> ComparedTurn:
    differences = one.differences[:_MOST_DIFFERENCES]
    more = len(one.differences) - len(differences)
    if not one.differences:
        state = "played" if one.turn == chosen else "fits, but comes later"
    else:
        state = "used up" if one.used_up else "does not fit"
    return ComparedTurn(one.turn, one.script, one.turn == chosen, state, differences, more)

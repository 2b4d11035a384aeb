"""Dialogues on the way to a record: turns that still say which runs or responses they are made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from emulator.domain.parity.records import Api, Turn


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn. runs: ids of the run, or of the responses, also of those that were asked for again, in their order."""

    turn: Turn
    runs: Sequence[str]


class Began(NamedTuple):
    """When a dialogue began: at what time of the namespace's clock, and in which place among all runs; None: unknown.

    The place is known as long as the runs are in the store that they were played in.
    """

    at: float
    place: int | None


@dataclass(frozen=True, slots=True)
class PlayedDialogue:
    """A dialogue. id: of the thread, the conversation, or the response with which the chain began."""

    id: str
    api: Api
    began: Began
    turns: Sequence[PlayedTurn]
    is_deleted: bool = False


def in_order(dialogues: Sequence[PlayedDialogue]) -> list[PlayedDialogue]:
    """Return dialogues in the order of their first turns; those whose place is not known go by the time."""
    placed = sorted((one for one in dialogues if one.began.place is not None), key=lambda one: one.began.place or 0)
    for one in (one for one in dialogues if one.began.place is None):
        later = (number for number, other in enumerate(placed) if _is_behind(other, one))
        placed.insert(next(later, len(placed)), one)
    return placed


def _is_behind(other: PlayedDialogue, one: PlayedDialogue) -> bool:
    """Return whether another dialogue comes behind one whose place is not known; at the same time, if its is known."""
    if other.began.place is None:
        return other.began.at > one.began.at
    return other.began.at >= one.began.at

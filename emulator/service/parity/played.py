"""Dialogues on the way to a record: turns that still say which runs or responses they are made of, and when."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from emulator.domain.parity.records import Api, Turn
from emulator.store.documents import Row


class Began(NamedTuple):
    """When a turn began: at what time of the namespace's clock, and in which place among all runs; None: unknown.

    The place is known as long as its run is in the store that it was played in.
    """

    at: float
    place: int | None

    @classmethod
    def of(cls, row: Row) -> "Began":
        """Return when a run or a response began. row: with its timeline."""
        timeline = row["timeline"]
        return cls(float(timeline[0]["at"] if timeline else row["doc"]["created_at"]), row["seq"])


@dataclass(frozen=True, slots=True)
class PlayedTurn:
    """A turn. runs: ids of the run, or of the responses, also of those that were asked for again, in their order."""

    turn: Turn
    runs: Sequence[str]
    began: Began


@dataclass(frozen=True, slots=True)
class PlayedDialogue:
    """A dialogue. id: of the thread, the conversation, or the response with which the chain began."""

    id: str
    api: Api
    turns: Sequence[PlayedTurn]
    is_deleted: bool = False

    @property
    def began(self) -> Began:
        """When its first turn began."""
        return self.turns[0].began


def in_order(dialogues: Sequence[PlayedDialogue]) -> list[PlayedDialogue]:
    """Return dialogues in the order of their first turns; those whose place is not known go by the time."""
    placed = sorted((one for one in dialogues if one.began.place is not None), key=lambda one: one.began.place or 0)
    for one in (one for one in dialogues if one.began.place is None):
        later = (number for number, other in enumerate(placed) if _is_behind(other.began, one.began))
        placed.insert(next(later, len(placed)), one)
    return placed


def _is_behind(other: Began, one: Began) -> bool:
    """Return whether a turn comes behind one whose place is not known; of the same time, if its own is known."""
    return other.at > one.at if other.place is None else other.at >= one.at

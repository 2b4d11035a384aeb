"""The order in which the requests of several programs are let in, one by one: whose is the next."""

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

# Seconds that a program gets to send the request that the others wait for.
PATIENCE: Final = 60.0
_FEWEST: Final = 2


@dataclass(frozen=True, slots=True)
class RequestOrder:
    """An order, and how far it has come.

    programs: their letters. letters: whose requests come one after the other; behind the last, each program in turn.
    place: of the next letter, counted on behind the last. admitted: whose were let in. ended: who sends none any more,
    and is passed over. Raises ValueError for letters that belong to no program.
    """

    programs: tuple[str, ...]
    letters: str = ""
    place: int = 0
    admitted: str = ""
    ended: frozenset[str] = field(default=frozenset())

    def __post_init__(self) -> None:
        """Raise ValueError for what is no order."""
        if len(set(self.programs)) < len(self.programs) or len(self.programs) < _FEWEST:
            raise ValueError("programs: give two or more different letters")
        if unknown := sorted(set(self.letters) - set(self.programs)):
            raise ValueError(f"order: there is no program {unknown[0]!r}: it is made of {', '.join(self.programs)}")

    @property
    def due(self) -> str | None:
        """Whose request is the next; None where all programs have ended."""
        place = self._next()
        return None if place is None else self._letter(place)

    def admit(self) -> "RequestOrder":
        """Return the order behind the request that is due."""
        place = self._next()
        if place is None:
            return self
        return replace(self, place=place + 1, admitted=self.admitted + self._letter(place))

    def end(self, program: str) -> "RequestOrder":
        """Return the order in which a program sends nothing any more."""
        return replace(self, ended=self.ended | {program})

    def _next(self) -> int | None:
        """Return the place of the next letter whose program goes on."""
        if self.ended >= set(self.programs):
            return None
        return next(place for place in count(self.place) if self._letter(place) not in self.ended)

    def _letter(self, place: int) -> str:
        if place < len(self.letters):
            return self.letters[place]
        last = self.programs.index(self.letters[-1]) if self.letters else -1
        return self.programs[(last + 1 + place - len(self.letters)) % len(self.programs)]


def stalled(order: RequestOrder, waiting: Collection[tuple[str, str]], seconds: float) -> str:
    """Return what is said where the program that is due sends nothing. waiting: other programs, and what they sent."""
    others = " and ".join(f"{request} of program {program}" for program, request in waiting)
    return (
        f"{others} waited {seconds:g} s for a request of program {order.due}, which was to come first and never came;"
        f" let in so far: {order.admitted or 'none'}"
    )

"""Backends made of turns: one scenario, and several scripts that answer together."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

from emulator.domain.actions import Action
from emulator.domain.ports import Backend, Turn, UnmatchedError
from emulator.domain.view import ModelView
from scripted_models.choosing import Candidate, choose, tell
from scripted_models.driving import Part
from scripted_models.echo import Echo

Unmatched = Literal["fail", "echo", "http_error"]


@runtime_checkable
class Deck(Protocol):
    """A backend that is made of turns, so that its turns can be chosen together with those of others."""

    unmatched: Unmatched

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The turns, in order."""


class Together:
    """Several backends as one: all their turns compete by priority, then in order; others come after them.

    The first one's ``unmatched`` says what happens where nothing fits.
    """

    def __init__(self, *backends: Backend, unmatched: Unmatched | None = None) -> None:
        decks = [backend for backend in backends if isinstance(backend, Deck)]
        self._others = [backend for backend in backends if not isinstance(backend, Deck)]
        self._candidates = tuple(candidate for deck in decks for candidate in deck.candidates)
        self.unmatched: Unmatched = unmatched or (decks[0].unmatched if decks else "fail")

    @property
    def candidates(self) -> Sequence[Candidate]:
        """All turns, in the order of the backends."""
        return self._candidates

    def turn(self, view: ModelView) -> Turn | Iterator[Action] | AsyncIterator[Action] | Sequence[Action]:
        """Begin the first turn that fits; raise `UnmatchedError` where none does."""
        missed: list[UnmatchedError] = []
        try:
            return choose(self._candidates, view, http_error=self.unmatched == "http_error")
        except UnmatchedError as error:
            missed.append(error)
        for backend in self._others:
            try:
                return backend.turn(view)
            except UnmatchedError as error:
                missed.append(error)
        if self.unmatched == "echo":
            return Turn(actions=iter(Echo().turn(view)), name="echo")
        near = [one for error in missed for one in error.near]
        raise UnmatchedError(tell(near), near, http_error=self.unmatched == "http_error")


class Scenario(Together):
    """A scenario from a file. Its turns can be taken by name, ``scenario["refund"]``, and yielded from Python."""

    def __init__(
        self, name: str, candidates: Sequence[Candidate], parts: Mapping[str, Part], unmatched: Unmatched
    ) -> None:
        super().__init__(unmatched=unmatched)
        self.name = name
        self._candidates = tuple(candidates)
        self._parts = parts

    def __getitem__(self, turn: str) -> Part:
        """Return the turn of that name, for a Python turn to yield."""
        return self._parts[turn]

"""Backends made of turns: one scenario, and several scripts that answer together."""

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol, runtime_checkable

from emulator.domain import explanations
from emulator.domain.actions import Action
from emulator.domain.explanations import Explanation
from emulator.domain.ports import Backend, Turn, UnmatchedError, remembers
from emulator.domain.view import ModelView
from scripted_models import comparisons
from scripted_models.candidates import Candidate
from scripted_models.chain_choice import left
from scripted_models.chains import Chains, in_recorded_order
from scripted_models.echo import Echo
from scripted_models.python_turns import Playable
from scripted_models.selection import select, unmatched_message

Unmatched = Literal["fail", "echo", "http_error"]


@runtime_checkable
class TurnBackend(Protocol):
    """A backend made of turns, which can compete with the turns of other backends."""

    unmatched: Unmatched

    @property
    def candidates(self) -> Sequence[Candidate]:
        """The turns, in order."""


class Together:
    """Several backends as one: all their turns compete by priority, then in order; others come after them.

    The first one's ``unmatched`` decides what happens when no turn matches.
    """

    def __init__(self, *backends: Backend, unmatched: Unmatched | None = None) -> None:
        turn_backends: list[TurnBackend] = []
        self._others: list[Backend] = []
        for backend in backends:
            if isinstance(backend, TurnBackend):
                turn_backends.append(backend)
            else:
                self._others.append(backend)
        self._candidates = tuple(candidate for backend in turn_backends for candidate in backend.candidates)
        chains = [chains for backend in turn_backends for chains in getattr(backend, "chains", ())]
        self._chains = in_recorded_order(chains)
        self.unmatched: Unmatched = unmatched or (turn_backends[0].unmatched if turn_backends else "fail")

    @property
    def candidates(self) -> Sequence[Candidate]:
        """All turns without a chain, in the order of the backends."""
        return self._candidates

    @property
    def chains(self) -> Sequence[Chains]:
        """The chains of all scenarios that have any."""
        return self._chains

    def turn(self, view: ModelView) -> Turn | Iterator[Action] | AsyncIterator[Action] | Sequence[Action]:
        """Begin the first turn that matches; raise `UnmatchedError` if none does."""
        misses: list[UnmatchedError] = []
        try:
            return select(self._candidates, self._chains, view, http_error=self.unmatched == "http_error")
        except UnmatchedError as error:
            if error.is_final:
                raise
            misses.append(error)
        for backend in self._others:
            try:
                return backend.turn(view)
            except UnmatchedError as error:
                misses.append(error)
        if self.unmatched == "echo":
            return Turn(actions=iter(Echo().turn(view)), name="echo", drift=misses[0].drift)
        near = [one for error in misses for one in error.near]
        is_refused = self.unmatched == "http_error"
        raise UnmatchedError(unmatched_message(near), near, http_error=is_refused, drift=misses[0].drift)

    def memory_keys(self, view: ModelView) -> Sequence[str]:
        """Return the keys of what is remembered of chains that a thread may take, and of what other backends need."""
        keys: list[str] = []
        if not any(chains.place(view) for chains in self._chains):
            keys += [key for chains in self._chains for key in chains.keys(view)]
        others = (backend for backend in self._others if remembers(backend))
        return [*keys, *(key for backend in others for key in backend.memory_keys(view))]

    def left(self, begun: Mapping[str, Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
        """Return the turns of chains that threads have begun and not played to the end, as lines of drift."""
        others = (backend for backend in self._others if remembers(backend))
        return [*left(self._chains, begun), *(line for backend in others for line in backend.left(begun))]

    def explain(self, view: ModelView) -> Explanation | None:
        """Return which turn would answer ``view``, and how each compares with it; nothing is played.

        None where no turn matches, and a backend that cannot explain itself is asked next.
        """
        own = comparisons.explain(self._candidates, self._chains, view)
        turns = list(own.turns)
        for backend in self._others if own.turn is None and not own.is_final else ():
            if (other := explanations.explain(backend, view)) is None:
                return None
            turns += other.turns
            if other.turn is not None:
                return replace(other, turns=turns)
        if own.turn is None and self.unmatched == "echo" and not own.is_final:
            return Explanation("echo", turns=turns)
        return replace(own, turns=turns)


class Scenario(Together):
    """A scenario from a file. Its turns can be taken by name, ``scenario["refund"]``, and yielded from Python.

    turns: all of them, in the order of the file. required: those that have to be played. Turns of a file of their own
    have no names here.
    """

    def __init__(
        self,
        name: str,
        candidates: Sequence[Candidate],
        parts: Mapping[str, Playable],
        unmatched: Unmatched,
        *,
        chains: Chains | None = None,
        turns: Sequence[Candidate] = (),
        required: Sequence[Candidate] = (),
    ) -> None:
        super().__init__(unmatched=unmatched)
        self.name = name
        self.turns = turns
        self.required = required
        self._candidates = tuple(candidates)
        self._chains = () if chains is None else (chains,)
        self._parts = parts

    def __getitem__(self, turn: str) -> Playable:
        """Return the turn of that name, for a Python turn to yield."""
        return self._parts[turn]

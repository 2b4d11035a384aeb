"""Requests of several programs that wait in several processes until they are due: what all of these know of them."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import Any

from emulator.domain.request_order import RequestOrder, stalled


class Place(StrEnum):
    """Where a request stands. WAITING: it is not due. DUE: it is let in, and others wait for its end.

    PASSED: it is let in, and nobody waits for it. BROKEN: its connection is to be broken off.
    """

    WAITING = "waiting"
    DUE = "due"
    PASSED = "passed"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Waiter:
    """A request. name: method and path. process: in which it waits."""

    id: str
    program: str
    name: str
    process: int


@dataclass(slots=True)
class RequestQueue:
    """An order, and who waits for it, those that came first before the others.

    patience: seconds until all are let in where the program that is due sends nothing. due: the request that was let
    in and has not ended. broken: those that are to be broken off. since: when it began that nothing is under way while
    requests wait, on the clock of all processes; None: that is not so.
    """

    order: RequestOrder
    patience: float
    waiting: list[Waiter] = field(default_factory=list)
    due: Waiter | None = None
    broken: list[str] = field(default_factory=list)
    is_over: bool = False
    stalled: str | None = None
    since: float | None = None

    def enter(self, waiter: Waiter, now: float) -> None:
        """Let a request wait until it is due, or pass."""
        if not self.is_over and waiter.program not in self.order.ended:
            self.waiting.append(waiter)
            self._let_in(now)

    def place(self, id: str) -> Place:  # noqa: A002 - the word everywhere
        """Return where a request stands."""
        if self.due is not None and self.due.id == id:
            return Place.DUE
        if any(waiter.id == id for waiter in self.waiting):
            return Place.WAITING
        return Place.BROKEN if id in self.broken else Place.PASSED

    def leave(self, id: str, now: float) -> None:  # noqa: A002 - as above
        """Let the next request in, behind one that has ended, or wait no longer for one whose client has gone."""
        if id in self.broken:
            self.broken.remove(id)
        elif self.due is not None and self.due.id == id:
            self.due = None
            self._let_in(now)
        elif self._drop(lambda waiter: waiter.id == id):
            self._let_in(now)

    def end(self, program: str, now: float) -> None:
        """Pass over a program from now on; those of its requests that wait are broken off."""
        self.order = self.order.end(program)
        self.broken += [waiter.id for waiter in self._drop(lambda waiter: waiter.program == program)]
        self._let_in(now)

    def look(self, alive: Collection[int], now: float) -> None:
        """Forget the requests of processes that are gone, and let all others in where patience is at its end."""
        is_due_gone = self.due is not None and self.due.process not in alive
        if is_due_gone:
            self.due = None
        if self._drop(lambda waiter: waiter.process not in alive) or is_due_gone:
            self._let_in(now)
        if self.since is not None and now - self.since >= self.patience:
            first = {waiter.program: waiter.name for waiter in reversed(self.waiting)}
            named = [(program, first[program]) for program in self.order.programs if program in first]
            self.stalled = stalled(self.order, named, self.patience)
            self.open()

    def open(self) -> None:
        """Let all in, as they come."""
        self.is_over, self.since, self.waiting = True, None, []

    @property
    def programs(self) -> list[str]:
        """The programs whose requests wait."""
        waiting = {waiter.program for waiter in self.waiting}
        return [program for program in self.order.programs if program in waiting]

    def _drop(self, is_meant: Callable[[Waiter], bool]) -> list[Waiter]:
        dropped = [waiter for waiter in self.waiting if is_meant(waiter)]
        self.waiting = [waiter for waiter in self.waiting if waiter not in dropped]
        return dropped

    def _let_in(self, now: float) -> None:
        """Let in the request that is due, if it is here and no other is under way."""
        self.since = None
        if self.is_over or self.due is not None:
            return
        due = next((waiter for waiter in self.waiting if waiter.program == self.order.due), None)
        if due is not None:
            self.due, self.order = due, self.order.admit()
            self.waiting.remove(due)
        elif self.waiting:
            self.since = now

    # --- as rows have it ----------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Any]:
        """Return everything as JSON data, of which `from_state` makes the same."""
        order = {**asdict(self.order), "ended": sorted(self.order.ended)}
        return {**asdict(self), "order": order}

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "RequestQueue":
        """Return the queue of a state."""
        order = state["order"]
        given = {**order, "programs": tuple(order["programs"]), "ended": frozenset(order["ended"])}
        due = None if state["due"] is None else Waiter(**state["due"])
        waiting = [Waiter(**one) for one in state["waiting"]]
        return replace(cls(**{**state, "order": RequestOrder(**given)}), due=due, waiting=waiting)

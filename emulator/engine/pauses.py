"""What a run has waited for since the point from which its action log would let it go on.

The store knows that point alone, and after a crash the run waits once more for what came behind it. A snapshot holds
this too, so that what it saves goes on as if nothing had happened: the waits that were over are passed, the one that
was under way ends when it would have ended, and ids that were made are the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(slots=True)
class Pauses:
    """The waits of a run that its pace and the pacing of its texts ask for, counted from the last such point.

    passed: how many are over. until: when the one that is under way ends by the clock. polls: how often the status was
    polled that lasts until then. ids: that were made meanwhile. held: whether the status under way was held by hand, so
    that its pace does not matter any more. again: what is gone through again.
    """

    passed: int = 0
    until: float | None = None
    polls: int | None = None
    ids: list[str] = field(default_factory=list)
    held: bool = False
    again: Self | None = None

    @classmethod
    def from_state(cls, state: Mapping[str, Any] | None) -> Self:
        """Return what goes through a state again. Raises TypeError, ValueError or KeyError for what is none."""
        if state is None:
            return cls()
        until, polls = state["until"], state["polls"]
        ids = [str(one) for one in state["ids"]]
        until, polls = None if until is None else float(until), None if polls is None else int(polls)
        held = bool(state.get("held", False))  # earlier versions did not say so
        return cls(again=cls(int(state["passed"]), until, polls, ids, held))

    def state(self) -> dict[str, Any]:
        """Return where the run is, as JSON data of which `from_state` makes the same."""
        left = self.again or Pauses()  # what is not gone through again yet is still to come
        return {
            "passed": self.passed + left.passed,
            "until": self.until if self.until is not None else left.until,
            "polls": self.polls if self.polls is not None else left.polls,
            "ids": [*self.ids, *left.ids],
            "held": self.held or left.held,
        }

    def mark(self) -> None:
        """Count anew, for from here the log would let the run go on; unless this was gone through before."""
        again = self.again
        if again is None or not again.has_more:
            self.passed, self.ids, self.again = 0, [], None

    @property
    def has_more(self) -> bool:
        """Whether there is anything of it that is still to be gone through again."""
        return self.passed > 0 or bool(self.ids) or self.until is not None or self.polls is not None or self.held

    def restart(self) -> None:
        """Count anew, because the run has come into another status; unless just that is gone through again."""
        if self.again is None:
            self.begin_status()

    def begin_status(self) -> None:
        """Count anew: the run has come into another status, which the store knows."""
        self.passed, self.ids, self.again = 0, [], None
        self.until = self.polls = None
        self.held = False

    def is_passed(self) -> bool:
        """Return whether the next wait is over already."""
        if self.again is None or self.again.passed <= 0:
            return False
        self.again.passed -= 1
        self.passed += 1
        return True

    def begin_until(self, when: float) -> float:
        """Begin to wait for the clock; return until when: as before, where the wait was under way before."""
        again, self.again = self.again, None
        self.until = again.until if again is not None and again.until is not None else when
        return self.until

    def begin_polls(self) -> int:
        """Begin to wait for polls; return how many there were before."""
        again, self.again = self.again, None
        self.polls = again.polls or 0 if again is not None else 0
        return self.polls

    @property
    def held_before(self) -> bool:
        """Whether what is to be gone through again is a status that was held by hand and is about to end."""
        return self.again is not None and self.again.held

    def enter_gate(self) -> bool:
        """Return whether the run was held by hand in the status that it shows, when this was gone through before."""
        self.held, again = self.again is not None and self.again.held, self.again
        if again is not None:
            again.held = False
        return self.held

    def end(self) -> None:
        """Note that the wait is over."""
        self.passed += 1
        self.until = self.polls = None

    def id(self, make: Callable[[], str]) -> str:
        """Return an id: the one that was made in this place before, or a new one."""
        made = self.again.ids.pop(0) if self.again is not None and self.again.ids else make()
        self.ids.append(made)
        return made

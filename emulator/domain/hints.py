"""Hints for whoever writes the program under test: requests that the API answers, and that are probably not meant so.

A hint is no error and changes no answer; the report lists it with what to do about it. Every kind of hint is in
`HintKind`, with its text beside it; a service notes one by its kind and the run that it is about.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

# How many hints of a namespace are kept; later ones are not, so that a loop does not fill the report.
MOST_HINTS: Final = 100
# How many runs that nobody has read yet are remembered, the newest.
MOST_UNREAD: Final = 1_000


class HintKind(StrEnum):
    """What a hint is about."""

    CANCELLED_TOO_LATE = "cancelled_too_late"


_MESSAGES: Final = {
    HintKind.CANCELLED_TOO_LATE: (
        "the client cancelled the run before it had read anything of it, and the run had already ended by itself: at"
        " pace immediate a run goes on to its end before the next request. At pace polls or time it is still under way,"
        " and the cancel request succeeds, as it did with the service"
    )
}


@dataclass(frozen=True, slots=True)
class Hint:
    """One hint. run: the id of the run that it is about; count: how often it was noted."""

    kind: HintKind
    run: str
    count: int = 1

    @property
    def message(self) -> str:
        """What happened, and what to do about it."""
        return _MESSAGES[self.kind]

    def to_json(self) -> dict[str, Any]:
        """Return the hint as the report lists it."""
        return {"run": self.run, "kind": self.kind.value, "message": self.message, "count": self.count}


@dataclass(slots=True)
class Hints:
    """The hints of a namespace: one for each kind and run, the oldest first.

    They are in memory, like the request log: a hint stays, also where the request that it is about is refused and its
    transaction is rolled back.
    """

    _noted: dict[tuple[HintKind, str], Hint] = field(default_factory=dict)
    _unread: dict[str, str] = field(default_factory=dict)  # thread -> its newest run

    def note(self, kind: HintKind, run: str) -> Hint | None:
        """Note a hint and return it; None if it was noted before, which is counted, or if there are too many."""
        known = self._noted.get((kind, run))
        if known is None and len(self._noted) >= MOST_HINTS:
            return None
        hint = Hint(kind, run) if known is None else replace(known, count=known.count + 1)
        self._noted[kind, run] = hint
        return hint if known is None else None

    def to_json(self) -> list[dict[str, Any]]:
        """Return all hints as the report lists them."""
        return [hint.to_json() for hint in self._noted.values()]

    def clear(self) -> None:
        """Forget everything."""
        self._noted.clear()
        self._unread.clear()

    # --- what clients have read -------------------------------------------------------------------------------------

    def begin(self, thread: str, run: str) -> None:
        """Remember that a run was created, of which the client has read nothing yet."""
        self._unread.pop(thread, None)
        self._unread[thread] = run
        if len(self._unread) > MOST_UNREAD:
            del self._unread[next(iter(self._unread))]

    def read(self, thread: str) -> None:
        """Remember that a client has read what a run did on a thread."""
        self._unread.pop(thread, None)

    def is_unread(self, thread: str, run: str) -> bool:
        """Return whether a run was created and nothing of it was read since."""
        return self._unread.get(thread) == run

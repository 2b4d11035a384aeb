"""Hints that services note while they answer, by their kind and the run that they are about."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Final

from emulator.domain.hints.kinds import Hint, HintKind

# How many hints of a namespace are kept; later ones are not, so that a loop does not fill the report.
MOST_HINTS: Final = 100
# On how many threads runs that nobody has read yet are remembered, and how many on each, the newest.
MOST_UNREAD: Final = 1_000
MOST_UNREAD_ON_A_THREAD: Final = 10
# For so many seconds on the clock a run that nobody reads is taken for active: whoever waits longer may mean it so.
DIRECTLY: Final = 5.0


@dataclass(frozen=True, slots=True)
class _Unread:
    """What a client has not read of a thread. runs: the newest last. active: the one that it has to take for active."""

    runs: tuple[str, ...] = ()
    active: str | None = None
    since: float = 0.0


@dataclass(slots=True)
class Hints:
    """The hints of a namespace: one for each kind and run, the oldest first.

    They are in memory, like the request log: a hint stays, also where the request that it is about is refused and its
    transaction is rolled back.
    """

    _noted: dict[tuple[HintKind, str], Hint] = field(default_factory=dict)
    _unread: dict[str, _Unread] = field(default_factory=dict)  # by thread

    def __iter__(self) -> Iterator[Hint]:
        return iter(self._noted.values())

    def note(self, kind: HintKind, run: str, detail: str = "") -> Hint | None:
        """Note a hint and return it; None if it was noted before, which is counted, or if there are too many."""
        known = self._noted.get((kind, run))
        if known is None and len(self._noted) >= MOST_HINTS:
            return None
        hint = Hint(kind, run, run, detail=detail) if known is None else replace(known, count=known.count + 1)
        self._noted[kind, run] = hint
        return hint if known is None else None

    def state(self) -> dict[str, Any]:
        """Return everything as JSON data, of which `from_state` makes the same."""
        return {"noted": self.noted(), "unread": {thread: asdict(known) for thread, known in self._unread.items()}}

    def noted(self) -> list[dict[str, Any]]:
        """Return what was noted as JSON data."""
        return [{"kind": one.kind.value, "run": one.about, "count": one.count, "detail": one.detail} for one in self]

    def follow_noted(self, noted: Iterable[Mapping[str, Any]]) -> None:
        """Have noted what others have."""
        self._noted = {(hint.kind, hint.about): hint for hint in map(_noted, noted)}

    def unread(self, thread: str) -> dict[str, Any] | None:
        """Return what a client has not read of a thread as JSON data; None if that is nothing."""
        known = self._unread.get(thread)
        return None if known is None else asdict(known)

    def follow_unread(self, thread: str, known: Mapping[str, Any] | None) -> None:
        """Know of a thread what others know."""
        self._unread.pop(thread, None)
        if known is not None:
            self._unread[thread] = _Unread(tuple(known["runs"]), known["active"], known["since"])

    @classmethod
    def from_state(cls, state: Mapping[str, Any]) -> "Hints":
        """Return the hints of a state. Raises ValueError, TypeError, KeyError or AttributeError for what is none."""
        noted = [_noted(one) for one in state["noted"]]
        unread = {
            thread: _Unread(tuple(map(str, known["runs"])), known["active"], float(known["since"]))
            for thread, known in state["unread"].items()
        }
        return cls(
            {(hint.kind, hint.about): hint for hint in noted[:MOST_HINTS]}, dict([*unread.items()][-MOST_UNREAD:])
        )

    def clear(self) -> None:
        """Forget everything."""
        self._noted.clear()
        self._unread.clear()

    # --- what clients have read -------------------------------------------------------------------------------------

    def begin(self, thread: str, run: str, now: float, *, streamed: bool = False) -> None:
        """Remember that a run goes on, of which its client has read nothing yet. streamed: it reads all of it."""
        known = self._unread.pop(thread, _Unread())
        runs = tuple(one for one in known.runs if one != run)
        if not streamed:
            self._unread[thread] = _Unread((*runs, run)[-MOST_UNREAD_ON_A_THREAD:], run, now)
        elif runs:
            self._unread[thread] = _Unread(runs)
        if len(self._unread) > MOST_UNREAD:
            del self._unread[next(iter(self._unread))]

    def read(self, thread: str, run: str | None = None) -> None:
        """Remember that a client has read a run of a thread, and so knows of those before it; None: all of them."""
        known = self._unread.get(thread)
        if known is None or (run is not None and run not in known.runs):
            return
        later = known.runs[known.runs.index(run) + 1 :] if run is not None else ()
        if later:
            self._unread[thread] = replace(known, runs=later)
        else:
            del self._unread[thread]

    def ask_to_cancel(self, thread: str, run: str) -> None:
        """Remember that a client has asked to cancel a run, and knows from the answer what comes of it."""
        known = self._unread.get(thread)
        if known is not None and known.active == run:
            self._unread[thread] = replace(known, active=None)

    def is_unread(self, thread: str, run: str) -> bool:
        """Return whether a run went on and nothing of it was read since."""
        return thread in self._unread and run in self._unread[thread].runs

    def raced(self, thread: str, now: float) -> str | None:
        """Return the run that the client of a request about a thread has to take for active; None if there is none."""
        known = self._unread.get(thread, _Unread())
        return known.active if now - known.since < DIRECTLY else None


def _noted(state: Mapping[str, Any]) -> Hint:
    run = str(state["run"])
    return Hint(HintKind(state["kind"]), run, run, int(state["count"]), str(state["detail"]))

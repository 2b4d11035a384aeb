"""What clients met of statuses, reasons, events, errors, faults and tools, and how often.

A status counts when an answer or an event showed it to a client, and not when it passed unseen.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import Any, Final, Self

from emulator.domain.observations import Observed

# The `object` of a document -> the noun that its items begin with.
NOUNS: Final[Mapping[str, str]] = {
    "thread.run": "run",
    "thread.run.step": "step",
    "thread.message": "message",
    "vector_store": "vector store",
    "vector_store.file": "vector store file",
    "vector_store.file_batch": "file batch",
    "upload": "upload",
    "response": "response",
}
_REFUSED: Final = 400
_STEP_DELTA: Final = "thread.run.step.delta"
# What faults are counted by: the fields of a `do` that say what one does, and not how.
_FAULTS: Final = (
    "status", "delay", "disconnect", "truncate", "cut_stream_after", "error_event", "omit_done", "garble_event",
    "duplicate_event", "stall_stream_after",
)  # fmt: skip
_ENDS_WITH_ERROR: Final = "error"
# What the names of events in a stream of a response begin with; its `error` is called like that of a run.
OF_RESPONSE: Final = "response."
# Of each count; the numbers of others are theirs.
_MOST: Final = 2**62


def item_of(noun: str, status: str, reason: str | None = None) -> str:
    """Return the name of a status, or of a reason for it."""
    return f"{noun} {status}" if reason is None else f"{noun} {status}: {reason}"


def event_item(event: str, of: str | None = None) -> str:
    """Return the name of an event. of: the tool whose calls a delta of a step shows, or what the event is about."""
    return f"event {event}" if of is None else f"event {event} {of}"


ERROR: Final = event_item(_ENDS_WITH_ERROR)
ERROR_OF_RESPONSE: Final = event_item(_ENDS_WITH_ERROR, "response")


@lru_cache(256)  # there are hardly more statuses, and reasons for them
def _items_of(kind: str, status: str, reason: str | None) -> tuple[str, ...]:
    """Return the names of what an object shows."""
    noun = NOUNS.get(kind)
    if noun is None:
        return ()
    return (item_of(noun, status),) if reason is None else (item_of(noun, status), item_of(noun, status, reason))


@dataclass(slots=True)
class Coverage:
    """Counts of what clients met.

    met: by item. errors: by status and code, or type. faults: by what they do. tools: by kind, how many runs offered or
    called one.
    """

    met: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    tools: Counter[str] = field(default_factory=Counter)

    # --- noting -----------------------------------------------------------------------------------------------------

    def note(self, status: int, observed: Observed | None, fault: Mapping[str, Any] | None) -> None:
        """Note an answer with what it showed, and the fault that hit its request."""
        if fault is not None:
            self.faults.update(name for name in _FAULTS if name in fault)
        if observed is None:
            return
        objects, _, _, ending, error, _ = observed
        for kind, _, shown, reason in objects:
            for item in _items_of(kind, shown, reason):
                self.met[item] += 1
        if error is not None:
            self.errors[f"{status} {error}" if status >= _REFUSED else f"event {error}"] += 1
        if ending is not None:
            self._note_stream(observed)

    def _note_stream(self, observed: Observed) -> None:
        is_of_response = any(name.startswith(OF_RESPONSE) for name, _ in observed.events)
        error = ERROR_OF_RESPONSE if is_of_response else ERROR
        for name, times in observed.events:
            if name == _ENDS_WITH_ERROR:
                self.met[error] += times
            elif name != _STEP_DELTA:
                self.met[event_item(name)] += times
        for tool in observed.tools:
            self.met[event_item(_STEP_DELTA, tool)] += 1
            self.tools[tool] += 1
        if observed.ending == "done" and not is_of_response:  # which has no event for it
            self.met[event_item("done")] += 1
        if observed.error is not None:
            self.met[error] += 1

    def offer(self, tools: Iterable[Mapping[str, Any]]) -> None:
        """Note the tools of a run that a client has created."""
        self.tools.update({tool["type"] for tool in tools})

    def clear(self) -> None:
        """Forget everything."""
        for counts in self._counts().values():
            counts.clear()

    def take(self) -> "Coverage":
        """Return all counts, and forget them here."""
        taken = Coverage().merge(self)
        self.clear()
        return taken

    def __bool__(self) -> bool:
        """Return whether anything was met."""
        return any(self._counts().values())

    # --- together ---------------------------------------------------------------------------------------------------

    def _counts(self) -> dict[str, Counter[str]]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def merge(self, other: "Coverage") -> Self:
        """Add what others met, and return the sum."""
        for name, counts in other._counts().items():  # noqa: SLF001 - of its own kind
            getattr(self, name).update(counts)
        return self

    def take_over(self, other: "Coverage") -> None:
        """Know of everything at least as often as another one, which may be an earlier state of the same."""
        for name, counts in other._counts().items():  # noqa: SLF001 - as above
            setattr(self, name, getattr(self, name) | counts)

    def to_json(self) -> dict[str, dict[str, int]]:
        """Return all counts as JSON data, of which `from_json` makes the same."""
        return {name: dict(sorted(counts.items())) for name, counts in self._counts().items()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Coverage":
        """Return the coverage of JSON data, of which further fields are ignored. Raises ValueError for what is none."""
        found = cls()
        for name, counts in found._counts().items():
            given = data.get(name)
            if not isinstance(given, Mapping):
                raise ValueError(f"coverage has counts under {name!r}")  # noqa: TRY004 - of JSON, not of arguments
            if any(type(count) is not int or not 0 < count < _MOST for count in given.values()):
                raise ValueError(f"the counts of {name!r} are positive numbers")
            counts.update(given)
        return found

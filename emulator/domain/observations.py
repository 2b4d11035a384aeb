"""What clients got to see: which statuses an answer showed, whether a list went on, and which events were sent.

Kept with each request, in memory. Coverage, verdict and hints are read from it; it changes no answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple

from emulator.domain.errors import ApiError

# Of one answer; a longer list shows the rest in vain.
MOST_OBJECTS: Final = 100
# How a stream ended: with its `done`; cut off by a fault, or without its `done`; or its client left before.
Ending = Literal["done", "cut", "left"]
_STEP_DELTA: Final = "thread.run.step.delta"


class Seen(NamedTuple):
    """An object that has a status, as an answer showed it.

    kind: its `object`. reason: the code of its `last_error`, or `error`, the reason of its `incomplete_details`, or the
    type of its `required_action`.
    """

    kind: str
    id: str
    status: str
    reason: str | None = None


class Observed(NamedTuple):
    """What one answer showed. has_more: of a list; None for anything else. events: of a stream, (name, times in a row).

    ending: of a stream. error: the code of a refusal or of an event `error`, or else its type. tools: those whose calls
    a stream showed in deltas.
    """

    objects: Sequence[Seen] = ()
    has_more: bool | None = None
    events: Sequence[tuple[str, int]] = ()
    ending: Ending | None = None
    error: str | None = None
    tools: Sequence[str] = ()


def seen(document: Mapping[str, Any]) -> Seen | None:
    """Return what a document, as it is sent, shows of a status; None if it has none."""
    found = of_document(document)
    return None if found is None else found.objects[0]


def of_document(document: Mapping[str, Any]) -> Observed | None:
    """Return what an answer with one document shows; None if that is nothing, as of items, which are no objects."""
    status, kind = document.get("status"), document.get("object")
    if type(status) is not str or kind is None:
        return None
    reason = None
    if details := document.get("last_error") or document.get("error"):
        reason = details.get("code")
    elif details := document.get("incomplete_details"):
        reason = details.get("reason")
    elif details := document.get("required_action"):
        reason = details.get("type")
    return _of_one(kind, document["id"], status, reason if type(reason) is str else None)


# Who polls is shown the same again and again: one value of it takes no time to make, and its memory once.
@lru_cache(1024)
def _of_one(kind: str, id: str, status: str, reason: str | None) -> Observed:  # noqa: A002 - as in `Seen`
    return Observed((Seen(kind, id, status, reason),))


def of_list(documents: Sequence[Mapping[str, Any]], *, has_more: bool) -> Observed:
    """Return what a page of a list shows."""
    found = (seen(document) for document in documents[:MOST_OBJECTS])
    return Observed(tuple([one for one in found if one is not None]), has_more)


def of_refusal(error: ApiError) -> Observed:
    """Return what a refusal shows."""
    return Observed(error=error.code or error.type)


def error_name(error: Mapping[str, Any]) -> str | None:
    """Return what an error is counted by: its code, or else its type."""
    name = error.get("code") or error.get("type")
    return name if type(name) is str else None


@dataclass(slots=True, eq=False)
class ObservedStream:
    """What a stream shows, event by event, and how far it was sent. Compared by identity."""

    _objects: list[tuple[int, Seen]] = field(default_factory=list)  # behind so many events
    _events: list[tuple[str, int]] = field(default_factory=list)
    _tools: dict[str, int] = field(default_factory=dict)  # -> the number of its first delta
    _count: int = 0
    _sent: int | None = None
    _unreadable: int | None = None
    ending: Ending = "left"
    error: str | None = None

    def see(self, name: str, data: Mapping[str, Any], times: int = 1) -> None:
        """Note events of one name. data: of the first; those of responses show theirs below ``response``."""
        if name == _STEP_DELTA:
            for call in data["delta"]["step_details"].get("tool_calls", ()):
                self._tools.setdefault(call["type"], self._count + 1)
        self._count += times
        if (found := seen(data.get("response") or data)) is not None:
            self._objects.append((self._count, found))
        if self._events and self._events[-1][0] == name:
            times += self._events.pop()[1]
        self._events.append((name, times))

    def cut(self, after: int) -> None:
        """Note that nothing was sent behind so many events."""
        self._sent, self.ending = after, "cut"

    def garble(self, number: int) -> None:
        """Note that nobody can read an event. number: its place, from 1."""
        self._unreadable = number

    def observed(self) -> Observed:
        """Return what was sent and can be read."""
        sent = self._count if self._sent is None else self._sent
        objects = [one for place, one in self._objects if place <= sent and place != self._unreadable]
        tools = tuple([tool for tool, place in self._tools.items() if place <= sent])
        return Observed(tuple(objects[-MOST_OBJECTS:]), None, tuple(self._within()), self.ending, self.error, tools)

    def _within(self) -> list[tuple[str, int]]:
        if self._sent is None and self._unreadable is None:
            return self._events
        events, place = [], 0
        sent = self._count if self._sent is None else self._sent
        for name, times in self._events:
            first, place = place, place + times
            last = min(place, sent)
            is_among = self._unreadable is not None and first < self._unreadable <= last
            if (shown := last - first - is_among) > 0:
                events.append((name, shown))
        return events

"""Hints as people read them: one line for each kind, however many there are of it.

But for the kind that says of each mistake something else: it has a line for each.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

# What to do about one of them is no help with another.
_OF_MANY_MISTAKES: Final = "shaped_for_assistants"


class PlacedHint(NamedTuple):
    """A hint of a report. place: the test or the namespace that it is of; empty where there is but one."""

    place: str
    hint: Mapping[str, Any]


def hint_lines(found: Iterable[PlacedHint], places: str = "") -> list[str]:
    """Return a line for each kind of hint, with the first of it in full. places: what they are called, several."""
    by_kind: dict[tuple[str, str], list[PlacedHint]] = {}
    for one in found:
        kind = one.hint["kind"]
        by_kind.setdefault((kind, one.hint["message"] if kind == _OF_MANY_MISTAKES else ""), []).append(one)
    return [f"hint: {several[0].hint['message']} ({_count(several, places)})" for several in by_kind.values()]


def _count(several: list[PlacedHint], places: str) -> str:
    first = several[0]
    about = f"{first.hint['about']} in {first.place}" if first.place else str(first.hint["about"])
    times = sum(one.hint["count"] for one in several)
    if times == 1:
        return about
    wide = len({one.place for one in several})
    return f"{times} times{f' in {wide} {places}' if wide > 1 else ''}, first {about}"

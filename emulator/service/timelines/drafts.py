"""What comes into a timeline before it is known where each moment stands among all of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from emulator.domain.first_words import first_words
from emulator.domain.timelines import Kind, Lane

Key = tuple[float, int]
# What is shown of arguments, outputs and texts on one line.
_MOST: Final = 160


class Point(NamedTuple):
    """When something was. key: by which it is ordered: where it stands in the journal, and behind that, the request."""

    at: float
    key: Key


@dataclass(frozen=True, slots=True)
class Draft:
    """A span of a timeline, with points in place of its moments."""

    lane: Lane
    kind: Kind
    name: str
    began: Point
    ended: Point | None
    detail: str = ""
    status: str | None = None
    times: Sequence[float] = ()
    count: int = 1
    id: str | None = None


def short(text: object) -> str:
    """Return a text on one line, of a long one its beginning."""
    return "".join(first_words(str(text), _MOST))

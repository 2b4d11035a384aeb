"""Consecutive deltas of one text, as one value: a long answer is a thousand deltas that differ in nothing else.

They are made one by one only where somebody reads them, and cost no memory until then: they all share their text.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import orjson

from emulator.domain.calls import Cut

# What stands for the text while the rest of a delta is made; it occurs in no other value of a delta.
_HOLE: Final = "\x00emulator\x00"
_HOLE_IN_JSON: Final = orjson.dumps(_HOLE)[1:-1]

_PARTS: Final = 2

Frame = Callable[[Mapping[str, Any]], bytes]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Deltas of a text.

    make: returns the delta that carries a piece. first, last: the pieces of the cut that are meant, the last excluded.
    """

    make: Callable[[str], Mapping[str, Any]]
    cut: Cut
    first: int
    last: int

    def __len__(self) -> int:
        return self.last - self.first

    def __iter__(self) -> Iterator[Mapping[str, Any]]:
        return map(self.make, self.cut.pieces(self.first, self.last))

    def after(self, earlier: object) -> "Pieces | None":
        """Return earlier deltas and these as one value; None if these do not go on where those end."""
        if not isinstance(earlier, Pieces) or (earlier.last, earlier.cut, earlier.make) != (
            self.first,
            self.cut,
            self.make,
        ):
            return None
        return replace(earlier, last=self.last)

    def frames(self, frame: Frame, at_once: int) -> Iterator[bytes]:
        """Yield the bytes of the deltas in their order, so many at once. frame: returns the bytes of one."""
        template = frame(self.make(_HOLE)).split(_HOLE_IN_JSON)
        if len(template) != _PARTS:  # a wire that does not show the text
            yield from map(frame, self)
            return
        begin, end = template
        dumps: Callable[[str], bytes] = _dumps_within
        if begin.endswith(b'"') and end.startswith(b'"'):
            begin, end, dumps = begin[:-1], end[1:], orjson.dumps
        join = (end + begin).join
        for first in range(self.first, self.last, at_once):
            yield begin + join(map(dumps, self.cut.pieces(first, min(first + at_once, self.last)))) + end


def _dumps_within(text: str) -> bytes:
    """Return a text as JSON has it within a longer one."""
    return orjson.dumps(text)[1:-1]

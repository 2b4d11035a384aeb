"""Which elements of two rows belong together."""

from collections.abc import Hashable, Iterator, Sequence
from difflib import SequenceMatcher

Place = tuple[int | None, int | None]


def aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[Place]:
    """Yield the places of what belongs together, in order; None: the other one has no partner.

    Equal ones are partners first; what stands between them is paired one by one. Two rows are aligned alike whichever
    of them comes first.
    """
    if repr(after) < repr(before):
        for new, old in _aligned(after, before):
            yield old, new
    else:
        yield from _aligned(before, after)


def _aligned(before: Sequence[Hashable], after: Sequence[Hashable]) -> Iterator[Place]:
    start = 0
    while start < min(len(before), len(after)) and before[start] == after[start]:
        yield start, start
        start += 1
    matcher = SequenceMatcher(None, before[start:], after[start:], autojunk=False)
    for _tag, low, high, other_low, other_high in matcher.get_opcodes():
        for step in range(max(high - low, other_high - other_low)):
            old = start + low + step if low + step < high else None
            new = start + other_low + step if other_low + step < other_high else None
            yield old, new

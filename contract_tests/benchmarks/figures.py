"""Figures: what was measured, against what, and how the ratio spreads."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    ours, other: medians in ``unit``; other is None where there is nothing to compare with. low, ratio, high: the
    smallest, the middle and the largest ratio of the blocks of one run. aim: what we would like to see.
    """

    what: str
    unit: str
    ours: float
    other: float | None = None
    low: float | None = None
    ratio: float | None = None
    high: float | None = None
    aim: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    what: str,
    unit: str,
    ours: Sequence[float],
    other: Sequence[float],
    *,
    aim: str = "",
    block: int = 1,
    scale: float = 1,
) -> Figure:
    """Compare two series that were measured in turn.

    block: how many neighbours make one ratio (the ratio of their medians). scale: factor from a value to the unit. The
    ratio in the middle is that of the whole series' medians.
    """
    starts = range(0, min(len(ours), len(other)) - block + 1, block)
    ratios = [statistics.median(ours[i : i + block]) / statistics.median(other[i : i + block]) for i in starts]
    mine, theirs = statistics.median(ours), statistics.median(other)
    return Figure(what, unit, mine * scale, theirs * scale, min(ratios), mine / theirs, max(ratios), aim)


def alone(what: str, unit: str, values: Sequence[float], *, aim: str = "", scale: float = 1) -> Figure:
    """Return a figure that is compared with nothing; its spread is that of its own values around their median."""
    middle = statistics.median(values)
    spread = (min(values) / middle, 1.0, max(values) / middle) if middle else (1.0, 1.0, 1.0)
    return Figure(what, unit, middle * scale, None, *spread, aim)

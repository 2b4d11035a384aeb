"""Figures: what was measured, against what, and how far the ratios spread."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ratio:
    """This version over something else. value: the median of the other side; low, middle, high: of the blocks' ratios."""

    value: float
    low: float
    middle: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    value: the median for this version, in ``unit``. baseline, beside: its ratios to the baseline and to the version
    beside it; None where there is no such thing. aim: the ratio or value that we would like to see.
    """

    what: str
    unit: str
    value: float
    baseline: Ratio | None = None
    beside: Ratio | None = None
    aim: str = ""

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def compare(
    what: str,
    unit: str,
    ours: Sequence[float],
    baseline: Sequence[float] | None = None,
    beside: Sequence[float] | None = None,
    *,
    aim: str = "",
    block: int = 1,
    scale: float = 1,
) -> Figure:
    """Compare series that were measured in turn.

    block: how many neighbors make one ratio (the ratio of their medians). scale: factor from a value to the unit.
    """

    def ratio(other: Sequence[float] | None) -> Ratio | None:
        if not other:
            return None
        starts = range(0, min(len(ours), len(other)) - block + 1, block)
        ratios = [statistics.median(ours[i : i + block]) / statistics.median(other[i : i + block]) for i in starts]
        return Ratio(statistics.median(other) * scale, min(ratios), statistics.median(ratios), max(ratios))

    return Figure(what, unit, statistics.median(ours) * scale, ratio(baseline), ratio(beside), aim)


def in_turn(sides: Sequence[Callable[[], T]], rounds: int) -> list[list[T]]:
    """Measure each side once per round, each round beginning with another side; return one series for each side."""
    series: list[list[T]] = [[] for _ in sides]
    for turn in range(rounds):
        for place in range(len(sides)):
            side = (turn + place) % len(sides)
            series[side].append(sides[side]())
    return series

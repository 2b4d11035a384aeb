"""From times to places in a picture: to scale with round ticks, or evenly where no time passes."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from emulator.domain.timelines import Moment, Span, Timeline

_SECOND, _MINUTE, _HOUR, _DAY = 1.0, 60.0, 3600.0, 86400.0
# Between ticks: numbers that people count in, of each unit.
_STEPS: Final = (
    *(digit * 10.0**power for power in range(-6, 0) for digit in (1, 2, 5)),
    *(1.0, 2.0, 5.0, 10.0, 15.0, 30.0),
    *(count * _MINUTE for count in (1, 2, 5, 10, 15, 30)),
    *(count * _HOUR for count in (1, 2, 3, 6, 12)),
    *(count * _DAY for count in (1, 2, 7, 14, 28, 91, 182, 365)),
)
_MOST_TICKS: Final = 8


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of the scale."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a timeline lies in a picture. left, width: of its part of the picture. step: between ticks, in seconds.

    began, length: when it begins, and for how long it is.
    """

    timeline: Timeline
    left: float
    width: float
    step: float
    began: float
    length: float

    @classmethod
    def of(cls, timeline: Timeline, left: float, width: float) -> "Scale":
        """Return the scale of a timeline; its step is 0 where it is not drawn to scale."""
        began = timeline.began
        length = timeline.ended - began
        return cls(timeline, left, width, _step(length if timeline.is_to_scale else 0.0), began, length)

    def x(self, moment: Moment) -> float:
        """Return where a moment lies."""
        if self.step:
            return self.at(moment.at)
        return self.left + self.width * (moment.place / max(1, self.timeline.places))

    def at(self, when: float) -> float:
        """Return where a time lies, which has to be within the timeline; to scale only."""
        return self.left + self.width * min(max((when - self.began) / self.length, 0.0), 1.0)

    @property
    def end(self) -> float:
        """Where now is: the end of what goes on."""
        return self.at(self.timeline.now) if self.step else self.left + self.width

    def ticks(self) -> Sequence[Tick]:
        """Return the marks, from the beginning on."""
        if not self.step:
            return ()
        count = int(self.length / self.step + 1e-9)
        return [Tick(self.at(self.began + n * self.step), _label(n * self.step)) for n in range(count + 1)]

    @property
    def explained(self) -> str:
        """What a reader has to know of the scale."""
        if self.step:
            return f"Drawn to scale: a mark every {_label(self.step)}, {lasting(self.length)} in all."
        if self.timeline.goes_back:
            return "The clock was set back meanwhile: drawn in the order of what happened, not to scale."
        return "No time passes on the clock of this run: drawn in the order of what happened, not to scale."

    def spoken(self, span: Span) -> str:
        """Return when something was, and how long it took, as far as there are times."""
        began = self.since(span.began.at)
        if not self.step:
            return "still so" if span.ended is None else "in order"
        if span.ended is None:
            return f"since {began}"
        lasted = span.ended.at - span.began.at
        return f"at {began}" if lasted <= 0 else f"from {began}, for {lasting(lasted)}"

    def since(self, at: float) -> str:
        """Return how long after the beginning a time was."""
        return f"+{lasting(at - self.began)}"


def _step(length: float) -> float:
    """Return how far marks lie apart, in seconds."""
    if length <= 0:
        return 0.0
    found = next((step for step in _STEPS if length / step <= _MOST_TICKS), None)
    if found is not None:
        return found
    years = length / (365 * _DAY) / _MOST_TICKS
    return float(365 * _DAY * 10 ** math.ceil(math.log10(years)))


def lasting(seconds: float) -> str:
    """Return a length of time as people say it."""
    return _label(_rounded(seconds))


def _rounded(seconds: float) -> float:
    """Return a length with three digits."""
    return float(f"{seconds:.3g}") if seconds < _MINUTE else float(round(seconds))


def _label(seconds: float) -> str:
    """Return a length as people say it: in its largest unit, or in two of them."""
    if seconds == 0:
        return "0"
    if seconds < 0.001:
        return f"{seconds * 1_000_000:g} µs"
    if seconds < _SECOND:
        return f"{round(seconds * 1000, 3):g} ms"
    for unit, name, lower, lower_name in (
        (_DAY, "d", _HOUR, "h"),
        (_HOUR, "h", _MINUTE, "min"),
        (_MINUTE, "min", _SECOND, "s"),
    ):
        if seconds >= unit:
            whole, rest = divmod(seconds, unit)
            more = int(rest / lower)
            return f"{int(whole):,} {name} {more} {lower_name}" if more else f"{int(whole):,} {name}"
    return f"{round(seconds, 3):g} s"

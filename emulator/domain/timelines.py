"""A run over time, as values: what it went through, what it did, and what its client did meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Literal

Lane = Literal["status", "work", "client"]
Kind = Literal["status", "call", "message", "item", "create", "submit", "cancel", "change", "poll", "stream"]
LANES: Final[tuple[Lane, ...]] = ("status", "work", "client")


@dataclass(frozen=True, slots=True)
class Moment:
    """When something was. at: seconds since 1970 on the namespace's clock; place: in the order of all that was."""

    at: float
    place: int


@dataclass(frozen=True, slots=True)
class Span:
    """Something with a beginning and an end; ended: None while it goes on, the beginning itself of what took no time.

    name: short; detail: what else is known of it, on one line. status: of the run, or that an answer showed. times: of
    repeated polls, when each was asked for; of many, some of them. count: how many there were. id: of the step, the
    message or the request.
    """

    lane: Lane
    kind: Kind
    name: str
    began: Moment
    ended: Moment | None
    detail: str = ""
    status: str | None = None
    times: Sequence[float] = ()
    count: int = 1
    id: str | None = None

    @property
    def title(self) -> str:
        """Its name, and how often it was."""
        return f"{self.name} ({self.count:,} times)" if self.count > 1 else self.name


@dataclass(frozen=True, slots=True)
class Timeline:
    """What is known of a run over time.

    spans: in the order in which they began. now: what the clock shows, where the run is not over; else when it ended.
    places: how many there are. left_out: how much more there was. has_all_requests: whether the log has forgotten none.
    """

    run_id: str
    status: str
    is_over: bool
    now: float
    spans: Sequence[Span]
    places: int
    left_out: int = 0
    has_all_requests: bool = True

    @property
    def began(self) -> float:
        """When the first of it was."""
        return min((span.began.at for span in self.spans), default=self.now)

    @property
    def ended(self) -> float:
        """When the last of it was."""
        return max([self.now, *(span.ended.at for span in self.spans if span.ended is not None)])

    @property
    def lasted(self) -> float:
        """For how many seconds the run was under way, or has been so far; not what its client did behind that."""
        statuses = self.of("status")
        return max(0.0, self.now - statuses[0].began.at) if statuses else 0.0

    @property
    def goes_back(self) -> bool:
        """Whether the clock was set back meanwhile, so that times say nothing of the order of what the run did."""
        own = [span for span in self.spans if span.lane != "client"]
        ends = [moment for span in own for moment in (span.began, span.ended) if moment is not None]
        ordered = sorted(ends, key=lambda moment: moment.place)
        return any(later.at < earlier.at for earlier, later in pairwise(ordered))

    @property
    def is_to_scale(self) -> bool:
        """Whether time passes in it; on a clock that stands still there is an order and nothing else."""
        return self.ended > self.began and not self.goes_back

    def of(self, lane: Lane) -> list[Span]:
        """Return what is in one lane."""
        return [span for span in self.spans if span.lane == lane]

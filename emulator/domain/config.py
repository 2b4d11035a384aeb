"""How one namespace is configured: values that a test chooses, validated on input, never changed in place."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from emulator.domain.ports import ClockMode
from emulator.domain.quotas import Quotas

# Whole numbers of 64 bits.
LEAST_SEED: Final = -(2**63)
GREATEST_SEED: Final = 2**63 - 1
# Seconds of a clock per second of the machine: faster, and a test of some days would see the clock at its end; slower,
# and a delay is longer than a timer can be.
FASTEST: Final = 1_000_000.0
SLOWEST: Final = 0.000_001
Progression = Literal["immediate", "polls", "time", "manual"]
# How the texts of streams are cut; a number is one of characters.
Chunks = Literal["word", "char", "whole"] | int


@dataclass(frozen=True, slots=True)
class Pace:
    """How long each status of a run is shown: see `emulator.engine.gates`. times: polls; seconds: on the clock."""

    progression: Progression = "immediate"
    times: int = 1
    seconds: float = 1.0


@dataclass(frozen=True, slots=True)
class ClockStart:
    """Where a namespace's clock begins. at: seconds since the epoch, None for the machine's time. speed: a factor."""

    mode: ClockMode = "real"
    at: float | None = None
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class ClockChange:
    """A change of a running clock; None keeps what is there, but an instant without a mode freezes the clock there."""

    mode: ClockMode | None = None
    at: float | None = None
    speed: float | None = None

    @property
    def new_mode(self) -> ClockMode | None:
        """The mode that the clock gets; None if it keeps its own."""
        return self.mode or (None if self.at is None else "frozen")

    def applied_to(self, clock: ClockStart) -> ClockStart:
        """Return where a clock begins after this change; a new mode without an instant begins at the machine's time."""
        at = self.at if self.new_mode else clock.at
        return ClockStart(self.new_mode or clock.mode, at, self.speed or clock.speed)


@dataclass(frozen=True, slots=True)
class NamespaceConfig:
    """What a namespace is set to.

    wire: the day (ISO date) whose answers are given. models: ids that are listed and accepted; empty for the default
    list, with any id accepted. v1: whether v1 is served after its last day. sunset: answer as after the end of the
    service. strict: a call that the run does not offer fails it, and more of what the report says is a failure.
    fail_on_drift: all drift is. chunks: how streams are cut where the script does not say. quotas: of each API key;
    None: none.
    """

    seed: int = 0
    clock: ClockStart = field(default_factory=ClockStart)
    wire: str = "2026-08-25"
    pace: Pace = field(default_factory=Pace)
    models: tuple[str, ...] = ()
    v1: Literal["served", "refused"] = "served"
    sunset: bool = False
    strict: bool = False
    fail_on_drift: bool = False
    chunks: Chunks = "word"
    quotas: Quotas | None = None

    def __post_init__(self) -> None:
        """Raise ValueError for a seed that cannot be stored, and for chunks without characters."""
        if isinstance(self.chunks, int) and self.chunks < 1:
            raise ValueError(f"chunks have at least one character: {self.chunks}")
        if not LEAST_SEED <= self.seed <= GREATEST_SEED:
            raise ValueError(f"a seed has at most 64 bits: {self.seed}")

    def to_json(self) -> dict[str, Any]:
        """Return the configuration as JSON data."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "NamespaceConfig":
        """Return the configuration that `to_json` wrote."""
        quotas = data.get("quotas")  # those that an earlier version wrote know none
        return cls(
            **{
                **data,
                "quotas": quotas and Quotas(**quotas),
                "clock": ClockStart(**data["clock"]),
                "pace": Pace(**data["pace"]),
                "models": tuple(data["models"]),
            }
        )

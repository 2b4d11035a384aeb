"""What a comparison of two records finds: differences in plain sentences, what counts as equal, and what is waived."""

from dataclasses import asdict, dataclass
from typing import Any, Literal

Kind = Literal["outcome", "seen", "shape", "no_counterpart"]


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference.

    kind: outcome (what came of a turn), seen (what the model was given), shape (how the dialogue was led),
    no_counterpart (what the other API does not have; listed once, and no failure). dialogue, turn: their numbers, from
    1; 0 where it is none's. field: what differs: ``instructions``, ``tools.look_up.strict``, ``messages[2].text``,
    ``call.arguments``, ``requests``. before, after: JSON values; None for nothing. sentence: in plain words, naming the
    request and the line of the scenario. waived: the reason of the waiver that covers it.
    """

    kind: Kind
    dialogue: int
    turn: int
    field: str
    before: Any
    after: Any
    sentence: str
    place: str | None = None
    request: str | None = None
    waived: str | None = None


@dataclass(frozen=True, slots=True)
class Equality:
    """A named rule by which two values that differ were taken for equal, and where."""

    rule: str
    dialogue: int
    turn: int
    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Report:
    """What a comparison came to.

    dialogues, turns: how many were compared. unused_waivers: those that cover nothing, by number in the file, from 1.
    notes: what could not be recorded, and so not be compared, a line each.
    """

    before: str
    after: str
    dialogues: int
    turns: int
    differences: tuple[Difference, ...] = ()
    equalities: tuple[Equality, ...] = ()
    unused_waivers: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def failures(self) -> tuple[Difference, ...]:
        """The differences that fail a comparison."""
        return tuple(one for one in self.differences if one.waived is None and one.kind != "no_counterpart")

    @property
    def is_equal(self) -> bool:
        """Whether the port does what the program did."""
        return not self.failures

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON data."""
        about = asdict(self)
        return {"is_equal": self.is_equal, **about}

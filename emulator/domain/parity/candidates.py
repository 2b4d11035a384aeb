"""What may be a difference: two values that are not the same, with words for it, before the rules are asked."""

from collections.abc import Hashable
from dataclasses import dataclass
from typing import Any

from emulator.domain.parity.report import Kind


@dataclass(frozen=True, slots=True)
class Candidate:
    """Two values that are not the same.

    what: the difference in words, without turn and place. was, now: more of either side, to stand in brackets behind
    its name. case: under which field rules look it up, if it is not the field's own name. echo: what it has in common
    with the same difference seen by a later request, whose context has more messages.
    """

    kind: Kind
    field: str
    before: Any
    after: Any
    what: str
    was: str | None = None
    now: str | None = None
    request: str | None = None
    case: str | None = None
    echo: tuple[Hashable, ...] | None = None

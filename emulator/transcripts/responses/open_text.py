"""The text that an item is being given, piece by piece: of a message, of a refusal, or of a call's arguments."""

from collections.abc import Callable, Mapping
from typing import Any

from emulator.domain.calls import Cut

Make = Callable[[str], Mapping[str, Any]]


class OpenText:
    """A text that arrives. event: of its deltas. make: returns the data of one."""

    def __init__(self, event: str, make: Make) -> None:
        self.event = event
        self.make = make
        self._cut: Cut | None = None
        self._reached = 0

    def reach(self, cut: Cut, piece: int) -> None:
        """Note that it has arrived up to a piece, which is not among what has."""
        self._cut, self._reached = cut, piece

    @property
    def text(self) -> str:
        """What has arrived."""
        return self._cut.text[: self._cut.edges[self._reached]] if self._cut else ""

"""What is to be said about a file: what was left out or made up, where it stands, and why."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_MOST_PLACES: Final = 10  # that are named of one reason


@dataclass(slots=True)
class Findings:
    """Places by reasons, so that each is said once. skipped: what was left out. noted: what is odd about the rest."""

    skipped: dict[str, list[str]] = field(default_factory=dict)
    noted: dict[str, list[str]] = field(default_factory=dict)

    def skip(self, place: str, why: str) -> None:
        """Note that something was left out."""
        self.skipped.setdefault(why, []).append(place)

    def note(self, place: str, why: str) -> None:
        """Note what is odd about something that was taken."""
        self.noted.setdefault(why, []).append(place)

    def lines(self) -> list[str]:
        """Return one line for each reason."""
        return [
            *(f"{_listed(places)}: skipped: {why}" for why, places in self.skipped.items()),
            *(f"{_listed(places)}: {why}" for why, places in self.noted.items()),
        ]


def _listed(places: Sequence[str]) -> str:
    shown = ", ".join(places[:_MOST_PLACES])
    more = len(places) - _MOST_PLACES
    return f"{shown} and {more:,} more" if more > 0 else shown

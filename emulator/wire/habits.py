"""What the service did otherwise from some day on, where no shape tells it; dated shapes are in `changes`."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Habit:
    """A way of doing things that came on a day.

    day: the first one that shows it. evidence: where both sides are seen.
    """

    day: str
    what: str
    evidence: str

    def came_by(self, day: str) -> bool:
        """Return whether it is done on a day (ISO date)."""
        return day >= self.day


# Days without a recording on both sides lie between the two.
IBJ_BATCH_IDS: Final = Habit(
    "2025-10-01", "ids of file batches begin with vsfb_ibj_", "openai-dotnet, Sep and Oct 2025"
)
BATCHES_BY_BYTES: Final = Habit(
    "2025-10-01", "a file of a batch is counted by its bytes alone", "openai-dotnet, Sep and Oct 2025"
)
HEX_STORE_IDS: Final = Habit("2025-01-01", "ids of vector stores have 32 hex digits", "recordings of 2024 and 2025")
WRONG_PREFIX: Final = Habit("2025-01-01", "an id with a wrong prefix has a refusal of its own", "public issues, 2025")
SHORT_FILE_IDS: Final = Habit("2024-12-01", "ids of files have 22 letters, and not 24", "recordings of 2024 and 2025")

HABITS: Final = (IBJ_BATCH_IDS, BATCHES_BY_BYTES, HEX_STORE_IDS, WRONG_PREFIX, SHORT_FILE_IDS)

"""The wire of a client: the version that it uses, v1 or v2, and the day whose shapes its responses have."""

from dataclasses import dataclass
from functools import cache
from typing import Final

from emulator.domain.refusals import Beta

V1_ENDS: Final = "2024-12-18"  # reported: refused from then on
# v1 shapes did not change after v2 had come; v2 shapes begin with it (recorded).
V1_LAST: Final = "2024-04-27"
V2_FIRST: Final = "2024-04-17"


@dataclass(frozen=True, slots=True)
class Wire:
    """A version and a day. day: ISO date. foundry: whether the client speaks to Foundry, whose shapes differ."""

    beta: Beta
    day: str
    foundry: bool = False

    @property
    def is_v1(self) -> bool:
        """Whether the version is v1."""
        return self.beta == "v1"


@cache
def wire(beta: Beta, day: str, *, foundry: bool = False) -> Wire:
    """Return a wire; its day is moved into the time in which its version had recordings."""
    return Wire(beta, min(day, V1_LAST) if beta == "v1" else max(day, V2_FIRST), foundry)


def betas(header: str | None) -> list[str]:
    """Return the versions that an `OpenAI-Beta` header names; clients have sent lists (reported)."""
    named = [part.strip() for part in (header or "").split(",")]
    return [part.removeprefix("assistants=") for part in named if part.startswith("assistants=")]

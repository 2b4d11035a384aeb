"""Models by their names: which snapshot an alias stands for, and what one does unless a request says otherwise."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

# The aliases, each with the snapshot that it stands for (recorded for those that end on these dates: gpt-4o, gpt-4.1,
# o3-mini, gpt-5.2, gpt-5.4, gpt-5.5, gpt-5.6; documented for the others).
SNAPSHOTS: Final[Mapping[str, str]] = {
    "gpt-3.5-turbo": "gpt-3.5-turbo-0125",
    "gpt-4": "gpt-4-0613",
    "gpt-4-turbo": "gpt-4-turbo-2024-04-09",
    "gpt-4o": "gpt-4o-2024-08-06",
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4.1": "gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "gpt-4.1-mini-2025-04-14",
    "gpt-4.1-nano": "gpt-4.1-nano-2025-04-14",
    "gpt-5": "gpt-5-2025-08-07",
    "gpt-5-mini": "gpt-5-mini-2025-08-07",
    "gpt-5-nano": "gpt-5-nano-2025-08-07",
    "gpt-5-pro": "gpt-5-pro-2025-10-06",
    "gpt-5.1": "gpt-5.1-2025-11-13",
    "gpt-5.2": "gpt-5.2-2025-12-11",
    "gpt-5.2-pro": "gpt-5.2-pro-2025-12-11",
    "gpt-5.4": "gpt-5.4-2026-03-05",
    "gpt-5.4-mini": "gpt-5.4-mini-2026-03-17",
    "gpt-5.4-nano": "gpt-5.4-nano-2026-03-17",
    "gpt-5.5": "gpt-5.5-2026-04-23",
    "gpt-5.5-pro": "gpt-5.5-pro-2026-04-23",
    "gpt-5.6": "gpt-5.6-sol",
    "o1": "o1-2024-12-17",
    "o1-pro": "o1-pro-2025-03-19",
    "o3": "o3-2025-04-16",
    "o3-mini": "o3-mini-2025-01-31",
    "o3-pro": "o3-pro-2025-06-10",
    "o4-mini": "o4-mini-2025-04-16",
}

_GENERATION: Final = re.compile(r"(?:ft:)?(?:gpt-(\d+)(?:\.(\d+))?|(o)\d)")
_O_SERIES: Final = (5, -1)
# Recorded: 5.2 and 5.4 do not think unless they are asked to; documented for 5.1, unverified for 5.3.
_EFFORTLESS: Final = frozenset({(5, 1), (5, 2), (5, 3), (5, 4)})

Generation = tuple[int, int]


@cache
def generation(model: str) -> Generation:
    """Return the generation of a model: (5, 4). The o series counts as older than gpt-5, an unknown name as 4."""
    found = _GENERATION.match(model)
    if found is None or "chat" in model:
        return 4, 0
    return _O_SERIES if found[3] else (int(found[1]), int(found[2] or 0))


def snapshot(model: str) -> str:
    """Return the name that a response shows for a model: that of its snapshot."""
    return SNAPSHOTS.get(model, model)


def thinks(model: str) -> bool:
    """Return whether a model reasons before it writes."""
    return generation(model) >= _O_SERIES


def effort(model: str) -> str | None:
    """Return how much a model reasons unless a request says it (recorded for 4.x, o3-mini, 5, 5.2 and 5.4 to 6)."""
    if not thinks(model):
        return None
    return "none" if generation(model) in _EFFORTLESS else "medium"


def top_p(model: str) -> float:
    """Return the default of top_p (recorded)."""
    return 0.98 if generation(model) >= (5, 2) else 1.0

"""Models by their names: which snapshot an alias stands for, and what one does unless a request says otherwise."""

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

# The aliases, each with the snapshot that it stands for (recorded for those that end on these dates: gpt-4o, gpt-4.1,
# o3-mini, gpt-5.2, gpt-5.4, gpt-5.5, gpt-5.6; documented for the others).
SNAPSHOTS: Final[Mapping[str, str]] = {
    "computer-use-preview": "computer-use-preview-2025-03-11",
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
# Families of models, the first that fits: which efforts they know, and which is theirs unless a request says it; none
# of those that do not think. Of others, such as deployments with names of their own, nothing is known.
# The efforts were asked of all models (enricoros/big-AGI issue 944, Jan 2026, and issue 1159, Jul 2026), those of pro
# and chat models are documented. Their defaults are recorded for 4.x, o3-mini, 5, 5.2 and 5.4 to 6, documented for 5.1
# and gpt-5-pro; those of 5.3 and of other pro, chat and codex models are unverified.
_EFFORTS: Final = tuple(
    (re.compile(rf"(ft:)?({pattern})"), tuple(efforts.split()), default)
    for pattern, efforts, default in (
        (r"gpt-5-chat|chatgpt-|gpt-4|gpt-3\.?5", "", None),
        (r"gpt-5\.\d+-chat|computer-use-preview", "medium", "medium"),
        (r"o[1-9]([-:]|$)|codex-mini", "low medium high", "medium"),
        (r"gpt-5-pro", "high", "high"),
        (r"gpt-5\.\d+-pro", "medium high xhigh", "medium"),
        (r"gpt-5(\.1)?-codex(?!-max)", "low medium high", "medium"),
        (r"gpt-5\.\d+-codex", "low medium high xhigh", "medium"),
        (r"gpt-5([-:]|$)", "minimal low medium high", "medium"),
        (r"gpt-5\.1([-:]|$)", "none low medium high", "none"),
        (r"gpt-5\.[2-4]([-:]|$)", "none low medium high xhigh", "none"),
        (r"gpt-5\.5([-:]|$)", "none low medium high xhigh", "medium"),
        (r"gpt-([6-9]|\d\d|5\.[6-9])", "none low medium high xhigh max", "medium"),
    )
)

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


@cache
def _family(model: str) -> tuple[tuple[str, ...] | None, str | None]:
    return next(((efforts, default) for name, efforts, default in _EFFORTS if name.match(model)), (None, None))


def efforts(model: str) -> tuple[str, ...] | None:
    """Return how much a model may be asked to reason; nothing where it does not; None where that is not known."""
    return _family(model)[0]


def effort(model: str) -> str | None:
    """Return how much a model reasons unless a request says it; None where it does not, as far as is known."""
    return _family(model)[1]


def thinks(model: str) -> bool:
    """Return whether a model reasons before it writes, if it is asked to."""
    return effort(model) is not None


def top_p(model: str) -> float:
    """Return the default of top_p (recorded)."""
    return 0.98 if generation(model) >= (5, 2) else 1.0

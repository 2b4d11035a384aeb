"""Why outputs were refused: by what their run came to, and by which calls they answer."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from emulator.domain.hints.kinds import HintKind
from emulator.domain.lifecycle import Signal

Timeline = Sequence[Mapping[str, Any]]


def at_wrong_time(timeline: Timeline) -> HintKind:
    """Return what is wrong with outputs to a run that waits for none. timeline: {status, cause} of each change."""
    asked = max((place for place, change in enumerate(timeline) if change["status"] == "requires_action"), default=None)
    if asked is None:
        return HintKind.OUTPUTS_UNASKED
    after = timeline[asked + 1] if asked + 1 < len(timeline) else {"cause": Signal.SUBMIT}
    return HintKind.OUTPUTS_TWICE if after["cause"] == Signal.SUBMIT else HintKind.OUTPUTS_TOO_LATE


def to_wrong_calls(timeline: Timeline, wanted: Collection[str], got: Collection[str]) -> HintKind | None:
    """Return what is wrong with outputs to a run that waits for some; None for what its refusal says itself."""
    if set(wanted) <= set(got):
        return None
    is_of_others = bool(got) and not set(wanted) & set(got)
    if is_of_others and any(change["cause"] == Signal.SUBMIT for change in timeline):
        return HintKind.OUTPUTS_TWICE
    return HintKind.OUTPUTS_INCOMPLETE

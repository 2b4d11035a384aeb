"""What the other API has nothing for: it is listed once, and is no failure."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.records import Turn
from emulator.domain.parity.sides import Side, Values

_UNFINISHED: Final = frozenset({"failed", "requires_action", "in_progress", "incomplete"})
_TOO_LONG: Final = "a run ends at max_prompt_tokens: Responses refuse what is too long, with context_length_exceeded"

Check = Callable[[Any, Any, Turn, Turn], bool]
# Fields, each with what shows that there is nothing for it, by the values and the turns of Assistants and Responses.
_FIELDS: Final[tuple[tuple[str, Check, str], ...]] = (
    (
        "max_prompt_tokens",
        lambda _was, now, _old, _new: now is None,
        "max_prompt_tokens limits what the model reads: Responses have truncation alone",
    ),
    (
        "status",
        lambda was, now, _old, _new: was == "expired" and now in _UNFINISHED,
        "a run expires: a response does not, and a call without an output stays open",
    ),
    (
        "status",
        lambda was, _now, _old, _new: was == "cancelled",
        "a run is cancelled: of responses, only those in the background can be",
    ),
    ("status", lambda _was, now, old, _new: old.reason == "max_prompt_tokens" and now in _UNFINISHED, _TOO_LONG),
    ("reason", lambda was, now, _old, _new: (was, now) == ("max_prompt_tokens", "context_length_exceeded"), _TOO_LONG),
)
# What a program asked that only Assistants have, by the path; each with its name and with what takes its place.
_ASKED: Final[Mapping[str, tuple[str, str]]] = {
    r"GET .*/runs/[^/]+/steps.*": ("steps", "run steps are read: Responses have the items of output in their place"),
    r"POST .*/runs/[^/]+/cancel": ("cancel", "a run is cancelled: only responses in the background can be"),
    r"POST .*/messages/[^/]+": ("message metadata", "the metadata of a message are set: items have none"),
    r"POST .*/runs/[^/]+": ("run update", "the metadata of a run are changed: those of a response stay"),
}


def without_counterpart(candidate: Candidate, values: Values) -> str | None:
    """Return what to say of a difference for which the other API has nothing; None: it is a failure."""
    if not values.crosses:
        return None
    assistants, responses = values.by_api
    if candidate.field in ("errors", "refused") and responses is None:
        return candidate.what
    old, new = (side.turn for side in values.sides_by_api)
    found = (
        what for field, holds, what in _FIELDS if field == candidate.field and holds(assistants, responses, old, new)
    )
    return next(found, None)


def asked_for(old: Side, new: Side) -> Iterator[Candidate]:
    """Yield what a program asked of Assistants in a turn that Responses cannot be asked."""
    if old.api == new.api:
        return
    side, is_before = (old, True) if old.api == "assistants" else (new, False)
    for asked in side.turn.asked:
        call = f"{asked.method} {asked.path.partition('?')[0]}"
        for pattern, (name, what) in _ASKED.items():
            if re.fullmatch(pattern, call):
                before, after = (call, None) if is_before else (None, call)
                yield Candidate("no_counterpart", name, before, after, what)
                break

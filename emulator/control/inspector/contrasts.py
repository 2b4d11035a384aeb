"""Two values beside each other, with what differs marked; of long ones the part around that."""

import json
from dataclasses import dataclass
from typing import Any, Final

from emulator.domain.redaction import shown_text

_MOST: Final = 1_000
_AROUND: Final = 120


@dataclass(frozen=True, slots=True)
class Contrast:
    """One of two values: what both have before and behind, and between them what only this one has."""

    lead: str
    own: str
    tail: str
    is_nothing: bool = False


def contrast(before: Any, after: Any) -> tuple[Contrast, Contrast]:
    """Return two values, None for nothing, without keys, each with the part that the other one lacks."""
    old, new = as_text(before), as_text(after)
    lead = _shared(old, new)
    tail = _shared(old[lead:][::-1], new[lead:][::-1])
    return _parts(old, lead, tail, before is None), _parts(new, lead, tail, after is None)


def as_text(value: Any) -> str:
    """Return a value as people read it: a text as it is, anything else as JSON."""
    if value is None:
        return ""
    return shown_text(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=list))


def shortened(text: str, most: int = _MOST) -> str:
    """Return the beginning of a text, without keys."""
    shown = shown_text(text)
    return shown if len(shown) <= most else f"{shown[:most]}…"


def _shared(one: str, other: str) -> int:
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _parts(text: str, lead: int, tail: int, is_nothing: bool) -> Contrast:  # noqa: FBT001 - of a pair
    end = len(text) - tail
    first, last = text[:lead], text[end:]
    return Contrast(
        f"…{first[-_AROUND:]}" if len(first) > _AROUND else first,
        shortened(text[lead:end]),
        f"{last[:_AROUND]}…" if len(last) > _AROUND else last,
        is_nothing,
    )

"""Plain sentences about differences, in which long values are shortened around the first difference."""

import json
from typing import Any, Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.records import Api
from emulator.domain.printable import printable

_MOST: Final = 80
_BEFORE: Final = 20
_NAMES: Final[dict[Api, str]] = {"assistants": "Assistants", "responses": "Responses"}


def quoted(value: Any) -> str:
    """Return a value as it stands in a sentence: a text in quotes, anything else as JSON, long ones shortened."""
    return _quoted(value, 0)


def contrasted(before: Any, after: Any) -> tuple[str, str]:
    """Return two values as they stand in a sentence, long ones from shortly before the first difference on."""
    texts = [_text(value) for value in (before, after)]
    if max(map(len, texts)) <= _MOST:
        return quoted(before), quoted(after)
    begin = max(0, _shared(*texts) - _BEFORE)
    return _quoted(before, begin), _quoted(after, begin)


def _shared(one: str, other: str) -> int:
    """Return how long two texts are the same."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (left, right) in pairs if left != right), min(len(one), len(other)))


def _quoted(value: Any, begin: int) -> str:
    text = _text(value)
    cut = printable(text[begin : begin + _MOST])
    cut = f"{'…' if begin else ''}{cut}{'…' if len(text) > begin + _MOST else ''}"
    return f"'{cut}'" if isinstance(value, str) else cut


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    return "nothing" if value is None else json.dumps(value, ensure_ascii=False, default=list)


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: ``1 request``, ``2 requests``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def listed(values: list[str]) -> str:
    """Return values in a row: ``a, b and c``."""
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} and {values[-1]}"


def sentence(
    candidate: Candidate,
    *,
    dialogue: int,
    turn: int,
    place: str | None,
    apis: tuple[Api, Api],
    requests: str | None = None,
    only_dialogue: bool = False,
) -> str:
    """Return the whole sentence. requests: with which of several requests of its turn it is so."""
    where = [f"dialogue {dialogue}"] if dialogue and not (only_dialogue and turn) else []
    where += [f"turn {turn}"] if turn else []
    beginning = f"{', '.join(where)}: " if where else ""
    names = ("before", "after") if apis[0] == apis[1] else (_NAMES[apis[0]], _NAMES[apis[1]])
    now = ", ".join(part for part in (candidate.now, requests) if part)
    ways = "; ".join(f"{name}: {way}" for name, way in zip(names, (candidate.was, now), strict=True) if way)
    end = f" [{place}]" if place else ""
    return f"{beginning}{candidate.what}{f' ({ways})' if ways else ''}{end}"

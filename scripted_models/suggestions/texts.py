"""One text with holes where it says what outputs say."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, Final

from scripted_models.raw_texts import piece
from scripted_models.suggestions.occurrences import dates, occurrences
from scripted_models.suggestions.values import Value
from scripted_models.template_compiler import TemplateError
from scripted_models.templating import fill

_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*"|-?[0-9]+(?:\.[0-9]+)?(?![\w.+-])')
_KEY_FOLLOWS: Final = re.compile(r"\s*:")
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[^\W\d_a-zA-Z]+")
_SHORTEST_WORD: Final = 3

Near = Sequence[tuple[str | int, ...]]
ByText = Mapping[str, Sequence[Value]]


@dataclass(frozen=True, slots=True)
class Hole:
    """What stands in a text instead of a value. others: what might as well be meant."""

    start: int
    end: int
    value: Value
    others: Sequence[Value] = ()
    template: str = ""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that became a template, with its holes."""

    text: str
    holes: Sequence[Hole] = field(default_factory=tuple)


def template_of(
    text: str, values: ByText, given: Mapping[str, Any], kept: Sequence[tuple[int, int]] = ()
) -> Template | None:
    """Return a text with holes for values; None where it has none of them.

    given: the names of templates, with the recorded outputs: filled with them, the template is exactly the text.
    kept: what of it has to stay as it is, as (start, end).
    """
    return _checked(text, _holes(text, values, kept), given)


def json_template_of(text: str, values: ByText, given: Mapping[str, Any]) -> Template | None:
    """Return a text that is JSON with holes for values, within its texts and instead of its numbers."""
    holes = [hole for token in _JSON_TOKEN.finditer(text) for hole in _token_holes(text, token, values)]
    return _checked(text, holes, given)


def _token_holes(text: str, token: re.Match[str], values: ByText) -> Iterator[Hole]:
    start, end = token.span()
    written = token[0]
    if not written.startswith('"'):
        yield from _whole(text, (start, end), values)
        return
    if _KEY_FOLLOWS.match(text, end):
        return
    content = json.loads(written)
    same = [value for value in values.get(content, ()) if value.is_text]
    if same and json.dumps(content, ensure_ascii=False) == written:
        value, *others = _clearest(same, text, start)
        yield Hole(start, end, value, others, f"{{{{ {value.expression} | tojson }}}}")
    elif "\\" not in written:
        for hole in _holes(written[1:-1], values):
            place = start + 1 + hole.start
            yield Hole(place, place + hole.end - hole.start, hole.value, hole.others, hole.template)


def _whole(text: str, span: tuple[int, int], values: ByText, near: Near = ()) -> Iterator[Hole]:
    start, end = span
    if same := values.get(text[start:end]):
        value, *others = _clearest(same, text, start, near)
        yield Hole(start, end, value, others, f"{{{{ {value.expression} }}}}")


def _holes(text: str, values: ByText, kept: Sequence[tuple[int, int]] = ()) -> list[Hole]:
    """Return holes from left to right; where values overlap, the longest one has it."""
    spans: list[tuple[int, int]] = []
    whole = dates(text)
    for written in sorted((one for one in values if one in text), key=len, reverse=True):
        for start, end in occurrences(text, written):
            is_free = all(end <= other or start >= other_end for other, other_end in (*kept, *spans))
            cuts = any(start < to and end > at and not (start <= at and end >= to) for at, to in whole)
            if is_free and not cuts:
                spans.append((start, end))
    spans.sort()
    near = [same[0].keys for start, end in spans if len(same := values[text[start:end]]) == 1]
    return [hole for span in spans for hole in _whole(text, span, values, near)]


def _clearest(values: Sequence[Value], text: str, place: int, near: Near = ()) -> list[Value]:
    """Return values in the order of how well they fit a place.

    First what the line names before the place, then what stands beside other values of the text (near), then what is
    high up in its output.
    """
    if len(values) == 1:
        return list(values)
    line = text[text.rfind("\n", 0, place) + 1 : place].lower()
    return sorted(values, key=lambda one: (-_named(one, line), -_shared(one, near), len(one.keys)))


def _shared(value: Value, near: Near) -> int:
    """Return how much of its way through an output a value shares with the values beside it."""
    return max((sum(1 for _ in takewhile(_is_same, zip(value.keys, keys, strict=False))) for keys in near), default=0)


def _is_same(pair: tuple[Any, Any]) -> bool:
    return bool(pair[0] == pair[1])


def _named(value: Value, line: str) -> int:
    """Return where a line last names the key of a value; 0 where it does not."""
    key = next((key for key in reversed(value.keys) if isinstance(key, str)), "")
    words = [word.lower() for word in _WORD.findall(key) if len(word) >= _SHORTEST_WORD]
    return max((line.rfind(word) + 1 for word in words), default=0)


def _checked(text: str, holes: Sequence[Hole], given: Mapping[str, Any]) -> Template | None:
    if not holes:
        return None
    parts, place = [], 0
    for hole in holes:
        parts += [piece(text[place : hole.start]), hole.template]
        place = hole.end
    template = "".join([*parts, piece(text[place:])])
    try:
        return Template(template, holes) if fill(template, given) == text else None
    except TemplateError:
        return None

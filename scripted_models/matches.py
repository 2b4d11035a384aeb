"""Compares a turn's ``when`` with a run, field by field: what does not match, and what was captured."""

import functools
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import itemgetter
from typing import TYPE_CHECKING

from emulator.domain.view import ModelView
from scripted_models import globs, regular_expressions
from scripted_models.problems import brief
from scripted_models.regular_expressions import SearchTime
from scripted_models.tool_names import names_of

if TYPE_CHECKING:
    from scripted_models.grammar.matchers import Matcher, When
    from scripted_models.grammar.parts import Range


@dataclass(frozen=True, slots=True)
class Miss:
    """A field that does not match, with what the turn expects and what the run has."""

    field: str
    expected: str
    got: str


@dataclass(slots=True)
class MatchResult:
    """How a turn matches: the misses (none: it matches) and what its regular expressions captured."""

    misses: list[Miss] = field(default_factory=list)
    captures: dict[str, str] = field(default_factory=dict)


@functools.lru_cache(maxsize=4096)
def normal(text: str) -> str:
    """Return a text as matchers see it: trimmed, in Unicode form NFC."""
    return unicodedata.normalize("NFC", text).strip()


def compare(when: "When | None", view: ModelView, state: str | None, limit: SearchTime) -> MatchResult:
    """Compare a turn's ``when`` with a run. state: of the turn's scope. Raises `SlowExpressionError`."""
    result = MatchResult()
    if when is None:
        return result
    if when.tools is not None:
        _match_tools(result, when.tools, view.offered, limit)
    for name, matcher, text in _texts(when, view):
        _match_text(result, name, matcher, text, limit)
    if when.files is not None:
        _match_any(result, "files", when.files, [file.name for file in view.files], limit)
    if when.turn is not None and not within(when.turn, view.turn):
        result.misses.append(Miss("turn", describe_range(when.turn), str(view.turn)))
    if when.state is not None and state not in when.state:
        result.misses.append(Miss("state", " or ".join(when.state), str(state)))
    if when.api is not None and when.api != view.api:
        result.misses.append(Miss("api", when.api, view.api))
    # The tools come first, so that other fields win where they capture under the same name, and are told last.
    result.misses.sort(key=lambda miss: miss.field == "tools")
    return result


def _texts(when: "When", view: ModelView) -> Iterator[tuple[str, "Matcher", str | None]]:
    """Yield every text matcher with its text; ``message`` last, so that its captures win."""
    if when.model is not None:
        yield "model", when.model, view.model
    if when.assistant is not None:
        expected, actual = when.assistant, view.assistant
        if expected.id is not None:
            yield "assistant.id", expected.id, actual.get("id")
        if expected.name is not None:
            yield "assistant.name", expected.name, actual.get("name")
        if expected.instructions is not None:
            yield "assistant.instructions", expected.instructions, view.instructions
        yield from _keys("assistant.metadata", expected.metadata, actual.get("metadata") or {})
    yield from _keys("thread_metadata", when.thread_metadata, view.thread_metadata)
    yield from _keys("run_metadata", when.run_metadata, view.run_metadata)
    if when.message is not None:
        yield "message", when.message, view.message


def _keys(
    name: str, matchers: "Mapping[str, Matcher] | None", texts: Mapping[str, str]
) -> Iterator[tuple[str, "Matcher", str | None]]:
    for key, matcher in (matchers or {}).items():
        yield f"{name}.{key}", matcher, texts.get(key)


def _match_text(result: MatchResult, name: str, matcher: "Matcher", text: str | None, limit: SearchTime) -> None:
    found = None if text is None else captures_of(matcher, text, limit)
    if found is None:
        result.misses.append(Miss(name, describe(matcher), "nothing" if text is None else brief(text)))
    else:
        result.captures.update(found)


def _match_any(result: MatchResult, name: str, matcher: "Matcher", texts: Sequence[str], limit: SearchTime) -> None:
    found = _first(matcher, {text: (text,) for text in texts}, limit)
    if found is None:
        result.misses.append(Miss(name, describe(matcher), brief(", ".join(texts)) if texts else "nothing"))
    else:
        result.captures.update(found[1])


def _match_tools(result: MatchResult, matchers: "Sequence[Matcher]", offered: Sequence[str], limit: SearchTime) -> None:
    """Look for a tool for each matcher; ``match.tool`` is what the first pattern finds, or else the first name."""
    missing, tools = [], []
    for matcher in matchers:
        found = _first(matcher, {name: names_of(name) for name in offered}, limit)
        if found is None:
            missing.append(describe(matcher) if _is_pattern(matcher) else str(matcher.equals))
        elif found[0] is not None:
            tools.append((not _is_pattern(matcher), found[0]))
            result.captures.update(found[1])
    if tools:
        result.captures.setdefault("tool", min(tools, key=itemgetter(0))[1])
    if missing:
        shown = ", ".join(sorted(offered)) or "none"
        result.misses.append(Miss("tools", ", ".join(sorted(set(missing))), brief(shown)[1:-1]))


def _is_pattern(matcher: "Matcher") -> bool:
    return matcher.model_fields_set != {"equals"}


def _first(
    matcher: "Matcher", named: Mapping[str, Sequence[str]], limit: SearchTime
) -> tuple[str | None, dict[str, str]] | None:
    """Return the first of several things that matches, by one of its names, and what was captured; None: none does.

    Where nothing but ``not`` is asked, it is asked of all of them: then nothing may be there that it excludes.
    """
    if matcher.excluded is not None:
        return (None, {}) if _first(matcher.excluded, named, limit) is None else None
    hits = ((one, captures_of(matcher, name, limit)) for one, names in named.items() for name in names)
    return next(((one, captures) for one, captures in hits if captures is not None), None)


def captures_of(matcher: "Matcher", text: str, limit: SearchTime) -> dict[str, str] | None:
    """Return what a matcher captured; None where it does not match. Raises `SlowExpressionError`."""
    text = normal(text)
    captures: dict[str, str] = {}
    if matcher.equals is not None and normal(matcher.equals) != text:
        return None
    if any(unicodedata.normalize("NFC", part) not in text for part in matcher.contains or ()):
        return None
    if matcher.glob is not None and not globs.fits(normal(matcher.glob), text, limit):
        return None
    if matcher.regex is not None:
        found = regular_expressions.captures(unicodedata.normalize("NFC", matcher.regex), text, limit)
        if found is None:
            return None
        captures = found
    if matcher.not_ is not None and captures_of(matcher.not_, text, limit) is not None:
        return None
    return captures


def within(bounds: "Range", number: int) -> bool:
    """Return whether a number lies within bounds, both included."""
    return bounds.min <= number and (bounds.max is None or number <= bounds.max)


def describe_range(bounds: "Range") -> str:
    """Return bounds in words."""
    if bounds.max is None:
        return f"at least {bounds.min}"
    return str(bounds.min) if bounds.min == bounds.max else f"{bounds.min} to {bounds.max}"


def describe(matcher: "Matcher") -> str:
    """Return a matcher in words."""
    parts = []
    if matcher.equals is not None:
        parts.append(f"equals {brief(matcher.equals)}")
    if matcher.contains is not None:
        parts.append(f"contains {' and '.join(brief(part) for part in matcher.contains[:3])}")
    if matcher.regex is not None:
        parts.append(f"regex {brief(matcher.regex)}")
    if matcher.glob is not None:
        parts.append(f"glob {brief(matcher.glob)}")
    if matcher.not_ is not None:
        parts.append(f"not {describe(matcher.not_)}")
    return ", ".join(parts)

"""Whether one turn answers every run that a later one could; true only where that is certain."""

from typing import TYPE_CHECKING

from scripted_models.grammar.scenario import TurnSpec
from scripted_models.matches import captures_of
from scripted_models.regular_expressions import SlowExpressionError
from scripted_models.tool_names import newest_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scripted_models.grammar.matchers import Matcher, When
    from scripted_models.grammar.parts import Range


def covers(earlier: TurnSpec, later: TurnSpec, *, same_scope: bool) -> bool:
    """Return whether ``earlier``, tried first, leaves no run to ``later``."""
    if earlier.uses is not None and earlier.uses.max is not None:
        return False
    conditions = earlier.when
    if conditions is None or not conditions.model_dump(exclude_none=True):
        return True
    return later.when is not None and _wider(conditions, later.when, same_scope=same_scope)


def _wider(wide: "When", narrow: "When", *, same_scope: bool) -> bool:
    if wide.state is not None and not (same_scope and narrow.state and set(narrow.state) <= set(wide.state)):
        return False
    if wide.tools is not None and not _tools(wide) <= _tools(narrow):
        return False
    if wide.turn is not None and (narrow.turn is None or not _contains(wide.turn, narrow.turn)):
        return False
    narrow_texts = _texts(narrow)
    return all(name in narrow_texts and _implied(matcher, narrow_texts[name]) for name, matcher in _texts(wide).items())


def _tools(when: "When") -> set[str]:
    return {newest_name(name) for name in when.tools or ()}


def _texts(when: "When") -> "dict[str, Matcher]":
    found = {"message": when.message, "model": when.model, "files": when.files}
    groups: dict[str, Mapping[str, Matcher] | None] = {"thread": when.thread_metadata, "run": when.run_metadata}
    if when.assistant is not None:
        assistant = when.assistant
        found |= {"assistant.id": assistant.id, "assistant.name": assistant.name}
        found |= {"assistant.instructions": assistant.instructions}
        groups["assistant"] = assistant.metadata
    for group, matchers in groups.items():
        found |= {f"{group}/{key}": matcher for key, matcher in (matchers or {}).items()}
    return {name: matcher for name, matcher in found.items() if matcher is not None}


def _contains(wide: "Range", narrow: "Range") -> bool:
    return wide.min <= narrow.min and (wide.max is None or (narrow.max is not None and narrow.max <= wide.max))


def _implied(wide: "Matcher", narrow: "Matcher") -> bool:
    """Return whether every text that fits ``narrow`` fits ``wide`` too."""
    if wide == narrow:
        return True
    if narrow.equals is not None:
        try:
            return captures_of(wide, narrow.equals) is not None
        except SlowExpressionError:
            return False
    only_contains = wide.equals is None and wide.regex is None and wide.glob is None and wide.not_ is None
    return (
        only_contains
        and wide.contains is not None
        and all(any(part in longer for longer in narrow.contains or ()) for part in wide.contains)
    )

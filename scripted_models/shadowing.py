"""Turns that answer every run that a later one could; found only where that is certain."""

from collections import defaultdict
from dataclasses import dataclass
from heapq import merge
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from scripted_models.grammar.scenario import TurnSpec
from scripted_models.matches import captures_of, normal
from scripted_models.regular_expressions import SearchTime, SlowExpressionError
from scripted_models.tool_names import newest_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from scripted_models.grammar.matchers import Matcher, When
    from scripted_models.grammar.parts import Range

# All pairs of some four hundred turns.
_MOST_COMPARISONS: Final = 100_000
_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class PlacedTurn:
    """A turn of one of several scenarios. scope: of the scenario. order: in which it is tried. number: in its file."""

    scope: str
    order: int
    number: int
    spec: TurnSpec


class Earlier:
    """The turns that are tried earlier. They are compared with a later one only as often as that takes little time.

    A turn that asks for one certain message can cover only those that ask for the same.
    """

    def __init__(self, comparisons: int = _MOST_COMPARISONS) -> None:
        self._comparisons = comparisons
        self._limit = SearchTime(_SECONDS)
        self._by_message: defaultdict[str | None, list[PlacedTurn]] = defaultdict(list)
        self._without_conditions: PlacedTurn | None = None

    def add(self, turn: PlacedTurn) -> None:
        """Note a turn that is tried before all that come from now on."""
        uses = turn.spec.uses
        if self._without_conditions is not None or (uses is not None and uses.max is not None):
            return
        if _conditions(turn.spec) is None:
            self._without_conditions = turn
        else:
            self._by_message[_message(turn.spec)].append(turn)

    def covering(self, later: PlacedTurn) -> PlacedTurn | None:
        """Return the first turn that leaves no run to ``later``."""
        message = _message(later.spec)
        fitting = [self._by_message.get(key, []) for key in {None, message}]
        for turn in merge(*fitting, key=attrgetter("order")):
            if self._comparisons == 0:
                break
            self._comparisons -= 1
            if self._covers(turn, later):
                return turn
        return self._without_conditions

    def _covers(self, earlier: PlacedTurn, later: PlacedTurn) -> bool:
        wide, narrow = earlier.spec.when, later.spec.when
        same_scope = earlier.scope == later.scope
        return bool(wide and narrow and _wider(wide, narrow, self._limit, same_scope=same_scope))


def _conditions(turn: TurnSpec) -> "When | None":
    return turn.when if turn.when is not None and turn.when.model_dump(exclude_none=True) else None


def _message(turn: TurnSpec) -> str | None:
    """Return the one message that a turn answers, if it names it."""
    equals = turn.when and turn.when.message and turn.when.message.equals
    return None if equals is None else normal(equals)


def _wider(wide: "When", narrow: "When", limit: SearchTime, *, same_scope: bool) -> bool:
    if wide.state is not None and not (same_scope and narrow.state and set(narrow.state) <= set(wide.state)):
        return False
    if wide.tools is not None and not _tools_implied(wide.tools, narrow.tools or (), limit):
        return False
    if wide.turn is not None and (narrow.turn is None or not _contains(wide.turn, narrow.turn)):
        return False
    if wide.api is not None and narrow.api != wide.api:
        return False
    narrow_texts = _texts(narrow)
    return all(
        name in narrow_texts and _implied(matcher, narrow_texts[name], limit, one=name != "files")
        for name, matcher in _texts(wide).items()
    )


def _tools_implied(wide: "Sequence[Matcher]", narrow: "Sequence[Matcher]", limit: SearchTime) -> bool:
    """Return whether every run that offers what ``narrow`` asks for offers what ``wide`` asks for."""
    asked = [_with_newest_name(matcher) for matcher in narrow]
    return all(any(_implied(_with_newest_name(one), other, limit, one=False) for other in asked) for one in wide)


def _with_newest_name(matcher: "Matcher") -> "Matcher":
    return matcher if matcher.equals is None else matcher.model_copy(update={"equals": newest_name(matcher.equals)})


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


def _implied(wide: "Matcher", narrow: "Matcher", limit: SearchTime, *, one: bool = True) -> bool:
    """Return whether every text that fits ``narrow`` fits ``wide`` too. one: there is one text, and not several."""
    if wide == narrow:
        return True
    if not one and (wide.excluded is not None or narrow.excluded is not None):
        return False  # what one of several texts is says nothing of the others
    if narrow.equals is not None:
        try:
            return captures_of(wide, narrow.equals, limit) is not None
        except SlowExpressionError:
            return False
    only_contains = wide.equals is None and wide.regex is None and wide.glob is None and wide.not_ is None
    return (
        only_contains
        and wide.contains is not None
        and all(any(part in longer for longer in narrow.contains or ()) for part in wide.contains)
    )

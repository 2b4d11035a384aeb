"""A turn that goes on: its script is played from the beginning against the steps that its context has already.

Nothing that is there is done again. What the script says is answered with what the context holds, and where the context
ends the script goes on. A program may have changed its history: then the turn goes on with what the program has, and
the report says so.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any, Final

from emulator.domain import actions as words
from emulator.domain.actions import ENDS_RUN, Action, Call, Calls, Hits, Outputs, Result, Said, numbered
from emulator.domain.past_steps import PastCall, PastStep
from emulator.domain.ports import Turn
from emulator.domain.recorded_calls import answered

_SAID: Final = (words.Say, words.Refuse)
_CALLED: Final = (Call, Calls)
# Nobody waits again for what has been waited for.
_PASSED: Final = (words.Wait, words.Hold)
# Played once, by the response with which the turn began; what they changed is kept.
_PLAYED_ONCE: Final = (words.Remember, words.Goto, words.Check, words.ReportDrift)


def continued(turn: Turn, steps: Sequence[PastStep], *, begins: bool) -> Turn:
    """Return a turn that begins behind its past. begins: nobody has played its beginning; the client brought it."""
    if not steps:
        return turn
    past = _Past(steps, begins=begins)
    actions: Any = turn.actions
    is_async = hasattr(actions, "asend") or hasattr(actions, "__anext__")
    return replace(turn, actions=_async_rest(actions, past) if is_async else _rest(actions, past))


def _rest(actions: Any, past: "_Past") -> Iterator[Action]:
    """Yield the actions behind the past. actions: a generator, or an iterator that takes no results."""
    result: Result = None
    try:
        action: Action | None = next(actions, None)
        while action is not None:
            is_past, result, differences = past.take(action)
            for difference in differences:  # noqa: UP028 - whoever plays it sends results, which a list does not take
                yield difference
            if not is_past:
                result = yield action
            action = actions.send(result) if hasattr(actions, "send") else next(actions, None)
    except StopIteration:
        return
    finally:
        if hasattr(actions, "close"):
            actions.close()


async def _async_rest(actions: Any, past: "_Past") -> AsyncIterator[Action]:
    result: Result = None
    try:
        action: Action | None = await anext(actions, None)
        while action is not None:
            is_past, result, differences = past.take(action)
            for difference in differences:
                yield difference
            if not is_past:
                result = yield action
            action = await actions.asend(result) if hasattr(actions, "asend") else await anext(actions, None)
    except StopAsyncIteration:
        return
    finally:
        if hasattr(actions, "aclose"):
            await actions.aclose()


class _Past:
    """The steps that are left of the past."""

    def __init__(self, steps: Sequence[PastStep], *, begins: bool) -> None:
        self._left = list(steps)
        self._begins = begins

    def take(self, action: Action) -> tuple[bool, Result, Sequence[Action]]:
        """Return whether an action is past, the result that it had, and what is to be reported of it."""
        if not self._left or isinstance(action, ENDS_RUN):
            return False, None, ()
        if isinstance(action, (*_PASSED, *_PLAYED_ONCE)):
            is_past = isinstance(action, _PASSED) or not self._begins
            return is_past, None, ()
        if isinstance(action, _CALLED):
            return self._take_calls(action)
        return self._take_other(action)

    def _take_other(self, action: Action) -> tuple[bool, Result, Sequence[Action]]:
        place = self._place_of(action)
        if place is None:  # the program has dropped it
            return True, _own_result(action), ()
        step = self._left[place]
        del self._left[: place + 1]
        if isinstance(step, Said) and isinstance(action, _SAID):
            text = said(action)
            is_new = step.text != text and self._is_new
            return True, step, [words.ReportDrift("message", text, step.text)] if is_new else ()
        if isinstance(step, Hits) and isinstance(action, words.SearchFiles) and not step.results:
            return True, _own_result(action), ()  # a client need not have asked for what was found
        return True, step if not isinstance(step, PastCall) else None, ()

    @property
    def _is_new(self) -> bool:
        """Whether what was taken last came with the newest outputs; what was there before has been compared."""
        calls = [isinstance(step, PastCall) for step in self._left]
        rounds = sum(now and not before for before, now in pairwise([False, *calls]))
        return rounds <= 1 or self._begins

    def _place_of(self, action: Action) -> int | None:
        """Return where an action stands: where it is as the script has it, or else next, with another content."""
        like = [place for place, step in enumerate(self._left) if _is_kind_of(step, action)]
        same = next((place for place in like if _is_same(self._left[place], action)), None)
        return same if same is not None else 0 if 0 in like else None

    def _take_calls(self, action: Call | Calls) -> tuple[bool, Result, Sequence[Action]]:
        calls = action.calls if isinstance(action, Calls) else (action,)
        first = self._first_call([call.name for call in calls])
        if first is None:
            outputs = {key: call.recorded or "" for key, call in zip(_keys(calls), calls, strict=True)}
            return True, Outputs(outputs), ()
        made = [step for step in self._left[first : first + len(calls)] if isinstance(step, PastCall)]
        del self._left[: first + len(made)]
        changed: list[Action] = [
            words.ReportDrift("tool_output", call.name, past.name, f"$.calls[{place}].name")
            for place, (call, past) in enumerate(zip(calls, made, strict=False))
            if call.name != past.name
        ]
        texts = [past.output or "" for past in made] + [""] * (len(calls) - len(made))
        came = Outputs(dict(zip(_keys(calls), texts, strict=True)))
        if not self._left or self._begins:  # those before were compared when they came
            changed += [
                words.ReportDrift("tool_output", one.recorded, one.got, call=one.call, below=one.below)
                for one in answered(action, came)
                if one.recorded != one.got
            ]
        return True, came, changed

    def _first_call(self, names: Sequence[str]) -> int | None:
        """Return where calls of these names begin; or else the next step, if that is a call."""
        there = [step.name if isinstance(step, PastCall) else None for step in self._left]
        whole = (place for place in range(len(there)) if there[place : place + len(names)] == names)
        return next(whole, 0 if there[0] is not None else None)


def _keys(calls: Sequence[Call]) -> list[str]:
    return numbered(call.key for call in calls)


def said(action: words.Say | words.Refuse) -> str:
    """Return the text of a message without its markers: they stand in no text of an API that has annotations alone."""
    text = action.text
    annotations = action.annotations if isinstance(action, words.Say) else ()
    cited = [one for one in annotations if one.get("type") == "file_citation" and "end_index" in one]
    for one in sorted(cited, key=lambda one: int(one["start_index"]), reverse=True):
        text = text[: one["start_index"]] + text[one["end_index"] :]
    return text


def _is_kind_of(step: PastStep, action: Action) -> bool:
    match step:
        case Said():
            return isinstance(action, _SAID)
        case Hits():
            return isinstance(action, words.SearchFiles)
        case words.CodeResult():
            return isinstance(action, words.RunCode)
        case PastCall():
            return False


def _is_same(step: PastStep, action: Action) -> bool:
    return not isinstance(step, Said) or (isinstance(action, _SAID) and step.text == said(action))


def _own_result(action: Action) -> Result:
    """Return what the script itself says that came of an action."""
    match action:
        case words.Say() | words.Refuse():
            return Said("", action.text)
        case words.SearchFiles(results=results):
            return Hits(() if results == "auto" else tuple(results))
        case words.RunCode():
            return words.CodeResult(action.logs or "")
        case _:
            return None

"""Differences between how two turns were led: requests, calls without an answer, errors that the program swallowed."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.records import Asked, Turn
from emulator.domain.parity.sentences import counted, quoted
from emulator.domain.parity.sides import Side

# Whoever asks again after one of these has not swallowed it. 0: there was no answer.
_AGAIN: Final = frozenset({0, 408, 409, 429})
_FIRST_SERVER_ERROR: Final = 500
_FIRST_ERROR: Final = 400
_SUCCESS: Final = range(200, 300)
_LOCKED: Final = "conversation_locked"
_SUBMITS: Final = re.compile(r".*/submit_tool_outputs(\?.*)?")
_ID: Final = re.compile(r"\b([a-z]+_)[0-9A-Za-z]{16,}")
# What the typical mistakes of a port are refused with.
_HINTS: Final[Mapping[str, str]] = {
    "No tool output found": ": all calls of the model have to be answered together",
    "missing_required_parameter": ": a function, a choice or a format in the shape of Assistants? They are flat here",
}


def shape(old: Side, new: Side) -> Iterator[Candidate]:
    """Yield what differs."""
    unanswered = list(_unanswered(old.turn, new.turn))
    yield from unanswered
    yield from errors(old.turn.asked, new.turn.asked)
    if not unanswered:
        yield from _requests(old, new)
    if bool(old.turn.saw) != bool(new.turn.saw):
        what = f"it is recorded {'before' if old.turn.saw else 'after'} only what the model saw"
        yield Candidate("shape", "saw", len(old.turn.saw), len(new.turn.saw), what)


def _unanswered(old: Turn, new: Turn) -> Iterator[Candidate]:
    before, after = _open_calls(old), _open_calls(new)
    for name in _calls(old) & _calls(new):
        was, now = before[name], after[name]
        if was == now:
            continue
        calls = f"a call of {name}" if max(was, now) == 1 else f"{max(was, now)} calls of {name}"
        what = f"{calls} got no output before, and {now or 'none'} now" if now < was else f"{calls} never got an output"
        yield Candidate("shape", "call.output", was, now, what)


def _calls(turn: Turn) -> Counter[str]:
    return Counter(one.name or "" for one in turn.did if one.kind == "call")


def _open_calls(turn: Turn) -> Counter[str]:
    return Counter(one.name or "" for one in turn.did if one.kind == "call" and one.output is None)


def _requests(old: Side, new: Side) -> Iterator[Candidate]:
    was, now = _rounds(old), _rounds(new)
    if was is None or now is None or was == now:
        return
    what = f"the model was asked {counted(now, 'time')} in the turn, before {counted(was, 'time')}"
    if now > was and sum(_calls(new.turn).values()) > 1:
        what += ": calls that it made at once were answered one by one"
    yield Candidate("shape", "requests", was, now, what)


def _rounds(side: Side) -> int | None:
    """Return how often the model was asked; None: it is not known, or attempts were repeated."""
    asked = side.turn.asked
    if not asked or not side.turn.saw or any(is_worth_another_try(one) for one in asked):
        return None
    if side.api == "responses":
        return len(side.turn.saw)
    return 1 + sum(one.status < _FIRST_ERROR and _SUBMITS.fullmatch(one.path) is not None for one in asked)


def is_worth_another_try(asked: Asked) -> bool:
    """Return whether the same request may succeed later."""
    return asked.status in _AGAIN or asked.status >= _FIRST_SERVER_ERROR or asked.error == _LOCKED


def errors(before: Sequence[Asked], after: Sequence[Asked]) -> Iterator[Candidate]:
    """Yield the refusals that only one of two programs met."""
    old, new = Counter(_refusals(before)), Counter(_refusals(after))
    for error in new - old:
        yield Candidate("shape", "errors", None, error[1], _refused(error), "no such refusal")
    for error in old - new:
        yield Candidate("shape", "errors", error[1], None, f"{_refused(error)} before, and no longer")


def _refusals(asked: Sequence[Asked]) -> Iterator[tuple[str, str]]:
    """Yield what was refused and not asked again with success, where asking again may help."""
    for place, one in enumerate(asked):
        if one.status >= _FIRST_ERROR or one.status in _AGAIN:
            again = (other for other in asked[place + 1 :] if (other.method, other.path) == (one.method, one.path))
            if not (is_worth_another_try(one) and any(other.status in _SUCCESS for other in again)):
                answer = str(one.status) if one.status else "no answer"
                yield f"{one.method} {_without_ids(one.path)}", _without_ids(one.error or answer)


def _without_ids(text: str) -> str:
    return _ID.sub(r"\1…", text)


def _refused(error: tuple[str, str]) -> str:
    call, reason = error
    hint = next((hint for part, hint in _HINTS.items() if part in reason and call.endswith("/responses")), "")
    return f"{call} was refused with {quoted(reason)}{hint}"

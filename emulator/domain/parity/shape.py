"""Differences between how two turns were led: requests, calls without an answer, errors that the program swallowed."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.records import Api, Asked, Turn
from emulator.domain.parity.sentences import counted, quoted
from emulator.domain.parity.sides import Side

# Whoever asks again after one of these has not swallowed it. 0: there was no answer.
_AGAIN: Final = frozenset({0, 408, 409, 429})
_FIRST_SERVER_ERROR: Final = 500
_FIRST_ERROR: Final = 400
_LOOP: Final[dict[Api, str]] = {"assistants": r".*/submit_tool_outputs", "responses": r".*/responses"}
_ID: Final = re.compile(r"\b([a-z]+_)[0-9A-Za-z]{16,}")
_UNANSWERED: Final = "No tool output found"


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
    called = _calls(old) & _calls(new)
    for name in called:
        was, now = before[name], after[name]
        if was == now:
            continue
        calls = f"a call of {name}" if max(was, now) == 1 else f"{max(was, now)} calls of {name}"
        what = f"{calls} got no output before, and {now} now" if now < was else f"{calls} never got an output"
        yield Candidate("shape", "call.output", was, now, what, f"{was} without", f"{now} without")


def _calls(turn: Turn) -> Counter[str]:
    return Counter(one.name or "" for one in turn.did if one.kind == "call")


def _open_calls(turn: Turn) -> Counter[str]:
    return Counter(one.name or "" for one in turn.did if one.kind == "call" and one.output is None)


def _requests(old: Side, new: Side) -> Iterator[Candidate]:
    rounds = _rounds(old), _rounds(new)
    if None in rounds or rounds[0] == rounds[1]:
        return
    what = f"the model was asked {counted(rounds[1] or 0, 'time')} in the turn, before {rounds[0]}"
    batches = [one for one in new.turn.did if one.kind == "call"]
    if len(batches) > 1 and (rounds[1] or 0) > (rounds[0] or 0):
        what = f"{what}: calls that the model made at once were answered one by one"
    yield Candidate("shape", "requests", rounds[0], rounds[1], what)


def _rounds(side: Side) -> int | None:
    """Return how often the model was asked; None: it is not known, or attempts were repeated."""
    asked = side.turn.asked
    if not asked or any(_is_worth_another_try(one) for one in asked):
        return None
    done = [one for one in asked if one.method == "POST" and one.status < _FIRST_ERROR]
    loops = sum(re.fullmatch(_LOOP[side.api], one.path.partition("?")[0]) is not None for one in done)
    return loops + 1 if side.api == "assistants" else loops or None


def _is_worth_another_try(asked: Asked) -> bool:
    return asked.status in _AGAIN or asked.status >= _FIRST_SERVER_ERROR


def errors(before: Sequence[Asked], after: Sequence[Asked]) -> Iterator[Candidate]:
    """Yield the refusals that only one of two programs met, and went on."""
    old, new = Counter(_refusals(before)), Counter(_refusals(after))
    for error in new - old:
        yield Candidate("shape", "errors", None, error[1], f"{_refused(error)}, and the program went on")
    for error in old - new:
        yield Candidate("shape", "errors", error[1], None, f"{_refused(error)} before, and no longer")


def _refusals(asked: Sequence[Asked]) -> list[tuple[str, str]]:
    return [
        (f"{one.method} {_without_ids(one.path)}", _without_ids(one.error or str(one.status)))
        for one in asked
        if one.status >= _FIRST_ERROR and not _is_worth_another_try(one)
    ]


def _without_ids(text: str) -> str:
    return _ID.sub(r"\1…", text)


def _refused(error: tuple[str, str]) -> str:
    hint = ": not all calls of the model were answered together" if _UNANSWERED in error[1] else ""
    return f"{error[0]} was refused with {quoted(error[1])}{hint}"

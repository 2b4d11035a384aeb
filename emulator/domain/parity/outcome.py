"""Differences between what came of two turns: texts, calls, searches, code, their order, and the ends."""

from collections import Counter
from collections.abc import Hashable, Iterator
from typing import Final

from emulator.domain.parity.alignment import aligned
from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.records import Did, Turn
from emulator.domain.parity.sentences import contrasted, quoted
from emulator.domain.parity.sides import same
from emulator.domain.parity.texts import plain

_NAMES: Final = {
    "text": "the text", "refusal": "the refusal", "call": "the call of", "search": "the search", "code": "the code"
}  # fmt: skip
_OUTPUTS: Final = {"call": "the program's output", "code": "what the code printed"}
_WAITS: Final = "requires_action"
_FIELDS: Final = {"call": "call.arguments"}


def outcome(old: Turn, new: Turn) -> Iterator[Candidate]:
    """Yield what differs."""
    if old.turn != new.turn:
        what = f"the scenario plays its turn {quoted(new.turn)}, before {quoted(old.turn)}"
        yield Candidate("outcome", "turn", old.turn, new.turn, what)
    yield from _done(old, new)
    if old.status != new.status and not _is_explained(old, new):
        what = f"the turn ends as {new.status}{_because(new)}, before as {old.status}{_because(old)}"
        yield Candidate("outcome", "status", old.status, new.status, what)
    elif old.status == new.status and old.reason != new.reason:
        was, now = contrasted(old.reason, new.reason)
        yield Candidate("outcome", "reason", old.reason, new.reason, f"the reason of the end is {now}, before {was}")


def _is_explained(old: Turn, new: Turn) -> bool:
    """Return whether one turn ends early because calls got no output, of which more is said elsewhere."""
    waiting = [turn for turn in (old, new) if turn.status == _WAITS]
    return any(one.kind == "call" and one.output is None for turn in waiting for one in turn.did)


def _because(turn: Turn) -> str:
    return f" ({turn.reason})" if turn.reason else ""


def _done(old: Turn, new: Turn) -> Iterator[Candidate]:
    before, after = [_key(one) for one in old.did], [_key(one) for one in new.did]
    if before != after and Counter(before) == Counter(after):
        was, now = ([_called(one) for one in turn.did] for turn in (old, new))
        place = next(n for n in range(len(was)) if before[n] != after[n])
        what = f"{now[place]} comes where {was[place]} came before: the order is another one"
        yield Candidate("outcome", "order", was, now, what)
        return
    for lost, added in _pairs(old, new):
        if lost is None and added is not None:
            yield Candidate("outcome", added.kind, None, added.text, f"{_called(added)} is new")
        elif added is None and lost is not None:
            yield Candidate("outcome", lost.kind, lost.text, None, f"{_called(lost)} no longer comes")
        elif lost is not None and added is not None:
            yield from _pair(lost, added)


def _key(did: Did) -> Hashable:
    return did.kind, did.name, plain(did.text) if did.kind != "call" else None


def _pairs(old: Turn, new: Turn) -> Iterator[tuple[Did | None, Did | None]]:
    """Yield what belongs together; what is of another kind, or calls another function, does not."""
    kinds = [[(one.kind, one.name) for one in turn.did] for turn in (old, new)]
    for place, other in aligned(*kinds):
        lost = None if place is None else old.did[place]
        added = None if other is None else new.did[other]
        if lost is not None and added is not None and (lost.kind, lost.name) != (added.kind, added.name):
            yield lost, None
            yield None, added
        else:
            yield lost, added


def _called(did: Did) -> str:
    name = _NAMES[did.kind]
    return f"{name} {did.name}({_arguments(did)})" if did.kind == "call" else f"{name} {quoted(did.text)}"


def _arguments(did: Did) -> str:
    return quoted(did.text)[1:-1]


def _pair(old: Did, new: Did) -> Iterator[Candidate]:
    kind = new.kind
    name = f"{_NAMES[kind]} {new.name}" if kind == "call" else _NAMES[kind]
    if old.text != new.text:
        was, now = contrasted(old.text, new.text)
        verb = "has the arguments" if kind == "call" else "is"
        yield Candidate("outcome", _FIELDS.get(kind, kind), old.text, new.text, f"{name} {verb} {now}, before {was}")
    if old.output != new.output and not (kind == "call" and None in (old.output, new.output)):
        was, now = contrasted(old.output, new.output)
        about = f"{_OUTPUTS.get(kind, 'the output')}{f' to {new.name}' if kind == 'call' else ''}"
        yield Candidate("outcome", f"{kind}.output", old.output, new.output, f"{about} is {now}, before {was}")
    for field, verb in (("cited", "cites"), ("found", "finds"), ("images", "shows")):
        before, after = getattr(old, field), getattr(new, field)
        if not same(before, after):
            was, now = contrasted(before, after)
            what = f"{name} {verb} {now}{' images' if field == 'images' else ''}, before {was}"
            yield Candidate("outcome", f"{kind}.{field}", _plain(before), _plain(after), what)


def _plain(value: tuple[str, ...] | int) -> list[str] | int:
    return list(value) if isinstance(value, tuple) else value

"""Which dialogues of two records belong together, and which of their turns."""

from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from emulator.domain.parity.alignment import aligned
from emulator.domain.parity.records import Dialogue, Record, Turn
from emulator.domain.parity.texts import spaced


@dataclass(frozen=True, slots=True)
class TurnPair:
    """Two turns that belong together; None: one is missing. anew: whether either begins a dialogue of its own."""

    before: Turn | None
    after: Turn | None
    anew: tuple[bool, bool] = (False, False)


@dataclass(slots=True)
class DialoguePair:
    """Dialogues that belong together: one of each side, with those that should have gone on with it behind it."""

    before: list[Dialogue] = field(default_factory=list)
    after: list[Dialogue] = field(default_factory=list)

    @property
    def ids(self) -> frozenset[str]:
        """The ids of all of them."""
        return frozenset(one.id for one in (*self.before, *self.after))

    @property
    def turns(self) -> Iterator[TurnPair]:
        """The turns in order, those with the same message of the user together."""
        old, new = list(_turns(self.before)), list(_turns(self.after))
        for place, other in aligned([_message(turn) for turn, _ in old], [_message(turn) for turn, _ in new]):
            before, is_anew = (None, False) if place is None else old[place]
            after, is_now_anew = (None, False) if other is None else new[other]
            yield TurnPair(before, after, (is_anew, is_now_anew))


def _turns(dialogues: Sequence[Dialogue]) -> Iterator[tuple[Turn, bool]]:
    for number, dialogue in enumerate(dialogues):
        for place, turn in enumerate(dialogue.turns):
            yield turn, number > 0 and place == 0


def _message(turn: Turn) -> str:
    return spaced(turn.message or "")


def paired(before: Record, after: Record, pairs: Mapping[str, str]) -> list[DialoguePair]:
    """Return the dialogues in pairs, in the order of the first record; those of the second one alone come last.

    First those that `pairs` names, by their ids; then those with the same messages of the user, and those with the same
    first one. What begins with the message of a turn that its dialogue lacks goes on with that dialogue: the program
    did not say so. The rest belongs together in its order.
    """
    old = [one for one in before.dialogues if one.turns]
    new = [one for one in after.dialogues if one.turns]
    found = {id(one): DialoguePair([one]) for one in old}
    free = list(new)
    by_id = {one.id: one for one in new}
    for one in old:
        partner = by_id.pop(pairs.get(one.id, ""), None)
        if partner is not None:
            _join(found[id(one)], partner, free)
    for key_of in (_messages, _first_message):
        _match(old, found, free, key_of)
    _continue(list(found.values()), free)
    for pair in found.values():
        if not pair.after and pair.before and free:
            _join(pair, free[0], free)
    _continue(list(found.values()), free)
    return [*(pair for pair in found.values() if pair.before), *(DialoguePair([], [one]) for one in free)]


def _join(pair: DialoguePair, dialogue: Dialogue, free: list[Dialogue]) -> None:
    pair.after.append(dialogue)
    free[:] = [one for one in free if one is not dialogue]


def _messages(dialogue: Dialogue) -> Hashable:
    return tuple(map(_message, dialogue.turns))


def _first_message(dialogue: Dialogue) -> Hashable:
    return _message(dialogue.turns[0])


def _match(
    old: Sequence[Dialogue],
    found: Mapping[int, DialoguePair],
    free: list[Dialogue],
    key_of: Callable[[Dialogue], Hashable],
) -> None:
    waiting: dict[Hashable, deque[Dialogue]] = defaultdict(deque)
    for one in free:
        waiting[key_of(one)].append(one)
    for one in old:
        pair = found[id(one)]
        if not pair.after and (queue := waiting.get(key_of(one))):
            pair.after.append(queue.popleft())
    taken = {id(one) for pair in found.values() for one in pair.after}
    free[:] = [one for one in free if id(one) not in taken]


def _continue(pairs: Sequence[DialoguePair], free: list[Dialogue]) -> None:
    """Let dialogues that are left over go on with those that lack a turn with their first message."""
    whole = [pair for pair in pairs if pair.after]
    lacking = _Lacking(whole, side=1)
    for one in list(free):
        if (pair := lacking.take(_first_message(one))) is not None:
            _join(pair, one, free)
            lacking.add(pair)
    lacking = _Lacking(whole, side=0)
    for alone in [pair for pair in pairs if pair.before and not pair.after]:
        if (pair := lacking.take(_first_message(alone.before[0]))) is not None:
            pair.before += alone.before
            alone.before = []
            lacking.add(pair)


class _Lacking:
    """Pairs by the messages of the turns that one side of them lacks."""

    def __init__(self, pairs: Sequence[DialoguePair], *, side: int) -> None:
        self._side = side
        self._waiting: dict[Hashable, deque[DialoguePair]] = defaultdict(deque)
        for pair in pairs:
            self.add(pair)

    def add(self, pair: DialoguePair) -> None:
        """Take in a pair, as it is now."""
        for turns in pair.turns:
            there, here = (turns.before, turns.after) if self._side else (turns.after, turns.before)
            if here is None and there is not None:
                self._waiting[_message(there)].append(pair)

    def take(self, message: Hashable) -> DialoguePair | None:
        """Return a pair that lacks a turn with the message."""
        queue = self._waiting.get(message)
        while queue:
            pair = queue.popleft()
            if any(self._lacks(turns, message) for turns in pair.turns):
                return pair
        return None

    def _lacks(self, turns: TurnPair, message: Hashable) -> bool:
        there, here = (turns.before, turns.after) if self._side else (turns.after, turns.before)
        return here is None and there is not None and _message(there) == message

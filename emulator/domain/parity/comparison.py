"""The comparison of two records: what the port does otherwise, and what counts as equal by which rule."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Final

from emulator.domain.parity.candidates import Candidate
from emulator.domain.parity.counterparts import asked_for, without_counterpart
from emulator.domain.parity.masked_reports import masked
from emulator.domain.parity.outcome import outcome
from emulator.domain.parity.pairing import DialoguePair, TurnPair, paired
from emulator.domain.parity.records import Api, Dialogue, Record, Turn
from emulator.domain.parity.report import Difference, Equality, Report
from emulator.domain.parity.rules import RULES, Rule, rule_for
from emulator.domain.parity.seen import seen
from emulator.domain.parity.sentences import counted, quoted, sentence
from emulator.domain.parity.shape import errors, is_worth_another_try, shape
from emulator.domain.parity.sides import Side, Values
from emulator.domain.parity.waivers import Waiver

# A comparison of nothing else has no dialogue to take the API from.
_NOBODY: Final = Turn(None, None, None, "", None, (), ())
_BOTH: Final = 2
_NO_PAIRS: Final[Mapping[str, str]] = {}


def compare(
    before: Record,
    after: Record,
    *,
    pairs: Mapping[str, str] = _NO_PAIRS,
    waivers: Sequence[Waiver] = (),
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Return what a port does otherwise than the program before, without keys.

    pairs: ids of dialogues before, with those after.
    """
    dialogues = paired(before, after, pairs)
    comparison = _Comparison(before, after, rules, waivers, is_single=len(dialogues) == 1)
    turns = 0
    for number, pair in enumerate(dialogues, 1):
        turns += comparison.dialogue(number, pair)
    comparison.outside(before, after)
    compared = sum(bool(pair.before and pair.after) for pair in dialogues)
    unused = tuple(number for number in range(1, len(waivers) + 1) if number not in comparison.used)
    report = Report(
        before.namespace,
        after.namespace,
        compared,
        turns,
        tuple(comparison.differences),
        tuple(comparison.equalities),
        unused,
        (*_notes("before", before), *_notes("after", after)),
    )
    return masked(report)


def _notes(side: str, record: Record) -> Iterator[str]:
    return (f"{side}: {note}" for note in record.notes)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where something is: the numbers of dialogue and turn, and by what waivers may name both."""

    dialogue: int
    turn: int
    line: str | None = None
    ids: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Comparison:
    """What is found on the way."""

    before: Record
    after: Record
    rules: Sequence[Rule]
    waivers: Sequence[Waiver]
    is_single: bool
    differences: list[Difference] = field(default_factory=list)
    equalities: list[Equality] = field(default_factory=list)
    used: set[int] = field(default_factory=set)
    listed: set[str] = field(default_factory=set)
    shown: set[Hashable] = field(default_factory=set)

    def dialogue(self, number: int, pair: DialoguePair) -> int:
        """Compare two dialogues, and return of how many turns."""
        place = _Place(number, 0, ids=pair.ids)
        if not (pair.before and pair.after):
            self._missing_dialogue(place, pair)
            return 0
        apis = pair.before[0].api, pair.after[0].api
        sides = Side(apis[0], _NOBODY), Side(apis[1], _NOBODY)
        ids = [[one.id for one in some] for some in (pair.before, pair.after)]
        if ids[0] != ids[1]:
            candidate = Candidate("shape", "object", ids[0], ids[1], "the dialogue has another id")
            self._equal_or_not(candidate, sides, place)
        turns, known = 0, set[Hashable]()
        for turn, found in enumerate(pair.turns, 1):
            line = next((one.place for one in (found.before, found.after) if one is not None and one.place), None)
            names = frozenset(one.turn for one in (found.before, found.after) if one is not None and one.turn)
            here = _Place(number, turn, line, pair.ids, names)
            if found.before is None or found.after is None:
                self._missing_turn(here, found, apis)
            else:
                turns += 1
                self._turn(here, found, Side(apis[0], found.before), Side(apis[1], found.after), known)
        return turns

    def _missing_dialogue(self, place: _Place, pair: DialoguePair) -> None:
        one: Dialogue = (pair.before or pair.after)[0]
        about = f"{counted(len(one.turns), 'turn')}, the first with the message {quoted(one.turns[0].message)}"
        what = f"the dialogue is missing: {about}" if pair.before else f"the dialogue is new: {about}"
        before, after = (one.id, None) if pair.before else (None, one.id)
        side = Side(one.api, _NOBODY)
        self._equal_or_not(Candidate("shape", "dialogue", before, after, what), (side, side), place)
        asked = [request for turn in one.turns for request in turn.asked]
        for candidate in errors(asked, ()) if pair.before else errors((), asked):
            self._equal_or_not(candidate, self._sides(), place)

    def _missing_turn(self, place: _Place, found: TurnPair, apis: tuple[Api, Api]) -> None:
        one = found.before or found.after
        message = None if one is None else one.message
        before, after = (message, None) if found.after is None else (None, message)
        what = f"the turn with the message {quoted(message)} {'is missing' if found.after is None else 'is new'}"
        self._equal_or_not(
            Candidate("shape", "turn", before, after, what), (Side(apis[0], _NOBODY), Side(apis[1], _NOBODY)), place
        )

    def _turn(self, place: _Place, found: TurnPair, old: Side, new: Side, known: set[Hashable]) -> None:
        sees_the_same = self._seen(place, old, new, known)
        if found.anew[0] != found.anew[1]:
            what = "the turn begins a dialogue of its own: nothing says which one it goes on with"
            before, after = map(_continued, found.anew)
            self._equal_or_not(
                Candidate("shape", "continued", before, after, what, case="continued.same" if sees_the_same else None),
                (old, new),
                place,
            )
        for one in shape(old, new):
            self._equal_or_not(one, (old, new), place)
        for one in outcome(old.turn, new.turn):
            if isinstance(one.before, str) and isinstance(one.after, str):
                known.add((one.before, one.after))
            self._equal_or_not(one, (old, new), place)
        for one in asked_for(old, new):
            self._list(one, one.what, (old.api, new.api), place)

    def _seen(self, place: _Place, old: Side, new: Side, known: set[Hashable]) -> bool:
        """Compare what was seen with each request of a turn; return whether the messages are the same."""
        found: dict[Hashable, list[tuple[int, Candidate, tuple[Side, Side]]]] = {}
        number = max(len(old.turn.saw), len(new.turn.saw)) if old.turn.saw and new.turn.saw else 0
        for step in range(number):
            one, other = min(step, len(old.turn.saw) - 1), min(step, len(new.turn.saw) - 1)
            sides = replace(old, saw=old.turn.saw[one]), replace(new, saw=new.turn.saw[other])
            for candidate in seen(*sides, one, other):
                values = Values(candidate.case or candidate.field, candidate.before, candidate.after, *sides, step > 0)
                if rule := rule_for(values, self.rules):
                    self._equal(rule, candidate, place)
                else:
                    found.setdefault(candidate.echo or candidate.field, []).append((step, candidate, sides))
        for key, steps in found.items():
            if key in known:  # of an earlier turn, whose messages are in the context of all that follow
                continue
            step, candidate, sides = steps[0]
            sent = sides[1].saw.request if sides[1].saw else ""
            requests = _which([step for step, *_ in steps], number)
            now = (candidate.now or "with {request}").replace("{request}", sent)
            self._differs(replace(candidate, request=sent, now=now), sides, place, requests)
        of_messages = {key for key, steps in found.items() if steps[0][1].echo is not None}
        known |= of_messages
        return not of_messages

    def outside(self, before: Record, after: Record) -> None:
        """Compare what was refused outside of any turn."""
        # Whether one of them was asked again with success, only the dialogues could say.
        lasting = ([one for one in record.refused if not is_worth_another_try(one)] for record in (before, after))
        for candidate in errors(*lasting):
            self._equal_or_not(replace(candidate, field="refused"), self._sides(), _Place(0, 0))

    def _sides(self) -> tuple[Side, Side]:
        """Return the sides of what is in no turn of both."""
        return Side(_api_of(self.before), _NOBODY), Side(_api_of(self.after), _NOBODY)

    # --- what becomes of a candidate ----------------------------------------------------------------------------------

    def _equal_or_not(self, candidate: Candidate, sides: tuple[Side, Side], place: _Place) -> None:
        values = Values(candidate.case or candidate.field, candidate.before, candidate.after, *sides)
        if rule := rule_for(values, self.rules):
            self._equal(rule, candidate, place)
        else:
            self._differs(candidate, sides, place)

    def _equal(self, rule: str, candidate: Candidate, place: _Place) -> None:
        key = (rule, place.dialogue, place.turn, candidate.echo or candidate.field)
        if key not in self.shown:
            self.shown.add(key)
            where = place.dialogue, place.turn, candidate.field
            self.equalities.append(Equality(rule, *where, candidate.before, candidate.after))

    def _differs(
        self, candidate: Candidate, sides: tuple[Side, Side], place: _Place, requests: str | None = None
    ) -> None:
        values = Values(candidate.field, candidate.before, candidate.after, *sides)
        apis = sides[0].api, sides[1].api
        if (what := without_counterpart(candidate, values)) is not None:
            self._list(candidate, what, apis, place)
        else:
            self._add(candidate, apis, place, requests)

    def _list(self, candidate: Candidate, what: str, apis: tuple[Api, Api], place: _Place) -> None:
        if what not in self.listed:
            self.listed.add(what)
            self._add(replace(candidate, kind="no_counterpart", what=what), apis, place)

    def _add(self, candidate: Candidate, apis: tuple[Api, Api], place: _Place, requests: str | None = None) -> None:
        text = sentence(
            candidate,
            dialogue=place.dialogue,
            turn=place.turn,
            place=place.line,
            apis=apis,
            requests=requests,
            only_dialogue=self.is_single,
        )
        difference = Difference(
            candidate.kind,
            place.dialogue,
            place.turn,
            candidate.field,
            candidate.before,
            candidate.after,
            text,
            place.line,
            candidate.request,
        )
        self.differences.append(replace(difference, waived=self._waived(difference, place)))

    def _waived(self, difference: Difference, place: _Place) -> str | None:
        reason = None
        for number, waiver in zip(count(1), self.waivers):
            if waiver.covers(difference, ids=place.ids, names=place.names):
                self.used.add(number)
                reason = reason or waiver.reason
        return reason


def _api_of(record: Record) -> Api:
    return next((one.api for one in record.dialogues), "assistants")


def _continued(is_anew: bool) -> str:  # noqa: FBT001 - of a pair
    return "anew" if is_anew else "continued"


def _which(steps: Sequence[int], number: int) -> str | None:
    """Return with which requests of a turn something is so; None: it has but one."""
    if number == 1:
        return None
    some = len(set(steps))
    if some == number:
        return "both requests of the turn" if number == _BOTH else f"all {number} requests of the turn"
    first = f"request {steps[0] + 1} of {number} in the turn"
    return f"{first} and {counted(some - 1, 'other')}" if some > 1 else first

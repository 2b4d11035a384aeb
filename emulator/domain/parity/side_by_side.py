"""Two records side by side: dialogues in pairs and turns in rows, each with what a comparison found there."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from emulator.domain.parity.pairing import DialoguePair, paired
from emulator.domain.parity.records import Dialogue, Record, Turn
from emulator.domain.parity.report import Difference, Equality, Report

# The numbers of a dialogue and of a turn.
_Where = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Findings:
    """What was found in one place. failures: differences that fail; others: waived, or without counterpart."""

    failures: Sequence[Difference] = ()
    others: Sequence[Difference] = ()
    equalities: Sequence[Equality] = ()

    @property
    def is_empty(self) -> bool:
        """Whether both sides are the same there, without any rule."""
        return not (self.failures or self.others or self.equalities)


NOTHING = Findings()


@dataclass(frozen=True, slots=True)
class TurnRow:
    """A turn of both sides, from 1; None where one is missing."""

    number: int
    before: Turn | None
    after: Turn | None
    findings: Findings


@dataclass(frozen=True, slots=True)
class DialogueRows:
    """Dialogues that were compared, with their number from 1. findings: of none of their turns."""

    number: int
    before: Sequence[Dialogue]
    after: Sequence[Dialogue]
    findings: Findings
    turns: Sequence[TurnRow]

    @property
    def failures(self) -> int:
        """How many differences fail."""
        return len(self.findings.failures) + sum(len(turn.findings.failures) for turn in self.turns)


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A report with the dialogues that it is about, those with the differences that fail first."""

    report: Report
    outside: Findings
    dialogues: Sequence[DialogueRows]


def side_by_side(before: Record, after: Record, pairs: Mapping[str, str], report: Report) -> SideBySide:
    """Return two records beside each other. pairs, report: those of their comparison."""
    found = _by_place(report)
    rows = [_rows(number, pair, found) for number, pair in enumerate(paired(before, after, pairs), 1)]
    rows.sort(key=lambda one: not one.failures)  # which keeps their order otherwise
    return SideBySide(report, found.get((0, 0), NOTHING), rows)


def _by_place(report: Report) -> Mapping[_Where, Findings]:
    failures: dict[_Where, list[Difference]] = defaultdict(list)
    others: dict[_Where, list[Difference]] = defaultdict(list)
    equalities: dict[_Where, list[Equality]] = defaultdict(list)
    for one in report.differences:
        is_failure = one.waived is None and one.kind != "no_counterpart"
        (failures if is_failure else others)[one.dialogue, one.turn].append(one)
    for equality in report.equalities:
        equalities[equality.dialogue, equality.turn].append(equality)
    places = {*failures, *others, *equalities}
    return {place: Findings(failures[place], others[place], equalities[place]) for place in places}


def _rows(number: int, pair: DialoguePair, found: Mapping[_Where, Findings]) -> DialogueRows:
    turns = [
        TurnRow(turn, row.before, row.after, found.get((number, turn), NOTHING))
        for turn, row in enumerate(pair.turns, 1)
    ]
    return DialogueRows(number, pair.before, pair.after, found.get((number, 0), NOTHING), turns)

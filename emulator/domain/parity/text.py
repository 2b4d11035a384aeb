"""The report of a comparison for people: by dialogues and turns, and one line of counts at the end."""

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final, get_args

from emulator.domain.parity.report import Difference, Equality, Kind, Report
from emulator.domain.parity.sentences import contrasted, counted, listed
from emulator.domain.printable import printable

_KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
_WORDS: Final[dict[Kind, str]] = {
    "seen": "seen", "shape": "shape", "outcome": "outcome", "no_counterpart": "without counterpart"
}  # fmt: skip


def text_of(report: Report, *, show_equal: bool = False) -> str:
    """Return the report as plain text. show_equal: list also what counts as equal, and by which rules."""
    return "\n".join(_lines(report, show_equal=show_equal)) + "\n"


def _lines(report: Report, *, show_equal: bool) -> Iterator[str]:
    yield f"{printable(report.before)} (before) and {printable(report.after)} (after)"
    failing = [one for one in report.differences if one.waived is None and one.kind != "no_counterpart"]
    yield from _differences(failing)
    waived = [one for one in report.differences if one.waived is not None]
    if waived:
        yield ""
        yield "waived:"
        yield from (f"  {one.sentence}: {printable(one.waived or '')}" for one in waived)
    apart = [one for one in report.differences if one.waived is None and one.kind == "no_counterpart"]
    if apart:
        yield ""
        yield "without counterpart (no failure):"
        yield from (f"  {one.sentence}" for one in apart)
    if show_equal and report.equalities:
        yield ""
        yield "equal by a rule:"
        yield from map(_equality, report.equalities)
    if report.notes:
        yield ""
        yield "not recorded:"
        yield from (f"  {printable(note)}" for note in report.notes)
    if report.unused_waivers:
        yield ""
        yield from (f"waiver {number} covers nothing" for number in report.unused_waivers)
    yield ""
    yield counts_of(report)


def _differences(differences: Sequence[Difference]) -> Iterator[str]:
    for dialogue, of_dialogue in groupby(differences, key=lambda one: one.dialogue):
        yield ""
        yield f"dialogue {dialogue}:" if dialogue else "outside of any dialogue:"
        again: dict[str, list[Difference]] = {}
        often: Counter[str] = Counter()
        for one in of_dialogue:
            key = repr((one.kind, one.field, one.before, one.after))
            often[f"{one.turn} {key}"] += 1
            again.setdefault(f"{often[f'{one.turn} {key}']} {key}", []).append(one)
        for first, *others in again.values():
            turns = sorted({one.turn for one in others} - {first.turn})
            also = (
                f"; also in {'turn' if len(turns) == 1 else 'turns'} {listed(list(map(str, turns)))}" if turns else ""
            )
            yield f"  {first.kind + ':':<9}{first.sentence}{also}"


def _equality(one: Equality) -> str:
    before, after = contrasted(one.before, one.after)
    return f"  dialogue {one.dialogue}, turn {one.turn}: {one.field}: {before} = {after} ({one.rule})"


def counts_of(report: Report) -> str:
    """Return how many differences there are of each kind, and of how much, in one sentence."""
    kinds = Counter(one.kind for one in report.failures)
    by_kind = ", ".join(f"{kinds[kind]} {_WORDS[kind]}" for kind in _KINDS if kinds[kind])
    waived = sum(one.waived is not None for one in report.differences)
    apart = sum(one.kind == "no_counterpart" and one.waived is None for one in report.differences)
    failing = counted(len(report.failures), "difference") + (f" ({by_kind})" if by_kind else "")
    compared = f"{counted(report.turns, 'turn')} of {counted(report.dialogues, 'dialogue')} compared"
    equal = f"{len(report.equalities)} equal by rules"
    return f"{failing}, {waived} waived, {apart} without counterpart, {equal}; {compared}."

"""A comparison as its page shows it: bounded, however much was compared, and without keys. Made on a thread."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.control.comparisons import compared
from emulator.control.inspector.contrasts import contrast, shortened
from emulator.control.inspector.parity_address import Asked
from emulator.domain.parity.records import Did, Record, Turn
from emulator.domain.parity.report import Difference, Equality
from emulator.domain.parity.rules import RULES
from emulator.domain.parity.sentences import contrasted
from emulator.domain.parity.side_by_side import DialogueRows, Findings, SideBySide, TurnRow, side_by_side
from emulator.domain.parity.text import counts_of, text_of

AT_ONCE: Final = 50
_MOST_TURNS: Final = 20  # of a dialogue among others
_MOST_FOUND: Final = 20  # in one place
_MOST_LISTED: Final = 200  # of what is folded
_MOST_CHOICES: Final = 200
_MOST_DONE: Final = 10
_MOST_TEXT: Final = 64 * 1024
# By which the order of things makes no difference.
_OF_ORDER: Final = ("tool order", "ranking")


def compared_view(before: Record, after: Record, asked: Asked) -> dict[str, Any]:
    """Return what the page shows of two records. Raises `ApiError` for pairs or waivers that are wrong."""
    rules = [rule for rule in RULES if not (asked.is_strict and rule.name in _OF_ORDER)]
    pairs = dict(asked.pairs)
    report = compared(before, after, pairs, asked.waivers, rules)
    found = side_by_side(before, after, pairs, report)
    text = shortened(text_of(report, show_equal=asked.shows_equal), _MOST_TEXT)
    waived = [one for one in report.differences if one.waived is not None]
    apart = [one for one in report.differences if one.waived is None and one.kind == "no_counterpart"]
    return {
        "is_equal": report.is_equal,
        "counts": counts_of(report),
        "notes": [shortened(note) for note in report.notes[:_MOST_LISTED]],
        "unused": set(report.unused_waivers),
        "text": text,
        "outside": _findings(found.outside, "outside"),
        "waived": [_difference(one, f"waived-{place}") for place, one in enumerate(waived[:_MOST_LISTED])],
        "waived_count": len(waived),
        "apart": [shortened(one.sentence) for one in apart[:_MOST_LISTED]],
        "apart_count": len(apart),
        "choices": [
            [_choice(one.id, one.turns) for one in record.dialogues[:_MOST_CHOICES]] for record in (before, after)
        ],
        **_dialogues(found, asked),
    }


def _choice(id_: str, turns: Sequence[Turn]) -> tuple[str, str]:
    message = shortened((turns[0].message or "") if turns else "", 60)
    return id_, f"{id_} “{message}”"


# --- dialogues ------------------------------------------------------------------------------------------------------


def _dialogues(found: SideBySide, asked: Asked) -> dict[str, Any]:
    """Return a page of dialogues; of a single one that is asked for, a page of its turns."""
    chosen = [one for one in found.dialogues if asked.dialogue in (None, one.number)]
    shown = [one for one in chosen if one.failures or asked.shows_equal or asked.dialogue]
    first = (asked.page - 1) * AT_ONCE
    if asked.dialogue is None:
        rows = [_dialogue(one, asked, 0, _MOST_TURNS) for one in shown[first : first + AT_ONCE]]
        has_more = len(shown) > first + AT_ONCE
    else:
        rows = [_dialogue(one, asked, first, AT_ONCE) for one in shown]
        has_more = any(one["left_out"] for one in rows)
    return {
        "dialogues": rows,
        "shown_count": len(shown),
        "hidden_count": len(chosen) - len(shown),
        "has_more": has_more,
        "has_dialogues": bool(found.dialogues),
    }


def _dialogue(one: DialogueRows, asked: Asked, first: int, most: int) -> dict[str, Any]:
    turns = [turn for turn in one.turns if turn.findings.failures or asked.shows_equal]
    return {
        "number": one.number,
        "failures": one.failures,
        "sides": [
            {"namespace": namespace, "ids": [each.id for each in side]}
            for namespace, side in ((asked.before, one.before), (asked.after, one.after))
        ],
        "findings": _findings(one.findings, f"d{one.number}"),
        "turns": [_turn(turn, f"d{one.number}-t{turn.number}", asked) for turn in turns[first : first + most]],
        "left_out": max(0, len(turns) - first - most),
        "equal_turns": len(one.turns) - len(turns),
    }


def _turn(row: TurnRow, key: str, asked: Asked) -> dict[str, Any]:
    sides = (asked.before, row.before), (asked.after, row.after)
    named = next((one for _, one in sides if one is not None), None)
    return {
        "number": row.number,
        "name": named.turn if named else None,
        "place": named.place if named else None,
        "sides": [None if one is None else _side(namespace, one) for namespace, one in sides],
        "findings": _findings(row.findings, key),
    }


def _side(namespace: str, turn: Turn) -> dict[str, Any]:
    return {
        "namespace": namespace,
        "message": shortened(turn.message or "", 400),
        "status": turn.status,
        "reason": turn.reason,
        "objects": [one.object for one in turn.saw[:_MOST_DONE]],
        "did": [{"kind": one.kind, "text": _done(one)} for one in turn.did[:_MOST_DONE]],
        "more": max(0, len(turn.did) - _MOST_DONE),
        "requests": len(turn.asked),
    }


def _done(one: Did) -> str:
    if one.kind == "call":
        output = "no output" if one.output is None else shortened(one.output, 200)
        return f"{one.name or ''}({shortened(one.text, 200)}) → {output}"
    return shortened(one.text, 400)


# --- findings -------------------------------------------------------------------------------------------------------


def _findings(found: Findings, key: str) -> dict[str, Any]:
    return {
        "failures": [_difference(one, f"{key}-{place}") for place, one in enumerate(found.failures[:_MOST_FOUND])],
        "more": max(0, len(found.failures) - _MOST_FOUND),
        "equalities": list(_equalities(found.equalities)),
    }


def _difference(one: Difference, key: str) -> dict[str, Any]:
    return {
        "key": key,
        "kind": one.kind,
        "dialogue": one.dialogue,
        "turn": one.turn,
        "field": one.field,
        "sentence": shortened(one.sentence),
        "sides": contrast(one.before, one.after),
        "waived": one.waived,
    }


def _equalities(found: Sequence[Equality]) -> Iterator[Mapping[str, Any]]:
    for one in found[:_MOST_FOUND]:
        before, after = contrasted(one.before, one.after)
        yield {"rule": one.rule, "field": one.field, "before": shortened(before), "after": shortened(after)}

"""Reports of comparisons without keys: where a value holds one, it is masked, and the sentence quotes nothing."""

import json
from dataclasses import replace
from typing import Any

from emulator.domain.keys import has_key, without_keys
from emulator.domain.parity.report import Difference, Equality, Report


def masked(report: Report) -> Report:
    """Return a report that can be shown. A sentence quotes a part of long values, which may begin within a key."""
    return replace(
        report,
        differences=tuple(map(_difference, report.differences)),
        equalities=tuple(map(_equality, report.equalities)),
    )


def _difference(one: Difference) -> Difference:
    if not (_has_key(one.before) or _has_key(one.after)):
        return one if not has_key(one.sentence) else replace(one, sentence=without_keys(one.sentence))
    where = "".join(f"{what} {number}: " for what, number in (("dialogue", one.dialogue), ("turn", one.turn)) if number)
    sentence = f"{where}{without_keys(one.field)} differs; there are keys in it, which are shown nowhere"
    return replace(one, sentence=sentence, before=_value(one.before), after=_value(one.after))


def _equality(one: Equality) -> Equality:
    if not (_has_key(one.before) or _has_key(one.after)):
        return one
    return replace(one, before=_value(one.before), after=_value(one.after))


def _has_key(value: Any) -> bool:
    return value is not None and has_key(_text(value))


def _value(value: Any) -> Any:
    return json.loads(without_keys(_text(value)))


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=list)

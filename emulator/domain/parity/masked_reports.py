"""Reports of comparisons without keys, as the request log has none: whoever prints or shows one need not mask it."""

from dataclasses import replace
from typing import Any, Final

from emulator.domain.keys import without_keys
from emulator.domain.parity.report import Difference, Equality, Report
from emulator.domain.redaction import shown_value

_METADATA: Final = "metadata."


def masked(report: Report) -> Report:
    """Return a report that can be shown.

    A sentence quotes parts of long values, and one may begin within a key, which nothing would find any more: where
    something in a value was masked, its sentence quotes nothing.
    """
    return replace(
        report,
        differences=tuple(map(_difference, report.differences)),
        equalities=tuple(map(_equality, report.equalities)),
        notes=tuple(map(without_keys, report.notes)),
    )


def _difference(one: Difference) -> Difference:
    before, after = _value(one, one.before), _value(one, one.after)
    field, waived = without_keys(one.field), None if one.waived is None else without_keys(one.waived)
    if (before, after) == (one.before, one.after):
        return replace(one, field=field, waived=waived, sentence=without_keys(one.sentence))
    where = ", ".join(f"{what} {number}" for what, number in (("dialogue", one.dialogue), ("turn", one.turn)) if number)
    place = f" [{one.place}]" if one.place else ""
    sentence = f"{f'{where}: ' if where else ''}{field} differs; there are keys in it, which are shown nowhere{place}"
    return replace(one, field=field, waived=waived, sentence=sentence, before=before, after=after)


def _equality(one: Equality) -> Equality:
    return replace(one, field=without_keys(one.field), before=_value(one, one.before), after=_value(one, one.after))


def _value(one: Difference | Equality, value: Any) -> Any:
    """Return a value without keys. Only in metadata the last name of a field is one that a program has given."""
    name = one.field.rpartition(_METADATA)[2] if _METADATA in one.field else ""
    return shown_value(value, name)

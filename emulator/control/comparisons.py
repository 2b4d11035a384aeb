"""Comparisons that the control API is asked for: their records, the comparison itself, and how its report is shown."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import orjson
from starlette.responses import PlainTextResponse, Response

from emulator.domain.errors import ApiError
from emulator.domain.parity.comparison import compare
from emulator.domain.parity.pairs import check_pairs
from emulator.domain.parity.records import Record
from emulator.domain.parity.report import Report
from emulator.domain.parity.rules import RULES, Rule
from emulator.domain.parity.text import text_of
from emulator.domain.parity.waivers import waivers_from
from emulator.service.namespaces import Namespaces
from emulator.service.parity.records import record

Side = Record | Mapping[str, Any]


async def record_of(namespaces: Namespaces, side: str | Mapping[str, Any]) -> Side:
    """Return the record of a namespace; one that was sent is read later, on a thread."""
    return await record(await namespaces.find(side)) if isinstance(side, str) else side


def compared(
    before: Side,
    after: Side,
    pairs: Mapping[str, str],
    waivers: Sequence[Mapping[str, Any]],
    rules: Sequence[Rule] = RULES,
) -> Report:
    """Return the report. Raises `ApiError` for a record, waivers or pairs that are wrong."""
    with _refusing("before"):
        first = before if isinstance(before, Record) else Record.from_json(before)
    with _refusing("after"):
        second = after if isinstance(after, Record) else Record.from_json(after)
    with _refusing("waivers"):
        meant = waivers_from({"waivers": waivers})
    with _refusing("pairs"):
        check_pairs(first, second, pairs)
    return compare(first, second, pairs=pairs, waivers=meant, rules=rules)


@contextmanager
def _refusing(param: str) -> Iterator[None]:
    """Refuse a field of the body whose values are wrong."""
    try:
        yield
    except ValueError as error:
        message = str(error) if str(error).startswith(param) else f"{param}: {error}"
        raise ApiError(400, message, param=param) from None


def shown(report: Report, shown_as: str, *, show_equal: bool) -> Response:
    """Return a report in the form that was asked for."""
    if shown_as == "text":
        return PlainTextResponse(text_of(report, show_equal=show_equal))
    return Response(orjson.dumps(report.to_json()), media_type="application/json")

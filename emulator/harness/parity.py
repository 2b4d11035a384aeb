"""Parity in tests: whether a port does what the program did, by the records of two namespaces."""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from emulator.domain.parity.comparison import compare
from emulator.domain.parity.pairs import check_pairs
from emulator.domain.parity.report import Difference, Equality, Report
from emulator.domain.parity.waivers import Waiver, waivers_from
from emulator.harness.async_namespace import AsyncNamespace
from emulator.harness.control import Control
from emulator.harness.errors import ParityError
from emulator.harness.namespace import Namespace
from emulator.harness.parity_sides import Side, record_of
from emulator.harness.waiver_files import read_waivers

Waivers = str | Path | Iterable[Mapping[str, Any]]


@dataclass(frozen=True)
class ParityReport:
    """What a comparison came to; as a text it is the report for people. report: its values."""

    report: Report

    def __repr__(self) -> str:
        count = len(self.failures)
        found = f"{count} difference{'s' * (count != 1)}" if count else "equal"
        return f"<ParityReport of {self.report.before} and {self.report.after}: {found}>"

    @property
    def is_equal(self) -> bool:
        """Whether the port does what the program did, but for what is waived."""
        return self.report.is_equal

    @property
    def failures(self) -> tuple[Difference, ...]:
        """The differences that fail a comparison."""
        return self.report.failures

    @property
    def differences(self) -> tuple[Difference, ...]:
        """All differences, those too that are waived or have no counterpart."""
        return self.report.differences

    @property
    def equalities(self) -> tuple[Equality, ...]:
        """What differs and was taken for equal, each with the name of its rule."""
        return self.report.equalities

    @property
    def unused_waivers(self) -> tuple[int, ...]:
        """The numbers of the waivers that cover nothing, from 1."""
        return self.report.unused_waivers

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON data."""
        return self.report.to_json()

    def text(self, *, show_equal: bool = False) -> str:
        """Return the report for people. show_equal: also what was taken for equal."""
        from emulator.domain.parity.text import text_of  # noqa: PLC0415 - where somebody reads it

        return text_of(self.report, show_equal=show_equal).rstrip()

    def __str__(self) -> str:
        return self.text()

    def assert_equal(self) -> None:
        """Raise `ParityError`, whose text is the report, for what differs and is not waived."""
        __tracebackhide__ = True
        if not self.is_equal:
            raise ParityError(self.text(), self.report)


def parity(
    before: Side, after: Side, *, pairs: Mapping[str, str] | None = None, waivers: Waivers | None = None
) -> ParityReport:
    """Compare what two programs did, and what their models saw.

    before, after: a namespace, its name (of the server of the other side, or as ``NAME@URL``), or a record: its file,
    or what `Namespace.parity_record` returned. pairs: ids of threads, conversations or first responses that belong
    together, ``{before: after}``; others are paired in their order. waivers: a file of them, or a list.

    Raises ValueError for what cannot be compared, OSError for files that cannot be read.
    """
    __tracebackhide__ = True
    chosen = _chosen(waivers)
    first, second = record_of(before, server=_server_of(after)), record_of(after, server=_server_of(before))
    check_pairs(first, second, pairs or {})
    return ParityReport(compare(first, second, pairs=pairs or {}, waivers=chosen))


async def async_parity(
    before: Side, after: Side, *, pairs: Mapping[str, str] | None = None, waivers: Waivers | None = None
) -> ParityReport:
    """Do as `parity` does, on a thread."""
    __tracebackhide__ = True
    return await asyncio.to_thread(parity, before, after, pairs=pairs, waivers=waivers)


def _chosen(waivers: Waivers | None) -> tuple[Waiver, ...]:
    match waivers:
        case None:
            return ()
        case str() | Path():
            return read_waivers(Path(waivers))
    return waivers_from({"waivers": list(waivers)})


def _server_of(side: Side) -> Control | None:
    """Return the server of a side that has one, where the name of the other side is looked up."""
    match side:
        case AsyncNamespace():
            return side.sync.control.control
        case Namespace():
            return side.control.control
    return None

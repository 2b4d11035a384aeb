"""What a namespace has noticed: its report, its coverage, the verdict on the program, and the record for parity."""

from typing import TYPE_CHECKING

from emulator.harness.coverage import CoverageReport
from emulator.harness.errors import CheckFailedError, ControlError
from emulator.harness.methods import Methods
from emulator.harness.reports import Report
from emulator.harness.verdicts import Verdict, finding_lines

if TYPE_CHECKING:
    from emulator.domain.parity.records import Record


class ReportMethods(Methods):
    """Reports on a namespace."""

    def report(self, *, fail_on_drift: bool = False) -> Report:
        """Return what was noticed. fail_on_drift: each difference from what was recorded is a failure."""
        query = {"fail_on_drift": "true"} if fail_on_drift else None
        return Report.from_json(self._control.ask("GET", "/report", query=query))

    def coverage(self) -> CoverageReport:
        """Return what clients were shown of the API's statuses and events here, and what of it was missed."""
        return CoverageReport.from_json(self._control.ask("GET", "/coverage"))

    def clear_coverage(self) -> None:
        """Forget what was met."""
        self._control.ask("DELETE", "/coverage")

    def check(self) -> None:
        """Raise `CheckFailedError` for an unmatched run, a mistake in a script or a check that does not hold.

        In a namespace that is ``strict`` also for the rest of its list. Nothing is wrong where nothing happened.
        """
        __tracebackhide__ = True
        try:
            report = self.report()
        except ControlError as error:
            if error.status == 404:
                return
            raise
        if report.failures:
            raise CheckFailedError(report.problems)

    def verdict(self) -> Verdict:
        """Return how the program dealt with what went wrong: what a sound one would have done otherwise."""
        return Verdict.from_json(self._control.ask("GET", "/verdict"))

    def assert_resilient(self, *, strict: bool = False) -> None:
        """Raise `CheckFailedError` for what fails the verdict. strict: warnings, too."""
        __tracebackhide__ = True
        try:
            failing = self.verdict().failing(strict=strict)
        except ControlError as error:
            if error.status == 404:
                return
            raise
        if failing:
            raise CheckFailedError(list(finding_lines(failing)))

    def parity_record(self) -> "Record":
        """Return what is known of the dialogues here, to be compared with those of another namespace."""
        from emulator.domain.parity.records import Record  # noqa: PLC0415 - few tests ask for one

        return Record.from_json(self._control.ask("GET", "/parity-record"))

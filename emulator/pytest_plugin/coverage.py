"""State coverage of a test session: what its tests met together, shown, written, and held against what is asked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from emulator.domain.state_coverage import Coverage

_TERM: Final = "term"
_FORMS: Final = ("json", "html")


@dataclass(frozen=True, slots=True)
class CoverageOptions:
    """What is asked for. reports: a form, and where it is written; in_terminal: whether it is shown there."""

    in_terminal: bool
    reports: Sequence[tuple[str, Path]]
    fail_under: float | None

    @property
    def is_wanted(self) -> bool:
        """Whether tests need to say what they met."""
        return self.in_terminal or bool(self.reports) or self.fail_under is not None


def add_options(parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    """Add the options."""
    group.addoption("--emulator-cov", action="store_true", help="Report which statuses and events the tests met.")
    group.addoption(
        "--emulator-cov-report",
        action="append",
        default=[],
        metavar="REPORT",
        help="json:FILE or html:FILE writes that report, term shows it; repeatable.",
    )
    group.addoption(
        "--emulator-cov-fail-under",
        metavar="N",
        help="Fail the session if less than N percent were met (or emulator_cov_fail_under).",
    )
    parser.addini("emulator_cov_fail_under", "Fail the session if less than N percent were met.", "string", "")


def options_of(config: pytest.Config) -> CoverageOptions:
    """Return what is asked for; raise `UsageError` for what cannot be done."""
    chosen: list[str] = config.getoption("emulator_cov_report")
    reports = [_report(config, one) for one in chosen if one != _TERM]
    least = config.getoption("emulator_cov_fail_under") or config.getini("emulator_cov_fail_under")
    in_terminal = _TERM in chosen or (bool(config.getoption("emulator_cov")) and not chosen)
    return CoverageOptions(in_terminal, reports, _percent(least) if least else None)


def _report(config: pytest.Config, text: str) -> tuple[str, Path]:
    form, _, name = text.partition(":")
    if form not in _FORMS or not name:
        raise pytest.UsageError(f"--emulator-cov-report: {text!r} is none of term, json:FILE and html:FILE")
    path = config.invocation_params.dir / name
    if not path.parent.is_dir():
        raise pytest.UsageError(f"--emulator-cov-report: {path.parent} is not a directory")
    return form, path


def _percent(text: str) -> float:
    try:
        percent = float(text)
    except ValueError:
        percent = -1.0
    if not 0 <= percent <= 100:
        raise pytest.UsageError(f"emulator_cov_fail_under: {text!r} is no number from 0 to 100")
    return percent


class SessionCoverage:
    """Adds up what tests met, also those of workers, whose reports come here."""

    def __init__(self, options: CoverageOptions) -> None:
        from emulator.domain.state_coverage import Coverage  # noqa: PLC0415 - where it is asked for

        self._options = options
        self._found: Coverage = Coverage()
        self._lines: list[str] = []
        self._failures: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a test met."""
        met: Mapping[str, Any] | None = (getattr(report, "emulator", None) or {}).get("coverage")
        if met is not None:
            self._found.merge(type(self._found).from_json(met))

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write the reports, and fail the session where too little was met."""
        from emulator.coverage_reports.text import too_low  # noqa: PLC0415 - as above

        if session.config.option.collectonly:
            return
        for form, path in self._options.reports:
            try:
                path.write_text(f"{_written(self._found, form)}\n", "utf-8")
                self._lines.append(f"state coverage as {form.upper()}: {path}")
            except OSError as error:
                self._failures.append(f"state coverage cannot be written to {path}: {error.strerror}")
        if (least := self._options.fail_under) is not None and (failure := too_low(self._found, least)) is not None:
            self._failures.append(failure)
        if self._failures and session.exitstatus == pytest.ExitCode.OK:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Show the report, and what went wrong."""
        from emulator.coverage_reports.text import lines  # noqa: PLC0415 - as above

        if self._options.in_terminal and not terminalreporter.config.option.collectonly:
            terminalreporter.section("state coverage of the Assistants API")
            for line in lines(self._found):
                terminalreporter.write_line(line)
        for line in self._lines:
            terminalreporter.write_line(line)
        for failure in self._failures:
            terminalreporter.write_line(f"FAIL {failure}", red=True, bold=True)


def _written(coverage: "Coverage", form: str) -> str:
    from emulator.harness.coverage import CoverageReport  # noqa: PLC0415 - as above

    report = CoverageReport(coverage)
    if form == "html":
        return report.to_html("All tests")
    from json import dumps  # noqa: PLC0415 - as above

    return dumps(report.to_json(), indent=2)

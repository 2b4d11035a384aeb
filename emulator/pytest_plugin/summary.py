"""What the terminal says of the emulator when all tests are over."""

from typing import Final

import pytest

from emulator.harness.hints import PlacedHint, hint_lines
from emulator.pytest_plugin.inspection import Pages

# A suite has its own summary to show: of more tests, that there are.
MOST_TESTS: Final = 10


class Summary:
    """Gathers what the reports of tests say, also those of workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._pages = Pages(config)
        self._tests = 0
        self._lines: list[tuple[str, list[str]]] = []
        self._hints: list[PlacedHint] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take what a report says."""
        found = getattr(report, "emulator", None)
        if found is None:
            return
        self._tests += 1
        self._pages.take(report, found)
        if found["lines"]:
            self._lines.append((report.nodeid, found["lines"]))
        self._hints += [PlacedHint(report.nodeid, hint) for hint in found["hints"]]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Write it, if a test has used the emulator."""
        if not self._tests:
            return
        terminalreporter.section("emulator of the Assistants API")
        noticed = f", {len(self._lines)} of them with something to look at" if self._lines else ""
        terminalreporter.write_line(f"{self._tests} test{'s' * (self._tests != 1)} used it{noticed}")
        most = None if terminalreporter.config.get_verbosity() > 0 else MOST_TESTS
        for nodeid, lines in self._lines[:most]:
            terminalreporter.write_line(nodeid)
            for line in lines:
                terminalreporter.write_line(f"  {line}")
        if more := len(self._lines[most:] if most is not None else ()):
            terminalreporter.write_line(f"… and {more} more test{'s' * (more != 1)}: -v shows all")
        for line in hint_lines(self._hints, "tests"):
            terminalreporter.write_line(line)
        for line in self._pages.lines(most):
            terminalreporter.write_line(line)

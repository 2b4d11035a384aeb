"""What is left of tests that failed, to be looked at: on a server elsewhere, or until the session is stopped."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from emulator.pytest_plugin.session import Session

_IN_ONE_PROCESS: Final = (
    "--emulator-inspect: with pytest-xdist each worker has a server of its own, which ends with it. Run in one process"
    " (-n 0), let --emulator-keep keep the tests on the server of --emulator-url, or open the snapshots of tests that"
    " failed with: assistants-emulator inspect FOLDER"
)
_KEEPS_ELSEWHERE: Final = (
    "--emulator-keep keeps tests on the server of --emulator-url, and the plugin's own ends with the session:"
    " --emulator-inspect lets it go on until Ctrl-C"
)


def add_options(group: pytest.OptionGroup) -> None:
    """Add the options."""
    group.addoption(
        "--emulator-keep",
        action="store_true",
        help="Keep the namespaces of tests that fail on the server of --emulator-url, and name their pages.",
    )
    group.addoption(
        "--emulator-inspect",
        action="store_true",
        help="If tests fail, go on after the session until Ctrl-C, so that a browser can look at them.",
    )


def url_elsewhere(config: pytest.Config) -> str | None:
    """Return where the server is that the session uses; None: it starts its own."""
    return config.getoption("emulator_url") or os.environ.get("EMULATOR_URL")


def check_options(config: pytest.Config, *, in_workers: bool) -> None:
    """Raise `UsageError` for what cannot be done. in_workers: whether the tests run in other processes."""
    if config.getoption("emulator_inspect") and in_workers:
        raise pytest.UsageError(_IN_ONE_PROCESS)
    if config.getoption("emulator_keep") and url_elsewhere(config) is None:
        raise pytest.UsageError(_KEEPS_ELSEWHERE)


def hold(session: "Session") -> None:
    """Keep the server until Ctrl-C, if that was asked for and there is something to look at."""
    if not session.holds or not session.kept or session.is_interrupted:
        return
    from emulator.harness.interrupts import stopped_by_signal  # noqa: PLC0415 - where it is asked for

    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    with stopped_by_signal() as wait:
        if reporter is not None:
            reporter.write_line(f"emulator: tests that failed are at {session.emulator.inspector_url}")
            reporter.write_line("Press Ctrl-C to stop.")
            reporter.flush()
        wait()


class Pages:
    """Gathers where tests that failed can be looked at, also those of workers."""

    def __init__(self, config: pytest.Config) -> None:
        self._urls: dict[str, str] = {}
        self._offers = bool(config.getoption("emulator_url")) and not config.getoption("emulator_keep")
        self._has_failed = False

    def take(self, report: pytest.TestReport, found: Mapping[str, Any]) -> None:
        """Take what the report of a test says. found: of the emulator."""
        if report.failed:
            self._has_failed = True
            if (url := found.get("inspector")) is not None:
                self._urls[report.nodeid] = url

    def lines(self, most: int | None) -> Iterator[str]:
        """Yield what the summary says of them. most: so many tests; None: all."""
        if self._urls:
            yield "tests that failed, in the inspector:"
            for nodeid, url in [*self._urls.items()][:most]:
                yield nodeid
                yield f"  {url}"
            if most is not None and (more := len(self._urls) - most) > 0:
                yield f"… and {more} more: -v shows all"
        elif self._has_failed and self._offers:
            yield "--emulator-keep leaves tests that failed on the server, to be looked at in a browser"

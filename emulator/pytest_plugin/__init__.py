"""The pytest plugin: a namespace for each test that asks for one, and nothing else where none does.

Nothing heavy is imported before a test uses the emulator.
"""

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any, Final

import pytest

from emulator.pytest_plugin import coverage, inspection
from emulator.pytest_plugin.marks import options_of
from emulator.pytest_plugin.session import Session
from emulator.pytest_plugin.summary import Summary

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

    from emulator.harness.emulator import Emulator
    from emulator.harness.namespace import Namespace
    from emulator.pytest_plugin.testing import RunningTest

# The client says so at each call; that is why the emulator exists.
_QUIET: Final = "ignore:(deprecated$|.*Assistants API is deprecated):DeprecationWarning"
_FIXTURES: Final = frozenset(("emulator", "emulator_server", "openai_client", "async_openai_client"))
_SESSION: Final = pytest.StashKey[Session]()
_TEST: Final["pytest.StashKey[RunningTest]"] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("emulator", "emulator of the Assistants API")
    group.addoption(
        "--emulator-url", metavar="URL", help="Use the emulator that answers there, and start none (or EMULATOR_URL)."
    )
    group.addoption("--emulator-token", metavar="TOKEN", help="Control token of that emulator.")
    group.addoption(
        "--emulator-strict", action="store_true", help="Let all tests be strict about what the report says."
    )
    group.addoption(
        "--emulator-fail-on-drift",
        action="store_true",
        help="Let each difference from what was recorded fail its test (or emulator_fail_on_drift).",
    )
    group.addoption(
        "--emulator-resilient",
        action="store_true",
        help="Let what fails the verdict on the program fail its test; with --emulator-strict, also what only warns.",
    )
    parser.addini(
        "emulator_fail_on_drift", "Let each difference from what was recorded fail its test.", "bool", default=False
    )
    inspection.add_options(group)
    coverage.add_options(parser, group)
    parser.addini("emulator_scripts", "Scenarios that every test plays that names none.", "paths", [])
    parser.addini("emulator_clock", "Clock of the tests: auto, frozen, real, or an instant.", "string", "auto")
    parser.addini(
        "emulator_at_import",
        "Set OPENAI_BASE_URL and its like before tests are collected, for programs that make their client at import.",
        "bool",
        default=True,
    )


def pytest_configure(config: pytest.Config) -> None:
    """Reserve a port, and let clients that are made at import find it."""
    config.addinivalue_line(
        "markers",
        "emulator(*scenarios, set, drift, ids, seed, clock, wire, pace, models, v1, sunset, strict, fail_on_drift,"
        " chunks, quotas, check=True, allow=(), resilient=False, real_service=False): run the test in a namespace of"
        " the emulator.",
    )
    is_controller = not hasattr(config, "workerinput") and getattr(config.option, "dist", "no") != "no"
    inspection.check_options(config, in_workers=is_controller)
    if not is_controller:
        config.stash[_SESSION] = Session(config)
    config.pluginmanager.register(Summary(config), "emulator-summary")
    wanted = coverage.options_of(config)
    if wanted.is_wanted and not hasattr(config, "workerinput"):
        config.pluginmanager.register(coverage.SessionCoverage(wanted), "emulator-coverage")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the server, once nobody looks at it any more."""
    if (session := config.stash.get(_SESSION, None)) is not None:
        inspection.hold(session)
        session.close()


def pytest_sessionfinish(session: pytest.Session, exitstatus: int | pytest.ExitCode) -> None:
    """Take note of a session that is to end at once."""
    if (own := session.config.stash.get(_SESSION, None)) is not None:
        own.is_interrupted = exitstatus == pytest.ExitCode.INTERRUPTED


# --- which tests use it -----------------------------------------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_make_collect_report(collector: pytest.Collector) -> None:
    """Start the server beside the import of a module whose tests seem to need it."""
    session = collector.config.stash.get(_SESSION, None)
    if session is None or session.is_starting or not isinstance(collector, pytest.Module):
        return
    if session.is_named_in(collector.path):
        session.start()


def pytest_itemcollected(item: pytest.Item) -> None:
    """Give the fixture to tests that have the marker alone, such as those of unittest."""
    names: list[str] | None = getattr(item, "fixturenames", None)
    if names is None:
        return
    if item.get_closest_marker("emulator") is not None and "emulator" not in names:
        names.insert(0, "emulator")
    if not _FIXTURES.isdisjoint(names):
        item.add_marker(pytest.mark.filterwarnings(_QUIET), append=False)
        if (session := item.config.stash.get(_SESSION, None)) is not None:
            session.start()


def pytest_collection_finish(session: pytest.Session) -> None:
    """Take everything back where no test uses it."""
    own = session.config.stash.get(_SESSION, None)
    if own is not None and not any(
        not _FIXTURES.isdisjoint(getattr(item, "fixturenames", ())) for item in session.items
    ):
        own.close()


# --- fixtures ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def emulator_server(pytestconfig: pytest.Config) -> "Emulator":
    """The server that the tests share: one for each worker, or that of ``--emulator-url``."""
    with _in_one_line():
        return pytestconfig.stash[_SESSION].emulator


@pytest.fixture
def emulator(
    request: pytest.FixtureRequest, emulator_server: "Emulator", tmp_path_factory: pytest.TempPathFactory
) -> Iterator["Namespace"]:
    """A namespace for this test alone, where requests go that name no other; it is checked when the test is over."""
    from emulator.pytest_plugin.testing import RunningTest  # noqa: PLC0415 - tests without the emulator need it not

    item = request.node
    folder = tmp_path_factory.getbasetemp() / "emulator"
    with ExitStack() as stack:
        with _in_one_line():
            test = RunningTest(item.config.stash[_SESSION], emulator_server, item, options_of(item), folder)
            stack.enter_context(test)
        item.stash[_TEST] = test
        if request.instance is not None and request.cls is not None and hasattr(request.cls, "failureException"):
            request.instance.emulator = test.namespace  # unittest hands no fixtures to its methods
        yield test.namespace


@pytest.fixture
def openai_client(emulator: "Namespace") -> "OpenAI":
    """The official client, bound to the namespace of the test."""
    return emulator.client()


@pytest.fixture
def async_openai_client(emulator: "Namespace") -> "AsyncOpenAI":
    """The asynchronous official client, bound to the namespace of the test."""
    return emulator.async_client()


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Show what the emulator refuses without the way there."""
    from emulator.domain.errors import EmulatorError  # noqa: PLC0415 - as in `emulator`

    try:
        yield
    except (EmulatorError, pytest.UsageError, OSError, TypeError, ValueError) as error:
        raise pytest.fail.Exception(str(error), pytrace=False) from None


# --- checks -----------------------------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Check the namespace when the test is over, and before any fixture is torn down."""
    try:
        result = yield
    except (pytest.skip.Exception, KeyboardInterrupt):
        raise
    except BaseException:
        if (test := item.stash.get(_TEST, None)) is not None:
            test.explain(item)
        raise
    if (test := item.stash.get(_TEST, None)) is not None and (problems := test.problems()):
        test.explain(item, problems)
        pytest.fail("\n".join(problems), pytrace=False)
    return result


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the summary says of a test into its report."""
    report = yield
    if call.when == "call" and (test := item.stash.get(_TEST, None)) is not None:
        if report.failed:
            test.keep()
        report.emulator = test.findings()  # type: ignore[attr-defined]  # travels with the report, from workers too
    return report

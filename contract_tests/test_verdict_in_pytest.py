"""The verdict in suites of their own: what it adds to a failure and to the summary, and what fails a test."""

import pytest

pytest_plugins = ("pytester",)
PLUGINS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")
APP = """
import openai

def say_twice(client):
    thread = client.beta.threads.create()
    for _ in range(2):
        try:
            return client.beta.threads.messages.create(thread.id, role="user", content="hello")
        except openai.APIConnectionError:
            pass

def give_up(client):
    try:
        client.beta.threads.create()
    except openai.InternalServerError:
        pass
"""
TWICE = """
import pytest
from app import say_twice

{marker}
def test_answer_is_lost(emulator):
    emulator.fault("POST", "/threads/*/messages", disconnect=True, before=False, times=1)
    say_twice(emulator.client(max_retries=0))
"""
WARNED = """
import pytest
from app import give_up

{marker}
def test_server_is_down(emulator):
    emulator.fault("POST", "/threads", status=503, times=1)
    give_up(emulator.client(max_retries=0))
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """Return a function that runs a test of a program with a marker and options."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    pytester.makepyfile(app=APP)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")

    def run_test(test, marker="", *options):
        pytester.makepyfile(test.format(marker=marker and f"@pytest.mark.emulator({marker})"))
        return pytester.runpytest_subprocess(*PLUGINS, *options, timeout=100)

    return run_test


def test_where_a_fault_hit_the_summary_has_the_findings(run):
    result = run(TWICE)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["1 test used it, 1 of them with something to look at", "  fail: did_it_twice: POST /threads/*"]
    )


@pytest.mark.parametrize("marker, option", [("resilient=True", ()), ("", ("--emulator-resilient",))])
def test_a_test_that_asks_for_it_fails_with_what_a_sound_program_does(run, marker, option):
    result = run(TWICE, marker, *option)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["fail: did_it_twice: POST /threads/*", "  *: no answer after *", "  *look first*"])


def test_the_marker_has_the_last_word(run):
    run(TWICE, "resilient=False", "--emulator-resilient").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    "marker, options, outcome",
    [
        ("resilient=True", (), {"passed": 1}),
        ("resilient='strict'", (), {"failed": 1}),
        ("resilient=True", ("--emulator-strict",), {"failed": 1}),
    ],
)
def test_what_only_warns_fails_a_strict_test(run, marker, options, outcome):
    result = run(WARNED, marker, *options)
    result.assert_outcomes(**outcome)
    result.stdout.fnmatch_lines(["*warn: gave_up: POST /threads was answered 503, and was not tried again"])


def test_a_marker_that_says_something_else_is_refused(run):
    result = run(TWICE, "resilient='very'")
    result.stdout.fnmatch_lines(["*resilient is True, False or 'strict', not 'very'*"])


def test_findings_of_workers_are_in_the_summary_too(run):
    result = run(TWICE, "", "-n", "1")
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["  fail: did_it_twice: POST /threads/*"])


def test_a_resilient_test_that_deletes_its_namespace_passes(run):
    run(
        """
import pytest

{marker}
def test_deleted(emulator):
    emulator.delete()
""",
        "resilient='strict'",
    ).assert_outcomes(passed=1)


def test_what_a_test_fails_with_is_not_said_again_below_it(run):
    result = run(TWICE, "resilient=True")
    said, _, _ = result.stdout.str().partition("short test summary info")  # which in CI repeats all of a failure
    assert said.count("look first") == 1
    assert "emulator: verdict" not in result.stdout.str()


MANY = """
import pytest
from app import give_up

@pytest.mark.parametrize("n", range(14))
def test_server_is_down(emulator, n):
    emulator.fault("POST", "/threads", status=503, times=1)
    give_up(emulator.client(max_retries=0))
"""


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_of_many_tests_the_summary_has_the_first(run, workers):
    result = run(MANY, "", *workers)
    result.assert_outcomes(passed=14)
    result.stdout.fnmatch_lines(["14 tests used it, 14 of them with *", "… and 4 more tests: -v shows all"])
    assert len([line for line in result.outlines if "warn: gave_up" in line]) == 10


def test_a_verbose_session_has_them_all(run):
    result = run(MANY, "", "-v")
    assert len([line for line in result.outlines if "warn: gave_up" in line]) == 14
    assert "more tests" not in result.stdout.str()

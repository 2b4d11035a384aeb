"""State coverage of suites that use the pytest plugin."""

import json
import subprocess
import sys

import pytest

from contract_tests import test_pytest_plugin
from contract_tests.test_pytest_plugin import run
from emulator import LiveServer, Settings

pytest_plugins = ("pytester",)
plain_suite = test_pytest_plugin.suite  # the fixture
TESTS = """
    import pytest
    from app import ask

    @pytest.mark.emulator("orders.yaml")
    def test_income(openai_client):
        assert "136.25" in ask(openai_client, "October income?")

    @pytest.mark.emulator("orders.yaml")
    def test_greeting(openai_client):
        assert ask(openai_client, "hello") == "Good day."

    def test_nothing():
        pass
"""


@pytest.fixture
def suite(plain_suite):
    plain_suite.makepyfile(TESTS)
    return plain_suite


def test_the_terminal_shows_what_the_tests_met_together(suite):
    done = run(suite, "--emulator-cov")
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(["*state coverage of the Assistants API*", "state coverage: *% (4 of 16)"])
    done.stdout.fnmatch_lines(['  run expired * ns.expire("next", at="in_progress")'])


def test_nothing_is_said_of_it_unless_it_is_asked_for(suite):
    assert "state coverage" not in run(suite).stdout.str()


def test_reports_are_written_where_the_session_began(suite):
    done = run(suite, "--emulator-cov-report=json:met.json", "--emulator-cov-report=html:met.html")
    assert done.ret == 0
    assert json.loads((suite.path / "met.json").read_text())["met"]["run requires_action"] == 1
    assert (suite.path / "met.html").read_text().startswith("<!doctype html>")
    done.stdout.fnmatch_lines(["state coverage as JSON: *met.json", "state coverage as HTML: *met.html"])
    assert "state coverage: " not in done.stdout.str()


@pytest.mark.parametrize("asked", [[], ["-n", "2"]])
def test_too_little_fails_the_session_with_one_line(suite, asked):
    done = run(suite, *asked, "--emulator-cov-fail-under=50")
    assert done.ret == 1
    done.assert_outcomes(passed=3)
    (line,) = [line for line in done.stdout.lines if line.startswith("FAIL")]
    assert line == "FAIL state coverage of 25.0 % is 25 below the 50 % that are asked for"
    assert run(suite, *asked, "--emulator-cov-fail-under=25").ret == 0


def test_workers_say_what_their_tests_met(suite):
    alone, together = suite.path / "alone.json", suite.path / "together.json"
    run(suite, f"--emulator-cov-report=json:{alone}")
    run(suite, "-n", "2", f"--emulator-cov-report=json:{together}")
    assert json.loads(together.read_text()) == json.loads(alone.read_text())


def test_the_settings_of_a_suite_say_how_much_is_asked_for(suite):
    suite.makeini("[pytest]\nfilterwarnings = error\nemulator_cov_fail_under = 50\n")
    assert run(suite).ret == 1
    assert run(suite, "--emulator-cov-fail-under=10").ret == 0
    assert run(suite, "--collect-only").ret == 0


def test_a_server_that_runs_elsewhere_is_asked_about_the_tests_alone(suite):
    with LiveServer(Settings()) as server:
        client = server.namespace("others").client()
        assistant = client.beta.assistants.create(model="gpt-4o", instructions="Help.")
        client.beta.threads.create_and_run(assistant_id=assistant.id)
        done = run(suite, f"--emulator-url={server.url}", "--emulator-cov-report=json:met.json")
        assert done.ret == 0
        assert json.loads((suite.path / "met.json").read_text())["met"]["run queued"] == 3
        assert server.emulator.coverage().met["run queued"] == 4


def test_exec_counts_what_a_suite_met_beside_it(suite):
    suite_command = [sys.executable, "-m", "pytest", *test_pytest_plugin.PLUGINS, "--emulator-cov"]
    command = [sys.executable, "-m", "emulator", "exec", "--coverage", "--", *suite_command]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=suite.path, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "(4 of 16)" in done.stdout
    assert "(4 of 16)" in done.stderr


@pytest.mark.parametrize(
    "option, why",
    [
        ("--emulator-cov-report=pdf:a", "'pdf:a' is none of term, json:FILE and html:FILE"),
        ("--emulator-cov-report=json", "'json' is none of"),
        ("--emulator-cov-report=json:nowhere/a.json", "nowhere is not a directory"),
        ("--emulator-cov-fail-under=many", "'many' is no number from 0 to 100"),
        ("--emulator-cov-fail-under=101", "'101' is no number from 0 to 100"),
    ],
)
def test_what_cannot_be_done_is_refused_before_any_test(suite, option, why):
    done = run(suite, option)
    assert done.ret == 4
    assert why in done.stderr.str()
    assert "Traceback" not in done.stderr.str()


def test_a_report_that_cannot_be_written_fails_the_session_in_one_line(suite):
    (suite.path / "taken").mkdir()
    done = run(suite, "--emulator-cov-report=json:taken")
    assert done.ret == 1
    done.assert_outcomes(passed=3)
    done.stdout.fnmatch_lines(["FAIL state coverage cannot be written to *taken: Is a directory"])

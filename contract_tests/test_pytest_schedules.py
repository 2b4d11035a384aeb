"""Schedules in suites that use the pytest plugin, together with state coverage, the verdict, strictness and workers."""

import json

import pytest

from contract_tests import test_pytest_plugin
from contract_tests.test_pytest_plugin import run

pytest_plugins = ("pytester",)
plain_suite = test_pytest_plugin.suite  # the fixture
ALL = ("--emulator-resilient", "--emulator-strict", "--emulator-cov-report=term", "--emulator-cov-report=json:met.json")
TESTS = """
    import pytest
    from app import ask, start
    from emulator.schedules import Pace, Schedule, ScheduledFault, schedules
    from hypothesis import given, settings

    pytestmark = pytest.mark.emulator("orders.yaml")
    BUSY = ScheduledFault("GET /threads/*/runs/*", {"status": 503, "headers": {"retry-after-ms": "1"}})
    LOST = ScheduledFault("POST /threads/*/messages", {"disconnect": True, "before": False})
    survived = schedules(faults=["connection", "status", "delay"], cancel=False, expire=False)

    @given(schedule=survived)
    @settings(max_examples=5, deadline=None, derandomize=True, database=None)
    def test_income(emulator, schedule):
        with emulator.under(schedule, resilient=True):
            assert "136.25" in ask(emulator.client(), "October income?")

    @pytest.mark.parametrize("end", ["cancel", "expire"])
    def test_an_end(emulator, end):
        with emulator.under(Schedule(Pace("polls"), faults=(BUSY,), **{end: "requires_action"}), resilient=True):
            assert ask(emulator.client(), "October income?") == "Sorry."
"""
TWICE = """
    def test_twice(emulator):
        with emulator.under(Schedule(faults=(LOST,)), resilient=True):
            client = emulator.client()
            thread = client.beta.threads.create()
            client.beta.threads.messages.create(thread.id, role="user", content="hello")
"""
FIRST = """
    @pytest.mark.emulator(check=False)
    def test_first_and_last(emulator):
        for faults in ((LOST,), ()):
            with emulator.under(Schedule(faults=faults)):
                client = emulator.client()
                thread = client.beta.threads.create()
                client.beta.threads.messages.create(thread.id, role="user", content="hello")
"""


@pytest.fixture
def suite(plain_suite):
    # A strict session fails for a turn that is never played.
    scenario = plain_suite.path / "orders.yaml"
    scenario.write_text(scenario.read_text().partition("  - name: greeting")[0])
    return plain_suite


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_sound_program_passes_with_everything_that_can_be_asked_for(suite, workers):
    suite.makepyfile(TESTS)
    done = run(suite, *ALL, "--emulator-cov-fail-under=20", *workers)
    done.assert_outcomes(passed=3)
    met = json.loads((suite.path / "met.json").read_text())
    # Each block empties the namespace, and what was met in all of them counts.
    assert met["met"]["run completed"] >= 5
    assert (met["met"]["run cancelled"], met["met"]["run expired"]) == (1, 1)
    assert met["faults"]["status"] >= 2
    done.stdout.fnmatch_lines(["state coverage: *"])


@pytest.mark.parametrize("workers", [[], ["-n", "2"]])
def test_a_block_that_finds_a_fault_of_the_program_fails_with_finding_and_schedule(suite, workers):
    suite.makepyfile(TESTS + TWICE)
    done = run(suite, *ALL, *workers, "-k", "twice")
    done.assert_outcomes(failed=1)
    shown = done.stdout.str()
    assert "did_it_twice" in shown
    assert "under the schedule" in shown
    assert 'ns.fault("POST", "/threads/*/messages", disconnect=True, before=False, times=1)' in shown


def test_the_verdict_at_the_end_of_a_test_is_on_its_last_block(suite):
    suite.makepyfile(TESTS + FIRST)
    done = run(suite, "--emulator-resilient", "--emulator-cov-report=json:met.json", "-k", "first_and_last")
    done.assert_outcomes(passed=1)
    assert json.loads((suite.path / "met.json").read_text())["faults"] == {"disconnect": 1}

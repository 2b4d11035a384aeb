"""Comparisons in suites that use the pytest plugin."""

from pathlib import Path

import pytest

from contract_tests import test_pytest_plugin
from contract_tests.parity import test_faces
from contract_tests.test_pytest_plugin import run

pytest_plugins = ("pytester",)
plain_suite = test_pytest_plugin.suite  # the fixture
TESTS = """
    import json
    import pytest
    from emulator import parity
    from programs import after, before, forgetful

    pytestmark = pytest.mark.emulator("library.yaml")

    @pytest.fixture
    def baseline(emulator, openai_client, tmp_path):
        before(openai_client)
        file = tmp_path / "before.json"
        file.write_text(json.dumps(emulator.parity_record().to_json()))
        emulator.reset()
        return file

    def test_port(emulator, openai_client, baseline):
        after(openai_client)
        parity(baseline, emulator).assert_equal()

    def test_forgetful(emulator, openai_client, baseline):
        forgetful(openai_client)
        parity(baseline, emulator).assert_equal()

    def test_beside(emulator, emulator_server, openai_client):
        other = emulator_server.namespace("port", clock="auto")
        other.load("library.yaml")
        before(openai_client)
        forgetful(other.client())
        report = parity(emulator, other)
        other.delete()
        assert report.is_equal
"""


@pytest.fixture
def suite(plain_suite):
    text = Path(test_faces.__file__).read_text()
    programs = text[text.index("ABOUT = {") : text.index("@pytest.fixture")]
    plain_suite.path.joinpath("programs.py").write_text(programs)
    plain_suite.path.joinpath("library.yaml").write_text(test_faces.SCENARIO)
    plain_suite.makepyfile(TESTS)
    return plain_suite


@pytest.mark.parametrize("asked", [[], ["-n", "2"], ["--tb=short"], ["--tb=native"]])
def test_a_port_that_differs_fails_its_test_with_the_report(suite, asked):
    done = run(suite, *asked)
    done.assert_outcomes(passed=1, failed=2)
    shown = [line.removeprefix("E ").strip() for line in done.stdout.lines]
    assert "dialogue 1:" in shown
    assert [line for line in shown if line.startswith("seen:") and "'Be a librarian.'" in line]
    assert [line for line in shown if line.endswith(" turns of 1 dialogue compared.")]


def test_only_the_line_of_the_test_is_shown_of_the_way_there(suite):
    done = run(suite, "-k", "forgetful")
    text = done.stdout.str()
    assert "parity(baseline, emulator).assert_equal()" in text
    assert "def assert_equal" not in text


def test_a_report_that_is_not_equal_says_so_in_an_assertion(suite):
    done = run(suite, "-k", "beside")
    done.stdout.fnmatch_lines(["*where False = <ParityReport of * and port: * difference*>.is_equal"])

"""Responses in suites: the pytest plugin, a program below `exec`, and a server inside the process."""

import subprocess
import sys

import pytest

from contract_tests.test_pytest_plugin import ORDERS, PLUGINS
from emulator import InProcess

pytest_plugins = ("pytester",)

PORT = """
import json
from openai import OpenAI

TOOL = {"type": "function", "name": "ask_database", "parameters": {"type": "object", "properties": {}}, "strict": False}

def ask(client, question, output="[[136.25]]", **more):
    response = client.responses.create(model="gpt-4o", input=question, tools=[TOOL], **more)
    while calls := [item for item in response.output if item.type == "function_call"]:
        answers = [{"type": "function_call_output", "call_id": call.call_id, "output": output} for call in calls]
        response = client.responses.create(
            model="gpt-4o", input=answers, tools=[TOOL], previous_response_id=response.id, **more
        )
    return response.output_text
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    pytester.makepyfile(port=PORT)
    pytester.path.joinpath("orders.yaml").write_text(ORDERS)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    return pytester


def run(suite, *options):
    return suite.runpytest_subprocess(*PLUGINS, *options, timeout=100)


def test_a_test_of_a_port_gets_what_its_responses_did(suite):
    suite.makepyfile("""
        import pytest
        from port import ask

        @pytest.mark.emulator("orders.yaml")
        def test_income(emulator, openai_client):
            assert "136.25" in ask(openai_client, "October income?", instructions="Be brief.")
            first, last = emulator.runs
            assert (first.api, first.turn, last.turn) == ("responses", "income", "income")
            assert last.timeline == ["in_progress", "completed"]
            assert first.calls["ask_database"].output is None
            assert last.calls["ask_database"].output == "[[136.25]]"
            assert last.view.message == "October income?"
            assert last.view.instructions == "Be brief."
            assert (first.thread_id, last.thread_id) == (first.id, first.id)
            assert (last.assistant_id, last.assistant_rule, last.last_error) == (None, "nameless", None)
            assert emulator.runs.list(status="completed")[0].id == first.id
            emulator.requests.assert_called("POST", "/responses", times=2)
            assert emulator.coverage().met["response completed"] == 2
    """)
    run(suite).assert_outcomes(passed=1)


def test_a_response_that_no_turn_fits_fails_its_test(suite):
    suite.makepyfile("""
        import pytest
        from port import ask

        @pytest.mark.emulator("orders.yaml")
        def test_weather(emulator, openai_client):
            ask(openai_client, "Rain?")
    """)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*no scripted turn matches*"])


def test_a_port_that_would_leave_for_the_real_service_fails_its_test(suite):
    suite.makepyfile("""
        import pytest
        from openai import OpenAI
        from port import ask

        @pytest.mark.emulator("orders.yaml")
        def test_income(emulator):
            ask(OpenAI(base_url="https://api.openai.com/v1", api_key="sk-x"), "October income?")
    """)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*a request would have left for the real service*"])


def test_a_program_below_exec_asks_for_responses(tmp_path):
    (tmp_path / "orders.yaml").write_text(ORDERS)
    program = f"{PORT}\nprint(ask(OpenAI(), 'October income?'))\n"
    command = [sys.executable, "-m", "emulator", "exec", "--script", str(tmp_path / "orders.yaml"), "--coverage"]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False
    )
    assert (done.returncode, done.stdout) == (0, "The income was [[136.25]].\n"), done.stderr
    assert "\n  responses " in done.stderr
    assert "emulator: no failures in 1 namespace" in done.stderr


def test_exec_fails_for_a_response_that_no_turn_fits(tmp_path):
    (tmp_path / "orders.yaml").write_text(ORDERS)
    program = f"{PORT}\nprint(ask(OpenAI(), 'Rain?'))\n"
    command = [sys.executable, "-m", "emulator", "exec", "--script", str(tmp_path / "orders.yaml")]
    done = subprocess.run(
        [*command, "--", sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode != 0
    assert "no scripted turn matches" in done.stderr


def test_a_server_inside_the_process_answers_too():
    with InProcess() as emulator:
        namespace = emulator.namespace("port")
        names = {}
        exec(PORT, names)
        namespace.load(ORDERS)
        assert names["ask"](namespace.client(), "October income?") == "The income was [[136.25]]."
        assert [run.api for run in namespace.runs] == ["responses", "responses"]


def test_a_test_that_fails_shows_its_responses(suite):
    suite.makepyfile("""
        import pytest
        from port import ask

        @pytest.mark.emulator("orders.yaml")
        def test_income(emulator, openai_client):
            assert ask(openai_client, "October income?") == "Something else."
    """)
    shown = run(suite)
    shown.stdout.fnmatch_lines(
        [
            "*Captured emulator: threads call*",
            "chain resp_*",
            "user: October income?",
            '  resp_* completed (turn "income")',
            "  ask_database(*) -> *136.25*",
            "assistant: *136.25*",
        ]
    )

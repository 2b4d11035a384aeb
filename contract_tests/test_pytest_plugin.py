"""The pytest plugin, in suites of its own."""

import sys

import pytest

from emulator import LiveServer, Settings

pytest_plugins = ("pytester",)

ORDERS = """
emulator: 1
name: orders
turns:
  - name: income
    when: {message: {contains: income}}
    steps:
      - call: ask_database
        args: {query: "SELECT SUM(amount) FROM orders"}
      - say: "The income was {{ outputs.ask_database }}."
  - name: greeting
    when: {message: {contains: hello}}
    steps: [{say: Good day.}]
"""
APP = """
import os
from openai import OpenAI

TOOL = {"type": "function", "function": {"name": "ask_database"}}

def start(client, question):
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[TOOL])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": question}])
    return client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id)

def ask(client, question, output="[[136.25]]"):
    run = start(client, question)
    runs = client.beta.threads.runs
    run = runs.poll(run.id, thread_id=run.thread_id)
    while run.status == "requires_action":
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs = [{"tool_call_id": call.id, "output": output} for call in calls]
        run = runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs)
    if run.status != "completed":
        return "Sorry."
    return client.beta.threads.messages.list(run.thread_id, limit=1).data[0].content[0].text.value
"""


@pytest.fixture
def suite(pytester, monkeypatch):
    """A suite with a program under test; its sessions run in processes of their own, as users' do."""
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("PYTEST_ADDOPTS", "")
    pytester.makepyfile(app=APP)
    pytester.path.joinpath("orders.yaml").write_text(ORDERS)
    pytester.makeini("[pytest]\nfilterwarnings = error\n")
    return pytester


PLUGINS = ("-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest")


def run(suite, *options):
    return suite.runpytest_subprocess(*PLUGINS, *options, timeout=100)


def test_a_test_gets_a_client_a_scenario_and_what_its_runs_did(suite):
    suite.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("orders.yaml")
        def test_income(emulator, openai_client):
            assert "136.25" in ask(openai_client, "October income?")
            run = emulator.runs.last
            assert run.timeline == ["queued", "in_progress", "requires_action", "queued", "in_progress", "completed"]
            assert run.calls["ask_database"].output == "[[136.25]]"
            assert run.view.message == "October income?"
            assert [step["type"] for step in run.steps] == ["tool_calls", "message_creation"]
            assert run.turn == "income"
            emulator.requests.assert_called("POST", "/threads/*/runs", times=1)
            with pytest.raises(AssertionError, match="expected 2 requests"):
                emulator.requests.assert_called("POST", "/threads/*/runs", times=2)

        @pytest.mark.emulator("orders.yaml")
        def test_expiry(emulator, openai_client):
            from app import start
            emulator.clock.freeze()
            emulator.pace("manual")
            run = start(openai_client, "October income?")
            emulator.step(run, until="requires_action")
            emulator.clock.advance("10m1s")
            assert openai_client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id).status == "expired"
    """)
    run(suite).assert_outcomes(passed=2)


def test_programs_that_make_their_client_at_import_belong_to_the_running_test(suite):
    suite.makeini("[pytest]\n")  # at import, the client warns that the API is deprecated
    suite.makepyfile(
        early="""
        from openai import OpenAI
        client = OpenAI()
        assistant = client.beta.assistants.create(model="gpt-4o", name="made at import")
        """,
        test_early="""
        import early, pytest

        @pytest.mark.parametrize("n", range(3))
        def test_each_begins_alike(emulator, n):
            thread = early.client.beta.threads.create(messages=[{"role": "user", "content": f"{n}"}])
            run = early.client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=early.assistant.id)
            assert run.status == "completed"
            assert len(emulator.threads) == 1
            assert emulator.runs.last.id == run.id
        """,
    )
    run(suite).assert_outcomes(passed=3)


def test_a_program_in_a_process_of_its_own_finds_the_test_by_its_environment(suite):
    suite.makepyfile("""
        import subprocess, sys

        CODE = '''
        from app import ask
        from openai import OpenAI
        print(ask(OpenAI(), "hello"))
        '''

        def test_process(emulator):
            emulator.load("orders.yaml")
            code = "import textwrap; exec(textwrap.dedent(%r))" % CODE
            done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True)
            assert (done.stdout, done.stderr) == ("Good day.\\n", "")
            assert emulator.runs.last.turn == "greeting"
    """)
    run(suite).assert_outcomes(passed=1)


def test_azures_client_finds_it_too(suite):
    suite.makepyfile("""
        import pytest
        from app import ask
        from openai import AzureOpenAI

        @pytest.mark.emulator("orders.yaml")
        def test_azure(emulator):
            assert ask(AzureOpenAI(), "hello") == "Good day."
            assert len(emulator.runs) == 1
    """)
    run(suite).assert_outcomes(passed=1)


def test_the_environment_is_as_before_when_the_test_is_over(suite, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "mine")
    suite.makepyfile("""
        import os

        def test_inside(emulator):
            assert os.environ["OPENAI_BASE_URL"] == emulator.base_url
            assert os.environ["OPENAI_API_KEY"] == emulator.key

        def test_outside():
            assert "/ns/" not in os.environ["OPENAI_BASE_URL"]
    """)
    run(suite).assert_outcomes(passed=2)


def test_a_question_that_the_app_hides_fails_the_test_once(suite):
    suite.makepyfile("""
        import pytest
        from app import ask

        pytestmark = pytest.mark.emulator("orders.yaml")

        def test_hidden(openai_client):
            assert ask(openai_client, "Do you sell stamps?") == "Sorry."

        @pytest.mark.emulator(allow="unmatched")
        def test_allowed(emulator, openai_client):
            assert ask(openai_client, "Do you sell stamps?") == "Sorry."
            assert emulator.report().problems

        @pytest.mark.emulator(check=False)
        def test_unchecked(openai_client):
            assert ask(openai_client, "Do you sell stamps?") == "Sorry."
    """)
    result = run(suite)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*_ test_hidden _*",
            "*no scripted turn matches*nearest*",
            "*emulator: report*",
            "unmatched:*",
            "*emulator: threads*",
            "thread thread_*",
            "*Do you sell stamps?*",
            "*emulator: snapshot*",
            "*.zip",
            "*emulator of the Assistants API*",
            "3 tests used it, 3 of them with something to look at",
        ]
    )


def test_a_test_that_fails_by_itself_shows_the_conversation_and_keeps_a_snapshot(suite):
    suite.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("orders.yaml")
        def test_wrong(openai_client):
            assert ask(openai_client, "October income?") == "It was 7."
    """)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*October income?*", "*ask_database*136.25*", "*The income was*"])
    (line,) = [line for line in result.outlines if line.endswith(".zip") and " " not in line]
    assert f"assistants-emulator inspect {line}" in result.outlines
    suite.makepyfile(
        test_again=f"""
        from pathlib import Path

        def test_look(emulator):
            emulator.restore(Path({line!r}))
            assert emulator.runs.last.calls["ask_database"].output == "[[136.25]]"
    """
    )
    run(suite, "test_again.py").assert_outcomes(passed=1)


def test_what_the_server_says_is_captured_with_the_test(suite):
    suite.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("orders.yaml")
        def test_hidden(openai_client):
            ask(openai_client, "Do you sell stamps?")
    """)
    run(suite).stdout.fnmatch_lines(["*Captured log call*", "*no scripted turn matches*"])


def test_rerunning_a_test_begins_in_an_empty_namespace(suite):
    pytest.importorskip("pytest_rerunfailures")
    suite.makepyfile("""
        import pytest
        from app import ask

        tries = []

        @pytest.mark.emulator("orders.yaml")
        def test_flaky(emulator, openai_client):
            assert len(emulator.threads) == 0
            tries.append(1)
            ask(openai_client, "hello" if len(tries) == 2 else "stamps")
    """)
    result = run(suite, "--reruns", "2")
    assert result.parseoutcomes() == {"passed": 1, "rerun": 1}


@pytest.mark.parametrize("workers", [(), ("-n", "2")])
def test_each_kind_of_hint_stands_in_the_summary_once(suite, workers):
    suite.makepyfile("""
        import pytest

        @pytest.mark.emulator("orders.yaml")
        @pytest.mark.parametrize("n", range(3))
        def test_lists(openai_client, n):
            for _ in range(3):
                openai_client.beta.threads.create()
                openai_client.beta.assistants.create(model="gpt-4o")
            openai_client.beta.assistants.list(limit=2)
    """)
    result = run(suite, *workers)
    result.assert_outcomes(passed=3)
    result.stdout.fnmatch_lines(["3 tests used it", "hint: the client read the first page*"])
    (line,) = [line for line in result.outlines if "hint:" in line]
    assert "(3 times in 3 tests, first GET /assistants in " in line


def test_workers_have_a_server_each(suite):
    suite.makepyfile("""
        import os, pytest
        from app import ask
        from openai import OpenAI

        client = OpenAI()

        @pytest.mark.emulator("orders.yaml")
        @pytest.mark.parametrize("n", range(12))
        def test_many(emulator, openai_client, n):
            assert ask(client, f"hello {n}") == ask(openai_client, "hello") == "Good day."
            assert len(emulator.runs) == 2

        @pytest.mark.emulator("orders.yaml")
        def test_hidden(openai_client):
            ask(openai_client, "stamps")
    """)
    result = run(suite, "-n", "2")
    result.assert_outcomes(passed=12, failed=1)
    result.stdout.fnmatch_lines(["13 tests used it, 1 of them with something to look at"])


def test_unittest_needs_the_marker_alone(suite):
    suite.makepyfile("""
        import unittest, pytest
        from app import ask
        from openai import OpenAI

        @pytest.mark.emulator("orders.yaml")
        class Orders(unittest.TestCase):
            def setUp(self):
                self.client = OpenAI()
                self.addCleanup(self.client.close)

            def test_greeting(self):
                self.assertEqual(ask(self.client, "hello"), "Good day.")
                self.assertEqual(self.emulator.runs.last.turn, "greeting")

            def test_hidden(self):
                self.assertEqual(ask(self.client, "stamps"), "Sorry.")

        class Others(unittest.TestCase):
            def test_has_none(self):
                self.assertFalse(hasattr(self, "emulator"))
    """)
    result = run(suite)
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*no scripted turn matches*"])


def test_asynchronous_programs_need_no_other_plugin(suite):
    suite.makepyfile("""
        import asyncio, pytest

        @pytest.mark.emulator("orders.yaml")
        def test_async(async_openai_client):
            async def talk():
                client = async_openai_client
                assistant = await client.beta.assistants.create(model="gpt-4o")
                thread = await client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
                run = await client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                return run.status

            assert asyncio.run(talk()) == "completed"
            assert asyncio.run(talk()) == "completed"
    """)
    run(suite).assert_outcomes(passed=1)


@pytest.mark.parametrize("proxy", [None, "http://127.0.0.1:9"])
def test_requests_for_the_real_service_fail_at_once_and_name_the_base_url(suite, monkeypatch, proxy):
    if proxy is not None:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    suite.makepyfile("""
        import asyncio, pytest
        from openai import AsyncOpenAI, OpenAI

        def test_sync(emulator):
            OpenAI(base_url="https://api.openai.com/v1").beta.assistants.list()

        def test_hidden(emulator):
            try:
                OpenAI(base_url="https://api.openai.com/v1").beta.assistants.list()
            except BaseException:
                pass

        def test_async(emulator):
            async def ask():
                async with AsyncOpenAI(base_url="https://house.openai.azure.com/openai/v1") as client:
                    await client.beta.assistants.list()
            asyncio.run(ask())

        def test_others_may_be_asked(emulator):
            import socket
            assert socket.getaddrinfo("localhost", 80)

        @pytest.mark.emulator(real_service=True)
        def test_chosen(emulator, monkeypatch):
            import socket
            monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: (_ for _ in ()).throw(OSError("asked")))
            with pytest.raises(OSError, match="asked"):
                socket.getaddrinfo("api.openai.com", 443)
    """)
    result = run(suite)
    result.assert_outcomes(passed=2, failed=3)
    result.stdout.fnmatch_lines(["*the base URL of its client is https://api.openai.com/v1*"])
    result.stdout.fnmatch_lines(["*house.openai.azure.com*"])


def test_a_server_that_runs_already_is_used_and_left_as_it_was(suite):
    suite.makepyfile("""
        import pytest
        from app import ask
        from openai import OpenAI

        client = OpenAI()

        @pytest.mark.emulator("orders.yaml")
        def test_far(emulator, openai_client):
            assert ask(client, "hello") == ask(openai_client, "hello") == "Good day."
            assert len(emulator.runs) == 2
    """)
    with LiveServer(Settings(control_token="t0")) as server:
        before = [one.name for one in server.emulator.namespaces]
        run(suite, "--emulator-url", server.url, "--emulator-token", "t0").assert_outcomes(passed=1)
        run(suite, "--emulator-url", server.url, "--emulator-token", "wrong").assert_outcomes(errors=1)
        assert [one.name for one in server.emulator.namespaces] == before


def test_within_exec_its_server_is_used(suite):
    suite.makepyfile("""
        from app import ask

        def test_greeting(emulator, openai_client):
            assert ask(openai_client, "hello") == "Good day."
    """)
    command = (sys.executable, "-m", "emulator", "exec", "--script", "orders.yaml", "--")
    done = suite.run(*command, sys.executable, "-m", "pytest", *PLUGINS, timeout=100)
    assert done.ret == 0
    done.stdout.fnmatch_lines(["*1 passed*"])


def test_a_suite_without_it_is_left_alone(suite):
    suite.makepyfile("""
        import os, sys

        def test_nothing_is_loaded():
            assert not {"fastapi", "sqlmodel", "starlette", "uvicorn", "openai"} & set(sys.modules)

        def test_nothing_is_set():
            assert "OPENAI_BASE_URL" not in os.environ
    """)
    result = run(suite)
    result.assert_outcomes(passed=2)
    assert "emulator of" not in result.stdout.str()


def test_a_fixture_that_no_test_names_is_not_there_and_says_so(suite):
    suite.makepyfile("""
        def test_late(request):
            request.getfixturevalue("emulator")
    """)
    result = run(suite)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["no test had the emulator's fixtures or its marker when tests were collected*"])


RECORDED = """
emulator: 1
name: shop
recording: {drift: %s}
turns:
- name: tea
  when: {message: {contains: tea}}
  steps:
  - {call: ask_database, args: {query: x}, recorded: "[[1]]"}
  - say: It costs 1.
"""
DRIFT = "drift: tool_output of ask_database at $[[]0][[]0] in turn tea: recorded 1 → got 136.25 (*shop.yaml:9: *"


@pytest.fixture
def recorded(suite):
    """A suite whose program answers a recorded call otherwise than when that was recorded."""
    suite.path.joinpath("shop.yaml").write_text(RECORDED % "lenient")
    suite.path.joinpath("strict.yaml").write_text(RECORDED % "strict")
    suite.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("shop.yaml")
        def test_lenient(openai_client):
            assert ask(openai_client, "tea?") == "It costs 1."
    """)
    return suite


def test_drift_stands_in_the_summary(recorded):
    result = run(recorded)
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(
        ["1 test used it, 1 of them with something to look at", "*::test_lenient", f"  {DRIFT}"]
    )


@pytest.mark.parametrize("ini", [False, True])
def test_drift_fails_all_tests_of_a_session_that_is_set_so(recorded, ini):
    if ini:
        recorded.makeini("[pytest]\nemulator_fail_on_drift = true\n")
    result = run(recorded, *([] if ini else ["--emulator-fail-on-drift"]))
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines([DRIFT.removeprefix("drift: "), "*emulator: report*", DRIFT])


def test_drift_fails_tests_that_ask_for_it(recorded):
    recorded.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("shop.yaml", fail_on_drift=True)
        def test_that_fails(openai_client):
            ask(openai_client, "tea?")

        @pytest.mark.emulator("shop.yaml", fail_on_drift=True, allow="drift")
        def test_that_allows_it(emulator, openai_client):
            ask(openai_client, "tea?")
            assert [line["path"] for line in emulator.report().drift] == ["$[0][0]"]

        @pytest.mark.emulator("strict.yaml")
        def test_strict_recording(openai_client):
            assert ask(openai_client, "tea?") == "Sorry."
    """)
    result = run(recorded)
    result.assert_outcomes(passed=1, failed=2)
    result.stdout.fnmatch_lines_random(["FAILED *test_that_fails*", "FAILED *test_strict_recording*"])
    # Only the run itself fails in the strict recording.
    result.stdout.fnmatch_lines(['  run_* failed (turn "tea"): server_error: [[]emulator] drift: tool_output of *'])


def test_strict_tests_fail_for_more(suite):
    suite.makepyfile("""
        import pytest
        from app import ask

        @pytest.mark.emulator("orders.yaml", strict=True)
        def test_fault(emulator, openai_client):
            emulator.fault("POST", "/files", status=500)
            assert ask(openai_client, "hello") == "Good day."

        @pytest.mark.emulator("orders.yaml", strict=True, allow="fault")
        def test_allowed(emulator, openai_client):
            emulator.fault("POST", "/files", status=500)
            assert ask(openai_client, "hello") == "Good day."
    """)
    result = run(suite)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*the fault never hit*POST /files*"])


@pytest.mark.parametrize(
    "mark, says",
    [
        ('"nowhere.yaml"', "there is no scenario 'nowhere.yaml'; looked for */nowhere.yaml"),
        ('"."', "* is a folder: name the scenarios or recordings in it"),
        ("sed=1", "the marker emulator has no 'sed': choose among set, check, "),
        ('allow="everything"', "nothing to allow is called 'everything'"),
        ('clock="frosen"', "frosen"),
    ],
)
def test_a_marker_that_means_nothing_says_so(suite, mark, says):
    suite.makepyfile(
        test_it=f"""
        import pytest

        @pytest.mark.emulator({mark})
        def test_it(emulator):
            pass
    """
    )
    result = run(suite)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{says}*"])
    assert "Traceback" not in result.stdout.str()


def test_scenarios_that_all_tests_play_are_named_in_the_configuration(suite):
    suite.makeini("[pytest]\nfilterwarnings = error\nemulator_scripts = orders.yaml\nemulator_clock = frozen\n")
    suite.makepyfile("""
        from app import ask

        def test_greeting(emulator, openai_client):
            assert ask(openai_client, "hello") == "Good day."
            assert emulator.clock.mode == "frozen"
    """)
    run(suite).assert_outcomes(passed=1)


def test_faults_snapshots_and_forks_are_at_hand(suite):
    suite.makepyfile("""
        import openai, pytest
        from app import ask

        pytestmark = pytest.mark.emulator("orders.yaml")

        def test_busy(emulator, openai_client):
            emulator.fault("POST", "/threads/*/runs", status=429, headers={"retry-after-ms": "1"}, times=1)
            assert ask(openai_client, "hello") == "Good day."
            assert emulator.requests.count("POST", "/threads/*/runs") == 2
            assert emulator.faults[0]["hits"] == 1

        def test_reset(emulator, openai_client):
            emulator.fault("POST", "/threads", disconnect=True)
            with pytest.raises(openai.APIConnectionError):
                openai_client.with_options(max_retries=0).beta.threads.create()

        def test_back(emulator, openai_client):
            ask(openai_client, "hello")
            kept = emulator.snapshot("before")
            ask(openai_client, "hello")
            assert len(emulator.runs) == 2
            emulator.restore(kept)
            assert len(emulator.runs) == 1
            copy = emulator.fork(emulator.threads.last)
            assert [message["role"] for message in emulator.threads.get(copy)["messages"]] == ["user", "assistant"]
    """)
    run(suite).assert_outcomes(passed=3)


def test_the_plugin_is_installed_with_the_package():
    from importlib.metadata import entry_points

    names = {point.name: point.value for point in entry_points(group="pytest11")}
    assert names["assistants-emulator"] == "emulator.pytest_plugin"


def test_a_marker_sets_quotas_and_chunks(suite):
    suite.makepyfile("""
        import openai
        import pytest

        @pytest.mark.emulator(quotas={"rpm": 2}, chunks="whole", clock="frozen")
        def test_that_asks_too_much(openai_client):
            impatient = openai_client.with_options(max_retries=0)
            assert [impatient.models.list().object for _ in range(2)] == ["list"] * 2
            with pytest.raises(openai.RateLimitError):
                impatient.models.list()
    """)
    run(suite).assert_outcomes(passed=1)


def test_a_test_has_the_same_ids_and_keeps_its_snapshot_whichever_worker_runs_it(suite):
    suite.makepyfile(
        """
        from pathlib import Path

        import pytest

        @pytest.mark.parametrize("n", range(4))
        def test_ids(emulator, openai_client, n):
            thread = openai_client.beta.threads.create()
            with Path(FOLDER, f"{n}.txt").open("a") as file:
                file.write(f"{thread.id}\\n")
            assert n != 3
    """.replace("FOLDER", repr(str(suite.path)))
    )
    run(suite, "-n", "0").assert_outcomes(passed=3, failed=1)
    run(suite, "-n", "2", "--basetemp", ".results").assert_outcomes(passed=3, failed=1)
    for n in range(4):
        first, second = (suite.path / f"{n}.txt").read_text().split()
        assert first == second
    assert len(list(suite.path.glob(".results/popen-gw*/emulator/*.zip"))) == 1

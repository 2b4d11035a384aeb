"""The command `exec`: any program beside a server of its own."""

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from itertools import takewhile

import httpx
import pytest

LONGEST = 60
EXEC = (sys.executable, "-m", "emulator", "exec")
TALK = """
import json, os, sys, urllib.request

HEADERS = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "OpenAI-Beta": "assistants=v2",
           "Content-Type": "application/json"}

def ask(path, body=None, base=os.environ["OPENAI_BASE_URL"]):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data, HEADERS)) as answer:
        return json.load(answer)

def talk(text, **more):
    assistant = ask("/assistants", {"model": "gpt-4o", **more})
    thread = {"messages": [{"role": "user", "content": text}]}
    run = ask("/threads/runs", {"assistant_id": assistant["id"], "thread": thread})
    return ask(f"/threads/{run['thread_id']}/runs/{run['id']}")

"""
TEA = """
emulator: 1
name: tea
turns:
- {name: tea, when: {message: tea}, steps: [{say: "{{ params.kind | default('green') }}"}]}
- {name: wait, when: {message: wait}, steps: [{call: f}]}
- {name: broken, when: {message: broken}, steps: [{say: "{{ message.nothing }}"}]}
- {name: check, when: {message: check}, steps: [{check: "1 > 2"}]}
- {name: pause, when: {message: pause}, steps: [{wait: 10m}, {say: done}]}
- {name: required, when: {message: never}, uses: 1, steps: []}
"""


@pytest.fixture
def execute(tmp_path):
    """Return a function that runs a Python program by the command, and returns the process."""
    script = tmp_path / "tea.yaml"
    script.write_text(TEA)

    def run(code, *options, **more):
        program = TALK + textwrap.dedent(code)
        command = [*EXEC, "--script", str(script), *options, "--", sys.executable, "-c", program]
        return subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False, **more)

    return run


def test_a_program_finds_the_server_in_its_environment(execute):
    done = execute("print(talk('tea')['status'])")
    assert (done.returncode, done.stdout) == (0, "completed\n")
    assert done.stderr.splitlines()[-1] == "emulator: no failures in 1 namespace"


def test_the_environment_of_a_program_names_the_server_for_every_kind_of_client(execute):
    shown = "print(json.dumps(dict(os.environ)))"
    done = execute(shown, env={**os.environ, "NO_PROXY": "intranet,localhost", "KEPT": "yes"})
    found = json.loads(done.stdout)
    url = found["EMULATOR_URL"]
    expected = {
        "OPENAI_BASE_URL": f"{url}/v1",
        "OPENAI_API_KEY": "sk-emu-default",
        "AZURE_OPENAI_ENDPOINT": url,
        "AZURE_OPENAI_API_KEY": "sk-emu-default",
        "OPENAI_API_VERSION": "2024-05-01-preview",
        "EMULATOR_CONTROL_URL": f"{url}/_emulator",
        "NO_PROXY": "intranet,localhost,127.0.0.1,::1",
        "KEPT": "yes",
    }
    assert {name: found.get(name) for name in expected} == expected


def test_an_accepted_key_and_the_control_token_reach_the_program(execute):
    code = "print(os.environ['OPENAI_API_KEY'], os.environ['EMULATOR_CONTROL_TOKEN'])\nask('/models')"
    done = execute(code, "--api-key", "sk-emu-b", "--control-token", "t")
    assert (done.returncode, done.stdout) == (0, "sk-emu-b t\n")


def test_input_and_output_are_those_of_the_command(execute):
    done = execute("sys.stdout.write(sys.stdin.read().upper())", input="shout")
    assert done.stdout == "SHOUT"


def test_delays_of_a_script_take_no_time(execute):
    assert execute("print(talk('pause')['status'])").stdout == "completed\n"


def test_options_choose_the_settings_of_the_server(execute):
    code = """
    run = talk("tea")
    messages = ask(f"/threads/{run['thread_id']}/messages")
    print(messages["data"][0]["content"][0]["text"]["value"], run["id"])
    """
    first, second = (execute(code, "--set", "kind=black", "--seed", "7") for _ in range(2))
    assert first.stdout.startswith("black run_")
    assert first.stdout == second.stdout
    assert execute(code, "--set", "kind=black", "--seed", "8").stdout != first.stdout


def test_the_exit_code_of_a_program_that_fails_is_kept(execute):
    assert execute("talk('broken'); sys.exit(7)").returncode == 7


@pytest.mark.parametrize(
    "message,line",
    [
        ("coffee", "  unmatched: no scripted turn matches. nearest: "),
        ("broken", "  script: "),
        ("check", "  check: check failed: 1 > 2"),
    ],
)
def test_a_failure_that_a_program_hides_is_reported_and_fails_it(execute, message, line):
    done = execute(f"talk('{message}')")
    assert done.returncode == 1
    report = done.stderr[done.stderr.index("emulator: namespace default\n") :].splitlines()
    assert report[1].startswith(line)
    assert report[-1] == "emulator: 1 failure in 1 namespace"


def test_what_is_only_worth_reading_fails_nothing(execute):
    code = "talk('wait', tools=[{'type': 'function', 'function': {'name': 'f'}}])"
    done = execute(code)
    assert done.returncode == 0
    lines = done.stderr.splitlines()
    assert [line.partition(":")[0] for line in lines[-4:]] == ["emulator", "  waiting", "  unused", "emulator"]
    assert lines[-2] == "  unused: turn required of tea, played 0 of 1 times"


def test_strictly_it_does(execute):
    assert execute("talk('tea')").returncode == 0
    done = execute("talk('tea')", "--strict")
    assert done.returncode == 1
    assert "  unused: turn required of tea was played 0 times of 1\n" in done.stderr
    offered = execute("talk('wait')", "--strict")
    assert (offered.returncode, "f, which the run does not offer" in offered.stderr) == (1, True)


def test_every_namespace_is_reported(execute):
    code = """
    for name in ("one", "two"):
        ask.__defaults__ = (None, f"{os.environ['EMULATOR_URL']}/ns/{name}/v1")
        talk("coffee")
    """
    done = execute(code)
    assert "emulator: namespace one\n" in done.stderr
    assert "emulator: namespace two\n" in done.stderr
    assert done.stderr.splitlines()[-1] == "emulator: 2 failures in 2 namespaces"


def test_a_program_that_asks_nothing_is_told_so(execute):
    done = execute("")
    assert done.returncode == 0
    assert done.stderr == "emulator: nothing was asked of the server; does the command read OPENAI_BASE_URL?\n"


def test_requests_are_printed_on_stderr(execute):
    done = execute("ask('/models')", "--requests")
    assert done.stdout == ""
    assert "/models 200 " in done.stderr.splitlines()[0]


@pytest.mark.parametrize(
    "command,code",
    [(["no-such-command"], 127), (["./no/such/command", "x"], 127), (["/etc/hosts"], 126)],
)
def test_a_command_that_cannot_be_run_costs_one_line(command, code):
    done = subprocess.run([*EXEC, "--", *command], capture_output=True, text=True, timeout=LONGEST, check=False)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert done.stderr.startswith("error: ")
    assert command[0] in done.stderr


def test_a_file_that_is_no_program_costs_one_line(tmp_path):
    file = tmp_path / "empty"
    file.write_text("no program\n")
    file.chmod(0o755)
    done = subprocess.run([*EXEC, "--", str(file)], capture_output=True, text=True, timeout=LONGEST, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (126, 1)


@pytest.mark.parametrize("options", [["--script", "no-such.yaml"], ["--bogus"], ["--set", "x"], []])
def test_bad_input_costs_one_line_and_exit_code_two(options):
    done = subprocess.run([*EXEC, *options], capture_output=True, text=True, timeout=LONGEST, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)


def test_a_script_that_cannot_be_loaded_starts_no_program(tmp_path):
    script = tmp_path / "bad.yaml"
    script.write_text("emulator: 1\nturns: [{steps: [{sya: x}]}]\n")
    command = [*EXEC, "--script", str(script), "--", sys.executable, "-c", "print('started')"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"error: {script}:2: turns[0].steps[0]: ")


def test_options_of_the_command_are_its_own_even_without_dashes_before_it():
    command = [*EXEC, sys.executable, "-c", "import sys; print(sys.argv[1:])", "--seed", "-h"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LONGEST, check=False)
    assert done.stdout == "['--seed', '-h']\n"


def test_a_program_that_dies_by_a_signal_ends_the_command_like_that(execute):
    assert execute("os.kill(os.getpid(), 9)").returncode == 137


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_reaches_the_program_whose_answer_counts(number, tmp_path):
    ready = tmp_path / "ready"
    code = f"""
    import os, pathlib, signal, sys, time
    def stop(number, frame):
        print("got", number, flush=True)
        sys.exit(5)
    signal.signal({int(number)}, stop)
    pathlib.Path({str(ready)!r}).touch()
    while True:
        time.sleep(0.05)
    """
    command = [*EXEC, "--", sys.executable, "-c", textwrap.dedent(code)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + LONGEST
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(number)
        out, err = process.communicate(timeout=LONGEST)
    assert (process.returncode, out) == (5, f"got {int(number)}\n")
    assert "Traceback" not in err
    assert err.startswith("emulator: ")


def test_a_signal_that_the_program_does_not_handle_ends_both(tmp_path):
    ready = tmp_path / "ready"
    code = f"import pathlib, time; pathlib.Path({str(ready)!r}).touch(); time.sleep(600)"
    with subprocess.Popen(
        [*EXEC, "--", sys.executable, "-c", code], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + LONGEST
        while not ready.exists():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LONGEST)
    assert process.returncode == 143


def test_the_server_goes_on_after_the_command_where_it_is_to_be_looked_at(tmp_path):
    script = tmp_path / "tea.yaml"
    script.write_text(TEA)
    command = [*EXEC, "--script", str(script), "--inspect", "--", sys.executable, "-c", f"{TALK}talk('coffee')"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            lines = [*takewhile(lambda line: "Press Ctrl-C" not in line, process.stderr)]
            (page,) = [line.split()[-1] for line in lines if line.startswith("  inspector: ")]
            assert httpx.get(page, trust_env=False, timeout=LONGEST).status_code == 200
            process.send_signal(signal.SIGINT)
            assert process.wait(LONGEST) == 1
        finally:
            process.kill()


# --- the verdict ----------------------------------------------------------------------------------------------------

GIVES_UP = """
import urllib.error
try:
    ask("/ns/default/faults", {"match": {"path": "/assistants"}, "do": {"status": 503}},
        base=os.environ["EMULATOR_CONTROL_URL"])
    ask("/assistants", {"model": "gpt-4o"})
except urllib.error.HTTPError:
    pass
"""
LEAVES_A_RUN = 'talk("wait", tools=[{"type": "function", "function": {"name": "f"}}])'


def test_where_a_fault_hit_the_findings_stand_in_the_report_and_fail_nothing(execute):
    result = execute(GIVES_UP)
    assert result.returncode == 0, result.stderr
    assert "  warn: gave_up: POST /assistants was answered 503, and was not tried again\n" in result.stderr
    assert result.stderr.endswith("emulator: no failures in 1 namespace\n")


def test_where_none_hit_there_is_no_verdict(execute):
    result = execute(LEAVES_A_RUN)
    assert "run_left_behind" not in result.stderr


def test_resilient_lets_what_fails_the_verdict_be_a_failure(execute):
    result = execute(LEAVES_A_RUN, "--resilient")
    assert result.returncode == 1
    assert "  fail: run_left_behind: run_" in result.stderr
    assert result.stderr.endswith("emulator: 1 failure in 1 namespace\n")


@pytest.mark.parametrize("options, code", [((), 0), (("--strict",), 1)])
def test_warnings_of_the_verdict_fail_where_it_is_strict(execute, options, code):
    result = execute(GIVES_UP, "--resilient", *options)
    assert (result.returncode, "warn: gave_up" in result.stderr) == (code, True)


def test_advice_is_said_once_however_many_namespaces_need_it(execute):
    result = execute(
        f"""
        {LEAVES_A_RUN}
        HEADERS["Authorization"] = "Bearer sk-emu-b"
        {LEAVES_A_RUN}
    """,
        "--resilient",
    )
    assert result.stderr.count("fail: run_left_behind: ") == 2
    advice = next(line for line in result.stderr.splitlines() if "submit" in line and "run_left_behind" not in line)
    assert result.stderr.count(advice) == 1


# --- hints ----------------------------------------------------------------------------------------------------------


def test_each_kind_of_hint_is_one_line_however_many_there_are(execute):
    done = execute("""
        for _ in range(2):
            talk("wait", tools=[{"type": "function", "function": {"name": "f"}}])
        for name in ("a", "b"):
            HEADERS["Authorization"] = f"Bearer sk-emu-{name}"
            thread = ask("/threads", {})["id"]
            assistant = ask("/assistants", {"model": "gpt-4o", "instructions": "x"})["id"]
            for _ in range(2):
                ask(f"/threads/{thread}/runs", {"assistant_id": assistant})
    """)
    hints = [line for line in done.stderr.splitlines() if line.startswith("emulator: hint: ")]
    assert len(hints) == 1
    assert "or created another run on it" in hints[0]
    assert "(2 times in 2 namespaces, first run_" in hints[0]


def test_a_program_that_never_finds_its_base_url_gets_to_know_the_right_one(execute):
    done = execute("""
        from urllib.error import HTTPError
        for _ in range(3):
            try:
                ask("/assistants", {"model": "gpt-4o"}, os.environ["EMULATOR_URL"])
            except HTTPError as error:
                assert error.code == 404
    """)
    *_, hint, last = done.stderr.splitlines()
    assert hint.startswith("emulator: hint: base_url lacks /v1: use http://127.0.0.1:")
    assert hint.endswith("/v1 (3 times, first POST /assistants in default)")
    assert last == "emulator: no request reached an endpoint"

"""The command `report`, and what `exec` says of drift."""

import json
import subprocess
import sys
import textwrap

import pytest

from emulator import LiveServer, Settings, cli
from scripted_models import ScriptSource

RECORDED = """
emulator: 1
name: shop
recording: {drift: lenient}
turns:
- name: tea
  recorded: {instructions: Be brief.}
  steps: [{say: ok}]
"""
LINE = (
    'drift: instructions at $.instructions in turn tea: recorded "Be brief." → got "Be kind."'
    " (shop.yaml:7: turns[0].recorded.instructions{})"
)


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(scripts=(ScriptSource("shop.yaml", RECORDED),))) as running:
        ask(running.emulator, "drifted", "Be kind.")
        ask(running.emulator, "drifted", "Be kind.")
        ask(running.emulator, "fine", "Be brief.")
        yield running


def ask(emulator, name, instructions):
    client = emulator.namespace(name).client()
    assistant = client.beta.assistants.create(model="gpt-4o", instructions=instructions)
    thread = {"messages": [{"role": "user", "content": "hello"}]}
    return client.beta.threads.create_and_run(assistant_id=assistant.id, thread=thread)


@pytest.fixture
def report(server, capsys, monkeypatch):
    """Return a function that runs the command, and returns its exit code and what it printed."""
    monkeypatch.delenv("EMULATOR_CONTROL_TOKEN", raising=False)

    def run(*options, url=server.url):
        code = cli.main(["report", "--url", url, *options])
        return code, *capsys.readouterr()

    return run


pytestmark = pytest.mark.filterwarnings("ignore:(deprecated$|.*Assistants API is deprecated):DeprecationWarning")


def test_the_report_of_a_running_server_is_shown(report):
    code, out, err = report("--ns", "drifted")
    assert (code, err) == (0, "")
    assert out.splitlines() == [
        "emulator: namespace drifted",
        "  " + LINE.format("; 2 times"),
        "emulator: no failures in 1 namespace",
    ]


def test_all_namespaces_are_shown_where_none_is_named(report):
    code, out, _ = report()
    assert (code, out.splitlines()[-1]) == (0, "emulator: no failures in 2 namespaces")


def test_drift_fails_where_that_is_asked_for_and_its_namespace_names_its_page(report, server):
    code, out, _ = report("--fail-on-drift")
    assert (code, out.splitlines()[-1]) == (1, "emulator: 1 failure in 2 namespaces")
    assert [line for line in out.splitlines() if "inspector" in line] == [
        f"  inspector: {server.url}/_emulator/inspector/ns/drifted"
    ]
    assert report("--ns", "fine", "--fail-on-drift")[0] == 0


def test_it_is_shown_as_json_too(report):
    code, out, _ = report("--ns", "drifted", "--format", "json", "--fail-on-drift")
    shown = json.loads(out)
    assert (code, len(shown["drift"]), [one["kind"] for one in shown["failures"]]) == (1, 2, ["drift"])
    _, out, _ = report("--format", "json")
    assert sorted(json.loads(out)) == ["drifted", "fine"]


def test_the_variable_of_the_environment_says_where_the_server_is(server, monkeypatch, capsys):
    monkeypatch.setenv("EMULATOR_URL", server.url)
    assert cli.main(["report", "--ns", "fine"]) == 0
    assert capsys.readouterr().out == "emulator: no failures in 1 namespace\n"


@pytest.mark.parametrize(
    "options, error",
    [(("--ns", "nowhere"), "nowhere"), (("--format", "xml"), "xml")],
)
def test_bad_input_costs_one_line(report, options, error):
    code, out, err = report(*options)
    assert (code, out, err.count("\n"), error in err) == (2, "", 1, True)


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "nonsense", "ftp://host"])
def test_where_no_server_answers_that_is_said(report, url):
    code, out, err = report(url=url)
    assert (code, out, err.count("\n")) == (2, "", 1)


def test_a_server_without_namespaces_is_no_failure(report):
    with LiveServer() as empty:
        assert report(url=empty.url) == (0, "emulator: the server has no namespaces\n", "")


# --- exec -------------------------------------------------------------------------------------------------------------

PROGRAM = """
import json, os, urllib.request
headers = {"OpenAI-Beta": "assistants=v2", "Content-Type": "application/json", "Authorization": "Bearer sk-x"}
def ask(path, body):
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + path, json.dumps(body).encode(), headers)
    return json.load(urllib.request.urlopen(request))
assistant = ask("/assistants", {"model": "gpt-4o", "instructions": "Be kind."})
thread = {"messages": [{"role": "user", "content": "hello"}]}
ask("/threads/runs", {"assistant_id": assistant["id"], "thread": thread})
"""


@pytest.mark.parametrize("option, code", [(None, 0), ("--fail-on-drift", 1), ("--strict", 1)])
def test_exec_shows_drift_and_fails_where_that_is_asked_for(tmp_path, option, code):
    script = tmp_path / "shop.yaml"
    script.write_text(RECORDED)
    options = [option] if option else []
    command = [sys.executable, "-m", "emulator", "exec", "--script", str(script), *options, "--", sys.executable, "-c"]
    done = subprocess.run(
        [*command, textwrap.dedent(PROGRAM)], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == code, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if "instructions" in line]
    assert line.startswith(
        '  drift: instructions at $.instructions in turn tea: recorded "Be brief." → got "Be kind." ('
    )
    assert line.endswith("shop.yaml:7: turns[0].recorded.instructions)")

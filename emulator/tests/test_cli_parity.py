"""The command `parity`: namespaces, files of records, and commands that it runs."""

import json
import shlex
import subprocess
import sys
import textwrap

import pytest

from emulator import LiveServer, Settings, cli
from emulator.domain.parity.records import Record
from scripted_models import ScriptSource

LONGEST = 120
LIBRARY = """
emulator: 1
name: library
turns:
- {name: hello, when: {message: hello}, steps: [{say: Hello.}]}
- {name: broken, when: {message: broken}, steps: [{say: "{{ message.nothing }}"}]}
"""
ASK = """
import json, os, sys, urllib.request
HEADERS = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"], "OpenAI-Beta": "assistants=v2",
           "Content-Type": "application/json"}

def ask(path, body):
    request = urllib.request.Request(os.environ["OPENAI_BASE_URL"] + path, json.dumps(body).encode(), HEADERS)
    return json.load(urllib.request.urlopen(request))
"""
BEFORE = """
assistant = ask("/assistants", {"model": "gpt-4o", "instructions": "Be a librarian."})
thread = {"messages": [{"role": "user", "content": "hello"}]}
ask("/threads/runs", {"assistant_id": assistant["id"], "thread": thread})
print("before was here")
"""
AFTER = """
ask("/responses", {"model": "gpt-4o", "instructions": "Be a librarian.", "input": "hello"})
print("after was here")
"""
# A port that never sends its instructions.
FORGETFUL = """
ask("/responses", {"model": "gpt-4o", "input": "hello"})
"""
WAIVERS = """
waivers:
- {field: instructions, reason: The port has none on purpose.}
"""

pytestmark = pytest.mark.filterwarnings("ignore:(deprecated$|.*Assistants API is deprecated):DeprecationWarning")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch):
    for name in ("EMULATOR_URL", "EMULATOR_CONTROL_TOKEN"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(scope="module")
def server():
    with LiveServer(Settings(scripts=(ScriptSource("library.yaml", LIBRARY),))) as running:
        before = running.namespace("before").client()
        assistant = before.beta.assistants.create(model="gpt-4o", instructions="Be a librarian.")
        thread = {"messages": [{"role": "user", "content": "hello"}]}
        before.beta.threads.create_and_run_poll(assistant_id=assistant.id, thread=thread)
        for name, more in (("after", {"instructions": "Be a librarian."}), ("forgetful", {})):
            running.namespace(name).client().responses.create(model="gpt-4o", input="hello", **more)
        yield running


@pytest.fixture
def parity(server, capsys):
    """Return a function that runs the command for the server, and returns its exit code and what it printed."""

    def run(*options, url=server.url):
        code = cli.main(["parity", "--url", url, *map(str, options)])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def waivers(tmp_path):
    file = tmp_path / "waivers.yaml"
    file.write_text(WAIVERS)
    return file


# --- namespaces and files ---------------------------------------------------------------------------------------------


def test_a_port_that_does_what_its_program_did_is_equal(parity):
    code, out, err = parity("before", "after")
    assert (code, err) == (0, ""), out


def test_a_port_that_forgets_its_instructions_fails_and_the_report_says_so(parity):
    code, out, err = parity("before", "forgetful")
    assert (code, err) == (1, "")
    assert "instructions" in out
    assert "Be a librarian." in out


def test_as_json_the_report_is_that_of_the_control_api(parity, server):
    code, out, _ = parity("before", "forgetful", "--format", "json")
    asked = json.dumps({"before": "before", "after": "forgetful"}).encode()
    _, answer = server.emulator.control.send("POST", "/parity", asked)
    assert (code, json.loads(out)) == (1, json.loads(answer))
    assert not json.loads(out)["is_equal"]


def test_the_report_can_be_written_to_a_file(parity, tmp_path):
    out = tmp_path / "report.txt"
    assert parity("before", "forgetful", "-o", out) == (1, "", "")
    assert "instructions" in out.read_text()


def test_what_is_taken_for_equal_is_shown_on_request(parity):
    plain, shown = (parity("before", "after", *more)[1] for more in ((), ("--show-equal",)))
    assert len(shown) >= len(plain)


def test_the_record_of_one_side_is_written_and_compared_later(parity, tmp_path):
    baseline = tmp_path / "before.json"
    assert parity("before", "--record", baseline) == (0, "", "")
    written = json.loads(baseline.read_text())
    assert (written["parity"], Record.from_json(written).dialogues[0].api) == (1, "assistants")
    assert parity(baseline, "after")[0] == 0
    assert parity(baseline, "forgetful")[0] == 1
    assert parity(baseline, baseline, url="http://127.0.0.1:9")[0] == 0


def test_a_namespace_of_another_server_is_named_with_its_url(parity, server):
    assert parity(f"before@{server.url}", f"forgetful@{server.url}", url="http://127.0.0.1:9")[0] == 1


def test_waivers_cover_what_they_name(parity, waivers):
    code, out, err = parity("before", "forgetful", "--waivers", waivers)
    assert (code, err) == (0, "")
    assert "on purpose" in out


def test_pairs_name_dialogues_by_their_ids(parity, server):
    old, new = (server.namespace(name).parity_record().dialogues[0].id for name in ("before", "after"))
    assert parity("before", "after", "--pair", f"{old}={new}")[0] == 0


@pytest.mark.parametrize(
    "text, line",
    [
        ("", 1),
        ("- 1\n", 1),
        ("waivers: 1\n", 1),
        ("waivers:\n- {field: a, reason: b}\n- {field: a, reason: ''}\n", 3),
        ("waivers:\n- {field: a, reason: b, feild: c}\n", 2),
        ("waivers:\n- {field: a, reason: b, turn: 0}\n", 2),
        ("waivers:\n- {field: a, reason: b, kind: look}\n", 2),
        ("waivers:\n- {field: a}\n", 2),
        ("waivers:\n- {field: [a], reason: b}\n", 2),
        ("waivers:\n- !!python/object:os.system {}\n", 2),
        ("more: 1\nwaivers: []\n", 1),
        ("waivers: [\n", 2),
    ],
)
def test_a_file_of_waivers_that_is_wrong_is_refused_with_its_line(text, line, parity, waivers):
    waivers.write_text(text)
    code, out, err = parity("before", "forgetful", "--waivers", waivers)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {waivers}:{line}: ")


@pytest.mark.parametrize(
    "options, error",
    [
        ((), "BEFORE and AFTER"),
        (("before",), "BEFORE and AFTER"),
        (("before", "after", "more"), "BEFORE and AFTER"),
        (("before", "after", "--record", "x.json"), "BEFORE and AFTER"),
        (("before", "nowhere"), "'nowhere' is neither a file nor a namespace"),
        (("before", "no/such.json"), "'no/such.json' is neither a file nor"),
        (("before", "after@nonsense"), "NAME@URL"),
        (("before", "after@http://127.0.0.1:9"), "127.0.0.1:9"),
        (("before", "after", "--pair", "thread_1"), "OLD=NEW"),
        (("before", "after", "--pair", "a=b", "--pair", "a=c"), "paired already"),
        (("before", "after", "--pair", "a=b"), "pairs: 'a' is no dialogue of before; it has thread_"),
        (("before", "after", "--seed", "7"), "--before and --after"),
        (("before", "after", "--waivers", "nowhere.yaml"), "nowhere.yaml"),
        (("before", "after", "--format", "xml"), "xml"),
        (("before", "after", "-o", "/nowhere/report"), "/nowhere"),
        (("--before", "true"), "BEFORE and AFTER"),
        (("--before", "true", "--after", "true", "--record", "x.json"), "BEFORE and AFTER"),
        (("--before", "true", "--after", "true", "no.yaml"), "no.yaml: there is no such scenario"),
        (("--before", "'", "--after", "true"), "--before"),
        (("--before", "", "--after", "true"), "--before"),
    ],
)
def test_bad_usage_costs_one_line(parity, options, error):
    code, out, err = parity(*options)
    assert (code, out, err.count("\n"), error in err) == (2, "", 1, True), err


@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b'{"parity": 2}', b'{"parity": 1}', b"[" * 100_000, b"\xff"])
def test_a_file_that_holds_no_record_is_refused_in_one_line(content, parity, tmp_path):
    file = tmp_path / "before.json"
    file.write_bytes(content)
    code, out, err = parity(file, "after")
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert err.startswith(f"error: {file} holds no record: ")


# --- commands ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def play(tmp_path):
    """Return a function that compares two Python programs by the command, and returns the process."""
    (tmp_path / "library.yaml").write_text(LIBRARY)

    def command(name, code):
        path = tmp_path / f"{name}.py"
        path.write_text(ASK + textwrap.dedent(code))
        return shlex.join([sys.executable, str(path)])

    def run(*options, scenarios=("library.yaml",), **programs):
        sides = [text for name, code in programs.items() for text in (f"--{name}", command(name, code))]
        words = [sys.executable, "-m", "emulator", "parity", *sides, *options, *scenarios]
        return subprocess.run(words, capture_output=True, text=True, timeout=LONGEST, check=False, cwd=tmp_path)

    return run


def test_two_commands_run_one_after_the_other_and_are_compared(play):
    done = play(before=BEFORE, after=AFTER)
    assert done.returncode == 0, done.stdout + done.stderr
    shown = [line for line in done.stderr.splitlines() if "was here" in line or "failure" in line]
    assert shown == [
        "before was here",
        "emulator: no failures in 1 namespace",
        "after was here",
        "emulator: no failures in 1 namespace",
    ]
    assert "was here" not in done.stdout


def test_a_command_that_is_no_port_fails(play):
    done = play("--format", "json", before=BEFORE, after=FORGETFUL)
    found = json.loads(done.stdout)
    assert (done.returncode, found["is_equal"]) == (1, False)
    assert "instructions" in {one["field"] for one in found["differences"]}


def test_a_record_is_written_of_a_command_and_takes_the_place_of_one(play):
    assert play("--record", "before.json", before=BEFORE).returncode == 0
    assert play("--before", "before.json", after=AFTER).returncode == 0
    assert play("--before", "before.json", after=FORGETFUL).returncode == 1


def test_a_program_that_fails_is_said_to_and_its_port_is_not_run(play):
    done = play(before=BEFORE + "sys.exit(7)", after=AFTER)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == "emulator: before failed with exit code 7"
    assert "after was here" not in done.stderr


def test_a_port_that_fails_is_compared_all_the_same(play):
    done = play(before=BEFORE, after=FORGETFUL + "sys.exit(7)")
    assert done.returncode == 1
    assert "emulator: after failed with exit code 7" in done.stderr
    assert "instructions" in done.stdout


def test_a_command_that_asks_for_nothing_fails(play):
    done = play(before=BEFORE, after="")
    assert (done.returncode, done.stdout) == (1, "")
    assert "emulator: nothing was asked of the server" in done.stderr


def test_what_fails_a_check_of_the_server_fails_the_comparison(play):
    broken = BEFORE.replace("hello", "broken")
    done = play(before=broken, after=AFTER)
    assert (done.returncode, done.stdout) == (1, "")
    assert "emulator: 1 failure in 1 namespace" in done.stderr


def test_both_programs_have_the_same_seed_and_day(play):
    show = 'print(ask("/files", {"x": 1}) if 0 else os.environ["OPENAI_BASE_URL"], ask("/threads", {})["id"])\n'
    done = play("--seed", "7", "--wire", "2025-06-01", before=show + BEFORE, after=show + AFTER)
    first, second = [line.split()[1] for line in done.stderr.splitlines() if line.startswith("http")]
    assert first == second


@pytest.mark.parametrize("option", ["--db", "--export-on-exit", "--watch"])
def test_options_of_one_server_alone_are_not_taken(option, capsys):
    assert cli.main(["parity", "--before", "true", "--after", "true", option, "x"]) == 2
    assert capsys.readouterr().err.startswith(f"error: No such option: {option}")


def test_a_command_that_cannot_be_found_is_refused_before_anything_runs(play):
    done = play("--after", "no-such-program", before=BEFORE)
    assert (done.returncode, done.stdout, done.stderr) == (127, "", "error: there is no command 'no-such-program'\n")

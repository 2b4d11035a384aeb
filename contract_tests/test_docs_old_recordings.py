"""The commands of the page about old recordings do what it says, with a made-up file of each kind."""

import csv
import io
import json
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from contract_tests.made_up_recordings import Recorder, asked, function, listed, message, requires, run, thread
from contract_tests.test_replays import PLUGINS, greeting, start
from emulator import LiveServer, cli
from emulator.recording.vcrpy_files import write_cassette

pytest_plugins = ("pytester",)
DOCS = Path(__file__).parents[1] / "docs"
TEXT = (DOCS / "old-recordings.md").read_text(encoding="utf-8")
AT = 1_714_644_000
# Who is asked what on one thread, and what the function answers.
REFUND = (
    ("I want my money back.", "Your cup is refunded."),
    ("When does it arrive?", "On Monday."),
    ("Thank you.", "You are welcome."),
)


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines()]


def talk(thread_id="thread_refund"):
    """Record a conversation that calls a function first."""
    recorder = Recorder().add("POST", "/threads", thread(thread_id))
    at = f"/threads/{thread_id}"
    for number, (question, answer) in enumerate(REFUND):
        about = {"id_": f"{thread_id}_run{number}", "thread_id": thread_id}
        own = f"{at}/runs/{about['id_']}"
        asking = {"role": "user", "content": question}
        said = {"thread_id": thread_id, "at": AT + number}
        recorder.add("POST", f"{at}/messages", asked(question, f"{thread_id}_q{number}", **said), asking)
        recorder.add("POST", f"{at}/runs", run("queued", **about), {"assistant_id": "asst_1"})
        if number == 0:
            call = function("find_order", '{"number": "7"}', f"{thread_id}_call")
            recorder.add("GET", own, requires(call, **about))
            outputs = {"tool_outputs": [{"tool_call_id": f"{thread_id}_call", "output": '{"item": "cup"}'}]}
            recorder.add("POST", f"{own}/submit_tool_outputs", run("queued", **about), outputs)
        for _ in range(3 + (number == 0)):
            recorder.add("GET", own, run("in_progress", **about))
        recorder.add("GET", own, run(**about))
        reply = message(answer, f"{thread_id}_a{number}", about["id_"], **said)
        recorder.add("GET", f"{at}/messages", listed(reply))
    return recorder


def said(number, thread_id):
    role, text = (("user", "assistant")[number % 2], REFUND[number // 2][number % 2])
    return {"thread_id": thread_id, "id": f"msg_{thread_id}_{number}", "role": role, "text": text, "created_at": AT + number}  # fmt: skip


def page(*numbers, more):
    data = [
        {**said(number, "thread_pages"), "object": "thread.message", "run_id": f"run_{number}" if number % 2 else None}
        for number in numbers
    ]
    return json.dumps({"object": "list", "data": data, "has_more": more})


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with a file of each name that the page has."""
    for folder in ("tests/cassettes", "cassettes", "exports", "spec/cassettes"):
        (tmp_path / folder).mkdir(parents=True)
    write_cassette(tmp_path / "tests/cassettes/refund.yaml", talk().exchanges)
    write_cassette(tmp_path / "cassettes/other.yaml", talk("thread_other").exchanges)
    (tmp_path / "exports/page1.json").write_text(page(3, 2, more=True))
    (tmp_path / "exports/page2.json").write_text(page(1, 0, more=False))
    lines = [said(number, "thread_support") for number in range(4)]
    (tmp_path / "support-threads.ndjson").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    with (tmp_path / "messages.csv").open("w", newline="") as file:
        table = csv.DictWriter(file, list(lines[0]))
        table.writeheader()
        table.writerows(lines)
    ruby = (tmp_path / "tests/cassettes/refund.yaml").read_text().replace("interactions:", "http_interactions:", 1)
    (tmp_path / "spec/cassettes/refund.yml").write_text(ruby)
    shutil.copy(DOCS.parent / "examples/replay/returns.jsonl", tmp_path / "refund.jsonl")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def words_of(line):
    """Return the words of a command as a shell gives them to it."""
    words = shlex.split(line.split(" &")[0])[1:]
    return [path for word in words for path in (sorted(map(str, Path().glob(word))) if "*" in word else [word])]


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("assistants-emulator distil")])
def test_every_recording_of_the_page_is_distilled(desk, line, capsys):
    assert cli.main(words_of(line)) == 0
    printed = capsys.readouterr()
    assert printed.err == ""
    assert list(desk.joinpath("scenarios").glob("*.yaml"))
    for scenario in desk.joinpath("scenarios").glob("*.yaml"):
        assert cli.main(["lint", str(scenario)]) == 0
    if line == COMMANDS[0]:
        assert printed.out == blocks("text")[0]


@pytest.mark.parametrize("line", [line for line in COMMANDS if "serve --replay" in line])
def test_recordings_are_served_as_the_page_says(desk, line):
    process = start(*words_of(line)[1:])
    try:
        lines = greeting(process)
    finally:
        process.terminate()
        process.communicate(timeout=60)
    assert sum(line.startswith("recording") for line in lines) == 1


@pytest.mark.parametrize("line", [*(line for line in COMMANDS if " exec " in line), *re.findall(r"`(assistants-emulator exec [^`]+)`", TEXT)])  # fmt: skip
def test_commands_run_against_a_recording(desk, line):
    words = words_of(line)
    own = words[: words.index("--") + 1]
    command = [sys.executable, "-m", "emulator", *own, sys.executable, "-c", "print('ran')"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout) == (0, "ran\n"), done.stderr


def test_threads_come_back_and_are_exported_again(desk, capsys):
    importing, *exporting = [line for line in COMMANDS if "--url" in line]
    with LiveServer() as server:
        for line in (importing, *exporting):
            there = line.replace("http://127.0.0.1:8000", server.url).replace("thread_abc", "thread_support")
            assert cli.main(words_of(there)) == 0
        assert capsys.readouterr().out.splitlines() == ["imported: 4 messages", "refund.md", "refund.zip"]
        assert "Your cup is refunded." in (desk / "refund.md").read_text()
        assert cli.main(["import", "refund.zip", "--url", server.url, "--ns", "again"]) == 0


def test_a_table_becomes_lines_that_can_be_read(desk, capsys):
    (line,) = [line for line in COMMANDS if line.startswith("python -c")]
    code = shlex.split(line)[2]
    written = subprocess.run(
        [sys.executable, "-c", code], input=(desk / "messages.csv").read_text(), capture_output=True, text=True, check=True
    )  # fmt: skip
    assert len(list(io.StringIO(written.stdout))) == 4
    (desk / "messages.ndjson").write_text(written.stdout)
    assert cli.main(["distil", "messages.ndjson", "-o", "out"]) == 0
    assert capsys.readouterr().out.startswith("out/messages.yaml: ndjson, 1 thread, 2 turns")
    assert cli.main(["distil", "messages.csv", "-o", "out"]) == 1
    assert "looks like a table (CSV)" in capsys.readouterr().err


def test_a_recording_becomes_a_cassette(desk, capsys):
    (line,) = re.findall(r"`(assistants-emulator export \S+ --as vcrpy [^`]+)`", TEXT)
    assert cli.main(words_of(line)) == 0
    assert cli.main(["distil", "refund.yaml", "-o", "out"]) == 0
    assert "out/refund.yaml: vcrpy, 2 threads, 3 turns" in capsys.readouterr().out


def test_the_marker_plays_the_cassette_of_the_page(pytester, monkeypatch, desk):
    for name in ("OPENAI_BASE_URL", "OPENAI_API_KEY", "PYTEST_ADDOPTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(pytester.path)
    shutil.copytree(desk / "tests" / "cassettes", pytester.path / "cassettes")
    test = next(block for block in blocks("python") if "def test_refund" in block)
    pytester.makepyfile(
        my_app="""
import json
from openai import OpenAI

def ask(text):
    client = OpenAI()
    tool = {"type": "function", "function": {"name": "find_order"}}
    assistant = client.beta.assistants.create(model="gpt-4o", tools=[tool])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": text}])
    runs = client.beta.threads.runs
    run = runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": json.dumps({"item": "cup"})} for call in calls]
    runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    return client.beta.threads.messages.list(thread.id).data[0].content[0].text.value
""",
        test_page=f"import my_app\nimport pytest\n\n{test}",
    )
    result = pytester.runpytest_subprocess(*PLUGINS, timeout=100)
    result.assert_outcomes(passed=1)


def test_every_option_of_distil_is_on_the_page(capsys):
    assert cli.main(["distil", "--help"]) == 0
    options = set(re.findall(r"(--[a-z-]+)", capsys.readouterr().out)) - {"--help", "--output"}
    assert options == set(re.findall(r"^\| `(--[a-z-]+)", TEXT, re.MULTILINE))

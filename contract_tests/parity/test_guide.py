"""The guide to ports does what it says: its files and commands are run in their order, and its table is shown row by row."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import openai
import pytest

import emulator
from contract_tests import without_sockets
from contract_tests.harness import scenario
from contract_tests.parity.test_planted_bugs import PLANTED

PAGE = (Path(__file__).parents[2] / "docs" / "porting.md").read_text(encoding="utf-8")
ROWS = PAGE.partition("<!-- pains -->")[2].partition("<!-- /pains -->")[0].strip().splitlines()[2:]
LOOK = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}


@pytest.mark.skipif(without_sockets.WANTED, reason="other programs need sockets")
def test_the_files_and_commands_of_the_guide_run_in_their_order(tmp_path):
    blocks = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    codes = []
    printed = None
    for language, text in blocks:
        if language == "sh":
            assert printed is None
            done = run(text, tmp_path)
            codes.append(done.returncode)
            printed = done.stdout if done.stdout and text.startswith("assistants-emulator") else None
            assert "Traceback" not in done.stderr, done.stderr
        elif language == "text":
            assert printed == text
            printed = None
        else:
            name = re.match(r"# (\S+)\n", text)[1]
            (tmp_path / name).write_text(text, encoding="utf-8")
    assert codes == [0, 1, 0, 0]


def run(command, folder):
    own = ("OPENAI_", "PYTEST_", "EMULATOR_", "COV_")
    environment = {name: one for name, one in os.environ.items() if not name.startswith(own)}
    environment["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), environment["PATH"]))
    return subprocess.run(
        shlex.split(command), cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False
    )


@pytest.mark.parametrize("planted", PLANTED, ids=lambda planted: planted.bug.__name__)
def test_the_table_has_what_the_report_says_of_each_planted_bug(planted):
    said = re.findall(r"(?:seen|shape|outcome): `([^`]+)`", "".join(ROWS))
    assert any(one in planted.sentence for one in said)


def row(beginning):
    (found,) = [one for one in ROWS if one.startswith(f"| {beginning}")]
    return [cell.strip() for cell in found.strip("| ").split(" | ")]


def refusal(client, **asked):
    with pytest.raises(openai.APIStatusError) as error:
        client.responses.create(**{"model": "gpt-4o", "input": "Hello", **asked})
    return error.value


def nested(ns, client):
    return refusal(client, tools=[{"type": "function", "function": {"name": "look"}}])


def answered_alone(ns, client):
    ns.load(scenario({"call": [{"name": "look"}, {"name": "look"}]}))
    response = client.responses.create(model="gpt-4o", input="Hello", tools=[LOOK])
    output = {"type": "function_call_output", "call_id": response.output[0].call_id, "output": "."}
    return refusal(client, input=[output], previous_response_id=response.id)


def with_temperature(ns, client):
    return refusal(client, model="gpt-5", temperature=0.2)


def too_long(ns, client):
    ns.load(scenario({"stop": "max_prompt_tokens"}))
    return refusal(client)


def after_thirty_days(ns, client):
    ns.freeze()
    first = client.responses.create(model="gpt-4o", input="Hello")
    ns.advance("31d")
    return refusal(client, previous_response_id=first.id)


def under_other_ids(ns, client):
    return refusal(client, input=[{"type": "message", "id": "mine", "role": "user", "content": "Hello"}])


def in_a_locked_conversation(ns, client):
    ns.freeze()
    ns.load(scenario({"wait": "10s"}, {"say": "Hello"}))
    made = client.conversations.create().id
    client.responses.create(model="gpt-4o", input="Hello", conversation=made, background=True)
    return refusal(client, conversation=made)


def among_other_files(ns, client):
    with pytest.raises(openai.NotFoundError) as error:
        client.files.content("cfile_6890aaaa")
    return error.value


@pytest.mark.parametrize(
    "beginning, provoked",
    [
        ("Functions are nested", nested),
        ("One of several calls", answered_alone),
        ("`temperature` is left out", with_temperature),
        ("The context is too long", too_long),
        ("A dialogue is continued after thirty", after_thirty_days),
        ("Items are sent back", under_other_ids),
        ("Two requests at once", in_a_locked_conversation),
        ("Files that code wrote", among_other_files),
    ],
)
def test_the_table_has_what_the_twin_answers_and_what_the_report_says_of_it(ns, client, beginning, provoked):
    error = provoked(ns, client.with_options(max_retries=0))
    _, answer, report = row(beginning)
    (said,) = re.findall(r"40\d \[?`([^`]+)`", answer)
    assert said in f"{error.message} {error.code}"
    record = ns.control("GET", "/parity-record")
    before = without_refusals(record)
    if refused := re.findall("`(was refused[^`]*)`", report):
        sentences = [one.sentence for one in emulator.parity(before, record).failures]
        assert [one for one in sentences if refused[0] in one], sentences


def without_refusals(record):
    """Return a record of the same, in which nothing was refused."""
    record = json.loads(json.dumps(record))
    for asked in [record["refused"], *(turn["asked"] for one in record["dialogues"] for turn in one["turns"])]:
        asked[:] = [one for one in asked if one["status"] < 400]
    return record


@pytest.mark.parametrize(
    "beginning, steps", [("A run expires", {"expire": "now"}), ("Metadata of messages", {"say": "."})]
)
def test_the_table_has_what_has_no_counterpart(request, server, beginning, steps):
    records = []
    for api in ("assistants", "responses"):
        namespace = server.namespace(f"counterparts-{'expire' in steps}-{api}")
        namespace.load(scenario(steps))
        namespace.clock.auto()
        with namespace.client(max_retries=0) as client:
            if api == "assistants":
                assistant = client.beta.assistants.create(model="gpt-4o")
                thread = client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}])
                run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
                client.beta.threads.runs.steps.list(run.id, thread_id=thread.id)
            else:
                client.responses.create(model="gpt-4o", input="Hello")
        records.append(namespace.parity_record())
        namespace.delete()
    report = emulator.parity(*records)
    (said,) = re.findall("no counterpart.*`([^`]+)`", row(beginning)[2])
    assert [one for one in report.differences if one.kind == "no_counterpart" and said in one.sentence], str(report)

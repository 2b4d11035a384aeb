"""A run that fails because of its script leaves one line where a person looks: in the log, and so on stderr."""

import logging
import re
import signal
import subprocess
import sys

import httpx
import pytest

HEADERS = {"Authorization": "Bearer x", "OpenAI-Beta": "assistants=v2"}
UNMATCHED = "{emulator: 1, turns: [{name: refund, when: {message: money back}, steps: [{say: Done.}]}]}"


def warnings(caplog):
    return [record.getMessage() for record in caplog.records if record.name == "emulator"]


@pytest.mark.parametrize(
    "case",
    [
        (UNMATCHED, "no scripted turn matches. nearest: refund: message expected"),
        (
            "{emulator: 1, turns: [{steps: [{say: '{{ vars.nothing.there }}'}]}]}",
            "script.yaml:1: turns[0].steps[0].say",
        ),
        ("{emulator: 1, turns: [{steps: [{check: 'message == 1'}]}]}", "check failed: message == 1"),
        ("{emulator: 1, turns: [{steps: [{code: 'print(1)', execute: true}]}]}", "--execute-code"),
    ],
    ids=["unmatched", "template", "check", "code"],
)
def test_each_failed_run_leaves_one_line(ns, start, poll, caplog, case):
    script, message = case
    ns.load(script)
    run = poll(start())
    assert run.status == "failed"
    (line,) = warnings(caplog)
    assert ns.name in line
    assert run.id in line
    assert message in line
    assert "\n" not in line


def test_a_run_that_a_script_lets_fail_leaves_none(ns, start, poll, caplog):
    ns.play({"fail": "rate_limit_exceeded"})
    assert poll(start()).status == "failed"
    assert warnings(caplog) == []


def test_a_request_that_an_unmatched_script_refuses_leaves_one_as_well(ns, raw, thread, assistant, caplog):
    ns.load("{emulator: 1, unmatched: http_error, turns: []}")
    refused = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id})
    assert refused.status_code == 500
    (line,) = warnings(caplog)
    assert "no scripted turn matches" in line


def test_strict_calls_that_are_not_offered_leave_one(ns, start, poll, caplog):
    ns.put(strict=True)
    ns.play({"call": "unknown", "args": {}})
    assert poll(start()).status == "failed"
    (line,) = warnings(caplog)
    assert "calls unknown, which the run does not offer" in line


def test_a_served_emulator_writes_it_to_stderr_by_default(tmp_path):
    script = tmp_path / "refunds.yaml"
    script.write_text(UNMATCHED)
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--script", str(script)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        url = re.search(r"http://\S+", server.stdout.readline())[0]
        with httpx.Client(base_url=f"{url}/v1", headers=HEADERS, trust_env=False, timeout=60) as client:
            assistant = client.post("/assistants", json={"model": "gpt-4o"}).json()["id"]
            thread = {"messages": [{"role": "user", "content": "hello"}]}
            run = client.post("/threads/runs", json={"assistant_id": assistant, "thread": thread}).json()
            client.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
    finally:
        server.send_signal(signal.SIGTERM)
        _, errors = server.communicate(timeout=30)
    lines = [line for line in errors.splitlines() if "no scripted turn matches" in line]
    assert len(lines) == 1
    assert run["id"] in lines[0]


def test_the_line_is_a_warning(ns, start, poll, caplog):
    ns.load(UNMATCHED)
    poll(start())
    assert [record.levelno for record in caplog.records if record.name == "emulator"] == [logging.WARNING]

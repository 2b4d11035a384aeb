"""The log for people and for programs, and that no secret stands in either."""

import io
import json
import logging
import signal
import subprocess
import sys

import httpx
import pytest

from emulator.log_lines import logging_as, name_replica

SECRETS = ("a-token-of-the-tests", "geheim-word", "sk-proj-abcdefghijklmnopqrstuvwx")
LONGEST = 60


@pytest.fixture
def lines():
    """Return a function that logs something in a form and returns what was written."""

    def written(format, say, secrets=()):  # noqa: A002
        stream = io.StringIO()
        with logging_as(format, secrets, stream):
            say(logging.getLogger("emulator.tests.log"))
        return stream.getvalue()

    return written


def test_text_is_the_message_and_nothing_else(lines):
    assert lines("text", lambda log: (log.warning("scripts loaded again: %s", "a.yaml"), log.info("unseen"))) == (
        "scripts loaded again: a.yaml\n"
    )


def test_json_is_an_object_on_each_line(lines):
    about = {"request_id": "req_1", "namespace": "orders", "run": "run_1"}
    first, second = lines("json", lambda log: (log.info("two\nlines"), log.error("ünknown", extra=about))).splitlines()
    plain = json.loads(first)
    assert plain.pop("time").endswith("+00:00")
    assert plain == {"level": "info", "logger": "emulator.tests.log", "message": "two\nlines"}
    told = json.loads(second)
    assert (told["level"], told["message"]) == ("error", "ünknown")
    assert {name: told[name] for name in about} == about


def test_an_error_has_its_traceback_in_one_field(lines):
    def fail(log):
        try:
            raise LookupError("two\nlines")
        except LookupError:
            log.exception("it failed")

    (line,) = lines("json", fail).splitlines()
    error = json.loads(line)["error"]
    assert error.startswith("Traceback")
    assert error.endswith("LookupError: two\nlines")


def test_lines_name_the_replica_once_it_has_a_name(lines):
    def named(log):
        log.info("before")
        name_replica("web-1")
        log.info("after")

    before, after = map(json.loads, lines("json", named).splitlines())
    assert "replica" not in before
    assert after["replica"] == "web-1"


@pytest.mark.parametrize("format", ["text", "json"])
@pytest.mark.parametrize(
    "said",
    [
        "the token is a-token-of-the-tests",
        "password geheim-word was refused",
        "key sk-proj-abcdefghijklmnopqrstuvwx",
        "Authorization: Bearer abcdefghijklmnopqrstuvwxyz012345",
        "connecting to postgresql://app:0ther-word@db/emulator",
        "postgres://db/x?user=a&password=0ther-word",
        '{"api_key": "0ther-word"}',
    ],
)
def test_no_line_has_a_secret_in_its_message_or_its_error(lines, format, said):  # noqa: A002
    def fail(log):
        log.warning("%s", said)
        try:
            raise LookupError(said)
        except LookupError:
            log.exception("it failed: %s", said, extra={"namespace": said})

    text = lines(format, fail, SECRETS)
    for secret in (*SECRETS, "0ther-word", "abcdefghijklmnopqrstuvwxyz012345"):
        assert secret not in text
    assert "***" in text


def test_what_was_set_up_before_is_there_afterwards():
    root, own = logging.getLogger(), logging.getLogger("emulator")
    before = (list(root.handlers), own.level)
    with logging_as("json", (), io.StringIO()):
        assert len(root.handlers) == len(before[0]) + 1
    assert (root.handlers, own.level) == before


def test_a_server_writes_nothing_but_json(tmp_path):
    token, key = "a-token-of-the-tests", "a-key-of-the-tests"
    script, ready_file = tmp_path / "g.yaml", tmp_path / "ready.json"
    script.write_text("emulator: 1\nname: g\nturns: [{name: any, steps: [{say: '{{ nothing.at.all }}'}]}]\n")
    options = [
        "--script",
        script,
        "--ready-file",
        ready_file,
        "--requests",
        "--clock",
        "auto",
        "--control-token",
        token,
    ]
    command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--log-format", "json", *map(str, options)]
    with subprocess.Popen([*command, "--api-key", key], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        try:
            lines = map(json.loads, iter(process.stderr.readline, ""))
            started = next(one for one in lines if one["level"] == "info")  # behind what is wrong with the script
            url = json.loads(ready_file.read_text())["url"]
            headers = {"Authorization": f"Bearer {key}", "OpenAI-Beta": "assistants=v2"}
            with httpx.Client(base_url=f"{url}/v1", headers=headers, trust_env=False, timeout=LONGEST) as client:
                assistant = client.post("/assistants", json={"model": "gpt-4o"})
                thread = {"messages": [{"role": "user", "content": "hi"}]}
                run = client.post(
                    "/threads/runs", json={"assistant_id": assistant.json()["id"], "thread": thread}
                ).json()
                client.get(f"/threads/{run['thread_id']}/runs/{run['id']}")
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=LONGEST)
        finally:
            process.kill()
    lines = [json.loads(line) for line in err.splitlines()]
    assert (out, process.returncode) == ("", 0)
    assert started["logger"] == "emulator"
    assert url in started["message"]
    requests = [one for one in lines if one["logger"] == "emulator.requests"]
    assert requests[0]["message"].startswith("POST /v1/assistants 200 ")
    assert requests[0]["request_id"] == assistant.headers["x-request-id"]
    assert requests[0]["namespace"] == "default"
    assert requests[-1]["run"] == run["id"]
    (failed,) = [one for one in lines if one["level"] == "warning" and one.get("run") == run["id"]]
    assert failed["namespace"] == "default"
    assert token not in err
    assert key not in err

"""Cassettes made of recordings: vcrpy itself replays them to the official client, and they are read back as they were."""

import dataclasses
import os
import subprocess
import sys

import openai
import pytest
import vcr
from hypothesis import given
from hypothesis import strategies as st

from contract_tests.recorders import LONGEST, Certificates, recording
from emulator import LiveServer, Settings
from emulator.recording.exchange import Body, Exchange
from emulator.recording.recognition import read
from emulator.recording.vcrpy_files import write_cassette

pytestmark = pytest.mark.timeout(300)
IMAGE = os.urandom(20_000)
SCENARIO = """
emulator: 1
name: harbour
turns:
- name: high water
  when: {message: When is high water?}
  steps:
  - call: tide
    args: {pier: north}
    as: tide
  - say: At {{ outputs.tide }}, says the table — ✓.
- name: all else
  steps: [{say: I cannot say.}]
"""


def export(file, target):
    """Export as a cassette; return how that ended, and what was said."""
    line = [sys.executable, "-m", "emulator", "export", file, "--as", "vcrpy", "-o", target]
    made = subprocess.run(line, capture_output=True, text=True, check=False, timeout=LONGEST)
    return made.returncode, made.stdout, made.stderr


def converse(client):
    """Hold a conversation, polled and streamed, with files; return what the client has seen of it."""
    beta = client.beta
    uploaded = client.files.create(file=("tide.txt", "nine ✓\r\n".encode()), purpose="user_data")
    image = client.files.create(file=("pier.png", IMAGE), purpose="user_data")
    assistant = beta.assistants.create(model="gpt-4o", tools=[{"type": "function", "function": {"name": "tide"}}])
    thread = beta.threads.create(messages=[{"role": "user", "content": "When is high water?"}])
    polled = beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, poll_interval_ms=1)
    (call,) = polled.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": call.id, "output": "nine"}]
    done = beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=polled.id, thread_id=thread.id, tool_outputs=outputs, poll_interval_ms=1
    )
    beta.threads.messages.create(thread_id=thread.id, role="user", content="And low water?")
    with beta.threads.runs.stream(thread_id=thread.id, assistant_id=assistant.id) as stream:
        events = [event.event for event in stream]
        text = stream.get_final_messages()[0].content[0].text.value
    messages = [message.model_dump() for message in beta.threads.messages.list(thread_id=thread.id)]
    steps = [step.model_dump() for step in beta.threads.runs.steps.list(run_id=done.id, thread_id=thread.id)]
    with pytest.raises(openai.NotFoundError) as missing:
        beta.threads.retrieve("thread_unknown")
    binary = client.files.content(image.id).read(), client.files.content(uploaded.id).read()
    return done.model_dump(), events, text, messages, steps, str(missing.value), binary


def client_of(url):
    transport = openai.DefaultHttpxClient(trust_env=False)
    return openai.OpenAI(api_key="fake-key-q7Zx9Lw2Vb31", base_url=url, http_client=transport)


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """A conversation through the recorder: what its client saw, the recording, and the URL of the upstream."""
    folder = tmp_path_factory.mktemp("recorded")
    certificates, script = Certificates(folder), folder / "harbour.yaml"
    script.write_text(SCENARIO)
    with LiveServer(Settings(scripts=(script,)), certfile=certificates.own) as server:
        file = folder / "r.jsonl"
        with (
            recording(f"{server.url}/v1", file, "--ca-file", certificates.authority) as recorder,
            client_of(recorder.url) as client,
        ):
            seen = converse(client)
        return seen, file, f"{server.url}/v1"


@pytest.fixture(scope="module")
def cassette(recorded):
    _, file, _ = recorded
    target = file.with_suffix(".yaml")
    assert export(file, target) == (0, f"{target}: {len(read(file).exchanges)} exchanges\n", "")
    return target


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_the_official_client_sees_under_vcrpy_what_it_saw(recorded, cassette):
    seen, _, url = recorded
    recorder = vcr.VCR(record_mode="none")
    with recorder.use_cassette(str(cassette)) as tape, client_of(url) as client:
        assert converse(client) == seen
        assert tape.all_played


def test_a_cassette_is_read_back_as_what_was_recorded(recorded, cassette):
    _, file, _ = recorded
    before, after = read(file).exchanges, read(cassette).exchanges
    assert [_plain(one) for one in after] == [_plain(one) for one in before]
    assert any(one.chunks for one in after)


def _plain(exchange):
    """Return an exchange but for the line that it stands in."""
    return dataclasses.replace(exchange, line=None, chunks=tuple(exchange.chunks), parts=tuple(exchange.parts))


TEXTS = st.text() | st.from_regex(r"[ \t]*[a-z:#\-|>]*\r?\n( *[a-z'\"\n]*)*", fullmatch=True)
DATA = st.binary() | TEXTS.map(lambda text: text.encode("utf-8", "replace"))


@given(st.lists(st.tuples(DATA, DATA), min_size=1, max_size=3))
def test_any_bytes_survive_a_cassette(tmp_path_factory, bodies):
    path = tmp_path_factory.getbasetemp() / "any.yaml"
    url = "https://api.openai.com/v1/threads"
    made = [Exchange("POST", url, 200, request=Body(sent), response=Body(got)) for sent, got in bodies]
    assert write_cassette(path, made) == (len(made), [])
    assert [(one.request.data, one.response.data) for one in read(path).exchanges] == bodies
    tape = vcr.cassette.Cassette.load(path=str(path), record_mode=vcr.record_mode.RecordMode.NONE)
    played = [(request.body or b"", response["body"]["string"] or b"") for request, response in tape.data]
    assert played == bodies


def test_an_exchange_with_a_key_is_left_out_of_a_cassette(recorded, tmp_path):
    _, file, _ = recorded
    line = next(line for line in file.read_text().splitlines() if "When is high water?" in line)
    altered = tmp_path / "altered.jsonl"
    altered.write_text(line + "\n" + line.replace("When is", "sk-proj-q7Zx9Lw2VbT3BlbkFJ") + "\n")
    code, said, warned = export(altered, tmp_path / "out.yaml")
    assert code == 1
    assert "altered.jsonl:2: left out" in warned
    assert "q7Zx9Lw2VbT3BlbkFJ" not in said + warned + (tmp_path / "out.yaml").read_text()


def test_an_empty_recording_is_an_empty_cassette(tmp_path):
    assert write_cassette(tmp_path / "empty.yaml", []) == (0, [])
    assert (tmp_path / "empty.yaml").read_text() == "interactions: []\nversion: 1\n"


@pytest.mark.parametrize(
    "content, problem",
    [("interactions: []\nversion: 1\n", "without any"), ("{}", "looks like"), ("x: [", "looks like")],
)
def test_only_what_was_recorded_here_is_exported(tmp_path, content, problem):
    file = tmp_path / "x"
    file.write_text(content)
    code, _, error = export(file, tmp_path / "out.yaml")
    assert (code, error.count("\n")) == (2, 1)
    assert problem in error
    assert not (tmp_path / "out.yaml").exists()

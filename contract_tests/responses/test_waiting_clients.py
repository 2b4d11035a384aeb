"""Clients that wait for responses: one that goes, one that comes too early, and one whose input is too long."""

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import httpx
import openai
import pytest

from contract_tests.harness import MODEL, Namespace, parse_events
from contract_tests.raw_api import assert_refused

SLOW = {"say": "one two three", "stream": {"tps": 1}}
LOCKED = "Another process is currently operating on this conversation. Please retry in a few seconds."
TOO_LONG = "Your input exceeds the context window of this model. Please adjust your input and try again."
LONG = 60.0
KEY = {"Authorization": "Bearer sk-anything"}
BODY = {"model": MODEL, "input": "Hello?"}


def until(condition):
    """Wait until something is true, which it soon is."""
    end = time.monotonic() + LONG
    while not (found := condition()):
        assert time.monotonic() < end, "it never came true"
        time.sleep(0.01)
    return found


@pytest.fixture
def once(client):
    return client.with_options(max_retries=0)


@pytest.fixture
def runs(ns):
    """Return a function that lists the responses of the namespace, the newest first."""
    return lambda: ns.control("GET", "/runs")["runs"]


@pytest.fixture
def waiting(once, runs):
    """Return a block in which a client waits for a response; what it gets is in the list that the block is given."""

    @contextmanager
    def wait(**more):
        got, before = [], len(runs())

        def ask():
            try:
                got.append(once.responses.create(**{**BODY, **more}))
            except openai.APIError as error:
                got.append(error)

        thread = threading.Thread(target=ask)
        thread.start()
        until(lambda: len(runs()) > before and runs()[0]["waits_for"])
        yield got
        thread.join(LONG)
        assert not thread.is_alive()

    return wait


# --- a client that goes -----------------------------------------------------------------------------------------------


def leave_whole(ns, **more):
    """Ask for a response, and go when it waits."""
    connection = http.client.HTTPConnection(ns.url.removeprefix("http://"), timeout=LONG)
    headers = {"Authorization": f"Bearer {ns.key}", "Content-Type": "application/json"}
    connection.request("POST", "/v1/responses", json.dumps({**BODY, **more}), headers)
    until(lambda: [one for one in ns.control("GET", "/runs")["runs"] if one["waits_for"]])
    connection.close()


def leave_stream(ns, **more):
    """Ask for the stream of a response, and go when it has begun."""
    body, headers = {**BODY, "stream": True, **more}, {"Authorization": f"Bearer {ns.key}"}
    with ns.http.stream("POST", f"{ns.url}/v1/responses", json=body, headers=headers) as answer:
        next(answer.iter_lines())


@pytest.mark.parametrize("leave", [leave_whole, leave_stream])
def test_a_response_stops_when_its_client_goes_and_cannot_be_read_afterwards(frozen, raw, runs, leave):
    frozen.play({"wait": "10s"}, {"say": "Late."})
    leave(frozen)
    (response,) = until(lambda: [one for one in runs() if one["status"] == "cancelled"])
    frozen.advance("1m")
    assert_refused(raw.get(f"/responses/{response['id']}"), 404, f"Response with id '{response['id']}' not found.")
    refused = raw.post("/responses", json={**BODY, "previous_response_id": response["id"]})
    assert refused.json()["error"]["code"] == "previous_response_not_found"
    assert frozen.report()["waiting"] == []


@pytest.mark.parametrize("leave", [leave_whole, leave_stream])
def test_a_conversation_is_free_again_when_the_client_goes_and_has_nothing_of_it(frozen, client, runs, leave):
    frozen.play({"wait": "10s"}, {"say": "Late."})
    conversation = client.conversations.create()
    leave(frozen, conversation=conversation.id)
    until(lambda: runs()[0]["status"] == "cancelled")
    assert list(client.conversations.items.list(conversation.id)) == []
    frozen.play({"say": "Now."})
    assert client.responses.create(**BODY, conversation=conversation.id).output_text == "Now."


def test_a_response_that_is_over_stays_when_its_answer_is_lost(ns, once, client, runs):
    ns.fault({"truncate": 20}, method="POST", path="/responses")
    with pytest.raises(openai.APIError):
        once.responses.create(**BODY)
    (response,) = runs()
    assert client.responses.retrieve(response["id"]).status == "completed"


def test_a_response_whose_stream_a_fault_cuts_off_stops(frozen, once, raw, runs):
    frozen.play(SLOW)
    frozen.fault({"cut_stream_after": 3, "clean": True}, method="POST", path="/responses")
    for _ in once.responses.create(**BODY, stream=True):
        pass
    until(lambda: runs()[0]["status"] == "cancelled")
    assert raw.get(f"/responses/{runs()[0]['id']}").status_code == 404


def test_a_response_in_the_background_goes_on_without_its_client(frozen, once, client):
    frozen.play(SLOW)
    with once.responses.create(**BODY, stream=True, background=True) as events:
        response = next(iter(events)).response
    frozen.advance("1m")
    assert client.responses.retrieve(response.id).output_text == "one two three"


def test_a_response_that_is_waited_for_comes_when_the_clock_allows(frozen, waiting):
    frozen.play({"wait": "10s"}, {"say": "Late."})
    with waiting() as got:
        frozen.advance("10s")
    assert got[0].output_text == "Late."


def test_a_test_cancels_a_response_that_is_waited_for(frozen, waiting, runs):
    frozen.play(SLOW)
    with waiting() as got:
        frozen.control("POST", f"/runs/{runs()[0]['id']}/cancel")
    assert got[0].status == "cancelled"


# --- a client that comes too early ------------------------------------------------------------------------------------


def _background(client, conversation):
    return client.responses.create(**BODY, conversation=conversation, background=True)


@pytest.mark.parametrize("how", ["waits", "held", "paced"])
def test_a_conversation_is_locked_while_a_response_is_made(frozen, client, once, raw, how):
    conversation = client.conversations.create()
    if how == "waits":
        frozen.play({"wait": "10s"}, {"say": "Late."})
    elif how == "held":
        frozen.control("POST", "/runs/next/hold", {"at": "in_progress"})
    else:
        frozen.put(pace={"progression": "manual"})
    response = _background(client, conversation.id)
    refused = raw.post("/responses", json={**BODY, "conversation": conversation.id})
    assert_refused(refused, 400, LOCKED, param="conversation", code="conversation_locked")
    item = {"type": "message", "role": "user", "content": "And?"}
    refused = raw.post(f"/conversations/{conversation.id}/items", json={"items": [item]})
    assert_refused(refused, 400, LOCKED, param="conversation", code="conversation_locked")
    assert list(client.conversations.items.list(conversation.id)) == []
    client.responses.cancel(response.id)
    frozen.put(pace={"progression": "immediate"})
    frozen.play({"say": "Now."})
    assert once.responses.create(**BODY, conversation=conversation.id).output_text == "Now."


def test_a_conversation_is_locked_while_a_client_waits_for_a_response(frozen, client, waiting, raw):
    frozen.play({"wait": "10s"}, {"say": "Late."})
    conversation = client.conversations.create()
    with waiting(conversation=conversation.id):
        refused = raw.post("/responses", json={**BODY, "conversation": conversation.id})
        assert refused.json()["error"]["code"] == "conversation_locked"
        frozen.advance("10s")
    texts = [item.content[0].text for item in client.conversations.items.list(conversation.id, order="asc")]
    assert texts == ["Hello?", "Late."]


def test_a_test_locks_a_conversation(ns, client, once):
    conversation = client.conversations.create()
    error = {"message": LOCKED, "type": "invalid_request_error", "param": "conversation", "code": "conversation_locked"}
    ns.fault({"status": 400, "error": error}, method="POST", path="/responses", times=1)
    with pytest.raises(openai.BadRequestError) as raised:
        once.responses.create(**BODY, conversation=conversation.id)
    assert raised.value.code == "conversation_locked"
    assert once.responses.create(**BODY, conversation=conversation.id).status == "completed"


def test_a_response_is_made_although_its_conversation_is_deleted_meanwhile(frozen, client):
    frozen.play({"wait": "10s"}, {"say": "Late."})
    conversation = client.conversations.create()
    response = _background(client, conversation.id)
    assert client.conversations.delete(conversation.id).deleted
    frozen.advance("10s")
    assert client.responses.retrieve(response.id).output_text == "Late."
    frozen.play({"say": "Now."})
    after = client.responses.create(**BODY, previous_response_id=response.id)
    assert after.previous_response_id == response.id


# --- an input that is too long ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("where", ["nowhere", "conversation"])
def test_an_input_that_is_too_long_is_refused_and_leaves_a_line_in_the_report_alone(ns, client, raw, stream, where):
    ns.load(
        {
            "emulator": 1,
            "turns": [
                {"name": "long", "uses": 1, "steps": [{"stop": "max_prompt_tokens"}]},
                {"name": "short", "steps": [{"say": "Well."}]},
            ],
        }
    )
    conversation = client.conversations.create().id
    more = {} if where == "nowhere" else {"conversation": conversation}
    refused = raw.post("/responses", json={**BODY, "stream": stream, **more})
    assert_refused(refused, 400, TOO_LONG, param="input", code="context_length_exceeded")
    assert list(client.conversations.items.list(conversation)) == []
    (line,) = ns.report()["script"]
    assert "max_prompt_tokens" in line["message"]
    assert raw.get(f"/responses/{line['run']}").status_code == 404
    assert client.responses.create(**BODY, **more).output_text == "Well."


def test_it_is_refused_too_where_a_turn_goes_on(ns, client, raw):
    ns.play({"say": "Let me see."}, {"call": "look", "id": "call_a"}, {"stop": "max_prompt_tokens"})
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}
    first = client.responses.create(**BODY, tools=[tool])
    output = {"type": "function_call_output", "call_id": "call_a", "output": "fog"}
    body = {"model": MODEL, "input": [output], "previous_response_id": first.id, "tools": [tool]}
    refused = raw.post("/responses", json=body)
    assert_refused(refused, 400, TOO_LONG, param="input", code="context_length_exceeded")


def test_in_the_background_or_behind_a_text_the_response_fails(ns, client):
    ns.play({"stop": "max_prompt_tokens"})
    response = client.responses.retrieve(client.responses.create(**BODY, background=True).id)
    assert (response.status, response.error.code) == ("failed", "context_length_exceeded")
    ns.play({"say": "Well."}, {"stop": "max_prompt_tokens"})
    response = client.responses.create(**BODY)
    assert (response.status, response.error.code) == ("failed", "context_length_exceeded")


# --- streams that fail ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day, tells", [("2025-11-04", True), ("2026-03-18", False)])
def test_a_stream_that_fails_had_an_event_of_the_error_once(ns, raw, once, day, tells):
    ns.put(wire=day)
    ns.play({"fail": "rate_limit_exceeded", "message": "Slow down."})
    events = parse_events(raw.post("/responses", json={**BODY, "stream": True}).text)
    assert [name for name, _ in events[-2:]] == ["error" if tells else "response.in_progress", "response.failed"]
    assert events[-1][1]["response"]["error"] == {"code": "rate_limit_exceeded", "message": "Slow down."}
    assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
    if tells:
        error = {"type": "server_error", "code": "rate_limit_exceeded", "message": "Slow down.", "param": None}
        assert events[-2][1] == {"type": "error", "sequence_number": 2, "error": error}
        with pytest.raises(openai.APIError, match="Slow down"):
            list(once.responses.create(**BODY, stream=True))
    else:
        assert list(once.responses.create(**BODY, stream=True))[-1].type == "response.failed"


# --- usage ------------------------------------------------------------------------------------------------------------


def test_scripted_usage_is_shared_out_over_the_responses_of_a_turn(ns, client):
    steps = [{"call": "look", "id": "call_a"}, {"call": "look", "id": "call_b"}, {"say": "Fog."}]
    usage = {"prompt_tokens": 101, "completion_tokens": 50}
    ns.load({"emulator": 1, "turns": [{"name": "any", "usage": usage, "steps": steps}]})
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}
    for stored in (True, False):
        response = client.responses.create(**BODY, tools=[tool], store=stored)
        spent, history = [response.usage], [{"role": "user", "content": "Hello?"}]
        while calls := [item for item in response.output if item.type == "function_call"]:
            outputs = [{"type": "function_call_output", "call_id": call.call_id, "output": "-"} for call in calls]
            history += [*response.output, *outputs]
            chain = {"input": outputs, "previous_response_id": response.id} if stored else {"input": history}
            response = client.responses.create(model=MODEL, tools=[tool], store=stored, **chain)
            spent.append(response.usage)
        assert [(one.input_tokens, one.output_tokens) for one in spent] == [(50, 25), (25, 12), (26, 13)]


@pytest.mark.parametrize("before", [[], [{"say": "Let me look."}]])
def test_a_turn_that_ends_in_calls_is_one_response_which_has_all_of_its_usage(ns, client, before):
    usage = {"prompt_tokens": 101, "completion_tokens": 50}
    ns.load({"emulator": 1, "turns": [{"name": "any", "usage": usage, "steps": [*before, {"call": "look"}]}]})
    tool = {"type": "function", "name": "look", "parameters": {"type": "object", "properties": {}}, "strict": False}
    first = client.responses.create(**BODY, tools=[tool])
    assert (first.usage.input_tokens, first.usage.output_tokens) == (101, 50)
    output = {"type": "function_call_output", "call_id": first.output[-1].call_id, "output": "-"}
    second = client.responses.create(model=MODEL, tools=[tool], input=[output], previous_response_id=first.id)
    assert second.usage.total_tokens == 0


# --- a server that is killed ------------------------------------------------------------------------------------------


class Server:
    """A server in a process of its own, on a file."""

    def __init__(self, folder):
        command = [sys.executable, "-m", "emulator", "serve", "--port", "0", "--db", str(folder / "responses.db")]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        greeting = self.process.stdout.readline()
        assert " at http://127.0.0.1:" in greeting, greeting + self.process.stderr.read()
        self.url = greeting.split(" at ")[1].split()[0]

    def end(self, how=signal.SIGKILL):
        if self.process.poll() is None:
            self.process.send_signal(how)
        return self.process.communicate(timeout=LONG)[1]


@pytest.fixture
def serve(tmp_path):
    started = []

    def start():
        started.append(Server(tmp_path))
        return started[-1]

    yield start
    for one in started:
        one.end()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_after_a_restart_a_response_in_the_background_goes_on_and_others_are_gone(serve, how):
    first = serve()
    with httpx.Client(trust_env=False, timeout=LONG, headers=KEY) as web:
        ns = Namespace("killed", first.url, web)
        ns.freeze()
        ns.play({"say": "Look."}, {"say": "one two three", "stream": {"tps": 1}}, {"call": "look", "id": "call_a"})
        url = f"{ns.url}/ns/killed/v1/responses"
        with web.stream("POST", url, json={**BODY, "stream": True, "background": True}) as answer:
            lines = answer.iter_lines()
            seen = [next(lines) for _ in range(3)]
            id_ = ns.control("GET", "/runs")["runs"][0]["id"]
            ns.advance("1s")
            with web.stream("POST", url, json={**BODY, "stream": True}) as lost:
                next(lost.iter_lines())
                gone = ns.control("GET", "/runs")["runs"][0]["id"]
                errors = first.end(how)
    assert seen[0] == "event: response.created"
    assert "Traceback" not in errors
    second = serve()
    with httpx.Client(trust_env=False, timeout=LONG, headers=KEY) as web:
        ns = Namespace("killed", second.url, web)
        url = f"{ns.url}/ns/killed/v1/responses"
        assert web.get(f"{url}/{gone}").status_code == 404
        assert web.get(f"{url}/{id_}").json()["status"] == "in_progress"
        ns.advance("1m")
        response = web.get(f"{url}/{id_}").json()
        assert (response["status"], [item["type"] for item in response["output"]]) == (
            "completed",
            ["message", "message", "function_call"],
        )
        events = parse_events(web.get(f"{url}/{id_}?stream=true").text)
        assert [data["sequence_number"] for _, data in events] == list(range(len(events)))
        deltas = [data["delta"] for name, data in events if name == "response.output_text.delta"]
        assert deltas == ["Look.", "one", " two", " three"]
        added = [data["item"]["id"] for name, data in events if name == "response.output_item.added"]
        assert added == [item["id"] for item in response["output"]]

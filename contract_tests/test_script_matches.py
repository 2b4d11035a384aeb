"""Which turn would be played, asked without playing it."""

import pytest

from contract_tests.harness import WEATHER
from emulator import LiveServer, Settings
from scripted_models import Exercise

SCENARIO = """emulator: 1
name: orders
states: [new, known]
turns:
- name: greeting
  when: {message: {contains: hello}, state: new}
  goto: known
  uses: 1
  steps: [{say: Hello!}]
- name: again
  when: {message: {contains: hello}, state: known}
  steps: [{say: You again.}]
- name: tools
  when: {tools: [look_outside], model: gpt-4o}
  steps: [{call: look_outside}]
- name: second
  when: {turn: {min: 2}, thread_metadata: {team: blue}, assistant: {name: Boss, instructions: {contains: short}}}
  steps: [{say: Second.}]
"""


@pytest.fixture
def match(ns):
    ns.load(SCENARIO)
    return lambda **body: ns.control("POST", "/scripts/match", body)


def test_the_turn_that_would_be_played_is_named_with_its_line(match):
    found = match(message="hello there")
    assert (found["turn"], found["script"], found["message"]) == ("greeting", "orders", None)
    assert found["place"] == {"file": "script.yaml", "line": 5, "path": "turns[0]"}
    assert found["turns"][1] == {
        "turn": "again",
        "script": "orders",
        "matches": False,
        "field": "state",
        "expected": "known",
        "got": "new",
        "used_up": False,
    }
    assert found["turns"][0] == {
        **dict.fromkeys(("field", "expected", "got")),
        "turn": "greeting",
        "script": "orders",
        "matches": True,
        "used_up": False,
    }


def test_asking_counts_no_use_and_leaves_nothing(ns, match):
    before = ns.control("GET", "")
    for _ in range(2):
        assert match(message="hello")["turn"] == "greeting"
    assert {turn["used"] for turn in ns.control("GET", "/scripts")["turns"]} == {0}
    assert ns.report()["unmatched"] == []
    assert ns.control("GET", "/runs") == {"runs": [], "has_more": False}
    assert {**ns.control("GET", ""), "clock": None} == {**before, "clock": None}


def test_state_and_uses_are_those_that_runs_have_left(match, client, assistant):
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "hello"}])
    assert match(thread=thread.id)["turn"] == "greeting"
    client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    found = match(thread=thread.id, message="hello!", assistant=assistant.id)
    assert found["turn"] == "again"
    assert (found["turns"][0]["field"], found["turns"][0]["used_up"]) == ("uses", True)


@pytest.mark.parametrize(
    "body",
    [
        {"tools": ["look_outside"], "model": "gpt-4o"},
        {"tools": [WEATHER], "messages": ["hi", {"role": "assistant", "content": "hm"}]},
        {"assistant": {"model": "gpt-4o", "tools": ["look_outside", "file_search"]}},
    ],
)
def test_tools_and_models_may_be_named_in_several_ways(match, body):
    assert match(**body)["turn"] == "tools"


def test_a_run_may_be_described_without_any_object(match):
    boss = {"name": "Boss", "instructions": "Be short."}
    assert match(turn=2, thread_metadata={"team": "blue"}, assistant=boss)["turn"] == "second"
    assert match(turn=2, thread_metadata={"team": "blue"}, assistant=boss, instructions="Be long.")["turn"] is None


def test_a_run_may_be_asked_about_as_a_response(ns, match):
    by_api = ("responses", "assistants")
    ns.load({"emulator": 1, "turns": [{"name": api, "when": {"api": api}, "steps": []} for api in by_api]})
    assert match()["turn"] == "assistants"
    assert [match(api=api)["turn"] for api in by_api] == list(by_api)


def test_state_and_uses_behind_a_response_are_those_of_its_dialogue(match, client):
    asked = {"model": "gpt-4o", "input": "hello"}
    conversation = client.conversations.create(metadata={"team": "blue"})
    assert match(thread=conversation.id, message="hello")["turn"] == "greeting"
    client.responses.create(**asked, conversation=conversation.id)
    boss = {"name": "Boss", "instructions": "Be short."}
    assert match(thread=conversation.id, message="hello")["turn"] == "again"
    assert match(thread=conversation.id, message="And?", assistant=boss)["turn"] == "second"


def test_behind_a_response_from_which_another_went_on_scripts_remember_what_they_did_then(ns, match, client):
    states = {"emulator": 1, "states": ["new", "known", "old"], "turns": [
        {"name": before, "when": {"state": before}, "goto": after, "steps": [{"say": "Hi."}]}
        for before, after in (("new", "known"), ("known", "old"), ("old", "old"))
    ]}  # fmt: skip
    ns.load(states)
    first = client.responses.create(model="gpt-4o", input="hello")
    assert match(thread=first.id, message="hello")["turn"] == "known"
    second = client.responses.create(model="gpt-4o", input="hello", previous_response_id=first.id)
    assert match(thread=second.id, message="hello")["turn"] == "old"
    assert match(thread=first.id, message="hello")["turn"] == "known"


def test_a_function_may_be_flat_as_responses_have_it(match):
    assert match(tools=[{"type": "function", **WEATHER["function"]}])["turn"] == "tools"


def test_where_no_turn_matches_the_message_names_the_nearest(match):
    found = match(message="good day")
    assert (found["turn"], found["place"]) == (None, None)
    assert found["message"].startswith("[emulator] no scripted turn matches. nearest: greeting: message expected")


@pytest.mark.parametrize(
    "body,status,says",
    [
        ({"mesage": "hello"}, 400, "there is no such field"),
        ({"message": "a", "messages": ["b"]}, 400, "either message or messages"),
        ({"thread": "thread_unknown"}, 404, "thread_unknown"),
        ({"thread": "conv_unknown"}, 404, "conv_unknown"),
        ({"thread": "resp_unknown"}, 400, "Previous response with id 'resp_unknown' not found."),
        ({"assistant": "asst_unknown"}, 404, "asst_unknown"),
        ({"tools": [{"type": "function"}]}, 400, "tools.0"),
        ({"tools": [3]}, 400, "tools.0"),
        ({"turn": 0}, 400, "turn"),
        ({"api": "chat"}, 400, "api: Input should be 'assistants' or 'responses'"),
        ({"messages": [{"role": "system", "content": "x"}]}, 400, "messages.0.role: Input should be 'user' or"),
        ({"assistant": {"metadata": {"a": 1}}}, 400, "assistant.metadata.a: Input should be a valid string"),
        ({"assistant": {"nam": "Boss"}}, 400, "assistant.nam: there is no such field"),
        ({"assistant": 3}, 400, "assistant: not an object"),
    ],
)
def test_what_cannot_be_asked_is_refused(ns, body, status, says):
    answer = ns.control("POST", "/scripts/match", body, status=status)
    assert says in answer["error"]["message"]


def test_a_namespace_that_does_not_exist_is_asked_and_not_made(server, http):
    url = f"{server.control_url}/ns/never-made-for-a-match"
    assert http.post(f"{url}/scripts/match", json={"message": "hello"}).json()["turn"] == "echo"
    assert http.get(url).status_code == 404


def test_python_that_cannot_tell_is_answered_so(http):
    with LiveServer(Settings(), script=Exercise()) as server:
        answer = http.post(f"{server.control_url}/ns/default/scripts/match", json={"message": "hello"})
    assert answer.status_code == 400
    assert "method explain(view)" in answer.json()["error"]["message"]


def test_python_that_breaks_when_it_is_asked_is_a_refusal(http):
    class Broken:
        def turn(self, view):
            return []

        def explain(self, view):
            raise LookupError("nobody knows")

    with LiveServer(Settings(), script=Broken()) as server:
        answer = http.post(f"{server.control_url}/ns/default/scripts/match", json={"message": "hello"})
    assert (answer.status_code, "LookupError: nobody knows" in answer.json()["error"]["message"]) == (400, True)

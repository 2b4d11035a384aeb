"""Comparisons in Python and by the control API, of a program and its port that the official client runs."""

import json

import pytest

import emulator
from contract_tests import test_control_bodies
from emulator import InProcess, ParityError, Settings
from emulator.domain.parity.records import Record
from scripted_models import ScriptSource

SCENARIO = """
emulator: 1
name: library
turns:
- {name: hello, when: {message: hello}, steps: [{say: Hello.}]}
- name: books
  when: {message: {contains: books}}
  steps:
  - {call: look_up, args: {title: Emma}}
  - say: "There is {{ outputs.look_up }}."
"""
ABOUT = {"model": "gpt-4o", "instructions": "Be a librarian."}
PARAMETERS = {"type": "object", "properties": {"title": {"type": "string"}}}
LOOK_UP = {"name": "look_up", "parameters": PARAMETERS}
WAIVER = {"field": "instructions", "reason": "The port has none on purpose."}


def before(client):
    """The program: one thread, two runs."""
    threads = client.beta.threads
    assistant = client.beta.assistants.create(**ABOUT, tools=[{"type": "function", "function": LOOK_UP}])
    thread = threads.create()
    for text in ("hello", "books by Austen?"):
        threads.messages.create(thread.id, role="user", content=text)
        run = threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            outputs = [{"tool_call_id": call.id, "output": "Emma"} for call in calls]
            run = threads.runs.submit_tool_outputs_and_poll(run_id=run.id, thread_id=thread.id, tool_outputs=outputs)
    return thread.id


def after(client, **asked):
    """Its port: a chain of responses."""
    asked = {**ABOUT, "tools": [{"type": "function", **LOOK_UP, "strict": False}], **asked}
    previous, first = None, None
    for text in ("hello", "books by Austen?"):
        given = text
        while given:
            more = {"previous_response_id": previous} if previous else {}
            response = client.responses.create(input=given, **asked, **more)
            previous, first = response.id, first or response.id
            calls = [item for item in response.output if item.type == "function_call"]
            given = [{"type": "function_call_output", "call_id": call.call_id, "output": "Emma"} for call in calls]
    return first


def forgetful(client):
    """A port that sends no instructions."""
    return after(client, instructions=None)


@pytest.fixture
def played(request, server):
    """Return a function that lets a program play in a namespace of its own, and returns the namespace."""
    namespaces = []

    def play(program):
        namespace = server.namespace(f"{request.node.name[:60]} {program.__name__} {len(namespaces)}", clock="auto")
        namespaces.append(namespace)
        namespace.load(SCENARIO)
        program(namespace.client())
        return namespace

    yield play
    for namespace in namespaces:
        namespace.delete()


@pytest.fixture
def post(server):
    """Return a function that compares by the control API, and returns the status and the body."""

    def send(body, query=""):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return server.emulator.control.send("POST", f"/parity{query}", data)

    return send


# --- Python -----------------------------------------------------------------------------------------------------------


def test_a_port_that_does_what_its_program_did_is_equal(played):
    report = emulator.parity(played(before), played(after))
    assert report.is_equal, str(report)
    assert report.failures == ()
    report.assert_equal()
    assert {one.rule for one in report.equalities} >= {"ids"}
    assert "equal by a rule" in report.text(show_equal=True)


def test_what_a_port_forgets_is_found_and_raised_with_the_report(played):
    report = emulator.parity(played(before), played(forgetful))
    assert {one.field for one in report.failures} == {"instructions"}
    with pytest.raises(ParityError) as raised:
        report.assert_equal()
    assert isinstance(raised.value, AssertionError)
    assert str(raised.value) == str(report)
    assert raised.value.report.failures == report.failures
    assert "Be a librarian." in str(report)


def test_a_side_is_a_namespace_its_name_a_record_or_its_file(played, tmp_path, monkeypatch):
    old, new = played(before), played(after)
    record = old.parity_record()
    file = tmp_path / "before.json"
    file.write_text(json.dumps(record.to_json()))
    named = f"{old.name}@{old.base_url.partition('/ns/')[0]}"
    sides = [old, old.name, record, record.to_json(), file, str(file), *([named] if old.has_socket else [])]
    for side in sides:
        assert emulator.parity(side, new).is_equal, side
        assert emulator.parity(new, side).report.after, side


def test_the_server_of_a_name_may_be_that_of_the_environment(played, monkeypatch):
    old, new = played(before), played(after)
    if not old.has_socket:
        pytest.skip("a name in the environment needs a socket")
    monkeypatch.setenv("EMULATOR_URL", old.base_url.partition("/ns/")[0])
    assert emulator.parity(old.name, new.name).is_equal
    monkeypatch.delenv("EMULATOR_URL")
    with pytest.raises(ValueError, match="there is no server"):
        emulator.parity(old.name, new.name)


@pytest.mark.parametrize("form", ["list", "file"])
def test_waivers_are_given_as_a_list_or_as_a_file(form, played, tmp_path):
    waivers = [WAIVER, {"field": "nothing.*", "reason": "It is gone."}]
    file = tmp_path / "waivers.yaml"
    file.write_text(json.dumps({"waivers": waivers}))
    report = emulator.parity(played(before), played(forgetful), waivers=waivers if form == "list" else file)
    report.assert_equal()
    assert {one.waived for one in report.differences if one.field == "instructions"} == {WAIVER["reason"]}
    assert report.unused_waivers == (2,)
    assert "waiver 2 covers nothing" in str(report)


def test_pairs_name_dialogues_that_belong_together(server, played):
    old, new = played(before), played(after)
    first, second = before(old.client()), after(new.client())
    pairs = {first: new.parity_record().dialogues[0].id, old.parity_record().dialogues[0].id: second}
    assert emulator.parity(old, new, pairs=pairs).is_equal
    for wrong in ({"thread_none": second}, {first: "resp_none"}):
        with pytest.raises(ValueError, match=r"pairs: '\w+_none' is no dialogue of"):
            emulator.parity(old, new, pairs=wrong)


def test_what_is_no_side_is_refused(played, tmp_path):
    old = played(before)
    broken = tmp_path / "broken.json"
    broken.write_text("{}")
    for side, error in (
        (1, TypeError),
        (broken, ValueError),
        ({}, ValueError),
        (tmp_path / "none.json", OSError),
        ("nowhere", ValueError),
        ("a b", ValueError),
        ("before@nonsense", ValueError),
    ):
        with pytest.raises(error):
            emulator.parity(old, side)


async def test_the_asynchronous_face_does_the_same(server, played):
    old, new = played(before), played(forgetful)
    left = server.async_namespace(old.name)
    report = await emulator.async_parity(left, new.name)
    assert str(report) == str(emulator.parity(old, new))
    assert await left.parity_record() == old.parity_record()


def test_servers_without_a_socket_are_compared_too():
    settings = Settings(clock="auto", scripts=(ScriptSource("library.yaml", SCENARIO),))
    with InProcess(settings) as one, InProcess(settings) as other:
        old, new = one.namespace("before"), other.namespace("after")
        before(old.client())
        forgetful(new.client())
        assert {one.field for one in emulator.parity(old, new).failures} == {"instructions"}


# --- the control API --------------------------------------------------------------------------------------------------


def test_the_control_api_answers_as_python_does(played, post):
    old, new = played(before), played(forgetful)
    report = emulator.parity(old, new)
    asked = {"before": old.name, "after": new.name}
    assert post(asked)[0] == 200
    assert json.loads(post(asked)[1]) == json.loads(json.dumps(report.to_json()))
    assert post(asked, "?format=text")[1].decode().rstrip() == str(report)
    shown = post(asked, "?format=text&show_equal=true")[1].decode()
    assert shown.rstrip() == report.text(show_equal=True)


def test_records_waivers_and_pairs_are_taken_in_the_body(played, post):
    old, new = played(before), played(forgetful)
    records = [one.parity_record() for one in (old, new)]
    pairs = {records[0].dialogues[0].id: records[1].dialogues[0].id}
    asked = {"before": records[0].to_json(), "after": new.name, "waivers": [WAIVER], "pairs": pairs}
    status, answer = post(asked)
    assert (status, json.loads(answer)["is_equal"]) == (200, True)


@pytest.mark.parametrize(
    "change, message",
    [
        ({"before": "nowhere"}, "nowhere"),
        ({"before": 1}, "before: give the name of a namespace, or a record"),
        ({"before": {}}, "before: parity is missing"),
        ({"after": {"parity": 2}}, "after: parity: the format is 2"),
        ({"waivers": [{"field": "a"}]}, "waivers[0].reason"),
        ({"waivers": [{"field": "a", "reason": "b", "feild": "c"}]}, "waivers[0].feild"),
        ({"waivers": 1}, "waivers"),
        ({"pairs": {"a": 1}}, "pairs.a"),
        ({"pairs": {"a": "b"}}, "pairs: 'a' is no dialogue of before"),
        ({"befor": "x"}, "befor: there is no such field, did you mean before?"),
    ],
)
def test_a_bad_body_is_refused_with_its_field(change, message, played, post):
    old = played(before)
    status, answer = post({"before": old.name, "after": old.name, **change})
    error = json.loads(answer)["error"]
    assert (status, error["type"]) == (404 if change == {"before": "nowhere"} else 400, "control_error")
    assert message in error["message"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"1", b"[" * 100_000, b"\xff", b'{"before": "a"}', b'"\\ud800"'])
def test_a_body_of_another_kind_is_refused(body, post):
    status, answer = post(body)
    assert (status, json.loads(answer)["error"]["type"]) == (400, "control_error")


@pytest.mark.parametrize("query", ["?format=xml", "?show_equal=perhaps", "?from=text"])
def test_a_bad_parameter_is_refused(query, post):
    assert post({"before": "a", "after": "a"}, query)[0] == 400


def test_a_record_may_be_larger_than_other_bodies(played, post):
    old, new = played(before), played(after)
    record = old.parity_record().to_json()
    record["notes"] = ["x" * test_control_bodies.MOST_JSON_BYTES]
    assert post({"before": record, "after": new.name})[0] == 200
    assert Record.from_json(record).notes


def test_a_comparison_leaves_no_trace_in_what_it_compares(played, post):
    """Neither requests nor reports of the namespaces show that they were compared."""
    old, new = played(before), played(after)
    counts = [len(one.requests.list()) for one in (old, new)]
    records = [one.parity_record() for one in (old, new)]
    post({"before": old.name, "after": new.name})
    assert [len(one.requests.list()) for one in (old, new)] == counts
    assert [one.parity_record() for one in (old, new)] == records

"""How courses and apps use polled runs, step by step."""

import json
import sqlite3

import openai
import pytest

from contract_tests.harness import MODEL, WEATHER, outputs_of, resolve

LOGBOOK = {
    "type": "function",
    "function": {
        "name": "query_logbook",
        "parameters": {
            "type": "object",
            "properties": {"sql": {"type": "string", "title": "Sql", "default": ""}},
            "required": ["sql"],
            "additionalProperties": False,
        },
    },
}
CODE = {"type": "code_interpreter"}


@pytest.fixture
def logbook():
    with sqlite3.connect(":memory:") as db:
        db.execute("create table voyages (ship text, miles real)")
        db.executemany("insert into voyages values (?, ?)", [("Möwe", 12.5), ("Möwe", 30), ("Kranich", 7)])
        yield lambda sql: json.dumps(db.execute(sql).fetchall())
    db.close()


def wait_on(client, run):
    """Poll a run as every course does, without the pauses."""
    seen = [run.status]
    while run.status in ("queued", "in_progress", "cancelling"):
        run = client.beta.threads.runs.retrieve(run.id, thread_id=run.thread_id)
        seen.append(run.status)
    return run, seen


def newest(client, thread_id):
    return client.beta.threads.messages.list(thread_id).data[0].content[0].text.value


def test_a_tool_without_a_type_is_a_bad_request(client):
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.assistants.create(model=MODEL, tools=[{"function": {"name": "f"}}])
    assert excinfo.value.body == {
        "message": "Missing required parameter: 'tools[0].type'.",
        "type": "invalid_request_error",
        "param": "tools[0].type",
        "code": "missing_required_parameter",
    }


def test_a_thread_keeps_its_metadata(client):
    thread = client.beta.threads.create(metadata={"姓名": "李雷", "stage": "1"})
    assert client.beta.threads.retrieve(thread.id).metadata == {"姓名": "李雷", "stage": "1"}
    assert client.beta.threads.update(thread.id, metadata={"姓名": "韩梅梅"}).metadata == {"姓名": "韩梅梅"}
    client.beta.threads.delete(thread.id)
    with pytest.raises(openai.NotFoundError):
        client.beta.threads.retrieve(thread.id)


def test_a_question_is_asked_polled_and_answered(ns, client, assistant, thread):
    ns.play({"say": "Calm, with a little swell."})
    run, seen = wait_on(client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
    assert (seen[0], seen[-1]) == ("queued", "completed")
    assert run.completed_at is not None
    assert run.expires_at is None
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc")
    assert [step.step_details.type for step in steps.data] == ["message_creation"]
    assert newest(client, thread.id) == "Calm, with a little swell."


def test_a_number_is_computed_over_several_turns(ns, client, thread):
    ns.load(
        """
        emulator: 1
        turns:
          - when: {turn: 1}
            steps:
              - {code: "765432 ** 0.5", logs: "874.8897"}
              - say: "About {{ code.logs }}."
          - when: {turn: {min: 2}}
            steps:
              - {code: "round(765432 ** 0.5)", logs: "875"}
              - say: "Rounded: {{ code.logs }}."
        """
    )
    assistant = client.beta.assistants.create(model="gpt-4-turbo-preview", instructions="You compute.", tools=[CODE])
    texts = []
    for question in ("Root of 765432?", "Rounded?", "Once more?"):
        client.beta.threads.messages.create(thread.id, role="user", content=question)
        run, _ = wait_on(client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
        steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc").data
        assert [step.type for step in steps] == ["tool_calls", "message_creation"]
        call = steps[0].step_details.tool_calls[0]
        assert (call.type, call.code_interpreter.outputs[0].type) == ("code_interpreter", "logs")
        texts.append(newest(client, thread.id))
    assert texts == ["About 874.8897.", "Rounded: 875.", "Rounded: 875."]


def test_a_database_is_queried_and_its_result_used(ns, client, thread, logbook):
    ns.load(
        """
        emulator: 1
        turns:
          - steps:
              - call: query_logbook
                args: {sql: "select sum(miles) from voyages where ship = 'Möwe'"}
              - say: "{{ (outputs.query_logbook | data)[0][0] }} miles."
        """
    )
    assistant = client.beta.assistants.create(model=MODEL, instructions="Ask the logbook.", tools=[LOGBOOK])
    run, seen = wait_on(client, client.beta.threads.runs.create(thread_id=thread.id, assistant_id=assistant.id))
    assert seen[-1] == "requires_action"
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    output = logbook(json.loads(call.function.arguments)["sql"])
    assert output == "[[42.5]]"
    run = client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=thread.id, tool_outputs=[{"tool_call_id": call.id, "output": output}]
    )
    assert run.status == "queued"
    run, _ = wait_on(client, run)
    assert run.status == "completed"
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=thread.id, order="asc").data
    assert steps[0].step_details.tool_calls[0].function.output == "[[42.5]]"
    assert newest(client, thread.id) == "42.5 miles."


def test_the_database_is_queried_twice_in_parallel(ns, client, thread, logbook):
    ns.load(
        """
        emulator: 1
        turns:
          - when: {message: {regex: '(?P<a>\\w+) or (?P<b>\\w+)'}}
            steps:
              - call:
                  - {name: query_logbook, as: a, args: {sql: "select count(*) from voyages where ship = '{{ match.a }}'"}}
                  - {name: query_logbook, as: b, args: {sql: "select count(*) from voyages where ship = '{{ match.b }}'"}}
              - choose:
                  - {if: "(outputs.a | data)[0][0] > (outputs.b | data)[0][0]", steps: [{say: "{{ match.a }}"}]}
                  - {steps: [{say: "{{ match.b }}"}]}
        """
    )
    assistant = client.beta.assistants.create(model=MODEL, tools=[LOGBOOK])
    client.beta.threads.messages.create(thread.id, role="user", content="Who sailed more, Möwe or Kranich?")
    run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
    calls = run.required_action.submit_tool_outputs.tool_calls
    outputs = [{"tool_call_id": c.id, "output": logbook(json.loads(c.function.arguments)["sql"])} for c in calls]
    assert [output["output"] for output in outputs] == ["[[2]]", "[[1]]"]
    run = client.beta.threads.runs.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=thread.id, tool_outputs=outputs
    )
    assert (run.status, newest(client, thread.id)) == ("completed", "Möwe")


@pytest.mark.parametrize(
    "fields",
    [
        {"name": "Lotse", "description": "Knows the harbour."},
        {"tools": [CODE]},
        {"tools": []},
        {"model": "gpt-3.5-turbo-1106"},
        {"model": "gpt-4-turbo", "name": None},
    ],
    ids=str,
)
def test_assistants_are_created_in_many_ways(client, fields):
    created = client.beta.assistants.create(**{"model": MODEL, **fields})
    document = created.to_dict()
    assert {name: document[name] for name in fields} == fields
    assert document["instructions"] is None


def test_seven_advisers_each_answer_on_their_own_thread(ns, client):
    ns.load(
        """
        emulator: 1
        turns:
          - when: {assistant: {name: {glob: "测*"}}}
            steps:
              - call: [{name: sound, as: bow}, {name: sound, as: stern}]
              - say: "{{ assistant.name }}: {{ outputs.bow }}, {{ outputs.stern }}"
          - steps: [{say: "{{ assistant.name }}: {{ message | length }}"}]
        """
    )
    minutes, runs = "Shall we leave port today?\n", []
    for name in ("船长", "测深员", "Helm", "Cook", "Purser", "Mate", "船长"):
        assistant = client.beta.assistants.create(
            model=MODEL, name=name, tools=[{"type": "function", "function": {"name": "sound"}}]
        )
        thread = client.beta.threads.create(messages=[{"role": "user", "content": minutes * 40}])
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id)
        if run.status == "requires_action":
            outputs = outputs_of(run, sound="9 m")
            run = client.beta.threads.runs.submit_tool_outputs_and_poll(
                run_id=run.id, thread_id=thread.id, tool_outputs=outputs
            )
        assert run.status == "completed"
        runs.append(run)
        minutes += newest(client, thread.id) + "\n"
    assert len({run.thread_id for run in runs}) == len({run.assistant_id for run in runs}) == 7
    assert "测深员: 9 m, 9 m" in minutes


def test_six_advisers_answer_seven_times_on_one_thread_without_user_messages(ns, client, thread):
    ns.play({"say": "{{ assistant.name }} at turn {{ turn }}"})
    crew = {n: client.beta.assistants.create(model=MODEL, name=n, instructions=f"You are {n}.") for n in "abcdef"}
    for name in "abcdefa":
        run = client.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=crew[name].id)
        assert run.status == "completed"
    messages = client.beta.threads.messages.list(thread.id, order="asc", limit=100).data[1:]
    assert [m.content[0].text.value for m in messages] == [f"{n} at turn {t}" for t, n in enumerate("abcdefa", 1)]
    assert [m.assistant_id for m in messages] == [crew[name].id for name in "abcdefa"]
    for assistant in crew.values():
        assert client.beta.assistants.delete(assistant.id).deleted
    assert client.beta.threads.messages.list(thread.id, limit=1).data[0].assistant_id == crew["a"].id


def test_a_run_can_be_iterated_over_field_by_field(ns, client, start, poll):
    ns.play({"say": "First I plan."}, {"say": "Then I answer."})
    run = start()
    names = [name for name, _ in run]
    assert names == [name for name, _ in poll(run)]
    messages = client.beta.threads.messages.list(run.thread_id).data
    assert [m.content[0].text.value for m in messages[:2]] == ["Then I answer.", "First I plan."]
    assert all((m.run_id, m.assistant_id) == (run.id, run.assistant_id) for m in messages[:2])


def test_a_thread_takes_several_questions(client, start, poll, thread):
    for number in range(3):
        client.beta.threads.messages.create(thread.id, role="user", content=f"and {number}?")
        assert poll(start()).status == "completed"
    assert len(client.beta.threads.runs.list(thread.id).data) == 3
    assert len(client.beta.threads.messages.list(thread.id).data) == 7


async def test_a_helper_polls_until_the_run_stops(either, ns, assistant):
    ns.play({"wait": "90s"}, {"call": "look_outside"}, {"say": "x"})
    thread = await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "Sky?"}]))
    run = await resolve(
        either.beta.threads.runs.create_and_poll(thread_id=thread.id, assistant_id=assistant.id, tools=[WEATHER])
    )
    assert run.status == "requires_action"
    requests = [(one["method"], one["path"].rsplit("/", 1)[-1]) for one in ns.requests()][-2:]
    assert requests == [("POST", "runs"), ("GET", run.id)]


@pytest.mark.parametrize(
    "step, status",
    [
        ({"fail": "server_error"}, "failed"),
        ({"expire": "now"}, "expired"),
        ({"stop": "max_prompt_tokens"}, "incomplete"),
    ],
)
async def test_a_helper_stops_at_every_end(either, ns, step, status):
    ns.play(step)
    assistant = await resolve(either.beta.assistants.create(model=MODEL, instructions="x"))
    assert (await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))).status == status

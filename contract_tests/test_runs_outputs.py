import json

import openai
import pytest

from contract_tests.harness import TIDES, WEATHER, outputs_of, resolve

PAIR = {"call": [{"name": "look_outside", "args": {"town": "Husum"}, "as": "sky"}, {"name": "read_tides"}]}


@pytest.fixture
def pair(ns, start, poll):
    """A run that waits for two outputs."""
    ns.play(PAIR, {"say": "{{ outputs.sky }} and {{ outputs.read_tides }}"})
    run = poll(start(tools=[WEATHER, TIDES]))
    assert run.status == "requires_action"
    return run


def ids(run):
    return [call.id for call in run.required_action.submit_tool_outputs.tool_calls]


def test_parallel_calls_share_one_step_and_keep_their_order(client, pair):
    calls = pair.required_action.submit_tool_outputs.tool_calls
    assert [call.function.name for call in calls] == ["look_outside", "read_tides"]
    assert [json.loads(call.function.arguments) for call in calls] == [{"town": "Husum"}, {}]
    (step,) = client.beta.threads.runs.steps.list(pair.id, thread_id=pair.thread_id).data
    assert [call.id for call in step.step_details.tool_calls] == ids(pair)


def test_outputs_can_be_submitted_in_any_order(client, pair, poll):
    outputs = outputs_of(pair, look_outside="fog", read_tides="low")[::-1]
    client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=outputs)
    assert poll(pair).status == "completed"
    text = client.beta.threads.messages.list(pair.thread_id).data[0].content[0].text.value
    assert text == "fog and low"


def test_all_outputs_have_to_be_submitted_in_one_request(client, pair, poll):
    first, second = ids(pair)
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.submit_tool_outputs(
            pair.id, thread_id=pair.thread_id, tool_outputs=[{"tool_call_id": first, "output": "fog"}]
        )
    assert (
        excinfo.value.body["message"] == f"Expected tool outputs for call_ids ['{first}', '{second}'], got ['{first}']"
    )
    assert poll(pair).status == "requires_action"


@pytest.mark.parametrize(
    "wrong",
    [lambda a, b: [a, b, "call_unknown"], lambda a, b: [a, a], lambda a, b: [a, b, b], lambda a, b: []],
    ids=["unknown", "one twice", "one too often", "none"],
)
def test_incomplete_or_unknown_outputs_are_refused_and_change_nothing(client, pair, poll, wrong):
    outputs = [{"tool_call_id": one, "output": "x"} for one in wrong(*ids(pair))]
    with pytest.raises(openai.BadRequestError, match="Expected tool outputs for call_ids"):
        client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=outputs)
    assert poll(pair).status == "requires_action"


def test_outputs_submitted_twice_are_refused(client, pair, poll):
    outputs = outputs_of(pair, look_outside="fog", read_tides="low")
    client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=outputs)
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=outputs)
    assert excinfo.value.body["message"] == 'Runs in status "completed" do not accept tool outputs.'


def test_late_outputs_are_refused(frozen, client, start, poll):
    frozen.play({"call": "look_outside"})
    run = poll(start(tools=[WEATHER]))
    frozen.advance("10m")
    with pytest.raises(openai.BadRequestError, match='Runs in status "expired" do not accept tool outputs'):
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
        )


def test_outputs_for_a_run_in_progress_are_refused(frozen, client, start):
    frozen.play({"wait": "1m"})
    run = start()
    with pytest.raises(openai.BadRequestError, match='Runs in status "in_progress" do not accept tool outputs'):
        client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=[])


async def test_outputs_can_be_submitted_and_polled(either, ns):
    ns.play({"call": "look_outside"}, {"say": "{{ outputs.look_outside }}"})
    assistant = await resolve(either.beta.assistants.create(model="gpt-4o", instructions="x", tools=[WEATHER]))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    run = await resolve(
        either.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
        )
    )
    assert run.status == "completed"


@pytest.mark.parametrize(
    "output", ["", "plain words", '{"a": [1, 2]}', "[[412.8]]", "潮 \U0001f30a\n", "{{ not a template }}"]
)
def test_an_output_is_any_text(ns, client, start, poll, output):
    ns.play({"call": "look_outside"}, {"say": "<{{ outputs.look_outside }}>"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside=output)
    )
    assert poll(run).status == "completed"
    assert client.beta.threads.messages.list(run.thread_id).data[0].content[0].text.value == f"<{output}>"
    step = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data[0]
    assert step.step_details.tool_calls[0].function.output == output


def test_outputs_must_be_less_than_512_kb_together(client, pair, poll):
    half = "ä" * (128 * 1024)  # two bytes each
    too_large = [{"tool_call_id": call_id, "output": half} for call_id in ids(pair)]
    with pytest.raises(openai.BadRequestError) as excinfo:
        client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=too_large)
    assert excinfo.value.body == {
        "message": "'tool_outputs' too large: the combined tool outputs must be less than 512kb.",
        "type": "invalid_request_error",
        "param": "tool_outputs",
        "code": "invalid_value",
    }
    assert poll(pair).status == "requires_action"
    largest = [too_large[0], {**too_large[1], "output": half[1:] + "x"}]
    client.beta.threads.runs.submit_tool_outputs(pair.id, thread_id=pair.thread_id, tool_outputs=largest)
    assert poll(pair).status == "completed"


def test_an_output_can_be_omitted(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"say": "<{{ outputs.look_outside }}>"})
    run = poll(start(tools=[WEATHER]))
    outputs = [{"tool_call_id": one} for one in ids(run)]
    client.beta.threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
    assert poll(run).status == "completed"


def test_several_rounds_of_calls_make_several_steps(ns, client, start, poll):
    ns.play({"call": "look_outside"}, {"say": "Wait."}, {"call": "read_tides"}, {"say": "Done."})
    run = poll(start(tools=[WEATHER, TIDES]))
    for text in ("fog", "low"):
        name = run.required_action.submit_tool_outputs.tool_calls[0].function.name
        client.beta.threads.runs.submit_tool_outputs(
            run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, **{name: text})
        )
        run = poll(run)
    assert run.status == "completed"
    steps = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id, order="asc").data
    assert [step.type for step in steps] == ["tool_calls", "message_creation"] * 2
    assert {step.status for step in steps} == {"completed"}


def test_arguments_can_be_a_text_that_is_not_json(ns, start, poll):
    ns.play({"call": "look_outside", "args": "{town: broken", "id": "call_fixed"})
    run = poll(start(tools=[WEATHER]))
    (call,) = run.required_action.submit_tool_outputs.tool_calls
    assert (call.id, call.function.arguments) == ("call_fixed", "{town: broken")


def test_an_output_that_differs_from_the_recorded_one_is_reported_as_drift(ns, client, start, poll):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}, "recorded": "sun"}, {"say": "ok"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )
    assert poll(run).status == "completed"
    (drift,) = ns.report()["drift"]
    assert drift == {
        "run": run.id,
        "kind": "tool_output",
        "call": "look_outside",
        "path": "$",
        "change": "changed",
        "recorded": "sun",
        "got": "fog",
        "turn": "any",
        "place": "script.yaml:1: turns[0].steps[0].recorded",
        "strict": False,
    }


@pytest.mark.parametrize("answer", [('{"sky": "fog"}', "fog"), ("no answer", "sun")])
def test_a_recording_of_templates_speaks_of_todays_output_and_reports_the_drift(ns, client, start, poll, answer):
    recorded, (got, said) = '{"sky": "sun"}', answer
    steps = [{"call": "look_outside", "args": {"town": "Oslo"}, "recorded": recorded}, {"say": "There is sun."}]
    ns.play(*steps, recording={"drift": "template"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside=got)
    )
    assert poll(run).status == "completed"
    (message,) = client.beta.threads.messages.list(run.thread_id, run_id=run.id).data
    assert message.content[0].text.value == f"There is {said}."
    assert [line["kind"] for line in ns.report()["drift"]] == ["tool_output"]


def test_the_recorded_output_is_not_reported_as_drift(ns, client, start, poll):
    ns.play({"call": "look_outside", "args": {"town": "Oslo"}, "recorded": "sun"}, {"say": "ok"})
    run = poll(start(tools=[WEATHER]))
    client.beta.threads.runs.submit_tool_outputs(
        run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="sun")
    )
    poll(run)
    assert ns.report()["drift"] == []


def test_calls_of_functions_that_the_run_lacks_are_played_and_reported(ns, start, poll):
    ns.play({"call": "sink_ship"})
    run = poll(start())
    assert run.status == "requires_action"
    (line,) = ns.report()["script"]
    assert "sink_ship" in line["message"]


def test_parallel_calls_that_the_run_disabled_are_played_and_reported(ns, start, poll):
    ns.play(PAIR)
    run = poll(start(tools=[WEATHER, TIDES], parallel_tool_calls=False))
    assert len(ids(run)) == 2
    assert any("parallel" in line["message"] for line in ns.report()["script"])

from itertools import pairwise

import openai
import pytest

from contract_tests.harness import WEATHER, all_items, outputs_of, resolve

KEYS = [
    "id", "object", "created_at", "run_id", "assistant_id", "thread_id", "type", "status", "cancelled_at",
    "completed_at", "expires_at", "failed_at", "last_error", "step_details", "usage",
]  # fmt: skip
FOUND = [
    {
        "file_id": "file-tides",
        "file_name": "tides.txt",
        "score": 0.75,
        "content": [{"type": "text", "text": "High at noon."}],
    }
]
CONTENT = "step_details.tool_calls[*].file_search.results[*].content"


@pytest.fixture
async def run_with_steps(either, ns):
    """A run with a step of every type."""
    ns.play(
        {"say": "Let me see."},
        {"code": "print(6 * 7)", "logs": "42\n"},
        {"search": "tides", "results": FOUND},
        {"call": "look_outside", "args": {"town": "Husum"}},
        {"say": "Fine."},
    )
    tools = [WEATHER, {"type": "code_interpreter"}, {"type": "file_search"}]
    assistant = await resolve(either.beta.assistants.create(model="gpt-4o", instructions="x", tools=tools))
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant.id))
    return await resolve(
        either.beta.threads.runs.submit_tool_outputs_and_poll(
            run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
        )
    )


async def test_steps_are_listed_in_creation_order(either, run_with_steps):
    steps = (
        await resolve(
            either.beta.threads.runs.steps.list(run_with_steps.id, thread_id=run_with_steps.thread_id, order="asc")
        )
    ).data
    assert [step.type for step in steps] == [
        "message_creation",
        "tool_calls",
        "tool_calls",
        "tool_calls",
        "message_creation",
    ]
    assert all(first.completed_at <= second.created_at for first, second in pairwise(steps))
    newest = (
        await resolve(either.beta.threads.runs.steps.list(run_with_steps.id, thread_id=run_with_steps.thread_id))
    ).data
    assert [step.id for step in newest] == [step.id for step in reversed(steps)]


async def test_each_type_of_step_has_its_details(either, run_with_steps):
    steps = (
        await resolve(
            either.beta.threads.runs.steps.list(run_with_steps.id, thread_id=run_with_steps.thread_id, order="asc")
        )
    ).data
    details = [step.to_dict()["step_details"] for step in steps]
    messages = (await resolve(either.beta.threads.messages.list(run_with_steps.thread_id, order="asc"))).data
    assert details[0] == {"type": "message_creation", "message_creation": {"message_id": messages[0].id}}
    code, search, call = (one_step["tool_calls"][0] for one_step in details[1:4])
    assert code["code_interpreter"] == {"input": "print(6 * 7)", "outputs": [{"type": "logs", "logs": "42\n"}]}
    assert search["file_search"]["ranking_options"] == {"ranker": "default_2024_08_21", "score_threshold": 0.0}
    assert call["function"] == {"name": "look_outside", "arguments": '{"town":"Husum"}', "output": "fog"}
    assert all(one["id"].startswith("call_") for one in (code, search, call))


async def test_every_step_is_completed_and_has_its_usage(either, run_with_steps):
    steps = (
        await resolve(either.beta.threads.runs.steps.list(run_with_steps.id, thread_id=run_with_steps.thread_id))
    ).data
    assert {step.status for step in steps} == {"completed"}
    assert sum(step.usage.total_tokens for step in steps) == run_with_steps.usage.total_tokens
    for step in steps:
        assert set(step.to_dict()) == set(KEYS)
        assert (step.run_id, step.assistant_id) == (run_with_steps.id, run_with_steps.assistant_id)
        assert step.id.startswith("step_")


async def test_a_step_can_be_retrieved(either, run_with_steps):
    steps = (
        await resolve(either.beta.threads.runs.steps.list(run_with_steps.id, thread_id=run_with_steps.thread_id))
    ).data
    for step in steps:
        again = either.beta.threads.runs.steps.retrieve(
            step.id, thread_id=run_with_steps.thread_id, run_id=run_with_steps.id
        )
        assert await resolve(again) == step


async def test_steps_page(either, run_with_steps):
    list_steps = either.beta.threads.runs.steps.list
    ids = {"run_id": run_with_steps.id, "thread_id": run_with_steps.thread_id}
    all_ids = [step.id for step in (await resolve(list_steps(**ids, order="asc"))).data]
    assert [step.id for step in await all_items(list_steps(**ids, limit=2, order="asc"))] == all_ids
    page = await resolve(list_steps(**ids, order="asc", after=all_ids[1], before=all_ids[4]))
    assert [step.id for step in page.data] == all_ids[2:4]


async def test_content_of_results_is_included_only_on_request(either, run_with_steps):
    ids = {"thread_id": run_with_steps.thread_id, "run_id": run_with_steps.id}
    plain = (await resolve(either.beta.threads.runs.steps.list(**ids, order="asc"))).data[2]
    hidden = {"file_id": "file-tides", "file_name": "tides.txt", "score": 0.75, "attributes": {}}
    assert plain.to_dict()["step_details"]["tool_calls"][0]["file_search"]["results"] == [hidden]
    full = (await resolve(either.beta.threads.runs.steps.list(**ids, order="asc", include=[CONTENT]))).data[2]
    with_content = {**hidden, "content": [{"type": "text", "text": "High at noon."}]}
    assert full.to_dict()["step_details"]["tool_calls"][0]["file_search"]["results"] == [with_content]
    one = await resolve(either.beta.threads.runs.steps.retrieve(plain.id, **ids, include=[CONTENT]))
    assert one.to_dict()["step_details"]["tool_calls"][0]["file_search"]["results"] == [with_content]


async def test_an_unknown_step_is_not_found(either, run_with_steps):
    with pytest.raises(openai.NotFoundError) as excinfo:
        await resolve(
            either.beta.threads.runs.steps.retrieve(
                "step_123", thread_id=run_with_steps.thread_id, run_id=run_with_steps.id
            )
        )
    assert excinfo.value.body["message"] == "No run step found with id 'step_123'."


def test_keys_of_a_step_have_the_recorded_order_and_no_metadata(raw, start):
    run = start()
    raw.get(f"/threads/{run.thread_id}/runs/{run.id}")
    (step,) = raw.get(f"/threads/{run.thread_id}/runs/{run.id}/steps").json()["data"]
    assert list(step) == KEYS
    assert step["expires_at"] is None


def test_a_step_fails_with_its_run_while_its_calls_have_no_output(client, ns, start, poll, stream_events):
    ns.play({"call": "look_outside", "args": {"town": "Husum"}, "fail": "server_error", "message": "Broken."})
    run = poll(start(tools=[WEATHER]))
    error = {"code": "server_error", "message": "Broken."}
    assert (run.status, run.last_error.to_dict()) == ("failed", error)
    (step,) = client.beta.threads.runs.steps.list(run.id, thread_id=run.thread_id).data
    assert (step.status, step.last_error.to_dict(), step.failed_at) == ("failed", error, run.failed_at)
    assert step.step_details.tool_calls[0].function.output is None
    assert step.usage.total_tokens > 0
    names = [name for name, _ in stream_events(tools=[WEATHER])]
    assert names[-3:] == ["thread.run.step.failed", "thread.run.failed", "done"]
    assert "thread.run.requires_action" not in names

import openai
import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, all_items, resolve

KEYS = [
    "id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at", "expires_at", "cancelled_at",
    "failed_at", "completed_at", "required_action", "last_error", "model", "instructions", "tools", "tool_resources",
    "metadata", "temperature", "top_p", "reasoning_effort", "max_completion_tokens", "max_prompt_tokens",
    "truncation_strategy", "incomplete_details", "usage", "response_format", "tool_choice", "parallel_tool_calls",
]  # fmt: skip


@pytest.fixture
async def assistant_id(either):
    assistant = await resolve(
        either.beta.assistants.create(
            model=MODEL, instructions="Be brief.", tools=[WEATHER], temperature=0.5, top_p=0.25, reasoning_effort="low",
            response_format={"type": "text"}, metadata={"of": "the assistant"},
        )
    )  # fmt: skip
    return assistant.id


@pytest.fixture
async def thread_id(either):
    return (await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "Tide?"}]))).id


async def test_a_new_run_is_queued_and_inherits_from_its_assistant(either, frozen, assistant_id, thread_id):
    run = await resolve(either.beta.threads.runs.create(thread_id, assistant_id=assistant_id))
    document = run.to_dict()
    assert set(document) == set(KEYS)
    assert (run.status, run.object, run.thread_id, run.assistant_id) == (
        "queued",
        "thread.run",
        thread_id,
        assistant_id,
    )
    assert run.expires_at == run.created_at + 600
    never = ("started_at", "cancelled_at", "failed_at", "completed_at", "required_action", "last_error", "usage",
             "incomplete_details", "max_completion_tokens", "max_prompt_tokens")  # fmt: skip
    assert {name: document[name] for name in never} == dict.fromkeys(never)
    assert (run.model, run.instructions, run.temperature, run.top_p) == (MODEL, "Be brief.", 0.5, 0.25)
    assert (document["reasoning_effort"], document["response_format"]) == ("low", {"type": "text"})
    assert document["tools"][0]["function"]["name"] == "look_outside"
    assert (document["metadata"], document["tool_resources"]) == ({}, {})
    assert document["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (document["tool_choice"], document["parallel_tool_calls"]) == ("auto", True)


async def test_fields_of_a_run_override_its_assistant(either, assistant_id, thread_id):
    fields = {
        "model": "gpt-4.1",
        "instructions": "Be long.",
        "metadata": {"of": "the run"},
        "temperature": 1.5,
        "top_p": 1.0,
        "reasoning_effort": "high",
        "max_completion_tokens": 300,
        "max_prompt_tokens": 4000,
        "truncation_strategy": {"type": "last_messages", "last_messages": 3},
        "tool_choice": {"type": "function", "function": {"name": "read_tides"}},
        "parallel_tool_calls": False,
        "response_format": {"type": "json_object"},
    }
    run = await resolve(either.beta.threads.runs.create(thread_id, assistant_id=assistant_id, tools=[TIDES], **fields))
    document = run.to_dict()
    assert {name: document[name] for name in fields} == fields
    assert [tool["function"]["name"] for tool in document["tools"]] == ["read_tides"]


async def test_an_empty_list_of_tools_overrides_and_null_does_not(either, assistant_id, thread_id):
    nulls = dict.fromkeys(
        ("model", "instructions", "additional_instructions", "additional_messages", "metadata", "temperature", "top_p",
         "reasoning_effort", "max_completion_tokens", "max_prompt_tokens", "truncation_strategy", "tool_choice",
         "response_format")
    )  # fmt: skip
    run = await resolve(either.beta.threads.runs.create(thread_id, assistant_id=assistant_id, tools=None, **nulls))
    assert (run.model, run.instructions, run.temperature) == (MODEL, "Be brief.", 0.5)
    assert len(run.tools) == 1
    await resolve(either.beta.threads.runs.poll(run.id, thread_id=thread_id))
    bare = await resolve(either.beta.threads.runs.create(thread_id, assistant_id=assistant_id, tools=[]))
    assert bare.to_dict()["tools"] == []


async def test_additional_instructions_and_messages_are_added(either, ns, assistant_id, thread_id):
    ns.play({"say": "{{ message }}"})
    run = await resolve(
        either.beta.threads.runs.create_and_poll(
            thread_id=thread_id,
            assistant_id=assistant_id,
            additional_instructions="Mind the gap.",
            additional_messages=[
                {"role": "assistant", "content": "Soon."},
                {"role": "user", "content": "When exactly?", "metadata": {"n": "2"}},
            ],
        )
    )
    assert run.instructions.startswith("Be brief.")
    assert run.instructions.endswith("Mind the gap.")
    messages = (await resolve(either.beta.threads.messages.list(thread_id))).data
    assert [m.content[0].text.value for m in messages] == ["When exactly?", "When exactly?", "Soon.", "Tide?"]
    assert messages[1].metadata == {"n": "2"}


async def test_an_empty_list_of_additional_messages_is_accepted(either, assistant_id, thread_id):
    run = await resolve(either.beta.threads.runs.create(thread_id, assistant_id=assistant_id, additional_messages=[]))
    assert run.status == "queued"


@pytest.mark.parametrize(
    "choice", ["none", "auto", "required", {"type": "file_search"}, {"type": "code_interpreter"}], ids=str
)
async def test_every_tool_choice_is_echoed(client, thread, assistant, choice):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, tool_choice=choice)
    assert run.to_dict()["tool_choice"] == choice


@pytest.mark.parametrize(
    "form",
    [
        "auto",
        {"type": "text"},
        {"type": "json_object"},
        {"type": "json_schema", "json_schema": {"name": "t", "description": "d", "schema": {}, "strict": False}},
    ],
    ids=str,
)
async def test_every_response_format_is_echoed(client, thread, assistant, form):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, model="gpt-4o", response_format=form)
    assert run.to_dict()["response_format"] == form


def test_a_truncation_strategy_without_a_number_shows_null(client, thread, assistant):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, truncation_strategy={"type": "auto"})
    assert run.to_dict()["truncation_strategy"] == {"type": "auto", "last_messages": None}


def test_small_token_limits_are_accepted(client, thread, assistant):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, max_completion_tokens=16)
    assert run.max_completion_tokens == 16


async def test_truncation_hides_old_messages_from_the_model(either, ns, assistant_id, thread_id):
    ns.load(
        """
        emulator: 1
        turns:
          - when: {message: {contains: Tide}}
            steps: [{say: "saw it"}]
          - steps: [{say: "saw nothing of the kind"}]
        """
    )
    await resolve(either.beta.threads.messages.create(thread_id, role="user", content="Wind?"))
    run = await resolve(
        either.beta.threads.runs.create_and_poll(
            thread_id=thread_id,
            assistant_id=assistant_id,
            truncation_strategy={"type": "last_messages", "last_messages": 1},
        )
    )
    message = (await resolve(either.beta.threads.messages.list(thread_id, run_id=run.id))).data[0]
    assert message.content[0].text.value == "saw nothing of the kind"


async def test_runs_are_listed_newest_first_and_page(either, assistant_id, thread_id):
    ids = []
    for _ in range(4):
        run = await resolve(either.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id))
        ids.append(run.id)
    runs = either.beta.threads.runs
    assert [run.id for run in await all_items(runs.list(thread_id, limit=3))] == ids[::-1]
    page = await resolve(runs.list(thread_id, order="asc", after=ids[0], limit=2))
    assert [run.id for run in page.data] == ids[1:3]
    page = await resolve(runs.list(thread_id, before=ids[1]))
    assert [run.id for run in page.data] == [ids[3], ids[2]]


async def test_metadata_of_a_finished_run_can_be_updated(either, assistant_id, thread_id):
    run = await resolve(
        either.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id, metadata={"a": "1"})
    )
    updated = await resolve(either.beta.threads.runs.update(run.id, thread_id=thread_id, metadata={"b": "2"}))
    assert updated.to_dict() == {**run.to_dict(), "metadata": {"b": "2"}}
    assert (await resolve(either.beta.threads.runs.retrieve(run.id, thread_id=thread_id))).metadata == {"b": "2"}


async def test_updating_a_finished_run_does_not_affect_the_active_one(either, frozen, assistant_id, thread_id):
    frozen.load({"emulator": 1, "turns": [{"uses": 1, "steps": [{"say": "one"}]}, {"steps": [{"expire": True}]}]})
    runs = either.beta.threads.runs
    over = await resolve(runs.create(thread_id, assistant_id=assistant_id))
    assert (await resolve(runs.retrieve(over.id, thread_id=thread_id))).status == "completed"
    active = await resolve(runs.create(thread_id, assistant_id=assistant_id))
    await resolve(runs.update(over.id, thread_id=thread_id, metadata={"b": "2"}))
    assert (await resolve(runs.cancel(active.id, thread_id=thread_id))).id == active.id
    assert (await resolve(runs.retrieve(active.id, thread_id=thread_id))).status == "cancelled"
    assert (await resolve(runs.retrieve(over.id, thread_id=thread_id))).status == "completed"


async def test_a_run_of_another_thread_is_not_found(either, assistant_id, thread_id):
    run = await resolve(either.beta.threads.runs.create_and_poll(thread_id=thread_id, assistant_id=assistant_id))
    other = (await resolve(either.beta.threads.create())).id
    with pytest.raises(openai.NotFoundError, match=f"No run found with id '{run.id}'"):
        await resolve(either.beta.threads.runs.retrieve(run.id, thread_id=other))


async def test_a_thread_and_a_run_can_be_created_in_one_request(either, ns, assistant_id):
    ns.play({"say": "You said: {{ message }}"})
    run = await resolve(
        either.beta.threads.create_and_run(
            assistant_id=assistant_id,
            thread={"messages": [{"role": "user", "content": "Ahoy"}], "metadata": {"ship": "Möwe"}},
            instructions="Be kind.",
            model="gpt-4.1",
            tools=[TIDES],
            metadata={"of": "the run"},
            temperature=0.1,
            top_p=0.9,
            max_completion_tokens=500,
            max_prompt_tokens=600,
            truncation_strategy={"type": "auto"},
            tool_choice="none",
            parallel_tool_calls=False,
            response_format="auto",
            tool_resources=None,
        )
    )
    assert (run.status, run.model, run.instructions, run.metadata) == (
        "queued",
        "gpt-4.1",
        "Be kind.",
        {"of": "the run"},
    )
    thread = await resolve(either.beta.threads.retrieve(run.thread_id))
    assert thread.metadata == {"ship": "Möwe"}
    run = await resolve(either.beta.threads.runs.poll(run.id, thread_id=run.thread_id))
    assert run.status == "completed"
    message = (await resolve(either.beta.threads.messages.list(run.thread_id))).data[0]
    assert message.content[0].text.value == "You said: Ahoy"


async def test_a_thread_and_a_run_can_be_polled_in_one_call(either, assistant_id):
    run = await resolve(
        either.beta.threads.create_and_run_poll(
            assistant_id=assistant_id, thread={"messages": [{"role": "user", "content": "Ahoy"}]}
        )
    )
    assert run.status == "completed"


async def test_an_assistant_with_instructions_can_start_an_empty_thread(either, assistant_id):
    run = await resolve(either.beta.threads.create_and_run_poll(assistant_id=assistant_id))
    assert run.status == "completed"


def test_keys_of_responses_have_the_recorded_order(raw, thread, assistant):
    response = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id})
    assert list(response.json()) == KEYS
    assert response.headers["openai-poll-after-ms"] == "1"
    assert '  "temperature": 1.0,' in response.text.split("\n")

import openai
import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, done, everything

KEYS = [
    "id", "object", "created_at", "assistant_id", "thread_id", "status", "started_at", "expires_at", "cancelled_at",
    "failed_at", "completed_at", "required_action", "last_error", "model", "instructions", "tools", "tool_resources",
    "metadata", "temperature", "top_p", "reasoning_effort", "max_completion_tokens", "max_prompt_tokens",
    "truncation_strategy", "incomplete_details", "usage", "response_format", "tool_choice", "parallel_tool_calls",
]  # fmt: skip


@pytest.fixture
async def pilot(either):
    made = await done(
        either.beta.assistants.create(
            model=MODEL, instructions="Be brief.", tools=[WEATHER], temperature=0.5, top_p=0.25, reasoning_effort="low",
            response_format={"type": "text"}, metadata={"of": "the assistant"},
        )
    )  # fmt: skip
    return made.id


@pytest.fixture
async def deck(either):
    return (await done(either.beta.threads.create(messages=[{"role": "user", "content": "Tide?"}]))).id


async def test_a_new_run_is_queued_and_has_what_its_assistant_has(either, frozen, pilot, deck):
    run = await done(either.beta.threads.runs.create(deck, assistant_id=pilot))
    shown = run.to_dict()
    assert set(shown) == set(KEYS)
    assert (run.status, run.object, run.thread_id, run.assistant_id) == ("queued", "thread.run", deck, pilot)
    assert run.expires_at == run.created_at + 600
    never = ("started_at", "cancelled_at", "failed_at", "completed_at", "required_action", "last_error", "usage",
             "incomplete_details", "max_completion_tokens", "max_prompt_tokens")  # fmt: skip
    assert {name: shown[name] for name in never} == dict.fromkeys(never)
    assert (run.model, run.instructions, run.temperature, run.top_p) == (MODEL, "Be brief.", 0.5, 0.25)
    assert (shown["reasoning_effort"], shown["response_format"]) == ("low", {"type": "text"})
    assert shown["tools"][0]["function"]["name"] == "look_outside"
    assert (shown["metadata"], shown["tool_resources"]) == ({}, {})
    assert shown["truncation_strategy"] == {"type": "auto", "last_messages": None}
    assert (shown["tool_choice"], shown["parallel_tool_calls"]) == ("auto", True)


async def test_what_a_run_is_given_wins_over_its_assistant(either, pilot, deck):
    given = {
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
    run = await done(either.beta.threads.runs.create(deck, assistant_id=pilot, tools=[TIDES], **given))
    shown = run.to_dict()
    assert {name: shown[name] for name in given} == given
    assert [tool["function"]["name"] for tool in shown["tools"]] == ["read_tides"]


async def test_no_tools_is_a_choice_and_null_is_none(either, pilot, deck):
    nulls = dict.fromkeys(
        ("model", "instructions", "additional_instructions", "additional_messages", "metadata", "temperature", "top_p",
         "reasoning_effort", "max_completion_tokens", "max_prompt_tokens", "truncation_strategy", "tool_choice",
         "response_format")
    )  # fmt: skip
    run = await done(either.beta.threads.runs.create(deck, assistant_id=pilot, tools=None, **nulls))
    assert (run.model, run.instructions, run.temperature) == (MODEL, "Be brief.", 0.5)
    assert len(run.tools) == 1
    await done(either.beta.threads.runs.poll(run.id, thread_id=deck))
    bare = await done(either.beta.threads.runs.create(deck, assistant_id=pilot, tools=[]))
    assert bare.to_dict()["tools"] == []


async def test_additional_instructions_are_added_and_additional_messages_written(either, ns, pilot, deck):
    ns.plays({"say": "{{ message }}"})
    run = await done(
        either.beta.threads.runs.create_and_poll(
            thread_id=deck,
            assistant_id=pilot,
            additional_instructions="Mind the gap.",
            additional_messages=[
                {"role": "assistant", "content": "Soon."},
                {"role": "user", "content": "When exactly?", "metadata": {"n": "2"}},
            ],
        )
    )
    assert run.instructions.startswith("Be brief.")
    assert run.instructions.endswith("Mind the gap.")
    messages = (await done(either.beta.threads.messages.list(deck))).data
    assert [m.content[0].text.value for m in messages] == ["When exactly?", "When exactly?", "Soon.", "Tide?"]
    assert messages[1].metadata == {"n": "2"}


async def test_an_empty_list_of_additional_messages_is_fine(either, pilot, deck):
    run = await done(either.beta.threads.runs.create(deck, assistant_id=pilot, additional_messages=[]))
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
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, response_format=form)
    assert run.to_dict()["response_format"] == form


def test_a_truncation_without_a_number_is_auto_with_null(client, thread, assistant):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, truncation_strategy={"type": "auto"})
    assert run.to_dict()["truncation_strategy"] == {"type": "auto", "last_messages": None}


def test_few_tokens_are_allowed_as_they_were(client, thread, assistant):
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, max_completion_tokens=16)
    assert run.max_completion_tokens == 16


async def test_truncation_hides_old_messages_from_the_model(either, ns, pilot, deck):
    ns.load(
        """
        emulator: 1
        turns:
          - when: {message: {contains: Tide}}
            steps: [{say: "saw it"}]
          - steps: [{say: "saw nothing of the kind"}]
        """
    )
    await done(either.beta.threads.messages.create(deck, role="user", content="Wind?"))
    run = await done(
        either.beta.threads.runs.create_and_poll(
            thread_id=deck, assistant_id=pilot, truncation_strategy={"type": "last_messages", "last_messages": 1}
        )
    )
    said = (await done(either.beta.threads.messages.list(deck, run_id=run.id))).data[0]
    assert said.content[0].text.value == "saw nothing of the kind"


async def test_runs_are_listed_newest_first_and_page(either, pilot, deck):
    made = []
    for _ in range(4):
        run = await done(either.beta.threads.runs.create_and_poll(thread_id=deck, assistant_id=pilot))
        made.append(run.id)
    runs = either.beta.threads.runs
    assert [run.id for run in await everything(runs.list(deck, limit=3))] == made[::-1]
    page = await done(runs.list(deck, order="asc", after=made[0], limit=2))
    assert [run.id for run in page.data] == made[1:3]
    page = await done(runs.list(deck, before=made[1]))
    assert [run.id for run in page.data] == [made[3], made[2]]


async def test_metadata_of_a_run_that_is_over_can_change(either, pilot, deck):
    run = await done(either.beta.threads.runs.create_and_poll(thread_id=deck, assistant_id=pilot, metadata={"a": "1"}))
    changed = await done(either.beta.threads.runs.update(run.id, thread_id=deck, metadata={"b": "2"}))
    assert changed.to_dict() == {**run.to_dict(), "metadata": {"b": "2"}}
    assert (await done(either.beta.threads.runs.retrieve(run.id, thread_id=deck))).metadata == {"b": "2"}


async def test_changing_a_run_that_is_over_leaves_the_active_one_alone(either, frozen, pilot, deck):
    frozen.load({"emulator": 1, "turns": [{"uses": 1, "steps": [{"say": "one"}]}, {"steps": [{"expire": True}]}]})
    runs = either.beta.threads.runs
    over = await done(runs.create(deck, assistant_id=pilot))
    assert (await done(runs.retrieve(over.id, thread_id=deck))).status == "completed"
    active = await done(runs.create(deck, assistant_id=pilot))
    await done(runs.update(over.id, thread_id=deck, metadata={"b": "2"}))
    assert (await done(runs.cancel(active.id, thread_id=deck))).id == active.id
    assert (await done(runs.retrieve(active.id, thread_id=deck))).status == "cancelled"
    assert (await done(runs.retrieve(over.id, thread_id=deck))).status == "completed"


async def test_a_run_of_another_thread_is_not_found(either, pilot, deck):
    run = await done(either.beta.threads.runs.create_and_poll(thread_id=deck, assistant_id=pilot))
    other = (await done(either.beta.threads.create())).id
    with pytest.raises(openai.NotFoundError, match=f"No run found with id '{run.id}'"):
        await done(either.beta.threads.runs.retrieve(run.id, thread_id=other))


async def test_a_thread_and_a_run_can_be_made_at_once(either, ns, pilot):
    ns.plays({"say": "You said: {{ message }}"})
    run = await done(
        either.beta.threads.create_and_run(
            assistant_id=pilot,
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
    thread = await done(either.beta.threads.retrieve(run.thread_id))
    assert thread.metadata == {"ship": "Möwe"}
    run = await done(either.beta.threads.runs.poll(run.id, thread_id=run.thread_id))
    assert run.status == "completed"
    said = (await done(either.beta.threads.messages.list(run.thread_id))).data[0]
    assert said.content[0].text.value == "You said: Ahoy"


async def test_a_thread_and_a_run_can_be_polled_in_one_call(either, pilot):
    run = await done(
        either.beta.threads.create_and_run_poll(
            assistant_id=pilot, thread={"messages": [{"role": "user", "content": "Ahoy"}]}
        )
    )
    assert run.status == "completed"


async def test_an_assistant_with_instructions_may_speak_first(either, pilot):
    run = await done(either.beta.threads.create_and_run_poll(assistant_id=pilot))
    assert run.status == "completed"


def test_bytes_have_the_recorded_order(raw, thread, assistant):
    answer = raw.post(f"/threads/{thread.id}/runs", json={"assistant_id": assistant.id})
    assert list(answer.json()) == KEYS
    assert answer.headers["openai-poll-after-ms"] == "1"
    assert '  "temperature": 1.0,' in answer.text.split("\n")

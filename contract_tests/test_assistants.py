import openai
import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, done, everything

PLAIN = {
    "object": "assistant",
    "name": None,
    "description": None,
    "model": MODEL,
    "instructions": None,
    "tools": [],
    "top_p": 1.0,
    "temperature": 1.0,
    "reasoning_effort": None,
    "tool_resources": {},
    "metadata": {},
    "response_format": "auto",
}
KEYS = [
    "id", "object", "created_at", "name", "description", "model", "instructions", "tools", "top_p", "temperature",
    "reasoning_effort", "tool_resources", "metadata", "response_format",
]  # fmt: skip


def without_identity(assistant):
    return {name: value for name, value in assistant.to_dict().items() if name not in ("id", "created_at")}


async def test_a_model_is_all_that_an_assistant_needs(either):
    made = await done(either.beta.assistants.create(model=MODEL))
    assert without_identity(made) == PLAIN
    assert made.id.startswith("asst_")
    assert len(made.id) == 29


async def test_every_field_comes_back_as_it_was_given(either):
    given = {
        "model": "gpt-4.1-mini",
        "name": "Lotse",
        "description": "Knows the harbour.",
        "instructions": "Answer like a pilot.",
        "reasoning_effort": "low",
        "metadata": {"berth": "7", "名": "港"},
        "temperature": 0.25,
        "top_p": 0.5,
        "response_format": {"type": "json_object"},
    }
    made = await done(either.beta.assistants.create(**given))
    assert without_identity(made) == {**PLAIN, **given}


async def test_an_assistant_is_found_again(either):
    made = await done(either.beta.assistants.create(model=MODEL, name="Lotse"))
    assert await done(either.beta.assistants.retrieve(made.id)) == made


async def test_an_update_replaces_what_it_gives_and_keeps_the_rest(either):
    made = await done(
        either.beta.assistants.create(
            model=MODEL, name="Lotse", instructions="Be brief.", metadata={"a": "1", "b": "2"}, tools=[TIDES]
        )
    )
    changed = await done(either.beta.assistants.update(made.id, name="Lotsin", metadata={"c": "3"}))
    assert changed.to_dict() == {**made.to_dict(), "name": "Lotsin", "metadata": {"c": "3"}}
    assert await done(either.beta.assistants.retrieve(made.id)) == changed


async def test_an_update_may_change_everything(either):
    made = await done(either.beta.assistants.create(model=MODEL))
    given = {
        "model": "gpt-4.1",
        "name": "N",
        "description": "D",
        "instructions": "I",
        "reasoning_effort": "high",
        "metadata": {"k": "v"},
        "temperature": 2.0,
        "top_p": 0.0,
        "response_format": {"type": "text"},
    }
    changed = await done(either.beta.assistants.update(made.id, tools=[{"type": "code_interpreter"}], **given))
    shown = without_identity(changed)
    assert {name: shown[name] for name in given} == given
    assert shown["tools"] == [{"type": "code_interpreter"}]
    assert shown["tool_resources"] == {"code_interpreter": {"file_ids": []}}


async def test_a_deleted_assistant_is_gone(either):
    made = await done(either.beta.assistants.create(model=MODEL))
    gone = await done(either.beta.assistants.delete(made.id))
    assert gone.to_dict() == {"id": made.id, "object": "assistant.deleted", "deleted": True}
    for call in (either.beta.assistants.retrieve, either.beta.assistants.delete, either.beta.assistants.update):
        with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{made.id}'"):
            await done(call(made.id))


async def test_a_list_goes_from_the_newest_to_the_oldest(either):
    made = [await done(either.beta.assistants.create(model=MODEL, name=f"n{n}")) for n in range(5)]
    newest_first = [one.id for one in reversed(made)]
    page = await done(either.beta.assistants.list())
    assert [one.id for one in page.data] == newest_first
    assert (page.first_id, page.last_id, page.has_more) == (newest_first[0], newest_first[-1], False)
    assert [one.id for one in await everything(either.beta.assistants.list(limit=2))] == newest_first


async def test_a_list_can_be_turned_round_and_cut(either):
    made = [(await done(either.beta.assistants.create(model=MODEL))).id for _ in range(5)]
    page = await done(either.beta.assistants.list(order="asc", limit=2))
    assert [one.id for one in page.data] == made[:2]
    assert page.has_more is True
    after = await done(either.beta.assistants.list(order="asc", after=made[1], limit=2))
    assert [one.id for one in after.data] == made[2:4]
    before = await done(either.beta.assistants.list(order="asc", before=made[3], limit=2))
    assert [one.id for one in before.data] == made[1:3]
    newer = await done(either.beta.assistants.list(before=made[2]))
    assert [one.id for one in newer.data] == [made[4], made[3]]


async def test_a_page_after_the_last_is_empty_and_names_nothing(either):
    made = await done(either.beta.assistants.create(model=MODEL))
    page = await done(either.beta.assistants.list(after=made.id))
    assert page.to_dict() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_a_list_still_pages_from_a_deleted_assistant(either):
    made = [(await done(either.beta.assistants.create(model=MODEL))).id for _ in range(3)]
    await done(either.beta.assistants.delete(made[1]))
    page = await done(either.beta.assistants.list(after=made[1]))
    assert [one.id for one in page.data] == [made[0]]


async def test_a_function_gets_the_defaults_that_the_service_adds(either):
    made = await done(either.beta.assistants.create(model=MODEL, tools=[TIDES, WEATHER]))
    tides, weather = made.to_dict()["tools"]
    empty = {"type": "object", "properties": {}}
    assert tides == {"type": "function", "function": {"name": "read_tides", "parameters": empty, "strict": False}}
    assert weather["function"] == {**WEATHER["function"], "strict": False}
    assert list(weather["function"]) == ["name", "description", "parameters", "strict"]


async def test_a_strict_function_with_a_hyphen_and_a_rich_schema_comes_back_unchanged(either):
    schema = {
        "type": "object",
        "title": "Order",
        "properties": {"id": {"type": "integer", "default": 3, "title": "Id"}},
        "additionalProperties": False,
    }
    tool = {
        "type": "function",
        "function": {"name": "Desk-find_order", "description": "", "parameters": schema, "strict": True},
    }
    made = await done(either.beta.assistants.create(model=MODEL, tools=[tool]))
    assert made.to_dict()["tools"] == [tool]


async def test_file_search_shows_its_ranking(either):
    options = {"max_num_results": 7, "ranking_options": {"score_threshold": 0.5, "ranker": "auto"}}
    tools = [{"type": "file_search"}, {"type": "file_search", "file_search": options}]
    made = await done(either.beta.assistants.create(model=MODEL, tools=tools))
    plain, chosen = made.to_dict()["tools"]
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert plain == {"type": "file_search", "file_search": {"ranking_options": ranking}}
    assert chosen["file_search"] == {"max_num_results": 7, "ranking_options": {**ranking, "score_threshold": 0.5}}
    assert made.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": []}}


async def test_each_tool_that_reads_has_its_resources(either):
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}, TIDES]
    made = await done(either.beta.assistants.create(model=MODEL, tools=tools))
    empty = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
    assert made.to_dict()["tool_resources"] == empty


async def test_a_schema_for_answers_comes_back_unchanged(either):
    wanted = {"type": "json_schema", "json_schema": {"name": "tide", "schema": {"type": "object"}, "strict": True}}
    made = await done(either.beta.assistants.create(model=MODEL, response_format=wanted, tools=[TIDES]))
    assert made.to_dict()["response_format"] == wanted


async def test_null_is_the_same_as_nothing(either):
    nulls = dict.fromkeys(
        ("name", "description", "instructions", "reasoning_effort", "tool_resources", "metadata", "temperature",
         "top_p", "response_format")
    )  # fmt: skip
    made = await done(either.beta.assistants.create(model=MODEL, **nulls))
    assert without_identity(made) == PLAIN


async def test_null_in_an_update_takes_texts_away_and_keeps_the_rest(either):
    made = await done(
        either.beta.assistants.create(model=MODEL, name="N", instructions="I", metadata={"a": "1"}, temperature=0.5)
    )
    changed = await done(
        either.beta.assistants.update(made.id, name=None, metadata=None, temperature=None, tool_resources=None)
    )
    assert (changed.name, changed.instructions) == (None, "I")
    assert (changed.metadata, changed.temperature) == ({"a": "1"}, 0.5)


async def test_resources_may_be_null_inside(either):
    made = await done(
        either.beta.assistants.create(
            model=MODEL, tool_resources={"file_search": None, "code_interpreter": {"file_ids": []}}
        )
    )
    assert made.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_bytes_are_indented_json_in_the_recorded_order(raw):
    answer = raw.post("/assistants", json={"model": MODEL, "temperature": 1, "top_p": 0, "metadata": {"ort": "Kähn"}})
    assert answer.headers["content-type"] == "application/json"
    assert list(answer.json()) == KEYS
    lines = answer.text.split("\n")
    assert lines[0] == "{"
    assert lines[-1] == "}"
    assert '  "temperature": 1.0,' in lines
    assert '  "top_p": 0.0,' in lines
    assert '    "ort": "Kähn"' in lines
    assert '  "tools": [],' in lines

import openai
import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, all_items, resolve

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


async def test_an_assistant_needs_only_a_model(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    assert without_identity(assistant) == PLAIN
    assert assistant.id.startswith("asst_")
    assert len(assistant.id) == 29


async def test_every_field_comes_back_as_it_was_sent(either):
    fields = {
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
    assistant = await resolve(either.beta.assistants.create(**fields))
    assert without_identity(assistant) == {**PLAIN, **fields}


async def test_an_assistant_can_be_retrieved(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL, name="Lotse"))
    assert await resolve(either.beta.assistants.retrieve(assistant.id)) == assistant


async def test_an_update_replaces_the_given_fields_and_keeps_the_rest(either):
    assistant = await resolve(
        either.beta.assistants.create(
            model=MODEL, name="Lotse", instructions="Be brief.", metadata={"a": "1", "b": "2"}, tools=[TIDES]
        )
    )
    updated = await resolve(either.beta.assistants.update(assistant.id, name="Lotsin", metadata={"c": "3"}))
    assert updated.to_dict() == {**assistant.to_dict(), "name": "Lotsin", "metadata": {"c": "3"}}
    assert await resolve(either.beta.assistants.retrieve(assistant.id)) == updated


async def test_an_update_can_change_every_field(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    fields = {
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
    updated = await resolve(either.beta.assistants.update(assistant.id, tools=[{"type": "code_interpreter"}], **fields))
    document = without_identity(updated)
    assert {name: document[name] for name in fields} == fields
    assert document["tools"] == [{"type": "code_interpreter"}]
    assert document["tool_resources"] == {"code_interpreter": {"file_ids": []}}


async def test_a_deleted_assistant_is_gone(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    deletion = await resolve(either.beta.assistants.delete(assistant.id))
    assert deletion.to_dict() == {"id": assistant.id, "object": "assistant.deleted", "deleted": True}
    for call in (either.beta.assistants.retrieve, either.beta.assistants.delete, either.beta.assistants.update):
        with pytest.raises(openai.NotFoundError, match=f"No assistant found with id '{assistant.id}'"):
            await resolve(call(assistant.id))


async def test_a_list_is_sorted_newest_first(either):
    created = [await resolve(either.beta.assistants.create(model=MODEL, name=f"n{n}")) for n in range(5)]
    newest_first = [one.id for one in reversed(created)]
    page = await resolve(either.beta.assistants.list())
    assert [one.id for one in page.data] == newest_first
    assert (page.first_id, page.last_id, page.has_more) == (newest_first[0], newest_first[-1], False)
    assert [one.id for one in await all_items(either.beta.assistants.list(limit=2))] == newest_first


async def test_a_list_can_be_reversed_and_cut_by_cursors(either):
    ids = [(await resolve(either.beta.assistants.create(model=MODEL))).id for _ in range(5)]
    page = await resolve(either.beta.assistants.list(order="asc", limit=2))
    assert [one.id for one in page.data] == ids[:2]
    assert page.has_more is True
    after = await resolve(either.beta.assistants.list(order="asc", after=ids[1], limit=2))
    assert [one.id for one in after.data] == ids[2:4]
    before = await resolve(either.beta.assistants.list(order="asc", before=ids[3], limit=2))
    assert [one.id for one in before.data] == ids[1:3]
    newer = await resolve(either.beta.assistants.list(before=ids[2]))
    assert [one.id for one in newer.data] == [ids[4], ids[3]]


async def test_a_page_after_the_last_is_empty_and_has_no_ids(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL))
    page = await resolve(either.beta.assistants.list(after=assistant.id))
    assert page.to_dict() == {"object": "list", "data": [], "first_id": None, "last_id": None, "has_more": False}


async def test_a_deleted_assistant_still_works_as_a_cursor(either):
    ids = [(await resolve(either.beta.assistants.create(model=MODEL))).id for _ in range(3)]
    await resolve(either.beta.assistants.delete(ids[1]))
    page = await resolve(either.beta.assistants.list(after=ids[1]))
    assert [one.id for one in page.data] == [ids[0]]


async def test_a_function_gets_the_defaults_that_the_service_adds(either):
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[TIDES, WEATHER]))
    tides, weather = assistant.to_dict()["tools"]
    empty = {"type": "object", "properties": {}}
    assert tides == {"type": "function", "function": {"name": "read_tides", "parameters": empty, "strict": False}}
    assert weather["function"] == {**WEATHER["function"], "strict": False}
    assert list(weather["function"]) == ["name", "description", "parameters", "strict"]


async def test_a_strict_function_with_a_hyphen_and_a_nested_schema_comes_back_unchanged(either):
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
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=[tool]))
    assert assistant.to_dict()["tools"] == [tool]


async def test_file_search_shows_its_ranking(either):
    options = {"max_num_results": 7, "ranking_options": {"score_threshold": 0.5, "ranker": "auto"}}
    tools = [{"type": "file_search"}, {"type": "file_search", "file_search": options}]
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=tools))
    plain, chosen = assistant.to_dict()["tools"]
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert plain == {"type": "file_search", "file_search": {"ranking_options": ranking}}
    assert chosen["file_search"] == {"max_num_results": 7, "ranking_options": {**ranking, "score_threshold": 0.5}}
    assert assistant.to_dict()["tool_resources"] == {"file_search": {"vector_store_ids": []}}


async def test_each_tool_that_reads_files_has_its_resources(either):
    tools = [{"type": "code_interpreter"}, {"type": "file_search"}, TIDES]
    assistant = await resolve(either.beta.assistants.create(model=MODEL, tools=tools))
    empty = {"code_interpreter": {"file_ids": []}, "file_search": {"vector_store_ids": []}}
    assert assistant.to_dict()["tool_resources"] == empty


async def test_a_response_schema_comes_back_unchanged(either):
    response_format = {
        "type": "json_schema",
        "json_schema": {"name": "tide", "schema": {"type": "object"}, "strict": True},
    }
    assistant = await resolve(
        either.beta.assistants.create(model="gpt-4o", response_format=response_format, tools=[TIDES])
    )
    assert assistant.to_dict()["response_format"] == response_format


async def test_null_is_the_same_as_an_absent_field(either):
    nulls = dict.fromkeys(
        ("name", "description", "instructions", "reasoning_effort", "tool_resources", "metadata", "temperature",
         "top_p", "response_format")
    )  # fmt: skip
    assistant = await resolve(either.beta.assistants.create(model=MODEL, **nulls))
    assert without_identity(assistant) == PLAIN


async def test_null_in_an_update_clears_texts_and_keeps_the_rest(either):
    assistant = await resolve(
        either.beta.assistants.create(model=MODEL, name="N", instructions="I", metadata={"a": "1"}, temperature=0.5)
    )
    updated = await resolve(
        either.beta.assistants.update(assistant.id, name=None, metadata=None, temperature=None, tool_resources=None)
    )
    assert (updated.name, updated.instructions) == (None, "I")
    assert (updated.metadata, updated.temperature) == ({"a": "1"}, 0.5)


async def test_tool_resources_can_contain_null(either):
    assistant = await resolve(
        either.beta.assistants.create(
            model=MODEL, tool_resources={"file_search": None, "code_interpreter": {"file_ids": []}}
        )
    )
    assert assistant.to_dict()["tool_resources"] == {"code_interpreter": {"file_ids": []}}


def test_responses_are_indented_json_in_the_recorded_order(raw):
    response = raw.post("/assistants", json={"model": MODEL, "temperature": 1, "top_p": 0, "metadata": {"ort": "Kähn"}})
    assert response.headers["content-type"] == "application/json"
    assert list(response.json()) == KEYS
    lines = response.text.split("\n")
    assert lines[0] == "{"
    assert lines[-1] == "}"
    assert '  "temperature": 1.0,' in lines
    assert '  "top_p": 0.0,' in lines
    assert '    "ort": "Kähn"' in lines
    assert '  "tools": [],' in lines


async def test_two_functions_can_have_one_name(either):
    made = await resolve(either.beta.assistants.create(model=MODEL, tools=[TIDES, TIDES]))
    assert [tool.function.name for tool in made.tools] == ["read_tides", "read_tides"]
    changed = await resolve(either.beta.assistants.update(made.id, tools=[TIDES, TIDES]))
    assert len(changed.tools) == 2

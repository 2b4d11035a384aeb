"""Tools, choices and formats of responses: as they are shown, and as scripts know them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain import strict_schemas
from emulator.wire.responses import text_format, tool_choice, tools
from emulator.wire.responses.requests import CreateResponse, read

FLAT = {"type": "object", "properties": {"port": {"type": "string"}, "day": {"type": "string"}}, "required": ["port"]}


def request(**fields) -> CreateResponse:
    return read({"model": "gpt-4o", "input": "x", **fields}, day="2026-08-25", models=())


def shown(*sent: dict[str, Any]) -> list[dict[str, Any]]:
    return tools.tools_as_shown(request(tools=list(sent)).tools)


def test_a_function_is_strict_unless_it_says_no_and_its_schema_becomes_so():
    [tool] = shown({"type": "function", "name": "tide", "parameters": FLAT})
    assert list(tool) == ["type", "description", "name", "parameters", "strict"]
    assert tool == {
        "type": "function",
        "description": None,
        "name": "tide",
        "parameters": {**FLAT, "required": ["port", "day"], "additionalProperties": False},
        "strict": True,
    }
    assert list(tool["parameters"]) == ["type", "properties", "required", "additionalProperties"]


def test_a_function_that_is_not_strict_keeps_its_schema():
    [tool] = shown({"type": "function", "name": "tide", "parameters": FLAT, "strict": False})
    assert (tool["parameters"], tool["strict"]) == (FLAT, False)


@pytest.mark.parametrize("parameters", [None, {}])
def test_a_function_without_parameters_shows_an_empty_object(parameters):
    [tool] = shown({"type": "function", "name": "tide", "parameters": parameters, "strict": False})
    assert tool["parameters"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    "loose",
    [
        {"type": "object", "additionalProperties": {"type": "string"}},
        {"type": "object", "additionalProperties": True},
        {"type": "array"},
        {"oneOf": [{"type": "string"}, {"type": "number"}]},
        {},
    ],
)
def test_a_schema_that_cannot_be_strict_stays_as_it_is(loose):
    parameters = {"type": "object", "properties": {"port": loose}}
    [tool] = shown({"type": "function", "name": "tide", "parameters": parameters})
    assert (tool["parameters"], tool["strict"]) == (parameters, False)


def test_a_search_shows_its_defaults():
    [tool] = shown({"type": "file_search", "vector_store_ids": ["vs_1"]})
    assert list(tool.items()) == [
        ("type", "file_search"),
        ("filters", None),
        ("max_num_results", 20),
        ("ranking_options", {"ranker": "auto", "score_threshold": 0.0}),
        ("vector_store_ids", ["vs_1"]),
    ]


def test_a_container_is_shown_as_it_was_sent():
    one = {"type": "code_interpreter", "container": {"type": "auto"}}
    two = {"type": "code_interpreter", "container": {"type": "auto", "file_ids": ["file-1"]}}
    three = {"type": "code_interpreter", "container": "cntr_1"}
    assert shown(one, two, three) == [one, two, three]


def test_scripts_know_tools_as_those_of_assistants():
    filters = {"type": "eq", "key": "port", "value": "Husum"}
    offered = tools.tools_as_offered(
        shown(
            {"type": "function", "name": "tide", "description": "When?", "parameters": FLAT, "strict": False},
            {"type": "function", "name": "ebb", "strict": False},
            {"type": "file_search", "vector_store_ids": ["vs_1"], "max_num_results": 5, "filters": filters},
            {"type": "code_interpreter", "container": {"type": "auto"}},
        )
    )
    empty = {"type": "object", "properties": {}}
    tide = {"name": "tide", "description": "When?", "parameters": FLAT, "strict": False}
    ranking = {"ranker": "default_2024_08_21", "score_threshold": 0.0, "hybrid_search": None}
    assert offered == [
        {"type": "function", "function": tide},
        {"type": "function", "function": {"name": "ebb", "parameters": empty, "strict": False}},
        {"type": "file_search", "file_search": {"max_num_results": 5, "ranking_options": ranking, "filters": filters}},
        {"type": "code_interpreter"},
    ]


def test_the_stores_of_all_searches_are_searched_each_once():
    one = {"type": "file_search", "vector_store_ids": ["vs_1", "vs_2"]}
    two = {"type": "file_search", "vector_store_ids": ["vs_2", "vs_3"]}
    assert tools.stores_of(shown(one, two)) == ["vs_1", "vs_2", "vs_3"]


@pytest.mark.parametrize(
    "sent,offered",
    [
        (None, "auto"),
        ("none", "none"),
        ("required", "required"),
        ({"type": "function", "name": "tide"}, {"type": "function", "function": {"name": "tide"}}),
        ({"type": "file_search"}, {"type": "file_search"}),
        (
            {"type": "allowed_tools", "mode": "required", "tools": [{"type": "function", "name": "tide"}]},
            "required",
        ),
    ],
)
def test_a_choice_is_shown_as_it_was_sent_and_offered_as_that_of_assistants(sent, offered):
    sent_tools = [{"type": "function", "name": "tide"}, {"type": "file_search", "vector_store_ids": ["vs_1"]}]
    choice = tool_choice.choice_as_shown(request(tools=sent_tools, tool_choice=sent).tool_choice)
    assert choice == (sent or "auto")
    assert tool_choice.choice_as_offered(choice) == offered


def test_a_format_is_flat_where_it_is_shown_and_nested_where_it_is_offered():
    schema = {"type": "object", "properties": {"at": {"type": "string"}}}
    strict = {**schema, "required": ["at"], "additionalProperties": False}
    text = text_format.format_as_shown(
        request(text={"format": {"type": "json_schema", "name": "tide", "schema": schema}}).text
    )
    about = text["format"]
    assert list(about.items()) == [
        ("type", "json_schema"),
        ("description", None),
        ("name", "tide"),
        ("schema", strict),
        ("strict", True),
    ]
    assert text_format.format_as_offered(text) == {
        "type": "json_schema",
        "json_schema": {"name": "tide", "schema": strict, "strict": True},
    }


@pytest.mark.parametrize(
    "text,shown_as,offered",
    [
        (None, {"format": {"type": "text"}, "verbosity": "medium"}, "auto"),
        ({"verbosity": "low"}, {"format": {"type": "text"}, "verbosity": "low"}, "auto"),
        (
            {"format": {"type": "json_object"}},
            {"format": {"type": "json_object"}, "verbosity": "medium"},
            {"type": "json_object"},
        ),
    ],
)
def test_a_format_without_a_schema_is_its_type(text, shown_as, offered):
    shown_text = text_format.format_as_shown(request(text=text, input="json").text)
    assert shown_text == shown_as
    assert text_format.format_as_offered(shown_text) == offered


LEAVES = st.sampled_from([{"type": "string"}, {"type": "integer", "description": "n"}, {"enum": ["a", "b"]}])
NAMES = st.text("abc", min_size=1, max_size=3)
SCHEMAS = st.recursive(
    LEAVES,
    lambda below: st.one_of(
        st.builds(lambda items: {"type": "array", "items": items}, below),
        st.builds(lambda choices: {"anyOf": choices}, st.lists(below, min_size=1, max_size=3)),
        st.builds(
            lambda properties, required: {"type": "object", "properties": properties, "required": required[:1]},
            st.dictionaries(NAMES, below, max_size=3),
            st.lists(NAMES, max_size=2),
        ),
    ),
    max_leaves=12,
)


@given(st.dictionaries(NAMES, SCHEMAS, max_size=4))
def test_whatever_the_service_makes_strict_it_accepts_as_strict(properties):
    schema, strict = strict_schemas.shown({"type": "object", "properties": properties}, strict=None)
    assert strict
    assert strict_schemas.problem_of(schema) is None
    assert strict_schemas.shown(schema, strict=None) == (schema, True)


def test_a_problem_deep_in_a_schema_is_named_with_its_place():
    inner = {"type": "object", "properties": {"at": {"type": "string"}}, "additionalProperties": False}
    lists = {"type": "array", "items": inner}
    schema = {"type": "object", "properties": {"tides": lists}, "required": ["tides"], "additionalProperties": False}
    assert strict_schemas.problem_of(schema) == (
        "In context=('properties', 'tides', 'items'), 'required' is required to be supplied and to be an array"
        " including every key in properties. Missing 'at'."
    )

from typing import Any

import pytest

from emulator.domain.errors import ApiError
from emulator.tools.unions import tag
from emulator.wire.assistants import CreateAssistant
from emulator.wire.messages import CreateMessage
from emulator.wire.problems import name_of, path_of, validate
from emulator.wire.runs import CreateRun, SubmitToolOutputs
from emulator.wire.threads import CreateThread
from emulator.wire.v1.bodies import upgrade

MESSAGE: dict[str, Any] = {"role": "user", "content": "hi"}


def member(name):
    """Return how the member of a union stands in a location."""
    return tag(name).tag


def refusal(model, data, **options):
    with pytest.raises(ApiError) as caught:
        validate(model, data, **options)
    return caught.value


@pytest.mark.parametrize(
    "location,path",
    [
        ((), ""),
        (("model",), "model"),
        (("tools", 0, "function", "name"), "tools[0].function.name"),
        (("tools", 2, member("function"), "function", "name"), "tools[2].function.name"),
        (("messages", 0, "content", member("parts"), 1, member("text"), "text"), "messages[0].content[1].text"),
        (("metadata", "a b"), "metadata.a b"),
        (("metadata", "<object>"), "metadata.<object>"),
    ],
)
def test_a_path_is_written_as_in_javascript_and_without_tags(location, path):
    assert path_of(location) == path


@pytest.mark.parametrize(
    "value,name",
    [
        (None, "null"),
        (True, "a boolean"),
        (3, "an integer"),
        (3.5, "a decimal"),
        ("x", "a string"),
        ([], "an array"),
        ({}, "an object"),
    ],
)
def test_each_json_value_has_a_name(value, name):
    assert name_of(value) == name


@pytest.mark.parametrize(
    "model,data,param,code,message",
    [
        (CreateRun, {}, "assistant_id", "missing_required_parameter", "Missing required parameter: 'assistant_id'."),
        (CreateAssistant, {}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
        (
            CreateAssistant, {"model": 3}, "model", "invalid_type",
            "Invalid type for 'model': expected a string, but got an integer instead.",
        ),
        (CreateRun, {"assistant_id": "a", "colour": 1}, "colour", "unknown_parameter", "Unknown parameter: 'colour'."),
        (
            CreateThread, {"messages": [MESSAGE, {**MESSAGE, "mood": 1}]}, "messages[1].mood", "unknown_parameter",
            "Unknown parameter: 'messages[1].mood'.",
        ),
        (
            CreateMessage, {**MESSAGE, "role": "system"}, "role", "invalid_value",
            "Invalid value: 'system'. Supported values are: 'user' and 'assistant'.",
        ),
        (
            CreateMessage, {**MESSAGE, "role": None}, "role", "invalid_type",
            "Invalid type for 'role': expected a string, but got null instead.",
        ),
        (
            CreateThread, {"metadata": {"a": True}}, "metadata.a", "invalid_type",
            "Invalid type for 'metadata.a': expected a string, but got a boolean instead.",
        ),
        (
            CreateThread, {"metadata": {"a": "x" * 513}}, "metadata.a", "string_above_max_length",
            ("Invalid 'metadata.a': string too long. Expected a string with maximum length 512, but got a string with length"
             " 513 instead."),
        ),
        (
            CreateThread, {"messages": {}}, "messages", "invalid_type",
            "Invalid type for 'messages': expected an array of objects, but got an object instead.",
        ),
        (
            CreateRun, {"assistant_id": "a", "temperature": 2.5}, "temperature", "decimal_above_max_value",
            "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead.",
        ),
        (
            CreateRun, {"assistant_id": "a", "max_prompt_tokens": 0}, "max_prompt_tokens", "integer_below_min_value",
            "Invalid 'max_prompt_tokens': integer below minimum value. Expected a value >= 1, but got 0 instead.",
        ),
        (
            CreateAssistant, {"model": "m", "tools": [{"type": "function", "function": {"name": "no spaces"}}]},
            "tools[0].function.name", "invalid_value",
            ("Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern"
             " '^[a-zA-Z0-9_-]{1,64}$'."),
        ),
        (
            CreateAssistant, {"model": "m", "tools": [{"type": "hammer"}]}, "tools[0].type", "invalid_value",
            "Invalid value: 'hammer'. Supported values are: 'code_interpreter', 'function', and 'file_search'.",
        ),
        (
            CreateAssistant, {"model": "m", "tools": [{"type": "function"}]}, "tools[0].function",
            "missing_required_parameter", "Missing required parameter: 'tools[0].function'.",
        ),
        (
            SubmitToolOutputs, {"tool_outputs": [{"output": "x"}]}, "tool_outputs[0].tool_call_id",
            "missing_required_parameter", "Missing required parameter: 'tool_outputs[0].tool_call_id'.",
        ),
    ],
)  # fmt: skip
def test_a_problem_has_the_services_words(model, data, param, code, message):
    error = refusal(model, data)
    assert (error.status, error.type) == (400, "invalid_request_error")
    assert (error.param, error.code, error.message) == (param, code, message)


def test_only_the_first_problem_is_reported():
    error = refusal(CreateAssistant, {"model": 3, "name": 4, "nope": 5})
    assert error.param in ("model", "name")


@pytest.mark.parametrize("data", [[], "text", 3])
def test_a_body_that_is_no_object_is_refused_as_such(data):
    error = refusal(CreateThread, data)
    assert error.message == f"Invalid type for 'body': expected an object, but got {name_of(data)} instead."


def test_a_problem_in_a_fixture_says_where_the_fixture_stands():
    assert refusal(CreateAssistant, {}, root=("assistants", "asst_9")).param == "assistants.asst_9.model"


def test_what_is_right_comes_back_as_a_value():
    assert validate(CreateMessage, MESSAGE).content == "hi"


def test_an_envelope_has_its_keys_in_order():
    error = refusal(CreateRun, {})
    assert list(error.body()["error"]) == ["message", "type", "param", "code"]


@pytest.mark.parametrize(
    "model,data,message",
    [
        (CreateRun, {}, "1 validation error for Request\nbody -> assistant_id\n  field required (type=value_error.missing)"),
        (CreateRun, 3, "1 validation error for Request\nbody\n  value is not a valid dict (type=type_error.dict)"),
        (
            CreateMessage, {"role": "user", "content": "x", "a": 1, "b": 2},
            ("2 validation errors for Request\nbody -> a\n  extra fields not permitted (type=value_error.extra)\n"
             "body -> b\n  extra fields not permitted (type=value_error.extra)"),
        ),
    ],
)  # fmt: skip
def test_v1_reported_all_problems_in_the_words_of_its_own_validator(model, data, message):
    with pytest.raises(ApiError) as caught:
        upgrade(model, data, "2024-04-27")
    assert (caught.value.status, caught.value.message) == (400, message)
    assert (caught.value.param, caught.value.code) == (None, None)


def test_v1_made_texts_of_metadata_and_attachments_of_files():
    read = upgrade(CreateMessage, {**MESSAGE, "file_ids": ["file-1"], "metadata": {"seen": True, "n": 2}}, "2024-04-27")
    assert read.metadata == {"seen": "True", "n": "2"}
    assert [a.to_wire() for a in read.attachments] == [
        {"file_id": "file-1", "tools": [{"type": "file_search"}, {"type": "code_interpreter"}]}
    ]

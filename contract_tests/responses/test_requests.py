"""Requests of responses, through the official client: what ports send at first, and what they send at last."""

import openai
import pytest
from pydantic import BaseModel

from contract_tests.harness import MODEL, resolve
from contract_tests.raw_api import assert_refused

PARAMETERS = {"type": "object", "properties": {"port": {"type": "string"}}, "required": []}
NESTED = {"type": "function", "function": {"name": "read_tides", "parameters": PARAMETERS}}
FLAT = {"type": "function", "name": "read_tides", "parameters": PARAMETERS}
ASKED = {"model": MODEL, "input": "When is high water?"}


class Tide(BaseModel):
    port: str
    hour: int


@pytest.fixture
def talk(ns):
    ns.play({"say": "At noon."})


@pytest.mark.parametrize(
    "sent,param,code,message",
    [
        ({"tools": [NESTED]}, "tools[0].name", "missing_required_parameter", "Missing required parameter: 'tools[0].name'."),
        (
            {"tools": [FLAT], "tool_choice": {"type": "function", "function": {"name": "read_tides"}}},
            "tool_choice.name", "missing_required_parameter", "Missing required parameter: 'tool_choice.name'.",
        ),
        (
            {"text": {"format": {"type": "json_schema", "json_schema": {"name": "tide", "schema": PARAMETERS}}}},
            "text.format.name", "missing_required_parameter", "Missing required parameter: 'text.format.name'.",
        ),
        (
            {"extra_body": {"response_format": {"type": "json_object"}}}, None, "unsupported_parameter",
            ("Unsupported parameter: 'response_format'. In the Responses API, this parameter has moved to 'text.format'. Try again with"
            " the new parameter. See the API documentation for more information: https://platform.openai.com/docs/api-reference/responses/create."),
        ),
        (
            {"extra_body": {"additional_instructions": "Be brief."}}, "additional_instructions", "unknown_parameter",
            "Unknown parameter: 'additional_instructions'.",
        ),
        (
            {"extra_body": {"strem": True}}, "strem", "unknown_parameter",
            "Unknown parameter: 'strem'. Did you mean 'stream' or 'store'?",
        ),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "Ebb?"}]}]}, "input[0].content[0].type", "invalid_value",
            ("Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'input_audio', 'output_text', 'refusal',"
            " 'input_file', 'computer_screenshot', 'summary_text', and 'encrypted_content'."),
        ),
        (
            {"max_output_tokens": 15}, "max_output_tokens", "integer_below_min_value",
            "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= 16, but got 15 instead.",
        ),
        (
            {"input": []}, None, "missing_required_parameter",
            "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided.",
        ),
        (
            {"model": "gpt-5.6", "temperature": 0.2}, "temperature", None,
            "Unsupported parameter: 'temperature' is not supported with this model.",
        ),
        (
            {"reasoning": {"effort": "low"}}, "reasoning.effort", "unsupported_parameter",
            "Unsupported parameter: 'reasoning.effort' is not supported with this model.",
        ),
        (
            {"model": "gpt-4", "text": {"format": {"type": "json_schema", "name": "tide", "schema": PARAMETERS}}},
            "text.format",
            None,
            "Invalid parameter: 'text.format' of type 'json_schema' is not supported with model version `gpt-4`.",
        ),
        (
            {"tools": [{"type": "mcp", "server_label": "tides"}]}, "tools[0].type", "not_emulated",
            "[emulator] Tools of the type 'mcp' are not emulated.",
        ),
    ],
)  # fmt: skip
async def test_what_a_port_may_get_wrong_is_refused_as_the_service_does(either, sent, param, code, message):
    with pytest.raises(openai.BadRequestError) as caught:
        await resolve(either.responses.create(**{**ASKED, **sent}))
    assert (caught.value.param, caught.value.code) == (param, code)
    assert caught.value.body["message"] == message


def test_a_model_that_a_namespace_does_not_have_is_a_bad_request(client, ns):
    ns.put(models=["gpt-4o"])
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model="gpt-4.1", input="Ebb?")
    assert caught.value.body["message"] == "The requested model 'gpt-4.1' does not exist."
    assert (caught.value.param, caught.value.code) == ("model", "model_not_found")


def test_a_stored_prompt_is_not_found(client):
    with pytest.raises(openai.NotFoundError) as caught:
        client.responses.create(prompt={"id": "pmpt_tides"}, **ASKED)
    assert caught.value.body["message"] == "Prompt with id 'pmpt_tides' not found."


def test_a_body_in_the_way_of_chat_is_told_where_messages_have_gone(raw):
    refused = raw.post("/responses", json={"model": MODEL, "messages": [{"role": "user", "content": "Ebb?"}]})
    assert refused.json()["error"]["message"].startswith(
        "Unsupported parameter: 'messages'. In the Responses API, this parameter has moved to 'input'."
    )


def test_a_request_without_an_input_lacks_it_whatever_else_is_wrong(raw):
    refused = raw.post("/responses", json={"model": MODEL, "swell": 1, "truncation": "x"})
    assert_refused(refused, 400, "Missing required parameter: 'input'.", "input", "missing_required_parameter")


def test_a_function_comes_back_strict_and_with_a_strict_schema(client, talk):
    [tool] = client.responses.create(tools=[FLAT], **ASKED).to_dict()["tools"]
    assert tool["strict"] is True
    assert tool["parameters"] == {**PARAMETERS, "required": ["port"], "additionalProperties": False}


def test_a_function_that_is_not_strict_comes_back_as_it_was_sent(client, talk):
    [tool] = client.responses.create(tools=[{**FLAT, "strict": False}], **ASKED).to_dict()["tools"]
    assert (tool["strict"], tool["parameters"]) == (False, PARAMETERS)


def test_a_schema_that_cannot_be_strict_comes_back_as_it_was_sent(client, talk):
    free = {"type": "object", "properties": {"notes": {"type": "object", "additionalProperties": {"type": "string"}}}}
    [tool] = client.responses.create(tools=[{**FLAT, "parameters": free}], **ASKED).to_dict()["tools"]
    assert (tool["strict"], tool["parameters"]) == (False, free)


def test_a_model_of_pydantic_is_a_format(client, ns):
    ns.play({"say": '{"port": "Husum", "hour": 12}'})
    response = client.responses.parse(text_format=Tide, **{**ASKED, "model": "gpt-4o"})
    assert response.output_parsed == Tide(port="Husum", hour=12)
    assert response.to_dict()["text"]["format"]["name"] == "Tide"


@pytest.mark.parametrize(
    "dumped", [lambda item: item, lambda item: item.model_dump(exclude_none=True), lambda item: item.to_dict()]
)
def test_what_a_response_says_can_be_sent_back_in_every_form_that_the_client_gives_it(client, ns, dumped):
    ns.play(
        {"say": "One moment."},
        {"call": "read_tides", "args": {"port": "Husum"}},
        {"say": "At {{ outputs.read_tides }}."},
    )
    first = client.responses.create(tools=[FLAT], store=False, **ASKED)
    call = next(item for item in first.output if item.type == "function_call")
    said = {"role": "user", "content": ASKED["input"]}
    output = {"type": "function_call_output", "call_id": call.call_id, "output": "noon"}
    again = client.responses.create(
        model=MODEL, tools=[FLAT], store=False, input=[said, *(dumped(item) for item in first.output), output]
    )
    assert again.output_text == "At noon."


@pytest.mark.parametrize(
    "sent,param,code,message",
    [
        (
            {"model": "gpt-4o", "text": {"verbosity": "low"}}, "text.verbosity", "unsupported_value",
            "Unsupported value: 'low' is not supported with the 'gpt-4o' model. Supported values are: 'medium'.",
        ),
        (
            {"model": "gpt-4.1", "include": ["reasoning.encrypted_content"]}, "include", None,
            "Encrypted content is not supported with this model.",
        ),
        (
            {"model": "gpt-5-pro", "reasoning": {"effort": "medium"}}, "reasoning.effort", "unsupported_value",
            "Unsupported value: 'medium' is not supported with the 'gpt-5-pro' model. Supported values are: 'high'.",
        ),
        (
            {"model": "gpt-5", "reasoning": {"summary": "concise"}}, "reasoning.summary", "unsupported_value",
            "Unsupported value: 'concise' is not supported with the 'gpt-5-2025-08-07' model. Supported values are: 'detailed'.",
        ),
        (
            {"model": "gpt-4.1", "reasoning": {"summary": "auto"}}, "reasoning.summary", "unsupported_parameter",
            "Unsupported parameter: 'reasoning.summary' is not supported with the 'gpt-4.1-2025-04-14' model.",
        ),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("talk")
def test_words_that_only_other_models_know_are_refused(client, sent, param, code, message):
    with pytest.raises(openai.BadRequestError) as refused:
        client.responses.create(**{**ASKED, **sent})
    assert (refused.value.param, refused.value.code, refused.value.body["message"]) == (param, code, message)


def test_types_of_parts_are_listed_as_they_were_on_the_day(ns, raw):
    ns.put(wire="2025-11-10")
    sent = {"input": [{"role": "user", "content": [{"type": "text", "text": "Ebb?"}]}]}
    message = (
        "Invalid value: 'text'. Supported values are: 'input_text', 'input_image', 'output_text', 'refusal', 'input_file',"
        " 'computer_screenshot', and 'summary_text'."
    )
    assert_refused(
        raw.post("/responses", json={**ASKED, **sent}), 400, message, "input[0].content[0].type", "invalid_value"
    )


def test_a_message_of_a_call_without_a_text_is_refused(client):
    sent = [{"role": "assistant", "content": None}]
    with pytest.raises(
        openai.BadRequestError, match="expected one of an array of objects or string, but got null instead"
    ):
        client.responses.create(**{**ASKED, "input": sent})

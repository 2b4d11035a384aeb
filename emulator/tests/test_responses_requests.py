"""Requests of responses: what is refused, in which words, and which of several faults comes first."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.domain.errors import ApiError
from emulator.wire.responses import capabilities
from emulator.wire.responses.requests import CreateResponse, check_input, check_prompt, read

DAY = "2026-08-25"
GONE = object()
TOOL = {"type": "function", "name": "tide"}
ITEMS = (
    "'additional_tools', 'agent_message', 'apply_patch_call', 'apply_patch_call_output', 'code_interpreter_call',"
    " 'compaction', 'compaction_trigger', 'computer_call', 'computer_call_output', 'custom_tool_call',"
    " 'custom_tool_call_output', 'file_search_call', 'function_call', 'function_call_output', 'image_generation_call',"
    " 'item_reference', 'local_shell_call', 'local_shell_call_output', 'mcp_approval_request', 'mcp_approval_response',"
    " 'mcp_call', 'mcp_list_tools', 'message', 'multi_agent_call', 'multi_agent_call_output', 'program',"
    " 'program_output', 'reasoning', 'shell_call', 'shell_call_output', 'tool_search_call', 'tool_search_output', and"
    " 'web_search_call'"
)
ROLES = "'assistant', 'system', 'developer', and 'user'"
EFFORTS = "'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'"
INCLUDABLE = (
    "'file_search_call.results', 'web_search_call.results', 'web_search_call.action.sources',"
    " 'message.input_image.image_url', 'computer_call_output.output.image_url', 'code_interpreter_call.outputs',"
    " 'reasoning.encrypted_content', and 'message.output_text.logprobs'"
)
EMPTY = "One of \"input\" or \"previous_response_id\" or 'prompt' or 'conversation' must be provided."


def request(**fields) -> dict[str, Any]:
    body = {"model": "gpt-5.6-terra", "input": "When is high water?", **fields}
    return {name: value for name, value in body.items() if value is not GONE}


def accepted(models=(), day=DAY, **fields) -> CreateResponse:
    """Return a request that passes all checks, in the order in which they are made."""
    body = read(request(**fields), day=day, models=models)
    check_prompt(body)
    check_input(body)
    capabilities.check(body, body.model)
    capabilities.check_json(body, body.items)
    return body


def refused(**fields) -> ApiError:
    with pytest.raises(ApiError) as caught:
        accepted(**fields)
    assert caught.value.type == "invalid_request_error"
    return caught.value


def missing(name):
    return (name, "missing_required_parameter", f"Missing required parameter: '{name}'.")


def wrong_type(name, expected, got):
    return (name, "invalid_type", f"Invalid type for '{name}': expected {expected}, but got {got} instead.")


def wrong_value(path, got, supported):
    return (path, "invalid_value", f"Invalid value: '{got}'. Supported values are: {supported}.")


def unknown(name, hint=""):
    return (name, "unknown_parameter", f"Unknown parameter: '{name}'.{hint}")


def unsupported(name, code=None):
    return (name, code, f"Unsupported parameter: '{name}' is not supported with this model.")


def unsupported_value(name, value, model, *supported):
    words = [f"'{word}'" for word in supported]
    listed = words[0] if len(words) == 1 else f"{', '.join(words[:-1])}, and {words[-1]}"
    message = f"Unsupported value: '{value}' is not supported with the '{model}' model. Supported values are: {listed}."
    return (name, "unsupported_value", message)


def moved(name, place):
    return (
        None,
        "unsupported_parameter",
        (
            f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved to '{place}'. Try again with"
            " the new parameter. See the API documentation for more information:"
            " https://platform.openai.com/docs/api-reference/responses/create."
        ),
    )


def below(name, limit, got, kind="integer"):
    return (
        name,
        f"{kind}_below_min_value",
        f"Invalid '{name}': {kind} below minimum value. Expected a value >= {limit}, but got {got} instead.",
    )


def asks(*items):
    return {"input": list(items)}


def says(*content, role="user"):
    return asks({"role": role, "content": list(content)})


CONTENT = "one of an array of objects or string"
CASES: list[tuple[dict[str, Any], tuple[str | None, str | None, str]]] = [
    # The model, and whether there is an input.
    ({"model": GONE}, missing("model")),
    ({"model": GONE, "input": GONE}, missing("model")),
    ({"model": None}, wrong_type("model", "a string", "an object")),
    ({"model": 4}, wrong_type("model", "a string", "an integer")),
    ({"model": 1.5}, wrong_type("model", "a string", "a decimal number")),
    ({"model": ""}, ("model", "model_not_found", "The requested model '' does not exist.")),
    ({"input": GONE}, missing("input")),
    ({"input": GONE, "swell": 1, "truncation": "x", "previous_response_id": "resp_1"}, missing("input")),
    ({"input": None}, wrong_type("input", "a string", "an object")),
    # Keys that are no fields.
    ({"swell": 1}, unknown("swell")),
    ({"n": 2}, unknown("n")),
    ({"seed": 7}, unknown("seed")),
    ({"stop": ["."]}, unknown("stop", " Did you mean 'store'?")),
    ({"max_tokens": 16}, unknown("max_tokens")),
    ({"additional_instructions": "x"}, unknown("additional_instructions")),
    ({"tool": []}, unknown("tool", " Did you mean 'tools'?")),
    ({"usr": "x"}, unknown("usr", " Did you mean 'user'?")),
    ({"stre": 1}, unknown("stre", " Did you mean 'store' or 'stream'?")),
    ({"strem": 1}, unknown("strem", " Did you mean 'stream' or 'store'?")),
    ({"st": 1}, unknown("st")),
    ({"modell": "x"}, unknown("modell")),
    ({"strem": True, "stream": True, "store": True}, unknown("strem")),
    ({"messages": []}, moved("messages", "input")),
    ({"messages": [], "input": GONE}, moved("messages", "input")),
    ({"response_format": {"type": "json_object"}}, moved("response_format", "text.format")),
    ({"reasoning_effort": "low"}, moved("reasoning_effort", "reasoning.effort")),
    # The input.
    ({"input": {"a": 1}}, wrong_type("input", "one of a string or array of input items", "an object")),
    (asks(7), wrong_type("input[0]", "an input item", "an integer")),
    (asks(None), wrong_type("input[0]", "an input item", "null")),
    (asks({"type": 7, "role": "user"}), wrong_value("input[0]", "", ITEMS)),
    (asks({"type": "riddle"}), wrong_value("input[0]", "riddle", ITEMS)),
    (asks({}), wrong_value("input[0]", "", ROLES)),
    (asks({"role": "tool", "content": "x"}), wrong_value("input[0]", "tool", ROLES)),
    (asks({"role": "user"}), missing("input[0].content")),
    (asks({"role": "user", "content": "x", "swell": 1}), unknown("input[0].swell")),
    (asks({"role": "user", "content": "x", "phase": "final_answer"}), unknown("input[0].phase")),
    (
        asks({"role": "assistant", "content": "x", "phase": "last"}),
        wrong_value("input[0].phase", "last", "'commentary' and 'final_answer'"),
    ),
    (
        says({"type": "text", "text": "x"}),
        wrong_value(
            "input[0].content[0].type",
            "text",
            "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file',"
            " 'computer_screenshot', 'summary_text', and 'encrypted_content'",
        ),
    ),
    (
        says({"type": "output_text", "text": "x"}),
        wrong_value(
            "input[0].content[0]",
            "output_text",
            "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'",
        ),
    ),
    (
        says({"type": "input_text", "text": "x"}, role="assistant"),
        wrong_value("input[0].content[0]", "input_text", "'output_text' and 'refusal'"),
    ),
    (says({"type": "input_text"}), missing("input[0].content[0].text")),
    (
        says({"type": "input_image", "image_url": {"url": "https://x.test/a.png"}}),
        wrong_type("input[0].content[0].image_url", "an image URL", "an object"),
    ),
    (asks({"type": "function_call", "name": "tide", "arguments": "{}"}), missing("input[0].call_id")),
    (asks({"type": "function_call_output", "call_id": "call_1"}), missing("input[0].output")),
    (
        asks({"type": "message", "id": "item_1", "role": "user", "content": "x"}),
        (
            "input[0].id",
            "invalid_value",
            "Invalid 'input[0].id': 'item_1'. Expected an ID that begins with 'msg'.",
        ),
    ),
    (
        asks({"id": "msg_1", "role": "user", "content": "x"}, {"id": "msg_1", "role": "user", "content": "x"}),
        (
            "input",
            None,
            "Duplicate item found with id msg_1. Remove duplicate items from your input and try again.",
        ),
    ),
    (
        asks({"type": "reasoning", "id": "rs_1", "summary": []}, {"role": "user", "content": "x"}),
        (
            "input",
            None,
            "Item 'rs_1' of type 'reasoning' was provided without its required following item.",
        ),
    ),
    # What the request belongs to.
    ({"previous_response_id": {}}, wrong_type("previous_response_id", "a string", "an object")),
    (
        {"previous_response_id": "thread_1"},
        (
            "previous_response_id",
            "invalid_value",
            "Invalid 'previous_response_id': 'thread_1'. Expected an ID that begins with 'resp'.",
        ),
    ),
    (
        {"conversation": "thread_1"},
        (
            "conversation",
            "invalid_value",
            "Invalid 'conversation': 'thread_1'. Expected an ID that begins with 'conv'.",
        ),
    ),
    (
        {"conversation": {"id": "conv_1"}, "previous_response_id": "resp_1"},
        (
            None,
            "mutually_exclusive_parameters",
            "Mutually exclusive parameters: ''. Ensure you are only providing one of: 'pre..._id' or 'conversation'.",
        ),
    ),
    ({"prompt": "pmpt_1"}, wrong_type("prompt", "an object", "a string")),
    # Tools.
    ({"tools": "tide"}, wrong_type("tools", "an array of tools", "a string")),
    ({"tools": [{}]}, missing("tools[0].type")),
    ({"tools": [{"type": "function"}]}, missing("tools[0].name")),
    ({"tools": [{"type": "function", "function": {"name": "tide"}}]}, missing("tools[0].name")),
    ({"tools": [TOOL, {"type": "file_search"}]}, missing("tools[1].vector_store_ids")),
    ({"tools": [{"type": "code_interpreter"}]}, missing("tools[0].container")),
    (
        {"tools": [{"type": "function", "name": "high tide"}]},
        (
            "tools[0].name",
            "invalid_value",
            (
                "Invalid 'tools[0].name': string does not match pattern. Expected a string that matches the pattern"
                " '^[a-zA-Z0-9_-]+$'."
            ),
        ),
    ),
    (
        {"tools": [{**TOOL, "parameters": {"type": "string"}}]},
        (
            "tools[0].parameters",
            "invalid_function_parameters",
            (
                "Invalid schema for function 'tide': schema must be a JSON Schema of 'type: \"object\"', got 'type:"
                ' "string"\'.'
            ),
        ),
    ),
    (
        {"tools": [{**TOOL, "strict": True, "parameters": {"type": "object", "properties": {}}}]},
        (
            "tools[0].parameters",
            "invalid_function_parameters",
            (
                "Invalid schema for function 'tide': In context=(), 'additionalProperties' is required to be supplied and"
                " to be false."
            ),
        ),
    ),
    (
        {"tool_choice": 7},
        wrong_type("tool_choice", "one of an object or 'none', 'auto', or 'required'", "an integer"),
    ),
    ({"tool_choice": "tide"}, wrong_value("tool_choice", "tide", "'none', 'auto', and 'required'")),
    ({"tools": [TOOL], "tool_choice": {"type": "function"}}, missing("tool_choice.name")),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "tide"}}},
        missing("tool_choice.name"),
    ),
    (
        {"tool_choice": "required"},
        ("tool_choice", None, "Tool choice 'required' must be specified with 'tools' parameter."),
    ),
    (
        {"tools": [TOOL], "tool_choice": {"type": "function", "name": "ebb"}},
        ("tool_choice", None, "Tool choice 'function' not found in 'tools' parameter."),
    ),
    (
        {"tools": [TOOL], "tool_choice": {"type": "file_search"}},
        ("tool_choice", None, "Tool choice 'file_search' not found in 'tools' parameter."),
    ),
    (
        {"tools": [{"type": "web_search"}]},
        ("tools[0].type", "not_emulated", "[emulator] Tools of the type 'web_search' are not emulated."),
    ),
    # Texts.
    ({"text": "json"}, wrong_type("text", "an object", "a string")),
    ({"text": {"tone": 1}}, unknown("text.tone")),
    ({"text": {"formt": {"type": "text"}}}, unknown("text.formt", " Did you mean 'format'?")),
    (
        {"text": {"format": {"type": "yaml"}}},
        wrong_value("text.format.type", "yaml", "'json_object', 'text', and 'json_schema'"),
    ),
    ({"text": {"format": {"type": "json_schema"}}}, missing("text.format.name")),
    (
        {"text": {"format": {"type": "json_schema", "json_schema": {"name": "tide", "schema": {}}}}},
        missing("text.format.name"),
    ),
    ({"text": {"format": {"type": "json_schema", "name": "tide"}}}, missing("text.format.schema")),
    (
        {
            "text": {
                "format": {
                    "type": "json_schema",
                    "name": "tide",
                    "strict": True,
                    "schema": {
                        "type": "object",
                        "properties": {"at": {"type": "string"}},
                        "required": [],
                        "additionalProperties": False,
                    },
                }
            }
        },
        (
            "text.format.schema",
            "invalid_json_schema",
            (
                "Invalid schema for response_format 'tide': In context=(), 'required' is required to be supplied and to be"
                " an array including every key in properties. Missing 'at'."
            ),
        ),
    ),
    ({"text": {"verbosity": "huge"}}, wrong_value("text.verbosity", "huge", "'low', 'medium', and 'high'")),
    (
        {"text": {"format": {"type": "json_object"}}},
        (
            "input",
            None,
            (
                "Response input messages must contain the word 'json' in some form to use 'text.format' of type"
                " 'json_object'."
            ),
        ),
    ),
    (
        {"model": "gpt-4", "text": {"format": {"type": "json_schema", "name": "tide", "schema": {}}}},
        (
            "text.format",
            None,
            "Invalid parameter: 'text.format' of type 'json_schema' is not supported with model version `gpt-4`.",
        ),
    ),
    # Words and numbers.
    ({"include": ["tides"]}, wrong_value("include[0]", "tides", INCLUDABLE)),
    (
        {"include": "tides"},
        wrong_type(
            "include",
            "an array of one of 'fil...lts', 'web...lts', 'web...ces', 'mes...url', 'com...url', 'cod...uts',"
            " 'rea...ent', or 'mes...obs'",
            "a string",
        ),
    ),
    ({"truncation": "x"}, wrong_value("truncation", "x", "'auto' and 'disabled'")),
    ({"truncation": {}}, wrong_type("truncation", "one of 'auto' or 'disabled'", "an object")),
    (
        {"service_tier": "slow"},
        wrong_value("service_tier", "slow", "'auto', 'default', 'fast', 'flex', and 'priority'"),
    ),
    (
        {"service_tier": {}},
        wrong_type("service_tier", "one of 'auto', 'default', 'fast', 'flex', or 'priority'", "an object"),
    ),
    ({"prompt_cache_retention": "x"}, wrong_value("prompt_cache_retention", "x", "'in_memory' and '24h'")),
    ({"reasoning": "low"}, wrong_type("reasoning", "an object", "a string")),
    ({"reasoning": {"effort": "huge"}}, wrong_value("reasoning.effort", "huge", EFFORTS)),
    (
        {"reasoning": {"effort": 5}},
        wrong_type("reasoning.effort", "one of 'minimal', 'low', 'medium', or 'high'", "an integer"),
    ),
    (
        {"reasoning": {"effort": ["low"]}},
        wrong_type(
            "reasoning.effort",
            "one of one of 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', or 'max' or integer",
            "an array",
        ),
    ),
    (
        {"reasoning": {"summary": "x"}},
        wrong_value("reasoning.summary", "x", "'concise', 'detailed', and 'auto'"),
    ),
    ({"reasoning": {"generate_summary": "auto"}}, unknown("reasoning.generate_summary")),
    ({"temperature": "hot"}, wrong_type("temperature", "a decimal", "a string")),
    ({"temperature": -1}, below("temperature", 0, -1, "decimal")),
    ({"max_output_tokens": 15}, below("max_output_tokens", 16, 15)),
    ({"max_output_tokens": "x"}, wrong_type("max_output_tokens", "an integer", "a string")),
    ({"max_tool_calls": 0}, below("max_tool_calls", 1, 0)),
    ({"max_tool_calls": 2.5}, wrong_type("max_tool_calls", "an integer", "a decimal number")),
    ({"max_tool_calls": True}, wrong_type("max_tool_calls", "an integer", "a boolean")),
    ({"stream": "yes"}, wrong_type("stream", "a boolean", "a string")),
    ({"stream_options": {"include_usage": True}}, unknown("stream_options.include_usage")),
    ({"metadata": "x"}, wrong_type("metadata", "a metadata object", "a string")),
    ({"metadata": {"k": 1}}, wrong_type("metadata.k", "a string", "an integer")),
    ({"context_management": "x"}, wrong_type("context_management", "an array of objects", "a string")),
    # What the model can do.
    ({"temperature": 0.5}, unsupported("temperature")),
    ({"top_p": 0.5}, unsupported("top_p")),
    ({"presence_penalty": 0.5}, unsupported("presence_penalty")),
    ({"model": "gpt-4o", "reasoning": {"effort": "low"}}, unsupported("reasoning.effort", "unsupported_parameter")),
    (
        {"reasoning": {"effort": "minimal"}},
        (
            "reasoning.effort",
            "unsupported_value",
            (
                "Unsupported value: 'minimal' is not supported with the 'gpt-5.6-terra' model. Supported values are:"
                " 'none', 'low', 'medium', 'high', 'xhigh', and 'max'."
            ),
        ),
    ),
    (
        {"model": "gpt-4.1", "include": ["reasoning.encrypted_content"]},
        ("include", None, "Encrypted content is not supported with this model."),
    ),
    *(
        ({"input": [{"role": role, "content": None}]}, wrong_type("input[0].content", CONTENT, "null"))
        for role in ("user", "assistant")
    ),
    (
        {"input": [{"type": "function_call_output", "call_id": "call_1", "output": {"tide": 1}}]},
        wrong_type("input[0].output", "one of a string or array of objects", "an object"),
    ),
    *(
        (
            {"model": model, "reasoning": {"effort": effort}},
            unsupported_value("reasoning.effort", effort, model, *supported.split()),
        )
        for model, effort, supported in (
            ("gpt-5-pro", "medium", "high"),
            ("gpt-5.2-pro", "low", "medium high xhigh"),
            ("gpt-5.1-codex", "minimal", "low medium high"),
            ("gpt-5.1-codex-max", "minimal", "low medium high xhigh"),
            ("gpt-5.2-codex", "none", "low medium high xhigh"),
            ("gpt-5.2-chat-latest", "high", "medium"),
            ("computer-use-preview", "low", "medium"),
            ("codex-mini-latest", "minimal", "low medium high"),
            ("ft:gpt-5.1:one", "xhigh", "none low medium high"),
        )
    ),
    (
        {"model": "gpt-5-mini", "reasoning": {"summary": "concise"}},
        unsupported_value("reasoning.summary", "concise", "gpt-5-mini-2025-08-07", "detailed"),
    ),
    (
        {"model": "o3-mini", "reasoning": {"summary": "concise"}},
        unsupported_value("reasoning.summary", "concise", "o3-mini-2025-01-31", "detailed"),
    ),
    (
        {"model": "gpt-4.1", "reasoning": {"summary": "auto"}},
        (
            "reasoning.summary",
            "unsupported_parameter",
            "Unsupported parameter: 'reasoning.summary' is not supported with the 'gpt-4.1-2025-04-14' model.",
        ),
    ),
    *(
        ({"model": model, "text": {"verbosity": word}}, unsupported_value("text.verbosity", word, model, "medium"))
        for model in ("gpt-4o", "gpt-3.5-turbo", "o3-mini", "gpt-5.1-codex-max", "gpt-5-chat-latest")
        for word in ("low", "high")
    ),
    (
        {"include": ["message.output_text.logprobs"], "top_logprobs": 1},
        ("include", "unsupported_parameter", "logprobs are not supported with reasoning models."),
    ),
    (
        {"top_logprobs": 1},
        ("top_logprobs", "unsupported_parameter", "logprobs are not supported with reasoning models."),
    ),
    (
        {"prompt_cache_retention": "in_memory"},
        (
            "prompt_cache_retention",
            "invalid_parameter",
            "This model is compatible only with 24h extended prompt caching",
        ),
    ),
    ({"input": ""}, (None, "missing_required_parameter", EMPTY)),
    ({"input": []}, (None, "missing_required_parameter", EMPTY)),
]


@pytest.mark.parametrize("fields,expected", CASES)
def test_a_request_is_refused_in_the_words_of_the_service(fields, expected):
    error = refused(**fields)
    assert (error.param, error.code, error.message) == expected
    assert error.status == 400


# Each of these is wrong. A request with two of them is refused for the earlier one.
ORDER: list[tuple[str, Any]] = [
    ("model", GONE),
    ("swell", 1),
    ("input", 7),
    ("previous_response_id", 7),
    ("conversation", 7),
    ("prompt", 7),
    ("moderation", 7),
    ("include", 7),
    ("tools", 7),
    ("tool_choice", 7),
    ("metadata", 7),
    ("text", 7),
    ("temperature", "x"),
    ("top_p", "x"),
    ("presence_penalty", "x"),
    ("frequency_penalty", "x"),
    ("parallel_tool_calls", 7),
    ("stream", 7),
    ("stream_options", 7),
    ("background", 7),
    ("max_output_tokens", "x"),
    ("max_tool_calls", "x"),
    ("reasoning", 7),
    ("user", 7),
    ("safety_identifier", 7),
    ("prompt_cache_options", 7),
    ("prompt_cache_key", 7),
    ("prompt_cache_retention", 7),
    ("truncation", 7),
    ("instructions", 7),
    ("store", 7),
    ("service_tier", 7),
    ("top_logprobs", "x"),
    ("context_management", 7),
]


@pytest.mark.parametrize("place", range(len(ORDER) - 1))
def test_of_two_faults_the_service_names_the_one_that_it_meets_first(place):
    assert refused(**dict(reversed(ORDER[place : place + 2]))).param == ORDER[place][0]


@pytest.mark.parametrize(
    "first,then",
    [
        ({"truncation": "x"}, {"prompt": {"id": "pmpt_1"}}),
        ({"prompt": {"id": "pmpt_1"}}, {"input": []}),
        ({"input": []}, {"temperature": 0.5}),
        ({"temperature": 0.5}, {"top_logprobs": 1}),
        ({"max_tool_calls": 0}, {"tools": [{"type": "web_search"}]}),
    ],
)
def test_fields_come_before_what_they_name_and_that_before_what_the_model_can_do(first, then):
    assert refused(**first, **then).message == refused(**first).message


def test_a_prompt_is_not_found():
    error = refused(prompt={"id": "pmpt_1"}, input=GONE)
    assert (error.status, error.message) == (404, "Prompt with id 'pmpt_1' not found.")
    assert (error.param, error.code) == (None, None)


def test_only_the_models_of_a_list_exist():
    assert accepted(models=("gpt-4o",), model="gpt-4o").model == "gpt-4o"
    error = refused(models=("gpt-4o",), model="gpt-4.1")
    assert error.message == "The requested model 'gpt-4.1' does not exist."


def test_null_is_the_same_as_an_absent_field():
    names = [name for name in CreateResponse.model_fields if name not in ("model", "input")]
    assert accepted(**dict.fromkeys(names)).sent_fields().keys() == {"model", "input"}


def test_all_fields_can_be_sent():
    body = accepted(
        model="gpt-5.2",  # one that thinks only where it is asked to
        conversation="conv_1",
        include=["file_search_call.results", "reasoning.encrypted_content"],
        tools=[TOOL],
        tool_choice={"type": "function", "name": "tide"},
        metadata={"harbour": "Husum"},
        text={"format": {"type": "text"}, "verbosity": "low"},
        temperature=1,
        top_p=0.5,
        presence_penalty=0.0,
        frequency_penalty=0.0,
        parallel_tool_calls=False,
        stream=True,
        stream_options={"include_obfuscation": False},
        background=True,
        max_output_tokens=16,
        max_tool_calls=1,
        reasoning={"summary": "auto"},
        user="u",
        safety_identifier="s",
        prompt_cache_key="k",
        prompt_cache_options={"mode": "implicit", "ttl": "30m"},
        prompt_cache_retention="24h",
        truncation="auto",
        instructions="Be brief.",
        store=False,
        service_tier="flex",
        top_logprobs=2,
        context_management=[{"type": "compaction"}],
        moderation={"model": "omni-moderation-latest"},
    )
    assert body.conversation_id == "conv_1"
    assert not body.is_stored
    assert body.temperature == 1.0


@pytest.mark.parametrize("conversation", ["conv_1", {"id": "conv_1"}])
def test_a_conversation_is_named_by_its_id_or_by_an_object(conversation):
    body = accepted(conversation=conversation, input=[])
    assert body.conversation_id == "conv_1"
    assert body.items == []


@pytest.mark.parametrize(
    "model,effort,samples",
    [
        ("gpt-4o", None, True),
        ("gpt-4.1-mini-2025-04-14", None, True),
        ("gpt-5-chat-latest", None, True),
        ("o3-mini", None, False),
        ("gpt-5-mini", None, False),
        ("gpt-5.2", None, True),  # which does not think unless it is asked to
        ("gpt-5.2", "low", False),
        ("gpt-5.6-sol", None, False),
        ("gpt-5.6-sol", "none", True),
        ("ft:gpt-4o-2024-08-06:harbour", None, True),
        ("our-deployment", None, True),
        ("our-deployment", "low", True),
    ],
)
def test_a_model_that_thinks_takes_no_temperature(model, effort, samples):
    fields = {"model": model, "temperature": 0.2, **({"reasoning": {"effort": effort}} if effort else {})}
    if samples:
        assert accepted(**fields).temperature == 0.2
    else:
        assert refused(**fields).param == "temperature"


def test_an_effort_that_came_later_is_no_word_yet():
    accepted(reasoning={"effort": "max"})
    error = refused(day="2026-01-01", reasoning={"effort": "max"})
    assert error.message.endswith("'none', 'minimal', 'low', 'medium', 'high', and 'xhigh'.")


def test_json_is_asked_for_in_a_message_or_in_the_instructions():
    about = {"format": {"type": "json_object"}}
    accepted(text=about, input="As JSON, please")
    accepted(text=about, instructions="Answer in json.")


def test_a_body_that_is_no_object_is_refused():
    for data in (None, [], "x", 7):
        with pytest.raises(ApiError):
            read(data, day=DAY, models=())


WORDS = st.sampled_from(
    ("", "x", "user", "assistant", "function", "file_search", "input_text", "input_image", "message", "json_schema")
)
KEYS = st.sampled_from(
    (
        "type", "role", "content", "text", "id", "name", "parameters", "schema", "format", "properties", "items",
        "anyOf", "required", "strict", "call_id", "output", "container", "effort", "image_url", "x",
    )
)  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(allow_nan=False, allow_infinity=False) | WORDS,
    lambda below: st.lists(below, max_size=3) | st.dictionaries(KEYS, below, max_size=5),
    max_leaves=15,
)


def error_of(**fields) -> ApiError | None:
    """Return what a request is refused with; None for one that is accepted."""
    try:
        accepted(model="gpt-4o", **fields)
    except ApiError as error:
        return error
    return None


@given(st.dictionaries(st.sampled_from([*list(CreateResponse.model_fields)[1:], "x"]), VALUES, max_size=5))
def test_any_body_is_a_request_or_refused_by_a_message_of_one_line(fields):
    error = error_of(**fields)
    assert error is None or (error.status in (400, 404) and "\n" not in error.message)


@given(st.lists(st.fixed_dictionaries({"type": WORDS}, optional={"role": WORDS, "content": VALUES, "id": VALUES})))
def test_any_item_is_one_or_refused_with_its_place(items):
    error = error_of(input=[{"role": "user", "content": "x"}, *items])
    assert error is None or (error.param or "").startswith("input")


@given(VALUES)
def test_any_tool_is_one_or_refused_with_its_place(tool):
    for sent in ([tool], [{"type": "function", "name": "tide", "parameters": tool}]):
        error = error_of(tools=sent)
        assert error is None or (error.param or "").startswith("tools[0]")


@pytest.mark.parametrize(
    "model", ["gpt-5", "gpt-5-mini", "gpt-5.2", "gpt-5.6-terra", "ft:gpt-5:one", "harbour-deployment"]
)
@pytest.mark.parametrize("word", ["low", "medium", "high"])
def test_newer_models_and_unknown_ones_write_as_much_as_they_are_asked_to(model, word):
    assert accepted(model=model, text={"verbosity": word}).text.verbosity == word


@pytest.mark.parametrize("model", ["gpt-5.1", "gpt-5.4-mini", "gpt-5.6", "gpt-6"])
def test_models_after_the_first_of_their_kind_sum_up_briefly(model):
    assert accepted(model=model, reasoning={"summary": "concise"}).reasoning.summary == "concise"


@pytest.mark.parametrize(
    "item,then,now",
    [
        (
            {"role": "user", "content": [{"type": "text", "text": "Ebb?"}]},
            (
                "'input_text', 'input_image', 'output_text', 'refusal', 'input_file', 'computer_screenshot', and"
                " 'summary_text'"
            ),
            (
                "'input_text', 'input_image', 'input_audio', 'output_text', 'refusal', 'input_file',"
                " 'computer_screenshot', 'summary_text', and 'encrypted_content'"
            ),
        ),
        (
            {"role": "user", "content": [{"type": "output_text", "text": "Ebb?"}]},
            "'input_text', 'input_image', and 'input_file'",
            "'input_text', 'input_image', 'input_file', 'scoped_content', and 'input_audio'",
        ),
        (
            {"type": "tool", "output": "22"},
            (
                "'code_interpreter_call', 'computer_call', 'computer_call_output', 'file_search_call',"
                " 'function_call', 'function_call_output', 'image_generation_call', 'item_reference',"
                " 'local_shell_call', 'local_shell_call_output', 'message', 'reasoning', and 'web_search_call'"
            ),
            None,
        ),
    ],
)
def test_fewer_types_of_items_and_parts_are_listed_before_2026(item, then, now):
    def listed(day):
        with pytest.raises(ApiError) as refused_as:
            read({"model": "gpt-4.1", "input": [item]}, day=day, models=())
        return refused_as.value.message.partition("Supported values are: ")[2].removesuffix(".")

    assert listed("2025-11-10") == then
    assert listed("2026-08-25") == now if now else len(listed("2026-08-25")) > len(then)

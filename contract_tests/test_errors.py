"""Errors: their status, type, param, code and message, and the order of the checks."""

import json

import openai
import pytest

from contract_tests.raw_api import assert_refused, raw_api

LONG = "x" * 256_001
TOOL = {"type": "function", "function": {"name": "f"}}


def many(count):
    return {f"k{n}": "v" for n in range(count)}


# method, path, body -> param, code, message; "T", "A" and "R" in paths and bodies are the ids of a thread, an assistant and a run.
BODIES = [
    ("/assistants", {}, "model", "missing_required_parameter", "Missing required parameter: 'model'."),
    ("/assistants", {"model": None}, "model", "invalid_type", "Invalid type for 'model': expected a string, but got null instead."),
    ("/assistants", {"model": 4}, "model", "invalid_type", "Invalid type for 'model': expected a string, but got an integer instead."),
    ("/assistants", {"model": "m", "tools": [{}]}, "tools[0].type", "missing_required_parameter", "Missing required parameter: 'tools[0].type'."),
    ("/assistants", {"model": "m", "tools": [{"function": {"name": "f"}}]}, "tools[0].type", "missing_required_parameter", "Missing required parameter: 'tools[0].type'."),
    ("/assistants", {"model": "m", "tools": [{"type": "browser"}]}, "tools[0].type", "invalid_value", "Invalid value: 'browser'. Supported values are: 'code_interpreter', 'function', and 'file_search'."),
    ("/assistants", {"model": "m", "tools": [TOOL, {"type": "function"}]}, "tools[1].function", "missing_required_parameter", "Missing required parameter: 'tools[1].function'."),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "missing_required_parameter", "Missing required parameter: 'tools[0].function.name'."),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {"name": "not so"}}]}, "tools[0].function.name", "invalid_value", "Invalid 'tools[0].function.name': string does not match pattern. Expected a string that matches the pattern '^[a-zA-Z0-9_-]{1,64}$'."),
    ("/assistants", {"model": "m", "tools": [TOOL, {"type": "function", "function": {"name": "f", "description": "d" * 1025}}]}, "tools[1].function.description", "string_above_max_length", "Invalid 'tools[1].function.description': string too long. Expected a string with maximum length 1024, but got a string with length 1025 instead."),
    ("/assistants", {"model": "m", "tools": [TOOL] * 129}, "tools", "array_above_max_length", "Invalid 'tools': array too long. Expected an array with maximum length 128, but got an array with length 129 instead."),
    ("/assistants", {"model": "m", "tools": {}}, "tools", "invalid_type", "Invalid type for 'tools': expected an array of objects, but got an object instead."),
    ("/assistants", {"model": "m", "tools": ["code_interpreter"]}, "tools[0]", "invalid_type", "Invalid type for 'tools[0]': expected an object, but got a string instead."),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}]}, "tools[0].function.parameters", "invalid_function_parameters", "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"None\"'."),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {"name": "f", "parameters": {"type": "array"}}}]}, "tools[0].function.parameters", "invalid_function_parameters", "Invalid schema for function 'f': schema must be a JSON Schema of 'type: \"object\"', got 'type: \"array\"'."),
    ("/assistants", {"model": "m", "name": "n" * 257}, "name", "string_above_max_length", "Invalid 'name': string too long. Expected a string with maximum length 256, but got a string with length 257 instead."),
    ("/assistants", {"model": "m", "description": "d" * 513}, "description", "string_above_max_length", "Invalid 'description': string too long. Expected a string with maximum length 512, but got a string with length 513 instead."),
    ("/assistants", {"model": "m", "instructions": LONG}, "instructions", "string_above_max_length", "Invalid 'instructions': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead."),
    ("/assistants", {"model": "m", "temperature": 2.5}, "temperature", "decimal_above_max_value", "Invalid 'temperature': decimal above maximum value. Expected a value <= 2, but got 2.5 instead."),
    ("/assistants", {"model": "m", "top_p": -0.5}, "top_p", "decimal_below_min_value", "Invalid 'top_p': decimal below minimum value. Expected a value >= 0, but got -0.5 instead."),
    ("/assistants", {"model": "m", "temperature": "1"}, "temperature", "invalid_type", "Invalid type for 'temperature': expected a decimal, but got a string instead."),
    ("/assistants", {"model": "m", "reasoning_effort": "enormous"}, "reasoning_effort", "invalid_value", "Invalid value: 'enormous'. Supported values are: 'none', 'minimal', 'low', 'medium', 'high', 'xhigh', and 'max'."),
    ("/assistants", {"model": "m", "file_ids": []}, "file_ids", "unknown_parameter", "Unknown parameter: 'file_ids'."),
    ("/assistants", {"model": "m", "response_format": {"type": "json_schema"}}, "response_format.json_schema", "missing_required_parameter", "Missing required parameter: 'response_format.json_schema'."),
    ("/assistants", {"model": "m", "tools": [{"type": "code_interpreter"}], "response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {}}}}, None, None, "Invalid tools: all tools must be of type `function` when `response_format` is of type `json_schema`."),
    ("/assistants", {"model": "m", "tool_resources": {"file_search": {"file_ids": []}}}, "tool_resources.file_search.file_ids", "unknown_parameter", "Unknown parameter: 'tool_resources.file_search.file_ids'."),
    ("/assistants", {"model": "m", "tool_resources": {"file_search": {"vector_store_ids": "vs_1"}}}, "tool_resources.file_search.vector_store_ids", "invalid_type", "Invalid type for 'tool_resources.file_search.vector_store_ids': expected an array of strings, but got a string instead."),
    ("/assistants", {"model": "gpt-5.1"}, "model", "unsupported_model", "The requested model 'gpt-5.1' cannot be used with the Assistants API."),
    ("/assistants/A", {"model": "gpt-5.1"}, "model", "unsupported_model", "The requested model 'gpt-5.1' cannot be used with the Assistants API."),
    ("/threads", {"metadata": many(17)}, "metadata", "object_above_max_properties", "Invalid 'metadata': too many properties. Expected an object with at most 16 properties, but got an object with 17 properties instead."),
    ("/threads", {"metadata": {"k" * 65: "v"}}, "metadata." + "k" * 65, "property_name_above_max_length", "Invalid property name in 'metadata': 'kkk...kkk' is too long. Expected a string with maximum length 64, but got a string with length 65 instead."),
    ("/threads", {"metadata": {"k": "v" * 513}}, "metadata.k", "string_above_max_length", "Invalid 'metadata.k': string too long. Expected a string with maximum length 512, but got a string with length 513 instead."),
    ("/threads/T", {"metadata": {"modified": True}}, "metadata.modified", "invalid_type", "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."),
    ("/threads/T", {"metadata": {"k": None}}, "metadata.k", "invalid_type", "Invalid type for 'metadata.k': expected a string, but got null instead."),
    ("/threads", {"metadata": {"metadata": 5}}, "metadata.metadata", "invalid_type", "Invalid type for 'metadata.metadata': expected a string, but got an integer instead."),
    ("/threads", {"metadata": {"<b>": 5}}, "metadata.<b>", "invalid_type", "Invalid type for 'metadata.<b>': expected a string, but got an integer instead."),
    ("/assistants", {"model": "m", "<object>": 1}, "<object>", "unknown_parameter", "Unknown parameter: '<object>'."),
    ("/assistants", {"model": "m", "response_format": {"type": "text", "<any>": 1}}, "response_format.<any>", "unknown_parameter", "Unknown parameter: 'response_format.<any>'."),
    ("/threads", {"metadata": []}, "metadata", "invalid_type", "Invalid type for 'metadata': expected a metadata object, but got an array instead."),
    ("/threads", {"messages": [{"role": "user", "content": "x", "file_ids": []}]}, "messages[0].file_ids", "unknown_parameter", "Unknown parameter: 'messages[0].file_ids'."),
    ("/threads", {"messages": [{"content": "x"}]}, "messages[0].role", "missing_required_parameter", "Missing required parameter: 'messages[0].role'."),
    ("/threads/T/messages", {"role": "user"}, "content", "missing_required_parameter", "Missing required parameter: 'content'."),
    ("/threads/T/messages", {"content": "x"}, "role", "missing_required_parameter", "Missing required parameter: 'role'."),
    ("/threads/T/messages", {"role": "system", "content": "x"}, "role", "invalid_value", "Invalid value: 'system'. Supported values are: 'user' and 'assistant'."),
    ("/threads/T/messages", {"role": "user", "content": LONG}, "content", "string_above_max_length", "Invalid 'content': string too long. Expected a string with maximum length 256000, but got a string with length 256001 instead."),
    ("/threads/T/messages", {"role": "user", "content": [{"type": "video"}]}, "content[0].type", "invalid_value", "Invalid value: 'video'. Supported values are: 'text', 'image_url', and 'image_file'."),
    ("/threads/T/messages", {"role": "user", "content": [{"type": "text", "text": {"value": "x"}}]}, "content[0].text", "invalid_type", "Invalid type for 'content[0].text': expected a string, but got an object instead."),
    ("/threads/T/messages", {"role": "user", "content": "x", "attachments": [{"file_id": "file-1"}]}, "attachments[0].tools", "missing_required_parameter", "Missing required parameter: 'attachments[0].tools'."),
    ("/threads/T/messages", {"role": "user", "content": "x", "attachments": [{"file_id": "file-1", "tools": [{"type": "file_search", "file_search": {}}]}]}, "attachments[0].tools[0].file_search", "unknown_parameter", "Unknown parameter: 'attachments[0].tools[0].file_search'."),
    ("/threads/T/runs", {}, "assistant_id", "missing_required_parameter", "Missing required parameter: 'assistant_id'."),
    ("/threads/T/runs", {"assistant_id": "A", "thread": {}}, "thread", "unknown_parameter", "Unknown parameter: 'thread'."),
    ("/threads/T/runs", {"assistant_id": "A", "additional_messages": [{"role": "user", "content": "x", "file_ids": []}]}, "additional_messages[0].file_ids", "unknown_parameter", "Unknown parameter: 'additional_messages[0].file_ids'."),
    ("/threads/T/runs", {"assistant_id": "A", "tool_choice": "always"}, "tool_choice", "invalid_value", "Invalid value: 'always'. Supported values are: 'none', 'auto', and 'required'."),
    ("/threads/T/runs", {"assistant_id": "A", "truncation_strategy": {"type": "oldest"}}, "truncation_strategy.type", "invalid_value", "Invalid value: 'oldest'. Supported values are: 'auto' and 'last_messages'."),
    ("/threads/T/runs", {"assistant_id": "A", "truncation_strategy": {"type": "last_messages", "last_messages": 0}}, "truncation_strategy.last_messages", "integer_below_min_value", "Invalid 'truncation_strategy.last_messages': integer below minimum value. Expected a value >= 1, but got 0 instead."),
    ("/threads/T/runs", {"assistant_id": "A", "stream": "yes"}, "stream", "invalid_type", "Invalid type for 'stream': expected a boolean, but got a string instead."),
    ("/threads/T/runs", {"assistant_id": "A", "parallel_tool_calls": 1}, "parallel_tool_calls", "invalid_type", "Invalid type for 'parallel_tool_calls': expected a boolean, but got an integer instead."),
    ("/threads/T/runs", {"assistant_id": "A", "max_completion_tokens": "16"}, "max_completion_tokens", "invalid_type", "Invalid type for 'max_completion_tokens': expected an integer, but got a string instead."),
    ("/threads/T/runs", {"assistant_id": "A", "model": "gpt-5.1"}, "model", "unsupported_model", "The requested model 'gpt-5.1' cannot be used with the Assistants API."),
    ("/threads/T/runs/R", {"metadata": {"modified": True}}, "metadata.modified", "invalid_type", "Invalid type for 'metadata.modified': expected a string, but got a boolean instead."),
    ("/threads/T/runs/R/submit_tool_outputs", {}, "tool_outputs", "missing_required_parameter", "Missing required parameter: 'tool_outputs'."),
    ("/threads/T/runs/R/submit_tool_outputs", {"tool_outputs": [{"tool_call_id": "c", "output": 7}]}, "tool_outputs[0].output", "invalid_type", "Invalid type for 'tool_outputs[0].output': expected a string, but got an integer instead."),
    ("/threads/T/runs/R/submit_tool_outputs", {"tool_outputs": []}, None, None, 'Runs in status "completed" do not accept tool outputs.'),
    ("/threads/T/runs/R/cancel", {}, None, None, "Cannot cancel run with status 'completed'."),
    ("/threads/runs", {"assistant_id": "A", "thread": {"messages": [{"role": "user", "content": "x", "file_ids": []}]}}, "thread.messages[0].file_ids", "unknown_parameter", "Unknown parameter: 'thread.messages[0].file_ids'."),
    ("/threads/runs", {"assistant_id": "A", "additional_messages": []}, "additional_messages", "unknown_parameter", "Unknown parameter: 'additional_messages'."),
    ("/threads/T/messages", {"role": "user", "content": [{"type": "text", "text": "x"}, {"type": "image_file", "image_file": {"file_Id": "file-1"}}]}, "content[1].image_file.file_id", "missing_required_parameter", "Missing required parameter: 'content[1].image_file.file_id'. You provided 'file_Id', did you mean to provide 'file_id'?"),
    ("/threads/T/messages", {"role": "user", "content": [{"type": "image_url", "image_url": {"URL": "https://a.b"}}]}, "content[0].image_url.url", "missing_required_parameter", "Missing required parameter: 'content[0].image_url.url'. You provided 'URL', did you mean to provide 'url'?"),
    ("/threads/T/messages", {"role": "user", "content": [{"Type": "text", "text": "x"}]}, "content[0].type", "missing_required_parameter", "Missing required parameter: 'content[0].type'. You provided 'Type', did you mean to provide 'type'?"),
    ("/threads/T/messages", {"role": "user", "content": [{"type": "text", "value": "x"}]}, "content[0].text", "missing_required_parameter", "Missing required parameter: 'content[0].text'."),
    ("/threads/T/messages", {"role": "user", "content": "x", "attachments": [{"fileId": "file-1", "tools": []}]}, "attachments[0].file_id", "missing_required_parameter", "Missing required parameter: 'attachments[0].file_id'. You provided 'fileId', did you mean to provide 'file_id'?"),
    ("/threads/T/runs", {"asistant_id": "A"}, "assistant_id", "missing_required_parameter", "Missing required parameter: 'assistant_id'. You provided 'asistant_id', did you mean to provide 'assistant_id'?"),
    ("/threads/T/runs/R/submit_tool_outputs", {"tool_outputs": [{"toolCallId": "c", "output": "x"}]}, "tool_outputs[0].tool_call_id", "missing_required_parameter", "Missing required parameter: 'tool_outputs[0].tool_call_id'. You provided 'toolCallId', did you mean to provide 'tool_call_id'?"),
    ("/threads/runs", {"assistant_id": "A", "thread": {"messages": [{"role": "user", "contents": "x"}]}}, "thread.messages[0].content", "missing_required_parameter", "Missing required parameter: 'thread.messages[0].content'. You provided 'contents', did you mean to provide 'content'?"),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {"Name": "f"}}]}, "tools[0].function.name", "missing_required_parameter", "Missing required parameter: 'tools[0].function.name'. You provided 'Name', did you mean to provide 'name'?"),
    ("/assistants", {"model": "m", "temprature": 1}, "temprature", "unknown_parameter", "Unknown parameter: 'temprature'. Did you mean 'temperature'?"),
    ("/assistants", {"model": "m", "tools": [{"type": "function", "function": {"name": "f", "stict": True}}]}, "tools[0].function.stict", "unknown_parameter", "Unknown parameter: 'tools[0].function.stict'. Did you mean 'strict'?"),
    ("/vector_stores", {"expires_after": {"anchor": "last_active_at", "day": 3}}, "expires_after.days", "missing_required_parameter", "Missing required parameter: 'expires_after.days'. You provided 'day', did you mean to provide 'days'?"),
]  # fmt: skip


@pytest.fixture
def with_ids(start, poll):
    """Return a function that replaces the letters of the tables with real ids."""
    run = poll(start())

    def replace(value):
        text = json.dumps(value)
        for letter, real in (("A", run.assistant_id), ("T", run.thread_id), ("R", run.id)):
            text = text.replace(f"/{letter}/", f"/{real}/").replace(f'/{letter}"', f'/{real}"')
            text = text.replace(f'"{letter}"', f'"{real}"')
        return json.loads(text)

    return replace


def test_every_invalid_body_is_refused_with_its_reason(raw, with_ids):
    mismatches = []
    for path, body, param, code, message in BODIES:
        response = raw.post(with_ids(path), json=with_ids(body))
        expected = {"message": message, "type": "invalid_request_error", "param": param, "code": code}
        if (response.status_code, response.json().get("error")) != (400, expected):
            mismatches.append(f"{path} {str(body)[:80]}\n   {response.status_code} {response.text}\n   {expected}")
    assert not mismatches, "\n".join(mismatches)


MISSING = [
    ("GET", "/assistants/asst_none", "No assistant found with id 'asst_none'."),
    ("POST", "/assistants/asst_none", "No assistant found with id 'asst_none'."),
    ("DELETE", "/assistants/asst_none", "No assistant found with id 'asst_none'."),
    ("GET", "/threads/thread_none", "No thread found with id 'thread_none'."),
    ("POST", "/threads/thread_none", "No thread found with id 'thread_none'."),
    ("DELETE", "/threads/thread_none", "No thread found with id 'thread_none'."),
    ("GET", "/threads/thread_none/messages", "No thread found with id 'thread_none'."),
    ("GET", "/threads/T/messages/msg_none", "No message found with id 'msg_none'."),
    ("POST", "/threads/T/messages/msg_none", "No message found with id 'msg_none'."),
    ("DELETE", "/threads/T/messages/msg_none", "No message found with id 'msg_none'."),
    ("GET", "/threads/thread_none/runs", "No thread found with id 'thread_none'."),
    ("GET", "/threads/thread_none/runs/R", "No thread found with id 'thread_none'."),
    ("GET", "/threads/T/runs/run_none", "No run found with id 'run_none'."),
    ("POST", "/threads/T/runs/run_none", "No run found with id 'run_none'."),
    ("POST", "/threads/T/runs/run_none/cancel", "No run found with id 'run_none'."),
    ("GET", "/threads/T/runs/run_none/steps", "No run found with id 'run_none'."),
    ("GET", "/threads/T/runs/R/steps/step_none", "No run step found with id 'step_none'."),
]


def test_missing_objects_are_not_found(raw, with_ids):
    for method, path, message in MISSING:
        response = raw.request(method, with_ids(path), json={} if method == "POST" else None)
        expected = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
        assert (response.status_code, response.json()) == (404, {"error": expected}), path


def test_a_run_of_an_unknown_thread_or_assistant_is_refused(raw, thread, assistant):
    body = {"assistant_id": "asst_none"}
    for path in (f"/threads/{thread.id}/runs", "/threads/runs"):
        response = raw.post(path, json=body)
        assert (response.status_code, response.json()["error"]["message"]) == (
            404,
            "No assistant found with id 'asst_none'.",
        )
    response = raw.post("/threads/thread_none/runs", json={"assistant_id": assistant.id})
    assert (response.status_code, response.json()["error"]["message"]) == (
        404,
        "No thread found with id 'thread_none'.",
    )


@pytest.mark.parametrize(
    "path, param, prefix",
    [
        ("/threads/undefined", "thread_id", "thread"),
        ("/assistants/X", "assistant_id", "asst"),
        ("/threads/asst_1/runs", "thread_id", "thread"),
    ],
)
def test_an_id_with_a_wrong_prefix_is_refused_since_2025(ns, raw, path, param, prefix):
    response = raw.get(path)
    wrong_id = path.split("/")[2]
    assert response.status_code == 400
    assert response.json()["error"] == {
        "message": f"Invalid '{param}': '{wrong_id}'. Expected an ID that begins with '{prefix}'.",
        "type": "invalid_request_error",
        "param": param,
        "code": "invalid_value",
    }
    ns.put(wire="2024-10-01")
    assert raw.get(path).status_code == 404


@pytest.mark.parametrize("path", ["/assistants", "/threads/T/messages", "/threads/T/runs", "/threads/T/runs/R/steps"])
def test_every_list_validates_its_paging_parameters(raw, with_ids, path):
    path = with_ids(path)
    for query, param, code in (
        ({"limit": 0}, "limit", "integer_below_min_value"),
        ({"limit": 101}, "limit", "integer_above_max_value"),
        ({"limit": "ten"}, "limit", "invalid_type"),
        ({"order": "up"}, "order", "invalid_value"),
        ({"after": "nobody"}, "after", "invalid_value"),
        ({"before": "nobody"}, "before", "invalid_value"),
    ):
        response = raw.get(path, params=query)
        assert response.status_code == 400, query
        assert (response.json()["error"]["param"], response.json()["error"]["code"]) == (param, code)
    assert raw.get(path, params={"limit": 100}).status_code == 200
    assert raw.get(path, params={"limit": 1}).status_code == 200
    assert raw.get(path, params={"colour": "blue"}).status_code == 200


def test_limits_of_a_page_have_readable_messages(raw):
    messages = [raw.get("/assistants", params={"limit": n}).json()["error"]["message"] for n in (1000, 0)]
    assert messages == [
        "Invalid 'limit': integer above maximum value. Expected a value <= 100, but got 1000 instead.",
        "Invalid 'limit': integer below minimum value. Expected a value >= 1, but got 0 instead.",
    ]


@pytest.mark.parametrize("path", ["/threads/T/runs/R/steps", "/threads/T/runs/R/steps/step_x"])
def test_include_accepts_only_one_value(raw, with_ids, path):
    response = raw.get(with_ids(path), params={"include[]": "everything"})
    assert response.status_code == 400
    assert "step_details.tool_calls[*].file_search.results[*].content" in response.json()["error"]["message"]


@pytest.mark.parametrize("id_", ["[object Object]", "vs_1:2", "thread_ä", "a b"])
def test_an_id_with_foreign_characters_is_refused(ns, id_):
    api = raw_api(ns)
    expected = (
        "Expected an ID that contains letters, numbers, underscores, or dashes, but this value contained additional"
        " characters."
    )
    for kind, param in (("threads", "thread_id"), ("assistants", "assistant_id"), ("vector_stores", "vector_store_id")):
        message = f"Invalid '{param}': '{id_}'. {expected}"
        assert_refused(api.get(f"/{kind}/{id_}"), 400, message, param, "invalid_value")
    response = api.post("/vector_stores", {"file_ids": [id_]})
    assert_refused(response, 400, f"Invalid 'file_ids[0]': '{id_}'. {expected}", "file_ids[0]", "invalid_value")


def test_an_empty_thread_requires_an_assistant_with_instructions(client):
    assistant = client.beta.assistants.create(model="gpt-4o")
    thread = client.beta.threads.create(messages=[{"role": "assistant", "content": "I was here."}])
    for call in (
        lambda: client.beta.threads.runs.create(thread.id, assistant_id=assistant.id),
        lambda: client.beta.threads.create_and_run(assistant_id=assistant.id),
    ):
        with pytest.raises(openai.BadRequestError) as excinfo:
            call()
        assert excinfo.value.code == "invalid_thread"
        assert excinfo.value.body["message"] == (
            "Run creation requires a Thread with a user message or an assistant with instructions."
        )
    run = client.beta.threads.runs.create(
        thread.id, assistant_id=assistant.id, additional_messages=[{"role": "user", "content": "Ahoy"}]
    )
    assert run.status == "queued"


def test_a_refused_run_leaves_nothing_behind(client, thread, assistant):
    with pytest.raises(openai.BadRequestError):
        client.beta.threads.runs.create(
            thread.id,
            assistant_id=assistant.id,
            model="gpt-5.1",
            additional_messages=[{"role": "user", "content": "x"}],
        )
    assert len(client.beta.threads.messages.list(thread.id).data) == 1
    assert client.beta.threads.runs.list(thread.id).data == []


def test_a_refused_batch_of_messages_leaves_no_thread(client, raw):
    response = raw.post(
        "/threads", json={"messages": [{"role": "user", "content": "x"}, {"role": "nobody", "content": "y"}]}
    )
    assert response.status_code == 400
    assert response.json()["error"]["param"] == "messages[1].role"

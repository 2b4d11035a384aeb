import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import assert_refused, raw_api

MIGRATION = "https://platform.openai.com/docs/assistants/migration."
ENDED = f"The v1 Assistants API has been deprecated. See the migration guide for more information: {MIGRATION}"
ENDED_RETRY = (
    "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    f" See the migration guide for more information: {MIGRATION}"
)


@pytest.fixture
def v1(ns):
    return raw_api(ns, "v1")


@pytest.fixture
def thread_id(v1):
    return v1.post_json("/threads", {})["id"]


def test_a_missing_field_is_reported_with_the_old_validators_message(v1, thread_id):
    message = "1 validation error for Request\nbody -> assistant_id\n  field required (type=value_error.missing)"
    assert_refused(v1.post(f"/threads/{thread_id}/runs", {}), 400, message)


def test_a_missing_nested_field_is_reported_with_its_path(v1):
    message = (
        "1 validation error for Request\nbody -> tool_outputs -> 0 -> tool_call_id\n"
        "  field required (type=value_error.missing)"
    )
    path = "/threads/thread_0/runs/run_0/submit_tool_outputs"
    assert_refused(v1.post(path, {"tool_outputs": [{"output": "x"}]}), 400, message)


def test_several_problems_are_reported_at_once(v1, thread_id):
    message = (
        "2 validation errors for Request\nbody -> role\n  field required (type=value_error.missing)\n"
        "body -> content\n  field required (type=value_error.missing)"
    )
    assert_refused(v1.post(f"/threads/{thread_id}/messages", {}), 400, message)


@pytest.mark.parametrize(
    "path, body, location, message",
    [
        ("/assistants", {"model": [7]}, "model", "str type expected (type=type_error.str)"),
        ("/assistants", {"model": None}, "model", "none is not an allowed value (type=type_error.none.not_allowed)"),
        (
            "/assistants",
            {"model": MODEL, "metadata": "x"},
            "metadata",
            "value is not a valid dict (type=type_error.dict)",
        ),
        ("/assistants", {"model": MODEL, "tools": {}}, "tools", "value is not a valid list (type=type_error.list)"),
        ("/assistants", {"model": MODEL, "colour": 1}, "colour", "extra fields not permitted (type=value_error.extra)"),
        ("/threads", {"tool_resource": {}}, "tool_resource", "extra fields not permitted (type=value_error.extra)"),
    ],
)
def test_invalid_fields_are_reported_with_the_old_validators_messages(v1, path, body, location, message):
    assert_refused(v1.post(path, body), 400, f"1 validation error for Request\nbody -> {location}\n  {message}")


def test_a_body_that_is_not_an_object_is_not_a_valid_dict(v1, thread_id):
    message = "1 validation error for Request\nbody\n  value is not a valid dict (type=type_error.dict)"
    assistant_id = v1.post_json("/assistants", {"model": MODEL})["id"]
    assert_refused(v1.post(f"/assistants/{assistant_id}/files", files={"file": ("a.txt", b"x")}), 400, message)
    assert_refused(v1.post(f"/threads/{thread_id}/messages", [1, 2]), 400, message)
    assert_refused(v1.request("POST", f"/threads/{thread_id}/messages", content=b"{nonsense"), 400, message)


def test_a_tool_without_a_type_was_already_refused_with_the_newer_message(v1):
    message = "Missing required parameter: 'tools[0].type'."
    response = v1.post("/assistants", {"model": MODEL, "tools": [{"function": {"name": "f"}}]})
    assert_refused(response, 400, message, "tools[0].type", "missing_required_parameter")


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-5-nano", "o1", "o3-mini", "o4-mini"])
def test_models_newer_than_v1_are_refused_by_it(ns, v1, thread_id, model):
    message = f"The requested model '{model}' cannot be used with the Assistants API in v1. Follow the migration guide to upgrade to v2: {MIGRATION}"
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    newer = raw_api(ns).post_json("/assistants", {"model": model, "instructions": "x"})["id"]
    for path, body in (
        ("/assistants", {"model": model}),
        (f"/assistants/{assistant_id}", {"model": model}),
        (f"/threads/{thread_id}/runs", {"assistant_id": assistant_id, "model": model}),
        (f"/threads/{thread_id}/runs", {"assistant_id": newer}),
        ("/threads/runs", {"assistant_id": newer}),
    ):
        assert_refused(v1.post(path, body), 400, message, "model", "unsupported_model")


@pytest.mark.parametrize(
    "path, body, location",
    [
        ("/assistants", {"model": MODEL, "tool_resources": {}}, "tool_resources"),
        ("/threads", {"tool_resources": {}}, "tool_resources"),
        (
            "/threads",
            {"messages": [{"role": "user", "content": "x", "attachments": []}]},
            "messages -> 0 -> attachments",
        ),
        ("/threads/runs", {"assistant_id": "asst_0", "thread": {"tool_resources": {}}}, "thread -> tool_resources"),
        ("/threads/runs", {"assistant_id": "asst_0", "parallel_tool_calls": True}, "parallel_tool_calls"),
    ],
)
def test_fields_that_only_v2_has_are_extra_fields(v1, path, body, location):
    message = (
        f"1 validation error for Request\nbody -> {location}\n  extra fields not permitted (type=value_error.extra)"
    )
    assert_refused(v1.post(path, body), 400, message)


CODE = "CODE_INTERPRETER: 'code_interpreter'"
RETRIEVAL = "RETRIEVAL: 'retrieval'"
FUNCTION = "FUNCTION: 'function'"
EXTRA = "function\n  extra fields not permitted (type=value_error.extra)"
MISSING = "field required (type=value_error.missing)"


def unexpected_type(given, kind):
    """Return the validation error of a tool whose type is not the given kind."""
    permitted = f"<ToolTypeParam.{kind}>"
    return f"type\n  unexpected value; permitted: {permitted} (type=value_error.const; given={given}; permitted=({permitted},))"


@pytest.mark.parametrize(
    "day, tool, problems",
    [
        (
            "2023-11-12",
            {"type": "function", "function": {"description": "No name."}},
            [unexpected_type("function", CODE), unexpected_type("function", RETRIEVAL), f"function -> name\n  {MISSING}", f"function -> parameters\n  {MISSING}"],
        ),
        ("2024-02-20", {"type": "retrieval", "function": {"name": "f"}}, [unexpected_type("retrieval", CODE), EXTRA, EXTRA, unexpected_type("retrieval", FUNCTION)]),
        (
            "2024-02-20",
            {"type": "code_interpreter", "function": None},
            [
                EXTRA, unexpected_type("code_interpreter", RETRIEVAL), EXTRA, unexpected_type("code_interpreter", FUNCTION),
                "function\n  none is not an allowed value (type=type_error.none.not_allowed)",
            ],
        ),
        ("2024-04-27", {"type": "file_search"}, [unexpected_type("file_search", kind) for kind in (CODE, RETRIEVAL, FUNCTION)] + [f"function\n  {MISSING}"]),
    ],
)  # fmt: skip
def test_a_tool_was_validated_against_all_three_types(ns, v1, day, tool, problems):
    ns.put(wire=day)
    rows = [f"body -> tools -> 1 -> {one}" for one in problems]
    response = v1.post("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}, tool]})
    assert_refused(response, 400, "\n".join([f"{len(problems)} validation errors for Request", *rows]))


def test_long_lists_are_reported_with_the_old_validators_message(v1):
    messages = [{"role": "user", "content": "x"}] * 33
    message = "ensure this value has at most 32 items (type=value_error.list.max_items; limit_value=32)"
    response = v1.post("/threads", {"messages": messages})
    assert_refused(response, 400, f"1 validation error for Request\nbody -> messages\n  {message}")


def test_a_message_had_at_most_ten_files(v1, thread_id):
    message = "ensure this value has at most 10 items (type=value_error.list.max_items; limit_value=10)"
    body = {"role": "user", "content": "x", "file_ids": ["file-0"] * 11}
    response = v1.post(f"/threads/{thread_id}/messages", body)
    assert_refused(response, 400, f"1 validation error for Request\nbody -> file_ids\n  {message}")


def test_message_content_was_a_single_text(v1, thread_id):
    message = "1 validation error for Request\nbody -> content\n  str type expected (type=type_error.str)"
    body = {"role": "user", "content": [{"type": "text", "text": "x"}]}
    assert_refused(v1.post(f"/threads/{thread_id}/messages", body), 400, message)


def test_values_of_another_type_were_converted(v1):
    assistant = v1.post_json("/assistants", {"model": 7, "name": 5.5, "description": True, "metadata": []})
    assert (assistant["model"], assistant["name"], assistant["description"], assistant["metadata"]) == (
        "7",
        "5.5",
        "True",
        {},
    )
    thread_id = v1.post_json("/threads", {"messages": [{"role": "user", "content": 5}]})["id"]
    message = v1.get_json(f"/threads/{thread_id}/messages")["data"][0]
    assert message["content"][0]["text"]["value"] == "5"
    body = {"assistant_id": assistant["id"], "instructions": "x", "temperature": "1", "stream": "false"}
    assert v1.post_json(f"/threads/{thread_id}/runs", body)["temperature"] == 1.0


@pytest.mark.parametrize(
    "body, problem",
    [
        ({"content": None}, "content\n  none is not an allowed value (type=type_error.none.not_allowed)"),
        ({"content": {}}, "content\n  str type expected (type=type_error.str)"),
        ({"metadata": {"a": None}}, "metadata -> a\n  none is not an allowed value (type=type_error.none.not_allowed)"),
        ({"file_ids": "x"}, "file_ids\n  value is not a valid list (type=type_error.list)"),
        ({"file_ids": ["file-0", 5]}, "file_ids -> 1\n  str type expected (type=type_error.str)"),
    ],
)
def test_values_that_could_not_be_converted_were_reported(v1, thread_id, body, problem):
    response = v1.post(f"/threads/{thread_id}/messages", {"role": "user", "content": "x", **body})
    assert_refused(response, 400, f"1 validation error for Request\nbody -> {problem}")


def test_refusals_of_v1_call_an_incomplete_run_completed(ns, v1):
    ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
    assistant_id = v1.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    run = v1.post_json("/threads/runs", {"assistant_id": assistant_id})
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    assert_refused(v1.post(f"{path}/cancel"), 400, "Cannot cancel run with status 'completed'.")
    response = v1.post(f"{path}/submit_tool_outputs", {"tool_outputs": []})
    assert_refused(response, 400, 'Runs in status "completed" do not accept tool outputs.')
    assert_refused(raw_api(ns).post(f"{path}/cancel"), 400, "Cannot cancel run with status 'incomplete'.")


def test_an_id_with_a_wrong_prefix_was_just_not_found(ns, v1):
    ns.put(wire="2024-04-20")
    assert_refused(v1.delete("/threads/asst_0"), 404, "No thread found with id 'asst_0'.")
    assert_refused(v1.get("/threads/thread_0/runs/run_0/steps/123"), 404, "No thread found with id 'thread_0'.")


def test_an_id_with_a_wrong_prefix_is_just_not_found_on_any_day(v1):
    assert_refused(v1.get("/threads/undefined"), 404, "No thread found with id 'undefined'.")


def test_an_unknown_message_file_is_not_found(v1, thread_id):
    message = v1.post_json(f"/threads/{thread_id}/messages", {"role": "user", "content": "x"})["id"]
    expected = "No message file found with id 'file-m6'."
    assert_refused(v1.get(f"/threads/{thread_id}/messages/{message}/files/file-m6"), 404, expected)


@pytest.mark.parametrize(
    "day, version", [("2023-11-20", "v1"), ("2024-04-16", "v1"), ("2024-04-17", "v2"), ("2026-01-01", "v2")]
)
def test_a_missing_beta_header_is_reported_with_the_version_of_the_day(ns, day, version):
    ns.put(wire=day)
    message = (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header"
        f" 'OpenAI-Beta: assistants={version}'."
    )
    for path in (
        "/assistants",
        "/threads/thread_0",
        "/threads/thread_0/messages",
        "/threads/thread_0/runs/run_0/steps",
    ):
        assert_refused(raw_api(ns, None).get(path), 400, message, None, "invalid_beta")
    assert raw_api(ns, None).get("/files").status_code == 200


def test_v1_can_be_refused_as_it_was_after_its_end(ns, v1):
    ns.put(v1="refused")
    for response in (v1.get("/assistants"), v1.post("/threads", {}), v1.get("/threads/thread_0/runs/run_0")):
        assert_refused(response, 400, ENDED_RETRY, None, "invalid_beta")
    assert raw_api(ns).get("/assistants").status_code == 200


def test_paths_that_only_v1_had_are_refused_with_a_shorter_message(ns, v1):
    ns.put(v1="refused")
    for api in (v1, raw_api(ns)):
        assert_refused(api.get("/assistants/asst_0/files"), 400, ENDED, None, "invalid_beta")
        assert_refused(api.get("/threads/thread_0/messages/msg_0/files"), 400, ENDED, None, "invalid_beta")


def test_v1_is_not_refused_before_its_last_day(ns, v1):
    ns.put(v1="refused", wire="2024-12-17")
    assert v1.get("/assistants").status_code == 200
    ns.put(wire="2024-12-18")
    assert v1.get("/assistants").status_code == 400


def test_files_accept_an_old_beta_header(ns, v1):
    ns.put(v1="refused")
    assert v1.get("/files").status_code == 200
    assert v1.get("/models").status_code == 200


def test_paths_that_only_v1_had_do_not_exist_on_v2(ns):
    api = raw_api(ns)
    for method, path in (
        ("GET", "/assistants/asst_0/files"),
        ("POST", "/assistants/asst_0/files"),
        ("DELETE", "/assistants/asst_0/files/file-0"),
        ("GET", "/threads/thread_0/messages/msg_0/files/file-0"),
    ):
        assert_refused(api.request(method, path), 404, f"Invalid URL ({method} /v1{path})")


@pytest.mark.parametrize(
    "header", ["assistants=v1, assistants=v2", "assistants=v2,assistants=v1", "prompts=v1, assistants=v2"]
)
def test_in_a_beta_header_with_a_list_the_newer_wins(ns, header):
    thread = raw_api(ns, None).post_json("/threads", {}, headers={"OpenAI-Beta": header})
    assert "tool_resources" in thread


def test_a_header_for_another_beta_does_not_count(ns):
    response = raw_api(ns, None).post("/threads", {}, headers={"OpenAI-Beta": "prompts=v1"})
    assert (response.status_code, response.json()["error"]["code"]) == (400, "invalid_beta")

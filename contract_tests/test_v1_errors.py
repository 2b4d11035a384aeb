import pytest

from contract_tests.harness import MODEL
from contract_tests.lines import line, refused

MIGRATION = "https://platform.openai.com/docs/assistants/migration."
ENDED = f"The v1 Assistants API has been deprecated. See the migration guide for more information: {MIGRATION}"
ENDED_RETRY = (
    "The v1 Assistants API has been deprecated. Please try again by setting the header 'OpenAI-Beta: assistants=v2'."
    f" See the migration guide for more information: {MIGRATION}"
)


@pytest.fixture
def old(ns):
    return line(ns, "v1")


@pytest.fixture
def deck(old):
    return old.make("/threads", {})["id"]


def test_a_missing_field_is_told_in_the_words_of_the_old_validator(old, deck):
    words = "1 validation error for Request\nbody -> assistant_id\n  field required (type=value_error.missing)"
    refused(old.post(f"/threads/{deck}/runs", {}), 400, words)


def test_a_missing_field_deep_inside_is_told_with_its_way(old):
    words = (
        "1 validation error for Request\nbody -> tool_outputs -> 0 -> tool_call_id\n"
        "  field required (type=value_error.missing)"
    )
    path = "/threads/thread_0/runs/run_0/submit_tool_outputs"
    refused(old.post(path, {"tool_outputs": [{"output": "x"}]}), 400, words)


def test_several_problems_are_told_at_once(old, deck):
    words = (
        "2 validation errors for Request\nbody -> role\n  field required (type=value_error.missing)\n"
        "body -> content\n  field required (type=value_error.missing)"
    )
    refused(old.post(f"/threads/{deck}/messages", {}), 400, words)


@pytest.mark.parametrize(
    "path, body, place, words",
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
def test_wrong_fields_are_told_in_the_words_of_the_old_validator(old, path, body, place, words):
    refused(old.post(path, body), 400, f"1 validation error for Request\nbody -> {place}\n  {words}")


def test_what_is_no_object_is_no_dict(old, deck):
    words = "1 validation error for Request\nbody\n  value is not a valid dict (type=type_error.dict)"
    boss = old.make("/assistants", {"model": MODEL})["id"]
    refused(old.post(f"/assistants/{boss}/files", files={"file": ("a.txt", b"x")}), 400, words)
    refused(old.post(f"/threads/{deck}/messages", [1, 2]), 400, words)
    refused(old.ask("POST", f"/threads/{deck}/messages", content=b"{nonsense"), 400, words)


def test_a_tool_without_a_type_was_refused_in_newer_words_even_then(old):
    words = "Missing required parameter: 'tools[0].type'."
    answer = old.post("/assistants", {"model": MODEL, "tools": [{"function": {"name": "f"}}]})
    refused(answer, 400, words, "tools[0].type", "missing_required_parameter")


def test_models_that_came_after_v1_are_refused_by_it(ns, old, deck):
    words = f"The requested model 'gpt-4o' cannot be used with the Assistants API in v1. Follow the migration guide to upgrade to v2: {MIGRATION}"
    boss = old.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    newer = line(ns).make("/assistants", {"model": "gpt-4o", "instructions": "x"})["id"]
    for path, body in (
        ("/assistants", {"model": "gpt-4o"}),
        (f"/assistants/{boss}", {"model": "gpt-4o"}),
        (f"/threads/{deck}/runs", {"assistant_id": boss, "model": "gpt-4o"}),
        (f"/threads/{deck}/runs", {"assistant_id": newer}),
        ("/threads/runs", {"assistant_id": newer}),
    ):
        refused(old.post(path, body), 400, words, "model", "unsupported_model")


@pytest.mark.parametrize(
    "path, body, place",
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
def test_what_only_v2_has_is_an_extra_field(old, path, body, place):
    words = f"1 validation error for Request\nbody -> {place}\n  extra fields not permitted (type=value_error.extra)"
    refused(old.post(path, body), 400, words)


CODE = "CODE_INTERPRETER: 'code_interpreter'"
RETRIEVAL = "RETRIEVAL: 'retrieval'"
FUNCTION = "FUNCTION: 'function'"
EXTRA = "function\n  extra fields not permitted (type=value_error.extra)"
MISSING = "field required (type=value_error.missing)"


def other(given, kind):
    """Return what was said of a tool that is not of a kind."""
    wanted = f"<ToolTypeParam.{kind}>"
    return (
        f"type\n  unexpected value; permitted: {wanted} (type=value_error.const; given={given}; permitted=({wanted},))"
    )


@pytest.mark.parametrize(
    "day, tool, said",
    [
        (
            "2023-11-12",
            {"type": "function", "function": {"description": "No name."}},
            [other("function", CODE), other("function", RETRIEVAL), f"function -> name\n  {MISSING}", f"function -> parameters\n  {MISSING}"],
        ),
        ("2024-02-20", {"type": "retrieval", "function": {"name": "f"}}, [other("retrieval", CODE), EXTRA, EXTRA, other("retrieval", FUNCTION)]),
        (
            "2024-02-20",
            {"type": "code_interpreter", "function": None},
            [
                EXTRA, other("code_interpreter", RETRIEVAL), EXTRA, other("code_interpreter", FUNCTION),
                "function\n  none is not an allowed value (type=type_error.none.not_allowed)",
            ],
        ),
        ("2024-04-27", {"type": "file_search"}, [other("file_search", kind) for kind in (CODE, RETRIEVAL, FUNCTION)] + [f"function\n  {MISSING}"]),
    ],
)  # fmt: skip
def test_a_tool_was_held_against_all_three_kinds(ns, old, day, tool, said):
    ns.put(wire=day)
    rows = [f"body -> tools -> 1 -> {one}" for one in said]
    answer = old.post("/assistants", {"model": MODEL, "tools": [{"type": "retrieval"}, tool]})
    refused(answer, 400, "\n".join([f"{len(said)} validation errors for Request", *rows]))


def test_lists_were_measured_in_the_words_of_the_old_validator(old):
    said = [{"role": "user", "content": "x"}] * 33
    words = "ensure this value has at most 32 items (type=value_error.list.max_items; limit_value=32)"
    answer = old.post("/threads", {"messages": said})
    refused(answer, 400, f"1 validation error for Request\nbody -> messages\n  {words}")


def test_a_message_had_at_most_ten_files(old, deck):
    words = "ensure this value has at most 10 items (type=value_error.list.max_items; limit_value=10)"
    body = {"role": "user", "content": "x", "file_ids": ["file-0"] * 11}
    answer = old.post(f"/threads/{deck}/messages", body)
    refused(answer, 400, f"1 validation error for Request\nbody -> file_ids\n  {words}")


def test_a_message_was_one_text(old, deck):
    words = "1 validation error for Request\nbody -> content\n  str type expected (type=type_error.str)"
    body = {"role": "user", "content": [{"type": "text", "text": "x"}]}
    refused(old.post(f"/threads/{deck}/messages", body), 400, words)


def test_values_of_another_type_were_turned(old):
    made = old.make("/assistants", {"model": 7, "name": 5.5, "description": True, "metadata": []})
    assert (made["model"], made["name"], made["description"], made["metadata"]) == ("7", "5.5", "True", {})
    thread = old.make("/threads", {"messages": [{"role": "user", "content": 5}]})["id"]
    said = old.read(f"/threads/{thread}/messages")["data"][0]
    assert said["content"][0]["text"]["value"] == "5"
    body = {"assistant_id": made["id"], "instructions": "x", "temperature": "1", "stream": "false"}
    assert old.make(f"/threads/{thread}/runs", body)["temperature"] == 1.0


@pytest.mark.parametrize(
    "body, said",
    [
        ({"content": None}, "content\n  none is not an allowed value (type=type_error.none.not_allowed)"),
        ({"content": {}}, "content\n  str type expected (type=type_error.str)"),
        ({"metadata": {"a": None}}, "metadata -> a\n  none is not an allowed value (type=type_error.none.not_allowed)"),
        ({"file_ids": "x"}, "file_ids\n  value is not a valid list (type=type_error.list)"),
        ({"file_ids": ["file-0", 5]}, "file_ids -> 1\n  str type expected (type=type_error.str)"),
    ],
)
def test_what_could_not_be_turned_was_told(old, deck, body, said):
    answer = old.post(f"/threads/{deck}/messages", {"role": "user", "content": "x", **body})
    refused(answer, 400, f"1 validation error for Request\nbody -> {said}")


def test_an_incomplete_run_is_called_complete_in_refusals_too(ns, old):
    ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
    boss = old.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    run = old.make("/threads/runs", {"assistant_id": boss})
    path = f"/threads/{run['thread_id']}/runs/{run['id']}"
    refused(old.post(f"{path}/cancel"), 400, "Cannot cancel run with status 'completed'.")
    answer = old.post(f"{path}/submit_tool_outputs", {"tool_outputs": []})
    refused(answer, 400, 'Runs in status "completed" do not accept tool outputs.')
    refused(line(ns).post(f"{path}/cancel"), 400, "Cannot cancel run with status 'incomplete'.")


def test_a_wrong_prefix_was_just_not_found(ns, old):
    ns.put(wire="2024-04-20")
    refused(old.delete("/threads/asst_0"), 404, "No thread found with id 'asst_0'.")
    refused(old.get("/threads/thread_0/runs/run_0/steps/123"), 404, "No thread found with id 'thread_0'.")


def test_a_wrong_prefix_is_just_not_found_on_any_day(old):
    refused(old.get("/threads/undefined"), 404, "No thread found with id 'undefined'.")


def test_an_unknown_message_file_is_not_found(old, deck):
    message = old.make(f"/threads/{deck}/messages", {"role": "user", "content": "x"})["id"]
    words = "No message file found with id 'file-m6'."
    refused(old.get(f"/threads/{deck}/messages/{message}/files/file-m6"), 404, words)


@pytest.mark.parametrize(
    "day, version", [("2023-11-20", "v1"), ("2024-04-16", "v1"), ("2024-04-17", "v2"), ("2026-01-01", "v2")]
)
def test_whoever_forgets_the_header_is_told_the_one_of_the_day(ns, day, version):
    ns.put(wire=day)
    words = (
        "You must provide the 'OpenAI-Beta' header to access the Assistants API. Please try again by setting the header"
        f" 'OpenAI-Beta: assistants={version}'."
    )
    for path in (
        "/assistants",
        "/threads/thread_0",
        "/threads/thread_0/messages",
        "/threads/thread_0/runs/run_0/steps",
    ):
        refused(line(ns, None).get(path), 400, words, None, "invalid_beta")
    assert line(ns, None).get("/files").status_code == 200


def test_v1_can_be_refused_as_it_was_after_its_end(ns, old):
    ns.put(v1="refused")
    for answer in (old.get("/assistants"), old.post("/threads", {}), old.get("/threads/thread_0/runs/run_0")):
        refused(answer, 400, ENDED_RETRY, None, "invalid_beta")
    assert line(ns).get("/assistants").status_code == 200


def test_paths_that_only_v1_had_are_refused_in_shorter_words(ns, old):
    ns.put(v1="refused")
    for ask in (old, line(ns)):
        refused(ask.get("/assistants/asst_0/files"), 400, ENDED, None, "invalid_beta")
        refused(ask.get("/threads/thread_0/messages/msg_0/files"), 400, ENDED, None, "invalid_beta")


def test_v1_is_not_refused_before_its_last_day(ns, old):
    ns.put(v1="refused", wire="2024-12-17")
    assert old.get("/assistants").status_code == 200
    ns.put(wire="2024-12-18")
    assert old.get("/assistants").status_code == 400


def test_files_do_not_mind_an_old_header(ns, old):
    ns.put(v1="refused")
    assert old.get("/files").status_code == 200
    assert old.get("/models").status_code == 200


def test_paths_that_only_v1_had_do_not_exist_on_v2(ns):
    ask = line(ns)
    for method, path in (
        ("GET", "/assistants/asst_0/files"),
        ("POST", "/assistants/asst_0/files"),
        ("DELETE", "/assistants/asst_0/files/file-0"),
        ("GET", "/threads/thread_0/messages/msg_0/files/file-0"),
    ):
        refused(ask.ask(method, path), 404, f"Invalid URL ({method} /v1{path})")


@pytest.mark.parametrize(
    "header", ["assistants=v1, assistants=v2", "assistants=v2,assistants=v1", "prompts=v1, assistants=v2"]
)
def test_a_header_may_be_a_list_in_which_the_newer_wins(ns, header):
    made = line(ns, None).make("/threads", {}, headers={"OpenAI-Beta": header})
    assert "tool_resources" in made


def test_a_header_that_names_another_beta_is_none(ns):
    answer = line(ns, None).post("/threads", {}, headers={"OpenAI-Beta": "prompts=v1"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid_beta")

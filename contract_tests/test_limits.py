"""Every limit of a body: the last accepted value and the first refused one."""

import pytest

from contract_tests.harness import MODEL
from contract_tests.raw_api import raw_api

ASSISTANTS, THREAD, MESSAGES, RUNS, STORES = (
    "/assistants",
    "/threads",
    "/threads/{thread}/messages",
    "/threads/{thread}/runs",
    "/vector_stores",
)
CODES = {
    "string": "string_above_max_length",
    "array": "array_above_max_length",
    "object": "object_above_max_properties",
    "name": "property_name_above_max_length",
    "value": "invalid_value",
    "most": "integer_above_max_value",
    "least": "integer_below_min_value",
    "high": "decimal_above_max_value",
    "low": "decimal_below_min_value",
    "none": "empty_array",
}


def text(n):
    return "x" * n


def pairs(n):
    return {f"k{i}": "v" for i in range(n)}


def function(name="f", **more):
    return {"type": "function", "function": {"name": name, **more}}


def tools(n):
    return [function(f"f{i}") for i in range(n)]


def search(**options):
    return [{"type": "file_search", "file_search": options}]


def chunks(most, overlap=0):
    return {"type": "static", "static": {"max_chunk_size_tokens": most, "chunk_overlap_tokens": overlap}}


# path, field, accepted value, refused value, param (default: the field), kind of error
TABLE = [
    *(
        row
        for path in (ASSISTANTS, THREAD, MESSAGES, RUNS, STORES)
        for row in (
            (path, "metadata", pairs(16), pairs(17), None, "object"),
            (path, "metadata", {text(64): "v"}, {text(65): "v"}, f"metadata.{text(65)}", "name"),
            (path, "metadata", {"k": text(512)}, {"k": text(513)}, "metadata.k", "string"),
        )
    ),
    (ASSISTANTS, "name", text(256), text(257), None, "string"),
    (ASSISTANTS, "description", text(512), text(513), None, "string"),
    (ASSISTANTS, "instructions", text(256_000), text(256_001), None, "string"),
    (ASSISTANTS, "tools", tools(128), tools(129), None, "array"),
    (ASSISTANTS, "tools", [function(text(64))], [function(text(65))], "tools[0].function.name", "value"),
    (ASSISTANTS, "tools", [function("a-b_9")], [function("a b")], "tools[0].function.name", "value"),
    (ASSISTANTS, "tools", [function(description=text(1024))], [function(description=text(1025))], "tools[0].function.description", "string"),
    (ASSISTANTS, "tools", search(max_num_results=50), search(max_num_results=51), "tools[0].file_search.max_num_results", "most"),
    (ASSISTANTS, "tools", search(max_num_results=1), search(max_num_results=0), "tools[0].file_search.max_num_results", "least"),
    (ASSISTANTS, "tools", search(ranking_options={"score_threshold": 1}), search(ranking_options={"score_threshold": 1.5}),
     "tools[0].file_search.ranking_options.score_threshold", "high"),
    (ASSISTANTS, "temperature", 2, 2.5, None, "high"),
    (ASSISTANTS, "temperature", 0, -0.5, None, "low"),
    (ASSISTANTS, "top_p", 1, 1.5, None, "high"),
    (ASSISTANTS, "top_p", 0.0, -0.5, None, "low"),
    (ASSISTANTS, "reasoning_effort", "xhigh", "utmost", None, "value"),
    (ASSISTANTS, "response_format", {"type": "json_object"}, {"type": "yaml"}, "response_format.type", "value"),
    (ASSISTANTS, "response_format", {"type": "json_schema", "json_schema": {"name": text(64)}},
     {"type": "json_schema", "json_schema": {"name": text(65)}}, "response_format.json_schema.name", "value"),
    (MESSAGES, "content", text(256_000), text(256_001), None, "string"),
    (MESSAGES, "content", [{"type": "text", "text": "x"}], [], None, "none"),
    (MESSAGES, "role", "assistant", "system", None, "value"),
    (THREAD, "messages", [{"role": "user", "content": "x"}] * 32, [{"role": "user", "content": "x"}] * 33, None, "array"),
    (RUNS, "instructions", text(256_000), text(256_001), None, "string"),
    (RUNS, "tools", tools(128), tools(129), None, "array"),
    (RUNS, "temperature", 2, 2.5, None, "high"),
    (RUNS, "top_p", 1, 1.5, None, "high"),
    (RUNS, "max_prompt_tokens", 16, 0, None, "least"),
    (RUNS, "max_completion_tokens", 16, 0, None, "least"),
    (RUNS, "truncation_strategy", {"type": "last_messages", "last_messages": 1}, {"type": "last_messages", "last_messages": 0},
     "truncation_strategy.last_messages", "least"),
    (RUNS, "truncation_strategy", {"type": "auto"}, {"type": "middle"}, "truncation_strategy.type", "value"),
    (RUNS, "tool_choice", "none", "perhaps", None, "value"),
    (STORES, "expires_after", {"anchor": "last_active_at", "days": 365}, {"anchor": "last_active_at", "days": 366}, "expires_after.days", "most"),
    (STORES, "expires_after", {"anchor": "last_active_at", "days": 1}, {"anchor": "last_active_at", "days": 0}, "expires_after.days", "least"),
    (STORES, "chunking_strategy", chunks(4096), chunks(4097), "chunking_strategy.static.max_chunk_size_tokens", "most"),
    (STORES, "chunking_strategy", chunks(100), chunks(99), "chunking_strategy.static.max_chunk_size_tokens", "least"),
]  # fmt: skip
REQUIRED = {ASSISTANTS: {"model": "gpt-4o"}, MESSAGES: {"role": "user", "content": "x"}}


@pytest.fixture
def api(ns):
    return raw_api(ns)


def name_of(row):
    return f"{row[0]} {(row[4] or row[1])[:80]} {row[5]}"


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_each_limit_is_as_documented(api, row):
    path, field, accepted, refused, param, kind = row
    required = REQUIRED.get(path, {})
    if path == RUNS:
        required = {"assistant_id": api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]}
    thread = api.post_json("/threads", {})["id"] if "{thread}" in path else ""
    response = api.post(path.format(thread=thread), {**required, field: refused})
    error = response.json()["error"]
    assert (response.status_code, error["param"], error["code"]) == (400, param or field, CODES[kind])
    assert api.post(path.format(thread=thread), {**required, field: accepted}).status_code == 200


def test_five_hundred_files_fit_into_a_new_store(api):
    file = api.upload()["id"]
    response = api.post("/vector_stores", {"file_ids": [file] * 501})
    error = response.json()["error"]
    assert error["message"] == (
        "Invalid 'file_ids': array too long. Expected an array with maximum length 500, but got an array with length 501 instead."
    )
    assert api.post("/vector_stores", {"file_ids": [file] * 500}).status_code == 200


def test_ranking_options_need_a_threshold(api):
    error = api.post("/assistants", {"model": MODEL, "tools": search(ranking_options={})}).json()["error"]
    assert error["param"] == "tools[0].file_search.ranking_options.score_threshold"


def test_chunks_share_at_most_half_of_their_tokens(api):
    file = api.upload()["id"]
    store, assistant = api.post_json("/vector_stores", {})["id"], api.post_json("/assistants", {"model": MODEL})["id"]
    right, wrong = chunks(100, 50), chunks(100, 51)

    def to_make(strategy):
        return {"file_search": {"vector_stores": [{"file_ids": [file], "chunking_strategy": strategy}]}}

    inside = "tool_resources.file_search.vector_stores[0].chunking_strategy"
    for path, at, body in (
        ("/vector_stores", "chunking_strategy", lambda strategy: {"chunking_strategy": strategy}),
        (f"/vector_stores/{store}/files", "chunking_strategy", lambda one: {"file_id": file, "chunking_strategy": one}),
        (
            f"/vector_stores/{store}/file_batches", "files[1].chunking_strategy",
            lambda one: {"files": [{"file_id": file}, {"file_id": file, "chunking_strategy": one}]},
        ),
        ("/threads", inside, lambda strategy: {"tool_resources": to_make(strategy)}),
        (
            "/threads/runs", f"thread.{inside}",
            lambda one: {"assistant_id": assistant, "instructions": "x", "thread": {"tool_resources": to_make(one)}},
        ),
    ):  # fmt: skip
        error = api.post(path, body(wrong)).json()["error"]
        assert (error["param"], error["code"]) == (f"{at}.static.chunk_overlap_tokens", "invalid_value")
        assert api.post(path, body(right)).status_code == 200


@pytest.mark.parametrize("limit, status", [(1, 200), (100, 200), (0, 400), (101, 400), (-1, 400)])
def test_a_page_has_between_one_and_a_hundred_objects(api, limit, status):
    thread = api.post_json("/threads", {})["id"]
    for path in ("/assistants", f"/threads/{thread}/messages", f"/threads/{thread}/runs", "/vector_stores"):
        assert api.get(path, params={"limit": limit}).status_code == status


def test_a_page_has_twenty_objects_by_default(api):
    for _ in range(21):
        api.post_json("/vector_stores", {})
    page = api.get_json("/vector_stores")
    assert (len(page["data"]), page["has_more"]) == (20, True)


@pytest.mark.parametrize(
    "value, name",
    [
        (True, "a boolean"),
        (7, "an integer"),
        (1.5, "a decimal"),
        (["x"], "an array"),
        ({}, "an object"),
        (None, "null"),
    ],
)
def test_metadata_values_must_be_strings(api, value, name):
    response = api.post("/threads", {"metadata": {"k": value}})
    assert (
        response.json()["error"]["message"]
        == f"Invalid type for 'metadata.k': expected a string, but got {name} instead."
    )


@pytest.mark.parametrize(
    "path, param, item",
    [
        ("/threads/{thread}/messages", "content", {"type": "text", "text": "a"}),
        ("/threads/{thread}/runs/run_x/submit_tool_outputs", "tool_outputs", {"tool_call_id": "call_x", "output": "a"}),
        ("/vector_stores/vs_x/search", "query", "a"),
    ],
)
def test_lists_without_a_known_limit_have_at_most_ten_thousand_items(api, path, param, item):
    thread = api.post_json("/threads", {})["id"]
    fields = {"role": "user"} if param == "content" else {}
    error = api.post(path.format(thread=thread), {**fields, param: [item] * 10_001}).json()["error"]
    assert (error["param"], error["code"]) == (param, "array_above_max_length")
    if param == "content":
        assert api.post(path.format(thread=thread), {**fields, param: [item] * 10_000}).status_code == 200

"""Every limit of a body: the last value that is accepted, and the first that is not."""

import pytest

from contract_tests.harness import MODEL
from contract_tests.lines import line

BOSS, THREAD, MESSAGES, RUNS, STORES = (
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


# path, field, what is accepted, what is refused, where (default: the field), and the kind of refusal
TABLE = [
    *(
        row
        for path in (BOSS, THREAD, MESSAGES, RUNS, STORES)
        for row in (
            (path, "metadata", pairs(16), pairs(17), None, "object"),
            (path, "metadata", {text(64): "v"}, {text(65): "v"}, None, "name"),
            (path, "metadata", {"k": text(512)}, {"k": text(513)}, "metadata.k", "string"),
        )
    ),
    (BOSS, "name", text(256), text(257), None, "string"),
    (BOSS, "description", text(512), text(513), None, "string"),
    (BOSS, "instructions", text(256_000), text(256_001), None, "string"),
    (BOSS, "tools", tools(128), tools(129), None, "array"),
    (BOSS, "tools", [function(text(64))], [function(text(65))], "tools[0].function.name", "value"),
    (BOSS, "tools", [function("a-b_9")], [function("a b")], "tools[0].function.name", "value"),
    (BOSS, "tools", [function(description=text(1024))], [function(description=text(1025))], "tools[0].function.description", "string"),
    (BOSS, "tools", search(max_num_results=50), search(max_num_results=51), "tools[0].file_search.max_num_results", "most"),
    (BOSS, "tools", search(max_num_results=1), search(max_num_results=0), "tools[0].file_search.max_num_results", "least"),
    (BOSS, "tools", search(ranking_options={"score_threshold": 1}), search(ranking_options={"score_threshold": 1.5}),
     "tools[0].file_search.ranking_options.score_threshold", "high"),
    (BOSS, "temperature", 2, 2.5, None, "high"),
    (BOSS, "temperature", 0, -0.5, None, "low"),
    (BOSS, "top_p", 1, 1.5, None, "high"),
    (BOSS, "top_p", 0.0, -0.5, None, "low"),
    (BOSS, "reasoning_effort", "xhigh", "utmost", None, "value"),
    (BOSS, "response_format", {"type": "json_object"}, {"type": "yaml"}, "response_format.type", "value"),
    (BOSS, "response_format", {"type": "json_schema", "json_schema": {"name": text(64)}},
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
NEEDED = {BOSS: {"model": MODEL}, MESSAGES: {"role": "user", "content": "x"}}


@pytest.fixture
def ask(ns):
    return line(ns)


def name_of(row):
    return f"{row[0]} {row[4] or row[1]} {row[5]}"


@pytest.mark.parametrize("row", TABLE, ids=name_of)
def test_a_limit_lies_where_it_is_documented(ask, row):
    path, field, accepted, beyond, place, kind = row
    needed = NEEDED.get(path, {})
    if path == RUNS:
        needed = {"assistant_id": ask.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]}
    thread = ask.make("/threads", {})["id"] if "{thread}" in path else ""
    answer = ask.post(path.format(thread=thread), {**needed, field: beyond})
    error = answer.json()["error"]
    assert (answer.status_code, error["param"], error["code"]) == (400, place or field, CODES[kind])
    assert ask.post(path.format(thread=thread), {**needed, field: accepted}).status_code == 200


def test_five_hundred_files_fit_into_a_new_store(ask):
    file = ask.upload(data=b"")["id"]
    answer = ask.post("/vector_stores", {"file_ids": [file] * 501})
    error = answer.json()["error"]
    assert error["message"] == (
        "Invalid 'file_ids': array too long. Expected an array with maximum length 500, but got an array with length 501 instead."
    )
    assert ask.post("/vector_stores", {"file_ids": [file] * 500}).status_code == 200


def test_ranking_options_need_a_threshold(ask):
    error = ask.post("/assistants", {"model": MODEL, "tools": search(ranking_options={})}).json()["error"]
    assert error["param"] == "tools[0].file_search.ranking_options.score_threshold"


def test_chunks_share_at_most_half_of_their_tokens(ask):
    file = ask.upload()["id"]
    for strategy, status in ((chunks(100, 50), 200), (chunks(100, 51), 400)):
        assert ask.post("/vector_stores", {"file_ids": [file], "chunking_strategy": strategy}).status_code == status


@pytest.mark.parametrize("limit, status", [(1, 200), (100, 200), (0, 400), (101, 400), (-1, 400)])
def test_a_page_has_between_one_and_a_hundred_objects(ask, limit, status):
    thread = ask.make("/threads", {})["id"]
    for path in ("/assistants", f"/threads/{thread}/messages", f"/threads/{thread}/runs", "/vector_stores"):
        assert ask.get(path, params={"limit": limit}).status_code == status


def test_twenty_objects_are_a_page_where_nothing_is_said(ask):
    for _ in range(21):
        ask.make("/vector_stores", {})
    page = ask.read("/vector_stores")
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
def test_metadata_are_texts_and_nothing_else(ask, value, name):
    answer = ask.post("/threads", {"metadata": {"k": value}})
    assert (
        answer.json()["error"]["message"]
        == f"Invalid type for 'metadata.k': expected a string, but got {name} instead."
    )

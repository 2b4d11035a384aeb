"""Every dated behavior, observed over HTTP on both sides of its day."""

import datetime

import pytest

from contract_tests.harness import MODEL, parse_events
from contract_tests.raw_api import RawApi, raw_api
from emulator.wire.history import behaviors
from emulator.wire.history.wires import V2_FIRST

FOUND = [
    {"file_id": "file-tides", "file_name": "tides.txt", "score": 1, "content": [{"type": "text", "text": "Noon."}]}
]
LETTERS = {24: "24 letters", 22: "22 letters", 32: "32 digits"}


def length_of(object_id):
    return LETTERS[len(object_id.rpartition("_")[2].rpartition("-")[2])]


def status_and_message(response):
    if response.status_code == 200:
        return 200
    return response.status_code, response.json()["error"]["message"]


def end_of_failed_stream(api):
    api.ns.play({"fail": "server_error"})
    events = api.post("/responses", {"model": MODEL, "input": "Hello?", "stream": True})
    return [name for name, _ in parse_events(events.text)]


def batch_of(api, *texts):
    store = api.post_json("/vector_stores", {})["id"]
    files = [api.upload(f"{number}.txt", text)["id"] for number, text in enumerate(texts)]
    batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": files})["id"]
    return files, f"/vector_stores/{store}", batch


def batch_id(api):
    _, _, batch = batch_of(api, b"x")
    return batch.rpartition("_")[0]


def batch_as_read(api):
    _, store, batch = batch_of(api, b"x")
    return api.get_json(f"{store}/file_batches/{batch}")["object"]


def order_of_batch(api):
    files, store, batch = batch_of(api, b"a", b"b", b"c", b"d", b"e")
    listed = [
        [file["id"] for file in api.get_json(f"{store}/file_batches/{batch}/files", params=params)["data"]]
        for params in ({}, {"order": "asc"}, {"order": "desc"})
    ]
    first = sorted(files)[1]
    after = api.get_json(f"{store}/file_batches/{batch}/files", params={"order": "asc", "after": first})["data"]
    return {
        "by id": listed == [sorted(files)] * 3 and [file["id"] for file in after] == sorted(files)[2:],
        "by time": listed == [files[::-1], files, files[::-1]],
    }


def bytes_in_batch(api):
    (file,), store, _ = batch_of(api, b"x" * 21)
    return api.get_json(f"{store}/files/{file}")["usage_bytes"]


def batches_of(count):
    return lambda api: status_and_message(
        api.post(
            f"/vector_stores/{api.post_json('/vector_stores', {})['id']}/file_batches", {"file_ids": ["file-0"] * count}
        )
    )


def lifetime_of_batch_file(api):
    """Return the lifetime of a file for a batch; files on older wires do not show it."""
    file = api.upload("a.jsonl", b"{}", "batch")
    api.ns.put(wire="2026-08-25")
    document = api.get_json(f"/files/{file['id']}")
    return document["expires_at"] and document["expires_at"] - document["created_at"]


def store_of(count):
    return lambda api: status_and_message(api.post("/vector_stores", {"file_ids": ["file-0"] * count}))


def new_store_of(count):
    resources = {"file_search": {"vector_stores": [{"file_ids": ["file-0"] * count}]}}
    return lambda api: status_and_message(api.post("/threads", {"tool_resources": resources}))


def too_long(field, most, got):
    return f"Invalid '{field}': array too long. Expected an array with maximum length {most}, but got an array with length {got} instead."


NO_FILE = (404, "Files [file-0] were not found")
NEW_STORE_FILES = "tool_resources.file_search.vector_stores[0].file_ids"


def after_deletion(api):
    (file,), store, _ = batch_of(api, b"High water is at noon.")
    api.delete(f"/files/{file}")
    found = api.post_json(f"{store}/search", {"query": "high water"})["data"]
    file_count = api.get_json(store)["file_counts"]["total"]
    return api.get(f"{store}/files/{file}").status_code, file_count, [result["file_id"] == file for result in found]


def citation_of(api):
    """Return the text of a message with a citation, and the citation."""
    api.ns.play({"search": "tides", "results": FOUND}, {"say": "Fair{{ cite(hits.results[0]) }}."})
    assistant_id = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    thread = {"messages": [{"role": "user", "content": "Will it be fair?"}]}
    thread_id = api.post_json("/threads/runs", {"assistant_id": assistant_id, "thread": thread})["thread_id"]
    text = api.get_json(f"/threads/{thread_id}/messages")["data"][0]["content"][0]["text"]
    (annotation,) = text["annotations"]
    assert text["value"][annotation["start_index"] : annotation["end_index"]] == annotation["text"]
    return text["value"], annotation["file_citation"]


def upload(api, name):
    return api.post("/files", data={"purpose": "assistants"}, files={"file": (name, b"x")})


def files_of_assistant(api):
    """Return the kinds of an assistant's files once one is attached on v2, or the status of the refusal."""
    api = raw_api(api.ns)
    assistant_id = api.post_json("/assistants", {"model": MODEL})["id"]
    response = api.post(f"/assistants/{assistant_id}/files", {"file_id": api.upload()["id"]})
    if response.status_code != 200:
        return response.status_code
    return [file["object"] for file in api.get_json(f"/assistants/{assistant_id}/files")["data"]]


def as_role(role, content="x"):
    def observe(api):
        thread = api.post_json("/threads", {})["id"]
        return status_and_message(api.post(f"/threads/{thread}/messages", {"role": role, "content": content}))

    return observe


def without_key(api):
    response = api.ns.http.get(f"{api.ns.base_url}/models")
    assert response.status_code == 401
    assert not {"openai-organization", "openai-project"} & set(response.headers)
    return response.headers["www-authenticate"]


FORMATS = (
    '"c", "cpp", "css", "csv", "docx", "gif", "go", "html", "java", "jpeg", "jpg", "js", "json", "md", "pdf", "php", '
    '"pkl", "png", "pptx", "py", "rb", "tar", "tex", "ts", "txt", "webp", "xlsx", "xml", "zip"'
)


def text_of_unlisted_type(api):
    """Return what becomes of a text of an undocumented type in a store, and as an attachment."""
    store, file = api.post_json("/vector_stores", {})["id"], api.upload("defs.h")["id"]
    api.post_json(f"/vector_stores/{store}/files", {"file_id": file})
    attachments = [{"file_id": file, "tools": [{"type": "file_search"}]}]
    attached = api.post("/threads", {"messages": [{"role": "user", "content": "x", "attachments": attachments}]})
    return api.get_json(f"/vector_stores/{store}/files/{file}")["status"], status_and_message(attached)


def effort(word):
    return lambda api: status_and_message(api.post("/assistants", {"model": MODEL, "reasoning_effort": word}))


def efforts(words, got):
    return f"Invalid value: '{got}'. Supported values are: {words}."


def with_model(name):
    return lambda api: status_and_message(api.post("/assistants", {"model": name}))


STRUCTURED = {
    "model": "gpt-4o",
    "response_format": {"type": "json_schema", "json_schema": {"name": "tide", "schema": {"type": "object"}}},
}


def new_on_azure(body, version):
    def new(api):
        azure = RawApi(api.ns, {"api-key": "k"}, f"/ns/{api.ns.name}/openai")
        return status_and_message(azure.post("/assistants", body, params={"api-version": version}))

    return new


def lifetime_on_foundry(api):
    foundry = RawApi(api.ns, {"Authorization": "Bearer entra-token"}, f"/ns/{api.ns.name}/api/projects/p")
    agent = foundry.post_json("/assistants", {"model": MODEL})
    thread = {"messages": [{"role": "user", "content": "Hello"}]}
    run = foundry.post_json("/threads/runs", {"assistant_id": agent["id"], "thread": thread})
    return run["expires_at"] - run["created_at"]


retrieval_on_azure = new_on_azure({"model": "gpt-4", "tools": [{"type": "retrieval"}]}, "2024-02-15-preview")


def structured(api):
    return status_and_message(api.post("/assistants", STRUCTURED))


UNSEARCHABLE = (
    "Files with extensions [.h] are not supported for retrieval. See"
    " https://platform.openai.com/docs/assistants/tools/file-search/supported-files"
)
FOREIGN = (
    "Invalid 'vector_store_id': 'qa:index'. Expected an ID that contains letters, numbers, underscores, or dashes, but"
    " this value contained additional characters."
)
NO_RETRIEVAL = (
    "Azure OpenAI Retrieval v1 tool is not supported in favor of the more advanced v2 file_search tool. Please use"
    " `file_search` in the v2 api."
)
NO_SCHEMA = "Invalid parameter: 'response_format' of type 'json_schema' is not supported with model version `gpt-4o`."
NO_FORMAT = "Invalid value: 'json_schema'. Supported values are: 'json_object' and 'text'."
NO_MODEL = "The requested model '{}' cannot be used with the Assistants API."
LONG = "Invalid 'content': string too long. Expected a string with maximum length 32768, but got a string with length 32769 instead."

# behavior -> how to observe it, the result before its day, and the result since.
SIDES = {
    behaviors.ONLY_LISTED_TYPES: (text_of_unlisted_type, ("completed", 200), ("failed", (400, UNSEARCHABLE))),
    behaviors.EFFORT_MAX: (effort("max"), (400, efforts("'none', 'minimal', 'low', 'medium', 'high', and 'xhigh'", "max")), 200),
    behaviors.FAILED_ALONE: (
        end_of_failed_stream, ["response.created", "response.in_progress", "error", "response.failed"],
        ["response.created", "response.in_progress", "response.failed"],
    ),
    behaviors.FOREIGN_CHARACTERS: (
        lambda api: status_and_message(api.post("/vector_stores/qa:index/search", {"query": "x"})),
        (400, "Invalid 'vector_store_id': 'qa:index'. Expected an ID that begins with 'vs'."),
        (400, FOREIGN),
    ),
    behaviors.EFFORT_XHIGH: (effort("xhigh"), (400, efforts("'none', 'minimal', 'low', 'medium', and 'high'", "xhigh")), 200),
    behaviors.EFFORT_NONE: (effort("none"), (400, efforts("'minimal', 'low', 'medium', and 'high'", "none")), 200),
    behaviors.EFFORT_MINIMAL: (effort("minimal"), (400, efforts("'low', 'medium', and 'high'", "minimal")), 200),
    behaviors.GPT_5_MINI: (with_model("gpt-5-mini"), (400, NO_MODEL.format("gpt-5-mini")), 200),
    behaviors.REASONING_MODELS: (with_model("o3-mini"), (400, NO_MODEL.format("o3-mini")), 200),
    behaviors.GPT_4O_UNSTRUCTURED: (structured, 200, (400, NO_SCHEMA)),
    behaviors.STRUCTURED_OUTPUT: (structured, (400, NO_FORMAT), 200),
    behaviors.AZURE_STRUCTURED_OUTPUT: (new_on_azure(STRUCTURED, "2024-08-01-preview"), (400, NO_FORMAT), 200),
    behaviors.AZURE_NAMES_FILE_SEARCH: (
        retrieval_on_azure, (400, "Retrieval tools are not supported."), (400, NO_RETRIEVAL),
    ),
    behaviors.LARGE_BATCHES: (batches_of(501), (400, too_long("file_ids", 500, 501)), NO_FILE),
    behaviors.LEAVES_ITS_STORES: (after_deletion, (200, 1, [True]), (404, 0, [])),
    behaviors.LARGE_INLINE_STORES: (new_store_of(10_001), (400, too_long(NEW_STORE_FILES, 10_000, 10_001)), NO_FILE),
    behaviors.BATCHES_READ_AS_STORES: (batch_as_read, "vector_store.file_batch", "vector_store"),
    behaviors.BATCH_FILES_BY_ID: (order_of_batch, {"by id": False, "by time": True}, {"by id": True, "by time": False}),
    behaviors.IBJ_BATCH_IDS: (batch_id, "vsfb", "vsfb_ibj"),
    behaviors.BATCHES_BY_BYTES: (bytes_in_batch, 1045, 21),
    behaviors.FOUNDRY_HALF_HOUR: (lifetime_on_foundry, 600, 1800),
    behaviors.NAMED_PROJECT: (lambda api: "openai-project" in api.get("/models").headers, False, True),
    behaviors.BATCHES_EXPIRE: (lifetime_of_batch_file, None, 30 * 24 * 3600),
    behaviors.STORES_OF_500: (store_of(101), (400, too_long("file_ids", 100, 101)), NO_FILE),
    behaviors.HEX_STORE_IDS: (lambda api: length_of(api.post_json("/vector_stores", {})["id"]), "24 letters", "32 digits"),
    behaviors.WRONG_PREFIX: (
        lambda api: status_and_message(api.get("/threads/undefined")),
        (404, "No thread found with id 'undefined'."),
        (400, "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."),
    ),
    behaviors.CITED_BY_NAME: (citation_of, ("Fair【4:0†source】.", {"file_id": "file-tides"}), ("Fair【4:0†tides.txt】.", {"file_id": "file-tides"})),
    behaviors.SHORT_FILE_IDS: (lambda api: length_of(api.upload()["id"]), "24 letters", "22 letters"),
    behaviors.UNKNOWN_EXTENSIONS_REFUSED: (
        lambda api: status_and_message(upload(api, "Ships.cs")), 200, (400, f"Invalid extension cs. Supported formats: {FORMATS}"),
    ),
    behaviors.ASSISTANT_FILES_ON_V2: (files_of_assistant, 404, ["assistant.file"]),
    behaviors.LONG_TEXTS: (as_role("user", "x" * 32_769), (400, LONG), 200),
    behaviors.ROLE_OF_ASSISTANT: (
        as_role("assistant"), (400, "Invalid value: 'assistant'. Supported values are: 'user'."), 200,
    ),
    behaviors.STRICT_V1: (
        lambda api: status_and_message(api.post("/assistants", {"model": MODEL, "mood": "x", "tools": [{"type": "retrieval"}]})),
        200, (400, "1 validation error for Request\nbody -> mood\n  extra fields not permitted (type=value_error.extra)"),
    ),
    behaviors.FUNCTIONS_WITHOUT_PARAMETERS: (
        lambda api: api.post("/assistants", {"model": MODEL, "tools": [{"type": "function", "function": {"name": "f"}}]}).status_code,
        400, 200,
    ),
    behaviors.PREFIXED_REQUEST_IDS: (lambda api: api.get("/models").headers["x-request-id"].startswith("req_"), False, True),
    behaviors.BEARER_CHALLENGE: (without_key, 'Basic realm="OpenAI API"', 'Bearer realm="OpenAI API"'),
}  # fmt: skip


def day_before(day):
    return (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()


def test_every_behavior_is_tested_on_both_sides_of_its_day():
    assert set(SIDES) == set(behaviors.BEHAVIORS)


@pytest.mark.parametrize("behavior", behaviors.BEHAVIORS, ids=lambda behavior: behavior.what.replace(" ", "-"))
def test_a_behavior_is_active_from_its_day_on(ns, behavior):
    observe, before, since = SIDES[behavior]
    sides = [(day_before(behavior.day), before), (behavior.day, since)]
    if behavior.until:
        sides += [(day_before(behavior.until), since), (behavior.until, before)]
    for day, expected in sides:
        ns.put(wire=day)
        assert observe(raw_api(ns, "v2" if day >= V2_FIRST else "v1")) == expected


@pytest.mark.parametrize("word", ["", "huge", "xhigh"])
def test_an_unknown_reasoning_effort_lists_those_of_its_day(ns, word):
    ns.put(wire="2025-04-27")
    assert effort(word)(raw_api(ns)) == (400, efforts("'low', 'medium', and 'high'", word))


@pytest.mark.parametrize(
    "model, day, taken",
    [
        ("gpt-3.5-turbo-0301", "2024-05-01", False),
        ("gpt-3.5-turbo-0301", "2026-08-25", False),
        ("gpt-3.5-turbo", "2024-05-01", True),
        ("gpt-5-mini-2025-08-07", "2025-08-08", False),
        ("gpt-5-mini-2025-08-07", "2026-08-25", True),
        ("gpt-5-minister", "2025-08-08", True),
        ("o1", "2025-01-20", False),
        ("o1-2024-12-17", "2025-01-20", False),
        ("o3-mini", "2025-02-10", True),
        ("gpt-5.1-codex", "2026-08-25", False),
        ("o1-mini", "2026-08-25", True),
        ("o1-preview", "2026-08-25", True),
        ("gpt-4-vision-preview", "2026-08-25", True),
        ("gpt-5.2", "2026-08-25", True),
    ],
)
def test_models_are_refused_on_their_days(ns, model, day, taken):
    ns.put(wire=day)
    assert with_model(model)(raw_api(ns)) == (200 if taken else (400, NO_MODEL.format(model)))


def test_generated_images_have_ids_of_the_wires_day(ns):
    ns.play({"code": "draw()", "images": ["data:image/png;base64,iVBORw0KGgo="]}, {"say": "There it is."})
    for day, letters in (("2024-11-30", "24 letters"), ("2024-12-01", "22 letters")):
        ns.put(wire=day)
        api = raw_api(ns)
        assistant_id = api.post_json(
            "/assistants", {"model": MODEL, "instructions": "x", "tools": [{"type": "code_interpreter"}]}
        )["id"]
        run = api.post_json("/threads/runs", {"assistant_id": assistant_id})
        steps = api.get_json(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
        (output,) = steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
        assert length_of(output["image"]["file_id"]) == letters

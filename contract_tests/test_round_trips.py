"""Round trips: what an object shows, on any day, is accepted where a client sends it back, on that day and on the last."""

import base64

import pytest

from contract_tests.harness import MODEL, WEATHER
from contract_tests.raw_api import raw_api
from emulator.settings import LAST_DAY
from emulator.wire.history.behaviors import REASONING_MODELS, STRUCTURED_OUTPUT
from emulator.wire.history.changes import ALWAYS, CHANGES
from emulator.wire.history.wires import V1_LAST, V2_FIRST

LAST = LAST_DAY.isoformat()
CHANGED = {change.day for change in CHANGES if change.day != ALWAYS}
V1_DAYS = sorted({day for day in CHANGED if day <= V1_LAST} | {V1_LAST})
V2_DAYS = sorted({day for day in CHANGED if day >= V2_FIRST} | {V2_FIRST, "2025-03-14", LAST})
# Set by the service alone.
OWN = ("id", "object", "created_at")
SCHEMA = {"name": "tide", "description": "A tide.", "schema": {"type": "object"}, "strict": True}
STRUCTURED = {"response_format": {"type": "json_schema", "json_schema": SCHEMA}}
SAMPLING = {"temperature": 0.5, "top_p": 0.5}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
SEARCHES = [
    {"type": "file_search"},
    {"type": "file_search", "file_search": {"max_num_results": 5}},
    {"type": "file_search", "file_search": {"ranking_options": {"ranker": "auto", "score_threshold": 0.5}}},
    {"type": "file_search", "file_search": {"ranking_options": {"ranker": "default-2024-08-21", "score_threshold": 0}}},
    {"type": "file_search", "file_search": {"ranking_options": {"ranker": "default-2024-11-15", "score_threshold": 1}}},
]
FORMATS = ["auto", {"type": "text"}, {"type": "json_object"}]
CHOICES = ["none", "auto", "required", {"type": "function", "function": {"name": "look_outside"}}]
TRUNCATIONS = [{"type": "auto"}, {"type": "last_messages", "last_messages": 3}]
EXPIRY = {"anchor": "last_active_at", "days": 3}
CHUNKINGS = [
    None,
    {"type": "auto"},
    {"type": "static", "static": {"max_chunk_size_tokens": 200, "chunk_overlap_tokens": 9}},
]


def sendable(document, *names):
    return {name: document[name] for name in names if name in document}


def all_but(document, *names):
    return {name: value for name, value in document.items() if name not in (*OWN, *names)}


@pytest.fixture(params=V2_DAYS)
def day(request):
    return request.param


@pytest.fixture
def v2(day, ns):
    ns.put(wire=day)
    return raw_api(ns)


@pytest.fixture(params=V1_DAYS)
def v1(request, ns):
    ns.put(wire=request.param)
    return raw_api(ns, "v1")


def on_both_days(api, send):
    """Send something on the day of the test, and then on the last one."""
    send()
    api.ns.put(wire=LAST)
    send()


def test_an_assistant_can_be_sent_back(v2, day):
    file = v2.upload()["id"]
    store = v2.post_json("/vector_stores", {"file_ids": [file]})["id"]
    code = {"type": "code_interpreter"}
    resources = {"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [file]}}
    texts = {"name": "N", "description": "D", "instructions": "I", "metadata": {"a": "b"}}
    bodies = [
        {"model": MODEL},
        *({"model": MODEL, "tools": [WEATHER, code, tool], "tool_resources": resources} for tool in SEARCHES),
        *({"model": MODEL, "response_format": one, **texts, **SAMPLING} for one in FORMATS),
        *([{"model": "gpt-4o-mini", "tools": [WEATHER], **STRUCTURED}] if STRUCTURED_OUTPUT.active_on(day) else []),
        *([{"model": "o3-mini", "reasoning_effort": "low"}] if REASONING_MODELS.active_on(day) else []),
    ]
    shown = [v2.post_json("/assistants", body) for body in bodies]
    shown += [v2.get_json(f"/assistants/{one['id']}") for one in shown]

    def send():
        for one in shown:
            # A reasoning model takes no sampling, although it shows the defaults (reported).
            sent = all_but(one, "temperature", "top_p") if one["model"] == "o3-mini" else all_but(one)
            changed, new = v2.post_json(f"/assistants/{one['id']}", sent), v2.post_json("/assistants", sent)
            assert sendable(changed, *sent) == sendable(new, *sent)

    on_both_days(v2, send)


def test_a_thread_can_be_sent_back(v2):
    file = v2.upload()["id"]
    assistant = v2.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    store = v2.post_json("/vector_stores", {})["id"]
    every = {"file_search": {"vector_store_ids": [store]}, "code_interpreter": {"file_ids": [file]}}
    bodies = [
        {},
        {"metadata": {"a": "b"}, "tool_resources": every},
        {"tool_resources": {"code_interpreter": {"file_ids": []}}},
    ]
    shown = [v2.post_json("/threads", body) for body in bodies]
    shown += [v2.get_json(f"/threads/{one['id']}") for one in shown]

    def send():
        for one in shown:
            sent = all_but(one)
            v2.post_json(f"/threads/{one['id']}", sent)
            v2.post_json("/threads", sent)
            v2.post_json(
                "/threads/runs", {"assistant_id": assistant, "thread": sent, **sendable(one, "tool_resources")}
            )

    on_both_days(v2, send)


def test_a_message_can_be_sent_back(v2):
    file, image = v2.upload()["id"], v2.upload("a.png", PNG, "vision")["id"]
    images = [
        {"type": "image_file", "image_file": {"file_id": image}},
        {"type": "image_url", "image_url": {"url": "https://example.com/a.png", "detail": "low"}},
    ]
    both = [{"type": "file_search"}, {"type": "code_interpreter"}]
    assistant = v2.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    thread = v2.post_json("/threads", {})["id"]
    body = {"role": "user", "content": images, "metadata": {"a": "b"}}
    attached = {**body, "attachments": [{"file_id": file, "tools": both}]}
    shown = [v2.post_json(f"/threads/{thread}/messages", one) for one in (body, attached)]
    shown += [v2.get_json(f"/threads/{thread}/messages/{one['id']}") for one in shown]

    def send():
        for one in shown:
            sent = sendable(one, "role", "content", "attachments", "metadata")
            v2.post_json(f"/threads/{thread}/messages", sent)
            v2.post_json(f"/threads/{thread}/messages/{one['id']}", sendable(one, "metadata"))
            v2.post_json("/threads", {"messages": [sent]})
            v2.post_json(f"/threads/{thread}/runs", {"assistant_id": assistant, "additional_messages": [sent]})
            assert v2.get_json(f"/threads/{thread}/runs")["data"][0]["status"] == "completed"

    on_both_days(v2, send)


def test_a_run_can_be_sent_back(v2):
    assistant = v2.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    tools = [WEATHER, {"type": "code_interpreter"}, {"type": "file_search"}]
    bodies = [
        {},
        {
            "max_prompt_tokens": 300,
            "max_completion_tokens": 300,
            "instructions": "I",
            "metadata": {"a": "b"},
            **SAMPLING,
        },
        *({"tools": tools, "tool_choice": choice, "parallel_tool_calls": False} for choice in CHOICES),
        *({"tools": [tool], "tool_choice": {"type": "file_search"}} for tool in SEARCHES),
        *({"response_format": one} for one in FORMATS),
        *({"truncation_strategy": one} for one in TRUNCATIONS),
    ]

    def thread():
        return v2.post_json("/threads", {"messages": [{"role": "user", "content": "x"}]})["id"]

    shown = [v2.post_json(f"/threads/{thread()}/runs", {"assistant_id": assistant, **body}) for body in bodies]
    shown += [v2.get_json(f"/threads/{one['thread_id']}/runs/{one['id']}") for one in shown]
    fields = (
        "assistant_id", "model", "instructions", "tools", "metadata", "temperature", "top_p", "max_prompt_tokens",
        "max_completion_tokens", "truncation_strategy", "tool_choice", "parallel_tool_calls", "response_format",
    )  # fmt: skip

    def send():
        for one in shown:
            sent = sendable(one, *fields)
            v2.post_json(f"/threads/{thread()}/runs", {**sent, **sendable(one, "reasoning_effort")})
            v2.post_json("/threads/runs", {**sent, **sendable(one, "tool_resources")})
            v2.post_json(f"/threads/{one['thread_id']}/runs/{one['id']}", sendable(one, "metadata"))

    on_both_days(v2, send)


def test_a_store_and_its_files_can_be_sent_back(v2):
    file = v2.upload()["id"]
    stores = [
        v2.post_json("/vector_stores", body)
        for body in ({}, {"name": "N", "expires_after": EXPIRY, "metadata": {"a": "b"}})
    ]
    files = []
    for chunking in CHUNKINGS:
        store = v2.post_json("/vector_stores", {})["id"]
        files.append(v2.post_json(f"/vector_stores/{store}/files", {"file_id": file, "chunking_strategy": chunking}))
        files.append(v2.get_json(f"/vector_stores/{store}/files/{file}"))

    def send():
        for one in [*stores, *(v2.get_json(f"/vector_stores/{one['id']}") for one in stores)]:
            v2.post_json(f"/vector_stores/{one['id']}", sendable(one, "name", "expires_after", "metadata"))
            v2.post_json("/vector_stores", sendable(one, "name", "description", "expires_after", "metadata"))
        for one in files:
            sent = sendable(one, "chunking_strategy")
            store = v2.post_json("/vector_stores", {"file_ids": [file], **sent})["id"]
            v2.post_json(
                "/threads", {"tool_resources": {"file_search": {"vector_stores": [{"file_ids": [file], **sent}]}}}
            )
            shown = sendable(one, "chunking_strategy", "attributes")
            v2.post_json(f"/vector_stores/{store}/files", {"file_id": one["id"], **shown})
            v2.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": [one["id"]], **shown})
            if "attributes" in one:
                v2.post_json(f"/vector_stores/{store}/files/{file}", sendable(one, "attributes"))

    on_both_days(v2, send)


def test_objects_of_v1_can_be_sent_back(v1):
    file = v1.upload()["id"]
    tools = [{**WEATHER, "function": {**WEATHER["function"]}}, {"type": "retrieval"}, {"type": "code_interpreter"}]
    texts = {"name": "N", "description": "D", "instructions": "I", "metadata": {"a": "b"}}
    created = v1.post_json("/assistants", {"model": MODEL, "tools": tools, "file_ids": [file], **texts})
    thread = v1.post_json("/threads", {"metadata": {"a": "b"}})
    message = v1.post_json(f"/threads/{thread['id']}/messages", {"role": "user", "content": "x", "file_ids": [file]})
    runs = [v1.post_json(f"/threads/{thread['id']}/runs", {"assistant_id": created["id"], "metadata": {"a": "b"}})]
    runs.append(v1.get_json(f"/threads/{thread['id']}/runs/{runs[0]['id']}"))
    fields = (
        "assistant_id", "model", "instructions", "tools", "metadata", "temperature", "max_prompt_tokens",
        "max_completion_tokens", "truncation_strategy", "tool_choice", "response_format",
    )  # fmt: skip

    def send():
        for one in (created, v1.get_json(f"/assistants/{created['id']}")):
            v1.post_json("/assistants", all_but(one))
            v1.post_json(f"/assistants/{one['id']}", all_but(one))
        for one in (thread, v1.get_json(f"/threads/{thread['id']}")):
            v1.post_json("/threads", all_but(one))
            v1.post_json(f"/threads/{one['id']}", all_but(one))
        sent = {"content": "x", **sendable(message, "role", "file_ids", "metadata")}
        v1.post_json(f"/threads/{thread['id']}/messages", sent)
        for one in runs:
            sent = sendable(one, *fields)
            v1.post_json(f"/threads/{v1.post_json('/threads', {})['id']}/runs", sent)
            v1.post_json("/threads/runs", sent)

    on_both_days(v1, send)


def test_a_ranker_with_hyphens_is_shown_in_its_newest_form(raw):
    tool = {
        "type": "file_search",
        "file_search": {"ranking_options": {"ranker": "default-2024-08-21", "score_threshold": 0}},
    }
    assistant = raw.post("/assistants", json={"model": MODEL, "tools": [tool]}).json()
    assert assistant["tools"][0]["file_search"]["ranking_options"]["ranker"] == "default_2024_08_21"


def test_the_other_rankers_are_still_refused(raw):
    tool = {"type": "file_search", "file_search": {"ranking_options": {"ranker": "best", "score_threshold": 0}}}
    refused = raw.post("/assistants", json={"model": MODEL, "tools": [tool]})
    assert refused.status_code == 400
    assert refused.json()["error"]["message"] == (
        "Invalid value: 'best'. Supported values are: 'auto' and 'default_2024_08_21'."
    )

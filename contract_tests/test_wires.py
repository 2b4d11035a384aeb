"""Every dated change of a shape, observed over HTTP on both sides of its day."""

import datetime
from dataclasses import dataclass

import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, outputs_of, parse_events
from contract_tests.raw_api import is_id, raw_api
from emulator.wire.history.changes import ALWAYS, CHANGES
from emulator.wire.history.wires import V1_LAST, V2_FIRST

SEARCH_TOOL = {"type": "file_search", "file_search": {"max_num_results": 3}}
STRICT = {**WEATHER, "function": {**WEATHER["function"], "strict": True}}
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
FOUND = [{"file_id": "file-tides", "file_name": "tides.txt", "score": 0.75}]
THREE = ["prompt_tokens", "completion_tokens", "total_tokens"]


@dataclass
class Fixtures:
    """A namespace with one object of every kind."""

    ns: object
    ids: dict

    def api(self, beta):
        return raw_api(self.ns, beta)

    def run_path(self):
        return f"/threads/{self.ids['thread']}/runs/{self.ids['run']}"

    def stream(self, beta):
        body = {"assistant_id": self.ids["assistant"], "stream": True, "thread": {"messages": []}}
        return parse_events(self.api(beta).post("/threads/runs", body).text)


@pytest.fixture
def fixtures(ns, client):
    """One object of every kind, created on the newest wire, and a run with a step of each type."""
    api = raw_api(ns)
    ns.play(
        {"search": "tides", "results": FOUND},
        {"call": "look_outside", "args": {"town": "Husum"}},
        {"say": "Fair{{ cite(hits.results[0]) }}."},
    )
    file = api.upload()["id"]
    store = api.post_json("/vector_stores", {"file_ids": [file]})["id"]
    batch = api.post_json(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    tools = [TIDES, SEARCH_TOOL, {"type": "code_interpreter"}, STRICT]
    resources = {"code_interpreter": {"file_ids": [file]}, "file_search": {"vector_store_ids": [store]}}
    assistant_id = api.post_json(
        "/assistants", {"model": MODEL, "instructions": "x", "tools": tools, "tool_resources": resources}
    )["id"]
    thread_id = api.post_json("/threads", {"tool_resources": {"code_interpreter": {"file_ids": [file]}}})["id"]
    attachment = {"file_id": file, "tools": [{"type": "code_interpreter"}]}
    message = api.post_json(
        f"/threads/{thread_id}/messages", {"role": "user", "content": "x", "attachments": [attachment]}
    )["id"]
    run_body = {"assistant_id": assistant_id, "tool_choice": {"type": "file_search"}}
    run = api.post_json(f"/threads/{thread_id}/runs", run_body)["id"]
    ids = {
        "file": file,
        "store": store,
        "batch": batch,
        "assistant": assistant_id,
        "thread": thread_id,
        "message": message,
        "run": run,
    }
    return Fixtures(ns, ids)


def finish(fixtures, client):
    """Submit the output that the run waits for."""
    threads = client.beta.threads.runs
    run = threads.retrieve(fixtures.ids["run"], thread_id=fixtures.ids["thread"])
    threads.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )


# --- how to read each kind of object ----------------------------------------------------------------------------------


def assistant(fixtures, beta):
    return fixtures.api(beta).get_json(f"/assistants/{fixtures.ids['assistant']}")


def thread(fixtures, beta):
    return fixtures.api(beta).get_json(f"/threads/{fixtures.ids['thread']}")


def message(fixtures, beta):
    return fixtures.api(beta).get_json(f"/threads/{fixtures.ids['thread']}/messages/{fixtures.ids['message']}")


def citation(fixtures, beta):
    newest = fixtures.api(beta).get_json(f"/threads/{fixtures.ids['thread']}/messages")["data"][0]
    return newest["content"][0]["text"]["annotations"][0]["file_citation"]


def run(fixtures, beta):
    return fixtures.api(beta).get_json(fixtures.run_path())


def steps(fixtures, beta):
    return fixtures.api(beta).get_json(f"{fixtures.run_path()}/steps", params={"order": "asc"})["data"]


def search_call(fixtures, beta):
    return steps(fixtures, beta)[0]["step_details"]["tool_calls"][0]


def function_call(fixtures, beta):
    return steps(fixtures, beta)[1]["step_details"]["tool_calls"][0]


def store(fixtures, beta):
    return fixtures.api(beta).get_json(f"/vector_stores/{fixtures.ids['store']}")


def store_file(fixtures, beta):
    return fixtures.api(beta).get_json(f"/vector_stores/{fixtures.ids['store']}/files/{fixtures.ids['file']}")


def batch_file(fixtures, beta):
    path = f"/vector_stores/{fixtures.ids['store']}/file_batches/{fixtures.ids['batch']}/files"
    return fixtures.api(beta).get_json(path)["data"][0]


def file(fixtures, beta):
    return fixtures.api(beta).get_json(f"/files/{fixtures.ids['file']}")


def file_list(fixtures, beta):
    return fixtures.api(beta).get_json("/files")


def new_file(fixtures, beta):
    return fixtures.api(beta).upload("a.jsonl", b"{}", "fine-tune")


def deleted_file(fixtures, beta):
    api = fixtures.api(beta)
    return api.delete(f"/files/{api.upload()['id']}").json()


def files_refusal(fixtures, beta):
    return fixtures.api(beta).get("/files/file-0").json()


def message_bytes(fixtures, beta):
    return fixtures.api(beta).get(f"/threads/{fixtures.ids['thread']}/messages/{fixtures.ids['message']}").content


def last_event(fixtures, beta):
    fixtures.ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
    return fixtures.stream(beta)[-2][0]


def tool(document, kind):
    return next(tool for tool in document["tools"] if tool["type"] == kind)


def keys(*names):
    """Return a function that filters the keys of an object, in its own order."""
    return lambda document: [name for name in document if name in names]


RANKED = {"max_num_results": 3, "ranking_options": {**RANKING, "hybrid_search": None}}
STORE_2024 = [
    "id", "object", "name", "status", "usage_bytes", "created_at", "file_counts", "metadata", "expires_after",
    "expires_at", "last_active_at",
]  # fmt: skip
STORE_2025 = [
    "id", "object", "created_at", "name", "description", "usage_bytes", "file_counts", "status", "expires_after",
    "expires_at", "last_active_at", "metadata",
]  # fmt: skip
LIMITS = [
    "max_completion_tokens", "max_prompt_tokens", "truncation_strategy", "incomplete_details", "response_format",
    "tool_choice",
]  # fmt: skip
MESSAGE_OLD = [
    "id", "object", "created_at", "thread_id", "role", "content", "file_ids", "assistant_id", "run_id", "metadata",
]  # fmt: skip
MESSAGE_NEW = [
    "id", "object", "created_at", "assistant_id", "thread_id", "run_id", "role", "content", "file_ids", "metadata",
]  # fmt: skip
BATCH_FILE = ["id", "object", "created_at", "vector_store_id", "status", "last_error"]

# (day, what, first object) -> how to read it, what to look at, the result before the day, and the result since.
SIDES = {
    ("2026-05-01", "errors of the Files endpoints repeat the message in `detail`", "refusal of files"): (files_refusal, list, ["error"], ["error", "detail"]),
    ("2025-10-01", "lists of the files in a batch show all fields", "vector_store.file in batch"): (
        batch_file, list, BATCH_FILE,
        ["id", "object", "usage_bytes", "created_at", "vector_store_id", "status", "last_error", "chunking_strategy", "attributes"],
    ),
    ("2025-04-29", "files have expires_at", "file"): (file, keys("expires_at", "status"), ["status"], ["expires_at", "status"]),
    ("2025-03-11", "vector stores have a description, and a new order of fields", "vector_store"): (store, list, STORE_2024, STORE_2025),
    ("2025-03-11", "files in stores have attributes", "vector_store.file"): (store_file, keys("attributes"), [], ["attributes"]),
    ("2025-03-11", "search results in steps have attributes", "thread.run.step"): (
        search_call, lambda call: list(call["file_search"]["results"][0]),
        ["file_id", "file_name", "score"], ["file_id", "file_name", "score", "attributes"],
    ),
    ("2025-03-11", "file_search tools have hybrid_search", "assistant"): (
        assistant, lambda document: tool(document, "file_search")["file_search"],
        {"max_num_results": 3, "ranking_options": RANKING}, RANKED,
    ),
    ("2025-01-31", "assistants and runs have reasoning_effort", "assistant"): (assistant, keys("top_p", "reasoning_effort"), ["top_p"], ["top_p", "reasoning_effort"]),
    ("2025-01-31", "functions have strict, also where it is false", "assistant"): (
        assistant, lambda document: list(tool(document, "function")["function"]), ["name", "parameters"], ["name", "parameters", "strict"],
    ),
    ("2025-01-01", "usage has details of cached and reasoning tokens", "thread.run"): (
        run, lambda document: list(document["usage"]), THREE, [*THREE, "prompt_token_details", "completion_tokens_details"],
    ),
    ("2024-10-10", "file lists have first_id and last_id", "list of file"): (
        file_list, list, ["object", "data", "has_more"], ["object", "data", "has_more", "first_id", "last_id"],
    ),
    ("2024-08-06", "functions may be strict", "assistant"): (
        assistant, lambda document: document["tools"][-1]["function"].get("strict"), None, True,
    ),
    ("2024-08-23", "file_search tools have ranking options", "assistant"): (
        assistant, lambda document: tool(document, "file_search"), SEARCH_TOOL,
        {"type": "file_search", "file_search": {"max_num_results": 3, "ranking_options": RANKING}},
    ),
    ("2024-08-23", "file_search calls show their results", "thread.run.step"): (
        search_call, lambda call: list(call["file_search"]), [], ["ranking_options", "results"],
    ),
    ("2024-06-06", "runs have parallel_tool_calls", "thread.run"): (run, keys("parallel_tool_calls"), [], ["parallel_tool_calls"]),
    ("2024-06-03", "files in stores have chunking_strategy", "vector_store.file"): (
        store_file, keys("last_error", "chunking_strategy"), ["last_error"], ["last_error", "chunking_strategy"],
    ),
    ("2024-06-03", "citations have no quote", "thread.message"): (citation, list, ["file_id", "quote"], ["file_id"]),
    ("2024-05-13", "incomplete runs end with an event of their own", "event"): (
        last_event, str, "thread.run.completed", "thread.run.incomplete",
    ),
    ("2024-05-07", "file lists have data before has_more", "list of file"): (
        file_list, list, ["object", "has_more", "data"], ["object", "data", "has_more"],
    ),
    (ALWAYS, "v1 has file_ids on assistants", "assistant"): (
        assistant, keys("file_ids", "tool_resources"), ["file_ids"], ["tool_resources"],
    ),
    (ALWAYS, "v1 has file_ids on runs", "thread.run"): (run, keys("file_ids", "tool_resources"), ["file_ids"], ["tool_resources"]),
    (ALWAYS, "v1 has file_ids on messages", "thread.message"): (message, keys("file_ids", "attachments"), ["file_ids"], ["attachments"]),
    (ALWAYS, "v1 threads have no resources", "thread"): (thread, keys("tool_resources"), [], ["tool_resources"]),
    (ALWAYS, "v1 calls file_search retrieval", "assistant"): (
        assistant, lambda document: document["tools"][1]["type"], "retrieval", "file_search",
    ),
    (ALWAYS, "v1 calls file_search retrieval in tool_choice", "thread.run"): (
        run, lambda document: document["tool_choice"], {"type": "retrieval"}, {"type": "file_search"},
    ),
    (ALWAYS, "v1 calls file_search retrieval", "thread.run.step"): (
        search_call, list, ["id", "type", "retrieval"], ["id", "type", "file_search"],
    ),
    (ALWAYS, "v1 shows incomplete runs as completed", "thread.run"): (run, lambda document: document["status"], "completed", "incomplete"),
    ("2024-04-17", "assistants have temperature, top_p and response_format", "assistant"): (
        assistant, keys("top_p", "temperature", "response_format"), [], ["top_p", "temperature", "response_format"],
    ),
    ("2024-04-17", "runs have top_p", "thread.run"): (run, keys("top_p"), [], ["top_p"]),
    ("2024-04-12", "runs have token limits, truncation_strategy, response_format and tool_choice", "thread.run"): (run, keys(*LIMITS), [], LIMITS),
    ("2024-03-29", "runs have temperature", "thread.run"): (run, keys("temperature"), [], ["temperature"]),
    ("2024-03-13", "messages have assistant_id and run_id before role", "thread.message"): (message, list, MESSAGE_OLD, MESSAGE_NEW),
    ("2024-03-13", "runs always have required_action", "thread.run"): (run, keys("required_action"), [], ["required_action"]),
    ("2024-03-13", "pending function calls have a null output", "thread.run.step"): (
        function_call, lambda call: list(call["function"]), ["name", "arguments"], ["name", "arguments", "output"],
    ),
    ("2024-01-18", "runs and steps have usage", "thread.run"): (run, keys("usage"), [], ["usage"]),
    ("2024-01-01", "responses to deleted files have the id last", "file deleted"): (
        deleted_file, list, ["object", "id", "deleted"], ["object", "deleted", "id"],
    ),
    ("2024-03-13", "single messages are indented like all other objects", "layout of thread.message"): (
        message_bytes, lambda body: b"\n" in body, False, True,
    ),
    ("2024-01-01", "single messages are not indented", "layout of thread.message"): (
        message_bytes, lambda body: b"\n" in body, True, False,
    ),
    ("2024-01-01", "files for fine-tuning are processed at once", "new file"): (
        new_file, lambda document: document["status"], "uploaded", "processed",
    ),
}  # fmt: skip

BEFORE_OUTPUTS = {"pending function calls have a null output"}
NAMES = [(change.day, change.what, change.objects[0]) for change in CHANGES]


def day_before(day):
    return (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()


def test_every_change_is_tested_on_both_sides_of_its_day():
    assert sorted(SIDES) == sorted(NAMES)


@pytest.mark.parametrize("change", CHANGES, ids=[f"{c.day}-{c.what}-{c.objects[0]}".replace(" ", "-") for c in CHANGES])
def test_a_change_is_visible_from_its_day_on(fixtures, client, change):
    read, look, before, since = SIDES[change.day, change.what, change.objects[0]]
    if change.what == "v1 shows incomplete runs as completed":
        fixtures.ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
        fixtures.ids["run"] = finish_and_start_another(fixtures, client)
    elif change.what not in BEFORE_OUTPUTS:
        finish(fixtures, client)
    if change.day == ALWAYS:
        fixtures.ns.put(wire=V1_LAST)
        assert (look(read(fixtures, "v1")), look(read(fixtures, "v2"))) == (before, since)
        return
    # Before v2, files had no beta header; and with a v2 header, no day is older than v2.
    beta = change.beta or ("v2" if change.day > V2_FIRST else None)
    fixtures.ns.put(wire=change.day)
    assert look(read(fixtures, beta)) == since
    fixtures.ns.put(wire=day_before(change.day))
    assert look(read(fixtures, beta)) == before


def finish_and_start_another(fixtures, client):
    finish(fixtures, client)
    body = {"assistant_id": fixtures.ids["assistant"]}
    run_id = fixtures.api("v2").post_json(f"/threads/{fixtures.ids['thread']}/runs", body)["id"]
    client.beta.threads.runs.poll(run_id, thread_id=fixtures.ids["thread"])
    return run_id


@pytest.mark.parametrize(
    "change", [c for c in CHANGES if len(c.objects) == 2], ids=lambda c: f"{c.day}-{c.what}".replace(" ", "-")
)
def test_a_change_of_two_objects_also_applies_to_the_second(fixtures, client, change):
    """A change asserted for the first of a pair (a step, an assistant) also applies to the second (its delta, the run)."""
    finish(fixtures, client)
    newest_beta = change.beta or "v2"
    sides = (
        [(day_before(change.day), newest_beta), (change.day, newest_beta)]
        if change.day != ALWAYS
        else [(V1_LAST, "v1"), (V1_LAST, "v2")]
    )
    documents = []
    for day, beta in sides:
        fixtures.ns.put(wire=day)
        documents.append(_second(fixtures, change.objects[1], beta))
    assert documents[0] != documents[1]


def _second(fixtures, kind, beta):
    if kind == "thread.run":
        document = run(fixtures, beta)
        return list(document), document["tools"]
    if kind == "thread.run.step":
        step = steps(fixtures, beta)[0]
        return list(step), list(step.get("usage", ()))
    events = fixtures.stream(beta)
    completed = [data for name, data in events if name == "thread.run.step.completed"]
    deltas = [data for name, data in events if name == "thread.run.step.delta"]
    call = {**deltas[0]["delta"]["step_details"]["tool_calls"][0], "id": "call"}
    ended = {**completed[0]["step_details"]["tool_calls"][0], "id": "call"}
    return call, ended


# --- ids, and details by day ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2024-04-17", "2026-08-25"])
def test_other_ids_never_changed(ns, day):
    ns.put(wire=day)
    api = raw_api(ns)
    assistant_document, thread_document = (
        api.post_json("/assistants", {"model": MODEL, "instructions": "x"}),
        api.post_json("/threads", {}),
    )
    message_document = api.post_json(f"/threads/{thread_document['id']}/messages", {"role": "user", "content": "x"})
    run_document = api.post_json(f"/threads/{thread_document['id']}/runs", {"assistant_id": assistant_document["id"]})
    for document, prefix in (
        (assistant_document, "asst_"),
        (thread_document, "thread_"),
        (message_document, "msg_"),
        (run_document, "run_"),
    ):
        assert is_id(document["id"], prefix, 24)
    assert is_id(api.get("/models").headers["x-request-id"], "req_", 32, "0-9a-f")


@pytest.mark.parametrize("day, name", [("2024-05-12", "thread.run.completed"), ("2024-05-13", "thread.run.incomplete")])
def test_an_incomplete_run_was_streamed_as_completed_at_first(ns, day, name):
    ns.play({"say": "Half"}, {"stop": "max_completion_tokens"})
    ns.put(wire=day)
    api = raw_api(ns)
    assistant_id = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    events = parse_events(api.post("/threads/runs", {"assistant_id": assistant_id, "stream": True}).text)
    assert (events[-2][0], events[-2][1]["status"]) == (name, "incomplete")


@pytest.mark.parametrize("day, quoted", [("2024-06-02", {"quote": "Noon."}), ("2024-06-03", {})])
def test_citations_quoted_the_passage_before_june_2024(ns, day, quoted):
    ns.play(
        {"search": "x", "results": [{**FOUND[0], "content": [{"type": "text", "text": "Noon."}]}]},
        {"say": "Fair{{ cite(hits.results[0]) }}."},
    )
    api = raw_api(ns)
    assistant_id = api.post_json("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    for wire in ("2024-04-20", "2026-08-25"):  # whenever it was written
        ns.put(wire=wire)
        events = parse_events(api.post("/threads/runs", {"assistant_id": assistant_id, "stream": True}).text)
        message_id = next(data["id"] for name, data in events if name == "thread.message.completed")
        ns.put(wire=day)
        thread_id = events[0][1]["id"]
        text = api.get_json(f"/threads/{thread_id}/messages/{message_id}")["content"][0]["text"]
        assert text["annotations"][0]["file_citation"] == {"file_id": "file-tides", **quoted}


@pytest.mark.parametrize("day, detailed", [("2026-04-30", False), ("2026-05-01", True)])
def test_errors_of_files_have_a_detail_since_may_2026(ns, day, detailed):
    ns.put(wire=day)
    api = raw_api(ns, None)
    body = api.get("/files/file-0").json()
    expected = {"detail": {"message": "No such File object: file-0", "code": None}} if detailed else {}
    assert {name: value for name, value in body.items() if name != "error"} == expected
    assert list(api.get("/vector_stores/vs_0").json()) == ["error"]


def test_each_namespace_has_its_own_wire(ns, http, server):
    ns.put(wire="2024-04-20")
    here = raw_api(ns).post_json("/assistants", {"model": MODEL})
    there = http.post(
        f"{server.base_url}/assistants",
        json={"model": MODEL},
        headers={"Authorization": f"Bearer {ns.key[:40]}-b", "OpenAI-Beta": "assistants=v2"},
    ).json()
    assert "reasoning_effort" not in here
    assert "reasoning_effort" in there


def test_objects_created_on_an_older_wire_have_all_keys_on_a_newer_one(ns):
    ns.put(wire="2024-04-20")
    old = raw_api(ns).post_json("/assistants", {"model": MODEL, "tools": [TIDES]})
    ns.put(wire="2026-08-25")
    new = raw_api(ns).get_json(f"/assistants/{old['id']}")
    assert new["reasoning_effort"] is None
    assert new["tools"][0]["function"]["strict"] is False


def test_v2_on_a_day_before_its_release_has_its_first_shape(ns):
    ns.put(wire="2023-11-10")
    assistant_document = raw_api(ns).post_json("/assistants", {"model": MODEL})
    assert list(assistant_document)[8:] == ["top_p", "temperature", "tool_resources", "metadata", "response_format"]


def test_v1_on_a_day_after_its_end_has_its_last_shape(ns):
    assistant_document = raw_api(ns, "v1").post_json("/assistants", {"model": MODEL})
    assert list(assistant_document)[8:] == ["top_p", "temperature", "file_ids", "metadata", "response_format"]


@pytest.mark.parametrize("beta", ["v1", "v2", None])
def test_files_and_stores_have_the_shapes_of_the_day_whatever_the_header(fixtures, beta):
    paths = ["/files", f"/files/{fixtures.ids['file']}", f"/vector_stores/{fixtures.ids['store']}", "/models"]
    newest = raw_api(fixtures.ns)
    for path in paths:
        assert raw_api(fixtures.ns, beta).get(path).text == newest.get(path).text

"""Every dated change of a shape, seen over HTTP from both sides of its day."""

import datetime
from dataclasses import dataclass

import pytest

from contract_tests.harness import MODEL, TIDES, WEATHER, events, outputs_of
from contract_tests.lines import is_id, line
from emulator.wire.history.changes import ALWAYS, CHANGES
from emulator.wire.history.wires import V1_LAST, V2_FIRST

SEARCH_TOOL = {"type": "file_search", "file_search": {"max_num_results": 3}}
RANKING = {"ranker": "default_2024_08_21", "score_threshold": 0.0}
FOUND = [{"file_id": "file-tides", "file_name": "tides.txt", "score": 0.75}]
THREE = ["prompt_tokens", "completion_tokens", "total_tokens"]


@dataclass
class Scene:
    """A namespace in which there is one object of every kind."""

    ns: object
    ids: dict

    def speak(self, beta):
        return line(self.ns, beta)

    def run_path(self):
        return f"/threads/{self.ids['thread']}/runs/{self.ids['run']}"

    def stream(self, beta):
        body = {"assistant_id": self.ids["assistant"], "stream": True, "thread": {"messages": []}}
        return events(self.speak(beta).post("/threads/runs", body).text)


@pytest.fixture
def scene(ns, client):
    """Everything that the newest wire can show: made there, with a file and a store, and a run with a step of each kind."""
    ask = line(ns)
    ns.plays(
        {"search": "tides", "results": FOUND},
        {"call": "look_outside", "args": {"town": "Husum"}},
        {"say": "Fair{{ cite(hits.results[0]) }}."},
    )
    file = ask.upload()["id"]
    store = ask.make("/vector_stores", {"file_ids": [file]})["id"]
    batch = ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    tools = [TIDES, SEARCH_TOOL, {"type": "code_interpreter"}, WEATHER]
    resources = {"code_interpreter": {"file_ids": [file]}, "file_search": {"vector_store_ids": [store]}}
    boss = ask.make("/assistants", {"model": MODEL, "instructions": "x", "tools": tools, "tool_resources": resources})[
        "id"
    ]
    deck = ask.make("/threads", {"tool_resources": {"code_interpreter": {"file_ids": [file]}}})["id"]
    attachment = {"file_id": file, "tools": [{"type": "code_interpreter"}]}
    message = ask.make(f"/threads/{deck}/messages", {"role": "user", "content": "x", "attachments": [attachment]})["id"]
    chosen = {"assistant_id": boss, "tool_choice": {"type": "file_search"}}
    run = ask.make(f"/threads/{deck}/runs", chosen)["id"]
    ids = {
        "file": file,
        "store": store,
        "batch": batch,
        "assistant": boss,
        "thread": deck,
        "message": message,
        "run": run,
    }
    return Scene(ns, ids)


def finish(scene, client):
    """Answer the call that the run waits for."""
    threads = client.beta.threads.runs
    run = threads.retrieve(scene.ids["run"], thread_id=scene.ids["thread"])
    threads.submit_tool_outputs_and_poll(
        run_id=run.id, thread_id=run.thread_id, tool_outputs=outputs_of(run, look_outside="fog")
    )


# --- how to read each kind of object ----------------------------------------------------------------------------------


def assistant(scene, beta):
    return scene.speak(beta).read(f"/assistants/{scene.ids['assistant']}")


def thread(scene, beta):
    return scene.speak(beta).read(f"/threads/{scene.ids['thread']}")


def message(scene, beta):
    return scene.speak(beta).read(f"/threads/{scene.ids['thread']}/messages/{scene.ids['message']}")


def citation(scene, beta):
    newest = scene.speak(beta).read(f"/threads/{scene.ids['thread']}/messages")["data"][0]
    return newest["content"][0]["text"]["annotations"][0]["file_citation"]


def run(scene, beta):
    return scene.speak(beta).read(scene.run_path())


def steps(scene, beta):
    return scene.speak(beta).read(f"{scene.run_path()}/steps", params={"order": "asc"})["data"]


def search_call(scene, beta):
    return steps(scene, beta)[0]["step_details"]["tool_calls"][0]


def function_call(scene, beta):
    return steps(scene, beta)[1]["step_details"]["tool_calls"][0]


def store(scene, beta):
    return scene.speak(beta).read(f"/vector_stores/{scene.ids['store']}")


def store_file(scene, beta):
    return scene.speak(beta).read(f"/vector_stores/{scene.ids['store']}/files/{scene.ids['file']}")


def batch_file(scene, beta):
    path = f"/vector_stores/{scene.ids['store']}/file_batches/{scene.ids['batch']}/files"
    return scene.speak(beta).read(path)["data"][0]


def file(scene, beta):
    return scene.speak(beta).read(f"/files/{scene.ids['file']}")


def file_list(scene, beta):
    return scene.speak(beta).read("/files")


def new_file(scene, beta):
    return scene.speak(beta).upload("a.jsonl", b"{}", "fine-tune")


def deleted_file(scene, beta):
    ask = scene.speak(beta)
    return ask.delete(f"/files/{ask.upload()['id']}").json()


def files_refusal(scene, beta):
    return scene.speak(beta).get("/files/file-0").json()


def message_bytes(scene, beta):
    return scene.speak(beta).get(f"/threads/{scene.ids['thread']}/messages/{scene.ids['message']}").content


def last_event(scene, beta):
    scene.ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
    return scene.stream(beta)[-2][0]


def tool(shown, kind):
    return next(tool for tool in shown["tools"] if tool["type"] == kind)


def keys(*names):
    """Look at which of some keys an object has, in its own order."""
    return lambda shown: [name for name in shown if name in names]


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

# (day, what, first object) -> how it is read, what is looked at, what was seen before the day, and what since.
SIDES = {
    ("2026-05-01", "refusals of files say it twice", "refusal of files"): (files_refusal, list, ["error"], ["error", "detail"]),
    ("2025-10-01", "files in a batch are shown whole", "vector_store.file in batch"): (
        batch_file, list, BATCH_FILE,
        ["id", "object", "usage_bytes", "created_at", "vector_store_id", "status", "last_error", "chunking_strategy", "attributes"],
    ),
    ("2025-04-29", "files have expires_at", "file"): (file, keys("expires_at", "status"), ["status"], ["expires_at", "status"]),
    ("2025-03-11", "vector stores have a description, and another order", "vector_store"): (store, list, STORE_2024, STORE_2025),
    ("2025-03-11", "files in stores have attributes", "vector_store.file"): (store_file, keys("attributes"), [], ["attributes"]),
    ("2025-03-11", "results have attributes", "thread.run.step"): (
        search_call, lambda call: list(call["file_search"]["results"][0]),
        ["file_id", "file_name", "score"], ["file_id", "file_name", "score", "attributes"],
    ),
    ("2025-03-11", "file_search tools have hybrid_search", "assistant"): (
        assistant, lambda shown: tool(shown, "file_search")["file_search"],
        {"max_num_results": 3, "ranking_options": RANKING}, RANKED,
    ),
    ("2025-01-31", "reasoning_effort", "assistant"): (assistant, keys("top_p", "reasoning_effort"), ["top_p"], ["top_p", "reasoning_effort"]),
    ("2025-01-31", "functions show strict", "assistant"): (
        assistant, lambda shown: list(tool(shown, "function")["function"]), ["name", "parameters"], ["name", "parameters", "strict"],
    ),
    ("2025-01-01", "usage tells cached and reasoning tokens", "thread.run"): (
        run, lambda shown: list(shown["usage"]), THREE, [*THREE, "prompt_token_details", "completion_tokens_details"],
    ),
    ("2024-10-10", "file lists have first_id and last_id", "list of file"): (
        file_list, list, ["object", "data", "has_more"], ["object", "data", "has_more", "first_id", "last_id"],
    ),
    ("2024-08-23", "file_search tools have ranking options", "assistant"): (
        assistant, lambda shown: tool(shown, "file_search"), SEARCH_TOOL,
        {"type": "file_search", "file_search": {"max_num_results": 3, "ranking_options": RANKING}},
    ),
    ("2024-08-23", "file_search calls show their results", "thread.run.step"): (
        search_call, lambda call: list(call["file_search"]), [], ["ranking_options", "results"],
    ),
    ("2024-06-06", "parallel_tool_calls", "thread.run"): (run, keys("parallel_tool_calls"), [], ["parallel_tool_calls"]),
    ("2024-06-03", "files in stores show their chunking strategy", "vector_store.file"): (
        store_file, keys("last_error", "chunking_strategy"), ["last_error"], ["last_error", "chunking_strategy"],
    ),
    ("2024-06-03", "citations have no quote", "thread.message"): (citation, list, ["file_id", "quote"], ["file_id"]),
    ("2024-05-13", "incomplete runs end with an event of their own", "event"): (
        last_event, str, "thread.run.completed", "thread.run.incomplete",
    ),
    ("2024-05-08", "file lists show their data first", "list of file"): (
        file_list, list, ["object", "has_more", "data"], ["object", "data", "has_more"],
    ),
    (ALWAYS, "v1 has file_ids on assistants", "assistant"): (
        assistant, keys("file_ids", "tool_resources"), ["file_ids"], ["tool_resources"],
    ),
    (ALWAYS, "v1 has file_ids on runs", "thread.run"): (run, keys("file_ids", "tool_resources"), ["file_ids"], ["tool_resources"]),
    (ALWAYS, "v1 has file_ids on messages", "thread.message"): (message, keys("file_ids", "attachments"), ["file_ids"], ["attachments"]),
    (ALWAYS, "v1 threads have no resources", "thread"): (thread, keys("tool_resources"), [], ["tool_resources"]),
    (ALWAYS, "v1 calls it retrieval", "assistant"): (
        assistant, lambda shown: shown["tools"][1]["type"], "retrieval", "file_search",
    ),
    (ALWAYS, "v1 calls it retrieval where it is chosen", "thread.run"): (
        run, lambda shown: shown["tool_choice"], {"type": "retrieval"}, {"type": "file_search"},
    ),
    (ALWAYS, "v1 calls it retrieval", "thread.run.step"): (
        search_call, list, ["id", "type", "retrieval"], ["id", "type", "file_search"],
    ),
    (ALWAYS, "v1 knows no incomplete runs", "thread.run"): (run, lambda shown: shown["status"], "completed", "incomplete"),
    ("2024-04-17", "assistants have sampling and a format", "assistant"): (
        assistant, keys("top_p", "temperature", "response_format"), [], ["top_p", "temperature", "response_format"],
    ),
    ("2024-04-17", "runs have top_p", "thread.run"): (run, keys("top_p"), [], ["top_p"]),
    ("2024-04-12", "runs have limits, a format and a tool choice", "thread.run"): (run, keys(*LIMITS), [], LIMITS),
    ("2024-03-29", "runs have temperature", "thread.run"): (run, keys("temperature"), [], ["temperature"]),
    ("2024-03-13", "messages name their assistant first", "thread.message"): (message, list, MESSAGE_OLD, MESSAGE_NEW),
    ("2024-03-13", "required_action is always there", "thread.run"): (run, keys("required_action"), [], ["required_action"]),
    ("2024-03-13", "pending calls show a null output", "thread.run.step"): (
        function_call, lambda call: list(call["function"]), ["name", "arguments"], ["name", "arguments", "output"],
    ),
    ("2024-01-18", "usage", "thread.run"): (run, keys("usage"), [], ["usage"]),
    ("2024-01-01", "deleted files show their id last", "file deleted"): (
        deleted_file, list, ["object", "id", "deleted"], ["object", "deleted", "id"],
    ),
    ("2024-03-13", "single messages are indented like all else", "layout of thread.message"): (
        message_bytes, lambda body: b"\n" in body, False, True,
    ),
    ("2024-01-01", "single messages are not indented", "layout of thread.message"): (
        message_bytes, lambda body: b"\n" in body, True, False,
    ),
    ("2024-01-01", "fine-tuning files are processed at once", "new file"): (
        new_file, lambda shown: shown["status"], "uploaded", "processed",
    ),
    ("2023-11-06", "file lists have has_more", "list of file"): (file_list, list, ["object", "data"], ["object", "has_more", "data"]),
}  # fmt: skip

PENDING = {"pending calls show a null output"}
NAMES = [(change.day, change.what, change.objects[0]) for change in CHANGES]


def eve(day):
    return (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()


def test_every_change_has_its_two_sides_here():
    assert sorted(SIDES) == sorted(NAMES)


@pytest.mark.parametrize("change", CHANGES, ids=[f"{c.day}-{c.what}-{c.objects[0]}".replace(" ", "-") for c in CHANGES])
def test_a_change_is_seen_from_its_day_on(scene, client, change):
    read, look, before, since = SIDES[change.day, change.what, change.objects[0]]
    if change.what == "v1 knows no incomplete runs":
        scene.ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
        scene.ids["run"] = end_and_begin_again(scene, client)
    elif change.what not in PENDING:
        finish(scene, client)
    if change.day == ALWAYS:
        scene.ns.put(wire=V1_LAST)
        assert (look(read(scene, "v1")), look(read(scene, "v2"))) == (before, since)
        return
    # Before v2 there was no header for files, and with one of v2 a day is never older than v2.
    beta = change.beta or ("v2" if change.day > V2_FIRST else None)
    scene.ns.put(wire=change.day)
    assert look(read(scene, beta)) == since
    scene.ns.put(wire=eve(change.day))
    assert look(read(scene, beta)) == before


def end_and_begin_again(scene, client):
    finish(scene, client)
    body = {"assistant_id": scene.ids["assistant"]}
    made = scene.speak("v2").make(f"/threads/{scene.ids['thread']}/runs", body)["id"]
    client.beta.threads.runs.poll(made, thread_id=scene.ids["thread"])
    return made


@pytest.mark.parametrize(
    "change", [c for c in CHANGES if len(c.objects) == 2], ids=lambda c: f"{c.day}-{c.what}".replace(" ", "-")
)
def test_changes_of_two_objects_reach_the_second_too(scene, client, change):
    """What was asserted of the first of a pair (a step, an assistant) is true of the other (its delta, the run)."""
    finish(scene, client)
    beta = change.beta or "v2"
    sides = (
        [(eve(change.day), beta), (change.day, beta)] if change.day != ALWAYS else [(V1_LAST, "v1"), (V1_LAST, "v2")]
    )
    shown = []
    for day, speaks in sides:
        scene.ns.put(wire=day)
        shown.append(_second(scene, change.objects[1], speaks))
    assert shown[0] != shown[1]


def _second(scene, kind, beta):
    if kind == "thread.run":
        shown = run(scene, beta)
        return list(shown), shown["tools"]
    if kind == "thread.run.step":
        step = steps(scene, beta)[0]
        return list(step), list(step.get("usage", ()))
    told = scene.stream(beta)
    completed = [data for name, data in told if name == "thread.run.step.completed"]
    deltas = [data for name, data in told if name == "thread.run.step.delta"]
    call = {**deltas[0]["delta"]["step_details"]["tool_calls"][0], "id": "call"}
    ended = {**completed[0]["step_details"]["tool_calls"][0], "id": "call"}
    return call, ended


# --- ids and other dated things ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("day", ["2024-04-17", "2026-08-25"])
def test_other_ids_never_changed(ns, day):
    ns.put(wire=day)
    ask = line(ns)
    boss, deck = ask.make("/assistants", {"model": MODEL, "instructions": "x"}), ask.make("/threads", {})
    made = ask.make(f"/threads/{deck['id']}/messages", {"role": "user", "content": "x"})
    begun = ask.make(f"/threads/{deck['id']}/runs", {"assistant_id": boss["id"]})
    for shown, prefix in ((boss, "asst_"), (deck, "thread_"), (made, "msg_"), (begun, "run_")):
        assert is_id(shown["id"], prefix, 24)
    assert is_id(ask.get("/models").headers["x-request-id"], "req_", 32, "0-9a-f")


@pytest.mark.parametrize("day, name", [("2024-05-12", "thread.run.completed"), ("2024-05-13", "thread.run.incomplete")])
def test_an_incomplete_run_was_told_as_a_completed_one_at_first(ns, day, name):
    ns.plays({"say": "Half"}, {"stop": "max_completion_tokens"})
    ns.put(wire=day)
    ask = line(ns)
    boss = ask.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    told = events(ask.post("/threads/runs", {"assistant_id": boss, "stream": True}).text)
    assert (told[-2][0], told[-2][1]["status"]) == (name, "incomplete")


@pytest.mark.parametrize("day, detailed", [("2026-04-30", False), ("2026-05-01", True)])
def test_refusals_of_files_say_it_twice_since_may_2026(ns, day, detailed):
    ns.put(wire=day)
    ask = line(ns, None)
    body = ask.get("/files/file-0").json()
    expected = {"detail": {"message": "No such File object: file-0", "code": None}} if detailed else {}
    assert {name: value for name, value in body.items() if name != "error"} == expected
    assert list(ask.get("/vector_stores/vs_0").json()) == ["error"]


def test_each_namespace_has_a_day_of_its_own(ns, http, server):
    ns.put(wire="2024-04-20")
    here = line(ns).make("/assistants", {"model": MODEL})
    there = http.post(
        f"{server.base_url}/assistants",
        json={"model": MODEL},
        headers={"Authorization": f"Bearer {ns.key[:40]}-b", "OpenAI-Beta": "assistants=v2"},
    ).json()
    assert "reasoning_effort" not in here
    assert "reasoning_effort" in there


def test_objects_of_an_older_day_are_shown_whole_on_a_newer_one(ns):
    ns.put(wire="2024-04-20")
    old = line(ns).make("/assistants", {"model": MODEL, "tools": [TIDES]})
    ns.put(wire="2026-08-25")
    new = line(ns).read(f"/assistants/{old['id']}")
    assert new["reasoning_effort"] is None
    assert new["tools"][0]["function"]["strict"] is False


def test_v2_on_a_day_before_it_came_has_its_first_shape(ns):
    ns.put(wire="2023-11-10")
    made = line(ns).make("/assistants", {"model": MODEL})
    assert list(made)[8:] == ["top_p", "temperature", "tool_resources", "metadata", "response_format"]


def test_v1_on_a_day_after_it_ended_has_its_last_shape(ns):
    made = line(ns, "v1").make("/assistants", {"model": MODEL})
    assert list(made)[8:] == ["top_p", "temperature", "file_ids", "metadata", "response_format"]

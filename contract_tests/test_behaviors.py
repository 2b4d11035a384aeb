"""Every dated behavior, asked for over HTTP from both sides of its day."""

import datetime

import pytest

from contract_tests.harness import MODEL
from contract_tests.lines import line
from emulator.wire.history import behaviors
from emulator.wire.history.wires import V2_FIRST

FOUND = [
    {"file_id": "file-tides", "file_name": "tides.txt", "score": 1, "content": [{"type": "text", "text": "Noon."}]}
]
LETTERS = {24: "24 letters", 22: "22 letters", 32: "32 digits"}


def length_of(shown):
    return LETTERS[len(shown.rpartition("_")[2].rpartition("-")[2])]


def words_of(answer):
    return (answer.status_code, answer.json()["error"]["message"]) if answer.status_code != 200 else answer.status_code


def batch_of(ask, *texts):
    store = ask.make("/vector_stores", {})["id"]
    files = [ask.upload(f"{place}.txt", text)["id"] for place, text in enumerate(texts)]
    return files, f"/vector_stores/{store}", ask.make(f"/vector_stores/{store}/file_batches", {"file_ids": files})["id"]


def batch_id(ask):
    _, _, batch = batch_of(ask, b"x")
    return batch.rpartition("_")[0]


def order_of_batch(ask):
    files, store, batch = batch_of(ask, b"a", b"b", b"c", b"d", b"e")
    listed = [
        [file["id"] for file in ask.read(f"{store}/file_batches/{batch}/files", params=params)["data"]]
        for params in ({}, {"order": "asc"}, {"order": "desc"})
    ]
    first = sorted(files)[1]
    after = ask.read(f"{store}/file_batches/{batch}/files", params={"order": "asc", "after": first})["data"]
    return {
        "by id": listed == [sorted(files)] * 3 and [file["id"] for file in after] == sorted(files)[2:],
        "by time": listed == [files[::-1], files, files[::-1]],
    }


def bytes_in_batch(ask):
    (file,), store, _ = batch_of(ask, b"x" * 21)
    return ask.read(f"{store}/files/{file}")["usage_bytes"]


def batches_of(count):
    return lambda ask: words_of(
        ask.post(
            f"/vector_stores/{ask.make('/vector_stores', {})['id']}/file_batches", {"file_ids": ["file-0"] * count}
        )
    )


def life_of_batch_file(ask):
    """Return how long a file for a batch is there; files of older days do not show it."""
    made = ask.upload("a.jsonl", b"{}", "batch")
    ask.ns.put(wire="2026-08-25")
    shown = ask.read(f"/files/{made['id']}")
    return shown["expires_at"] and shown["expires_at"] - shown["created_at"]


def store_of(count):
    return lambda ask: words_of(ask.post("/vector_stores", {"file_ids": ["file-0"] * count}))


def helped_store_of(count):
    helper = {"file_search": {"vector_stores": [{"file_ids": ["file-0"] * count}]}}
    return lambda ask: words_of(ask.post("/threads", {"tool_resources": helper}))


def too_long(field, most, got):
    return f"Invalid '{field}': array too long. Expected an array with maximum length {most}, but got an array with length {got} instead."


NO_FILE = (404, "Files [file-0] were not found")
HELPED = "tool_resources.file_search.vector_stores[0].file_ids"


def after_deletion(ask):
    (file,), store, _ = batch_of(ask, b"High water is at noon.")
    ask.delete(f"/files/{file}")
    found = ask.make(f"{store}/search", {"query": "high water"})["data"]
    counted = ask.read(store)["file_counts"]["total"]
    return ask.get(f"{store}/files/{file}").status_code, counted, [result["file_id"] == file for result in found]


def marked(ask):
    """Return the text of a message that cites, and its annotation."""
    ask.ns.plays({"search": "tides", "results": FOUND}, {"say": "Fair{{ cite(hits.results[0]) }}."})
    boss = ask.make("/assistants", {"model": MODEL, "instructions": "x"})["id"]
    asked = {"messages": [{"role": "user", "content": "Will it be fair?"}]}
    thread = ask.make("/threads/runs", {"assistant_id": boss, "thread": asked})["thread_id"]
    text = ask.read(f"/threads/{thread}/messages")["data"][0]["content"][0]["text"]
    (mark,) = text["annotations"]
    assert text["value"][mark["start_index"] : mark["end_index"]] == mark["text"]
    return text["value"], mark["file_citation"]


def as_role(role, content="x"):
    def ask_for(ask):
        thread = ask.make("/threads", {})["id"]
        return words_of(ask.post(f"/threads/{thread}/messages", {"role": role, "content": content}))

    return ask_for


def without_key(ask):
    answer = ask.ns.http.get(f"{ask.ns.base_url}/models")
    assert answer.status_code == 401
    assert not {"openai-organization", "openai-project"} & set(answer.headers)
    return answer.headers["www-authenticate"]


LONG = "Invalid 'content': string too long. Expected a string with maximum length 32768, but got a string with length 32769 instead."

# behavior -> what is asked for, what was answered before its day, and what since.
SIDES = {
    behaviors.LARGE_BATCHES: (batches_of(501), (400, too_long("file_ids", 500, 501)), NO_FILE),
    behaviors.LEAVES_ITS_STORES: (after_deletion, (200, 1, [True]), (404, 0, [])),
    behaviors.LARGE_HELPED_STORES: (helped_store_of(10_001), (400, too_long(HELPED, 10_000, 10_001)), NO_FILE),
    behaviors.BATCH_FILES_BY_ID: (order_of_batch, {"by id": False, "by time": True}, {"by id": True, "by time": False}),
    behaviors.IBJ_BATCH_IDS: (batch_id, "vsfb", "vsfb_ibj"),
    behaviors.BATCHES_BY_BYTES: (bytes_in_batch, 1045, 21),
    behaviors.NAMED_PROJECT: (lambda ask: "openai-project" in ask.get("/models").headers, False, True),
    behaviors.BATCHES_EXPIRE: (life_of_batch_file, None, 30 * 24 * 3600),
    behaviors.STORES_OF_500: (store_of(101), (400, too_long("file_ids", 100, 101)), NO_FILE),
    behaviors.HEX_STORE_IDS: (lambda ask: length_of(ask.make("/vector_stores", {})["id"]), "24 letters", "32 digits"),
    behaviors.WRONG_PREFIX: (
        lambda ask: words_of(ask.get("/threads/undefined")),
        (404, "No thread found with id 'undefined'."),
        (400, "Invalid 'thread_id': 'undefined'. Expected an ID that begins with 'thread'."),
    ),
    behaviors.CITED_BY_NAME: (marked, ("Fair【4:0†source】.", {"file_id": "file-tides"}), ("Fair【4:0†tides.txt】.", {"file_id": "file-tides"})),
    behaviors.SHORT_FILE_IDS: (lambda ask: length_of(ask.upload()["id"]), "24 letters", "22 letters"),
    behaviors.CITED_WITHOUT_QUOTE: (
        lambda ask: marked(ask)[1], {"file_id": "file-tides", "quote": "Noon."}, {"file_id": "file-tides"},
    ),
    behaviors.CITED_BY_TWO_NUMBERS: (lambda ask: marked(ask)[0], "Fair【4†source】.", "Fair【4:0†source】."),
    behaviors.LONG_TEXTS: (as_role("user", "x" * 32_769), (400, LONG), 200),
    behaviors.ROLE_OF_ASSISTANT: (
        as_role("assistant"), (400, "Invalid value: 'assistant'. Supported values are: 'user'."), 200,
    ),
    behaviors.STRICT_V1: (
        lambda ask: words_of(ask.post("/assistants", {"model": MODEL, "mood": "x", "tools": [{"type": "retrieval"}]})),
        200, (400, "1 validation error for Request\nbody -> mood\n  extra fields not permitted (type=value_error.extra)"),
    ),
    behaviors.FUNCTIONS_WITHOUT_PARAMETERS: (
        lambda ask: ask.post("/assistants", {"model": MODEL, "tools": [{"type": "function", "function": {"name": "f"}}]}).status_code,
        400, 200,
    ),
    behaviors.PREFIXED_REQUEST_IDS: (lambda ask: ask.get("/models").headers["x-request-id"].startswith("req_"), False, True),
    behaviors.BEARER_CHALLENGE: (without_key, 'Basic realm="OpenAI API"', 'Bearer realm="OpenAI API"'),
}  # fmt: skip


def eve(day):
    return (datetime.date.fromisoformat(day) - datetime.timedelta(days=1)).isoformat()


def test_every_habit_has_its_two_sides_here():
    assert set(SIDES) == set(behaviors.BEHAVIORS)


@pytest.mark.parametrize("behavior", behaviors.BEHAVIORS, ids=lambda behavior: behavior.what.replace(" ", "-"))
def test_a_habit_is_kept_from_its_day_on(ns, behavior):
    ask_for, before, since = SIDES[behavior]
    for day, expected in ((eve(behavior.day), before), (behavior.day, since)):
        ns.put(wire=day)
        assert ask_for(line(ns, "v2" if day >= V2_FIRST else "v1")) == expected


def test_what_a_tool_drew_has_an_id_of_its_day(ns):
    ns.plays({"code": "draw()", "images": ["data:image/png;base64,iVBORw0KGgo="]}, {"say": "There it is."})
    for day, letters in (("2024-11-30", "24 letters"), ("2024-12-01", "22 letters")):
        ns.put(wire=day)
        ask = line(ns)
        boss = ask.make("/assistants", {"model": MODEL, "instructions": "x", "tools": [{"type": "code_interpreter"}]})[
            "id"
        ]
        run = ask.make("/threads/runs", {"assistant_id": boss})
        steps = ask.read(f"/threads/{run['thread_id']}/runs/{run['id']}/steps", params={"order": "asc"})["data"]
        (output,) = steps[0]["step_details"]["tool_calls"][0]["code_interpreter"]["outputs"]
        assert length_of(output["image"]["file_id"]) == letters

"""What a fuzzed server holds: a model that does something else in every run, and objects whose ids are worth a try."""

import itertools

import httpx

from emulator.domain.actions import Call, Calls, Expire, Fail, Incomplete, Refuse, RunCode, Say, SearchFiles
from emulator.domain.ports import Turn

KEY = "sk-emu-fuzz"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
# How many objects of each kind there are: some of them are deleted on the way.
MANY = 6

PLAYS = (
    [Say("Good morning."), Say("And good night.")],
    [Call("look", {"town": "Oslo"}), Say("That was it.")],
    [Calls(Call("look", {"town": "Bergen"}), Call("listen")), Say("Both.")],
    [SearchFiles("tides"), Say("Found.")],
    [RunCode("print(1)", logs="1\n", images=(PIXEL,)), Say("Ran.")],
    [Refuse("I would rather not.")],
    [Say("Half of"), Incomplete()],
    [Fail()],
    [Expire()],
    [Expire(now=True)],
)


class Changeable:
    """Plays each of the plays in turn."""

    def __init__(self):
        self.plays = itertools.cycle(PLAYS)

    def turn(self, view):
        return Turn(iter(next(self.plays)))


def furnish(base_url):
    """Make objects, and return their ids by the names of the parameters that take them."""
    headers = {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=30) as http:
        return _furnish(http)


def _furnish(http):
    def post(path, body=None, **more):
        answer = http.post(path, **(more or {"json": body}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    ids = {}

    def note(param, doc):
        ids.setdefault(param, []).append(doc["id"])
        return doc["id"]

    search = [{"type": "file_search"}, {"type": "code_interpreter"}]
    for number in range(MANY):
        files = {"file": (f"notes-{number}.txt", b"The tides of the harbour.")}
        file = note("file_id", post("/files", files=files, data={"purpose": "user_data"}))
        store = note("vector_store_id", post("/vector_stores", {"file_ids": [file]}))
        note("batch_id", post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]}))
        upload = post("/uploads", {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"})
        note("upload_id", upload)
        resources = {"file_search": {"vector_store_ids": [store]}}
        body = {"model": "gpt-4o", "instructions": "Help.", "tools": search, "tool_resources": resources}
        assistant = note("assistant_id", post("/assistants", body))
        thread = note("thread_id", post("/threads", {"tool_resources": resources}))
        note("message_id", post(f"/threads/{thread}/messages", {"role": "user", "content": "Well?"}))
        run = note("run_id", post(f"/threads/{thread}/runs", {"assistant_id": assistant}))
        for step in http.get(f"/threads/{thread}/runs/{run}/steps").json()["data"]:
            note("step_id", step)
    return ids

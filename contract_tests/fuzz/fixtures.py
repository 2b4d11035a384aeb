"""Fixtures of a fuzzed server: a model that plays another script in every run, and objects to refer to."""

import itertools

import httpx

from emulator.domain.actions import Call, Calls, Expire, Fail, Incomplete, Refuse, RunCode, Say, SearchFiles
from emulator.domain.ports import Turn

KEY = "sk-emu-fuzz"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
# Number of families; some objects are deleted during the run.
FAMILY_COUNT = 24

SCRIPTS = (
    [Say("Good morning."), Say("And good night.")],
    [Call("look", {"town": "Oslo"}), Say("That was it.")],
    [Calls(Call("look", {"town": "Bergen"}), Call("listen")), Say("Both.")],
    [SearchFiles("tides"), Say("Found.")],
    [RunCode("print(1)", logs="1\n", images=(PIXEL,)), Say("Ran.")],
    [Refuse("I would rather not.")],
    [Say("Half of"), Incomplete()],
    [Fail()],
    [Expire(now=True)],
)


class CyclingBackend:
    """A backend that plays the scripts in turn, one for each run."""

    def __init__(self):
        self.scripts = itertools.cycle(SCRIPTS)

    def turn(self, view):
        return Turn(iter(next(self.scripts)))


def create_families(base_url):
    """Create families of objects that belong together; return their ids by parameter name.

    calls: the ids of the calls that a family's run waits for.
    """
    headers = {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=30) as http:
        return [_family(http, number) for number in range(FAMILY_COUNT)]


def _family(http, number):
    def post(path, body=None, **form):
        response = http.post(path, **(form or {"json": body}))
        assert response.status_code == 200, response.text
        return response.json()

    notes = {"file": (f"notes-{number}.txt", b"The tides of the harbour.")}
    file = post("/files", files=notes, data={"purpose": "user_data"})["id"]
    store = post("/vector_stores", {"file_ids": [file]})["id"]
    batch = post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    upload = {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"}
    resources = {"file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
    assistant_body = {"model": "gpt-4o", "instructions": "Help.", "tools": tools, "tool_resources": resources}
    assistant = post("/assistants", assistant_body)["id"]
    thread = post("/threads", {"tool_resources": resources})["id"]
    message = post(f"/threads/{thread}/messages", {"role": "user", "content": "Well?"})["id"]
    run = post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    run_now = http.get(f"/threads/{thread}/runs/{run}").json()
    steps = http.get(f"/threads/{thread}/runs/{run}/steps").json()["data"]
    calls = (run_now["required_action"] or {}).get("submit_tool_outputs", {"tool_calls": []})["tool_calls"]
    return {
        "file_id": file,
        "vector_store_id": store,
        "batch_id": batch,
        "upload_id": post("/uploads", upload)["id"],
        "assistant_id": assistant,
        "thread_id": thread,
        "message_id": message,
        "run_id": run,
        "step_id": steps[0]["id"] if steps else "step_none",
        "calls": [call["id"] for call in calls],
    }

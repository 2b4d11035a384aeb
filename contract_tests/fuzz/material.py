"""What a fuzzed server holds: a model that does something else in every run, and objects whose ids are worth a try."""

import itertools

import httpx

from emulator.domain.actions import Call, Calls, Expire, Fail, Incomplete, Refuse, RunCode, Say, SearchFiles
from emulator.domain.ports import Turn

KEY = "sk-emu-fuzz"
PIXEL = "data:image/png;base64,iVBORw0KGgo="
# How many objects of each kind there are: some of them are deleted on the way.
MANY = 24

PLAYS = (
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


class Changeable:
    """Plays each of the plays in turn."""

    def __init__(self):
        self.plays = itertools.cycle(PLAYS)

    def turn(self, view):
        return Turn(iter(next(self.plays)))


def furnish(base_url):
    """Make families of objects that belong together: ids by the names of the parameters that take them.

    calls: what the run of a family waits for.
    """
    headers = {"Authorization": f"Bearer {KEY}", "OpenAI-Beta": "assistants=v2"}
    with httpx.Client(base_url=base_url, headers=headers, trust_env=False, timeout=30) as http:
        return [_family(http, number) for number in range(MANY)]


def _family(http, number):
    def post(path, body=None, **form):
        answer = http.post(path, **(form or {"json": body}))
        assert answer.status_code == 200, answer.text
        return answer.json()

    notes = {"file": (f"notes-{number}.txt", b"The tides of the harbour.")}
    file = post("/files", files=notes, data={"purpose": "user_data"})["id"]
    store = post("/vector_stores", {"file_ids": [file]})["id"]
    batch = post(f"/vector_stores/{store}/file_batches", {"file_ids": [file]})["id"]
    announced = {"filename": "a.txt", "purpose": "assistants", "bytes": 1, "mime_type": "text/plain"}
    resources = {"file_search": {"vector_store_ids": [store]}}
    tools = [{"type": "file_search"}, {"type": "code_interpreter"}]
    asked = {"model": "gpt-4o", "instructions": "Help.", "tools": tools, "tool_resources": resources}
    assistant = post("/assistants", asked)["id"]
    thread = post("/threads", {"tool_resources": resources})["id"]
    said = post(f"/threads/{thread}/messages", {"role": "user", "content": "Well?"})["id"]
    run = post(f"/threads/{thread}/runs", {"assistant_id": assistant})["id"]
    now = http.get(f"/threads/{thread}/runs/{run}").json()
    steps = http.get(f"/threads/{thread}/runs/{run}/steps").json()["data"]
    waiting = (now["required_action"] or {}).get("submit_tool_outputs", {"tool_calls": []})["tool_calls"]
    return {
        "file_id": file,
        "vector_store_id": store,
        "batch_id": batch,
        "upload_id": post("/uploads", announced)["id"],
        "assistant_id": assistant,
        "thread_id": thread,
        "message_id": said,
        "run_id": run,
        "step_id": steps[0]["id"] if steps else "step_none",
        "calls": [call["id"] for call in waiting],
    }

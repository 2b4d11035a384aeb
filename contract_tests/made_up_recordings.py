"""Made-up recordings for tests, which say what was asked and answered in the API's own JSON."""

import json
from pathlib import Path

from emulator.recording.distiller import Options, distil
from emulator.recording.exchange import Body, Exchange, Part
from emulator.recording.recordings import Export, HttpRecording

BASE = "https://api.openai.com/v1"
NOON = 1_716_206_400  # 20 May 2024


class Recorder:
    """Collects exchanges. Times are the number of the exchange, in seconds after noon."""

    def __init__(self, base=BASE):
        self.base = base
        self.exchanges = []

    def add(self, method, path, answer=None, body=None, *, status=200, **about):
        response = Body(json.dumps(answer).encode(), "application/json")
        return self._add(method, path, response, body, status=status, **about)

    def stream(self, path, *events, body=None, chunks=(), complete=True):
        text = "".join(
            f"event: {name}\ndata: {data if isinstance(data, str) else json.dumps(data)}\n\n" for name, data in events
        )
        return self._add("POST", path, Body(text.encode(), "text/event-stream"), body, chunks=chunks, complete=complete)

    def content(self, path, data):
        return self._add("GET", path, Body(data, "application/octet-stream"), None)

    def upload(self, name, answer, data=b"text"):
        return self._add(
            "POST",
            "/files",
            Body(json.dumps(answer).encode(), "application/json"),
            None,
            parts=[Part("file", name, data)],
        )

    def _add(self, method, path, response, body, *, status=200, headers=None, **about):
        number = len(self.exchanges)
        request = Body(b"" if body is None else json.dumps(body).encode(), "application/json")
        url = path if path.startswith("http") else self.base + path
        at = about.pop("at", NOON + number)
        self.exchanges.append(
            Exchange(method, url, status, request, response, headers or {}, {}, at=at, line=10 * number + 1, **about)
        )
        return self

    def recording(self, name="talk.yaml"):
        return HttpRecording(Path(name), "vcrpy", "0123456789abcdef" * 4, tuple(self.exchanges))


def thread(id_="thread_1", **fields):
    return {"id": id_, "object": "thread", "created_at": NOON, **fields}


def run(status="completed", id_="run_1", thread_id="thread_1", **fields):
    about = {"assistant_id": "asst_1", "model": "gpt-4o", "instructions": "Be brief.", "tools": [], "created_at": NOON}
    return {"id": id_, "object": "thread.run", "thread_id": thread_id, "status": status, **about, **fields}


def message(
    text, id_="msg_1", run_id="run_1", *, role="assistant", thread_id="thread_1", at=NOON, annotations=(), **fields
):
    content = (
        [{"type": "text", "text": {"value": text, "annotations": list(annotations)}}] if isinstance(text, str) else text
    )
    about = {"object": "thread.message", "thread_id": thread_id, "created_at": at, "role": role}
    return {"id": id_, **about, "run_id": run_id if role == "assistant" else None, "content": content, **fields}


def asked(text, id_="msg_0", **fields):
    return message(text, id_, role="user", **fields)


def listed(*objects, more=False):
    return {"object": "list", "data": list(objects), "has_more": more}


def step(id_, *calls, says=None, run_id="run_1", at=NOON, status="completed", thread_id="thread_1"):
    details = (
        {"type": "message_creation", "message_creation": {"message_id": says}}
        if says
        else {"type": "tool_calls", "tool_calls": list(calls)}
    )
    about = {"run_id": run_id, "thread_id": thread_id, "status": status, "created_at": at}
    return {"id": id_, "object": "thread.run.step", **about, "type": details["type"], "step_details": details}


def function(name, arguments="{}", id_="call_1", **fields):
    return {"id": id_, "type": "function", "function": {"name": name, "arguments": arguments, **fields}}


def requires(*calls, **fields):
    action = {"type": "submit_tool_outputs", "submit_tool_outputs": {"tool_calls": list(calls)}}
    return run("requires_action", required_action=action, **fields)


def delta(text, id_="msg_1", **fields):
    part = {"index": 0, "type": "text", "text": {"value": text, **fields}}
    return "thread.message.delta", {"id": id_, "object": "thread.message.delta", "delta": {"content": [part]}}


def exported(*objects, stand_ins=(), name="export.json", kind="messages-dump"):
    return Export(Path(name), kind, "fedcba9876543210" * 4, objects, frozenset(stand_ins))


def scenario(*recordings, **options):
    """Return the only scenario that recordings give."""
    made = distil([one.recording() if isinstance(one, Recorder) else one for one in recordings], Options(**options))
    assert len(made) == 1
    return made[0]


def turns(*recordings, **options):
    return scenario(*recordings, **options).document["turns"]


def steps(*recordings, **options):
    (turn,) = turns(*recordings, **options)
    return turn["steps"]

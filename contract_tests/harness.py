"""Shared by the contract tests: a namespace to control, and helpers that let one test cover the sync and the async client."""

import inspect
import json
from dataclasses import dataclass

import httpx

NOON = "2026-01-05T12:00:00Z"
NOON_SECONDS = 1767614400
MODEL = "gpt-4-turbo"
NOTHING_USED = {
    "prompt_tokens": 0,
    "completion_tokens": 0,
    "total_tokens": 0,
    "prompt_token_details": {"cached_tokens": 0},
    "completion_tokens_details": {"reasoning_tokens": 0},
}
WEATHER = {
    "type": "function",
    "function": {
        "name": "look_outside",
        "description": "Report the weather.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}
TIDES = {"type": "function", "function": {"name": "read_tides"}}


async def resolve(value):
    """Return the result of a call of either client: awaited if it came from the async one."""
    return await value if inspect.isawaitable(value) else value


async def all_items(pages):
    """Return all items of a list, page after page."""
    if hasattr(pages, "__aiter__"):
        return [item async for item in pages]
    return list(pages)


def scenario(*steps, **header):
    """Return a scenario whose only turn answers every run. A step is a mapping or an action of scripted_models."""
    return {"emulator": 1, **header, "turns": [{"name": "any", "steps": [step_data(step) for step in steps]}]}


def step_data(value):
    """Return a step in the form that scenario files use."""
    if isinstance(value, dict):
        return value
    return _STEPS[type(value).__name__](value)


def _options(value, *names):
    options = {name.rstrip("_"): getattr(value, name) for name in names}
    return {name: list(option) if isinstance(option, tuple) else option for name, option in options.items() if option}


def _stream(value):
    if value.stream is None:
        return {}
    chunk = list(value.stream.chunk) if isinstance(value.stream.chunk, tuple) else value.stream.chunk
    chosen = {"chunk": chunk, "tps": value.stream.tps}
    return {"stream": {"ttft": value.stream.ttft, **{name: one for name, one in chosen.items() if one is not None}}}


def _call(value):
    return {"args": value.args, **_options(value, "as_", "id", "recorded"), **_stream(value)}


_STEPS = {
    "Say": lambda s: {"say": s.text, **_options(s, "images", "annotations"), **_stream(s)},
    "Refuse": lambda s: {"refuse": s.text, **_stream(s)},
    "Call": lambda s: {"call": s.name, **_call(s)},
    "Calls": lambda s: {"call": [{"name": call.name, **_call(call)} for call in s.calls]},
    "RunCode": lambda s: {"code": s.code, **_options(s, "logs", "images"), **_stream(s)},
    "SearchFiles": lambda s: {"search": s.query, **_options(s, "results", "top", "as_")},
    "Fail": lambda s: {"fail": s.code, "message": s.message},
    "Incomplete": lambda s: {"stop": s.reason},
    "Expire": lambda s: {"expire": "now" if s.now else True},
    "Wait": lambda s: {"wait": s.seconds},
    "Hold": lambda s: {"hold": s.name},
}


@dataclass
class Namespace:
    """One namespace of a server, and its control API."""

    name: str
    url: str
    http: httpx.Client

    @property
    def base_url(self):
        return f"{self.url}/ns/{self.name}/v1"

    @property
    def control_url(self):
        return f"{self.url}/_emulator/ns/{self.name}"

    @property
    def key(self):
        return f"sk-emu-{self.name}"

    def control(self, method, path="", body=None, status=None, **more):
        """Send a request to this namespace's control API and return the JSON of the response."""
        response = self.http.request(method, f"{self.control_url}{path}", json=body, **more)
        assert response.status_code == status if status else response.is_success, response.text
        return response.json()

    def put(self, **settings):
        return self.control("PUT", body=settings)

    def freeze(self, at=NOON):
        return self.put(clock=at)

    def advance(self, by):
        """Move the clock and return the events that this fired."""
        return self.control("POST", "/clock/advance", {"by": by})["fired"]

    def load(self, script, *, status=None):
        """Put a scenario: a YAML text, or its data."""
        text = script if isinstance(script, str) else json.dumps(script)
        response = self.http.put(f"{self.control_url}/scripts", content=text.encode())
        assert response.status_code == (status or 200), response.text
        return response.json()

    def play(self, *steps, **header):
        """Answer every run of the namespace with these steps."""
        return self.load(scenario(*steps, **header))

    def fault(self, do, *, method=None, path=None, **more):
        match = {name: value for name, value in (("method", method), ("path", path)) if value}
        return self.control("POST", "/faults", {"match": match, "do": do, **more})

    def release(self, run_id, hold):
        return self.control("POST", f"/runs/{run_id}/release", {"hold": hold})["run"]

    def report(self):
        return self.control("GET", "/report")

    def requests(self):
        return self.control("GET", "/requests")["requests"]


def outputs_of(run, **texts):
    """Return an output for every outstanding call of a run; texts: by the names of the functions."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": texts[call.function.name]} for call in calls]


def parse_events(text):
    """Return the (name, data) pairs of a stream; the last data is the text [DONE]."""
    frames = [frame.split("\n") for frame in text.split("\n\n") if frame]
    return [(name.removeprefix("event: "), _data(data.removeprefix("data: "))) for name, data in frames]


def _data(text):
    return text if text == "[DONE]" else json.loads(text)


def event_names(events):
    """Return the names of events; deltas of the same name in a row count once."""
    names = [name for name, _ in events]
    return [
        name for index, name in enumerate(names) if not (name.endswith(".delta") and names[index - 1 : index] == [name])
    ]

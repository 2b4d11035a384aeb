"""What the contract tests share: a namespace to drive, and one way to write a test for the sync and the async client."""

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
        "description": "What the sky does.",
        "parameters": {"type": "object", "properties": {"town": {"type": "string"}}, "required": ["town"]},
    },
}
TIDES = {"type": "function", "function": {"name": "read_tides"}}


async def done(value):
    """Return the answer of a call, made by whichever client."""
    return await value if inspect.isawaitable(value) else value


async def everything(pages):
    """Return all items of a list, page after page."""
    if hasattr(pages, "__aiter__"):
        return [item async for item in pages]
    return list(pages)


def scenario(*steps, **header):
    """Return a scenario of one turn that answers every run. A step is a mapping or a value of scripted_models."""
    return {"emulator": 1, **header, "turns": [{"name": "any", "steps": [step(one) for one in steps]}]}


def step(value):
    """Return a step as a scenario has it."""
    if isinstance(value, dict):
        return value
    return _STEPS[type(value).__name__](value)


def _options(value, *names):
    chosen = {name.rstrip("_"): getattr(value, name) for name in names}
    return {name: list(given) if isinstance(given, tuple) else given for name, given in chosen.items() if given}


def _stream(value):
    if value.stream is None:
        return {}
    chunk = list(value.stream.chunk) if isinstance(value.stream.chunk, tuple) else value.stream.chunk
    tps = {} if value.stream.tps is None else {"tps": value.stream.tps}
    return {"stream": {"chunk": chunk, "ttft": value.stream.ttft, **tps}}


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


@dataclass(frozen=True)
class Namespace:
    """One namespace of a server, driven through the control API."""

    name: str
    url: str
    http: httpx.Client

    @property
    def base_url(self):
        return f"{self.url}/ns/{self.name}/v1"

    @property
    def key(self):
        return f"sk-emu-{self.name}"

    def control(self, method, path="", body=None, status=None, **more):
        """Ask the control API about this namespace and return its answer."""
        answer = self.http.request(method, f"{self.url}/_emulator/ns/{self.name}{path}", json=body, **more)
        assert answer.status_code == status if status else answer.is_success, answer.text
        return answer.json()

    def put(self, **setting):
        return self.control("PUT", body=setting)

    def freeze(self, at=NOON):
        return self.put(clock=at)

    def advance(self, by):
        return self.control("POST", "/clock/advance", {"by": by})["fired"]

    def load(self, script, *, status=None):
        """Put a scenario: a YAML text, or its data."""
        text = script if isinstance(script, str) else json.dumps(script)
        return self.http_put_script(text, status)

    def http_put_script(self, text, status):
        answer = self.http.put(f"{self.url}/_emulator/ns/{self.name}/scripts", content=text.encode())
        assert answer.status_code == (status or 200), answer.text
        return answer.json()

    def plays(self, *steps, **header):
        """Let every run of the namespace be answered with these steps."""
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
    """Return outputs for every outstanding call of a run, by the names of the functions."""
    calls = run.required_action.submit_tool_outputs.tool_calls
    return [{"tool_call_id": call.id, "output": texts[call.function.name]} for call in calls]


def events(text):
    """Return a stream's (name, data) pairs; the last data is the plain word."""
    frames = [frame.split("\n") for frame in text.split("\n\n") if frame]
    return [(name.removeprefix("event: "), _data(data.removeprefix("data: "))) for name, data in frames]


def _data(text):
    return text if text == "[DONE]" else json.loads(text)


def names(told):
    """Return the names of events, a row of the same delta counted once."""
    seen = [name for name, _ in told]
    return [
        name for place, name in enumerate(seen) if not (name.endswith(".delta") and seen[place - 1 : place] == [name])
    ]

"""A client that asks for everything in raw HTTP: what is tested is the wire."""

import json
import re

import httpx

START = "2026-01-05T09:00:00Z"
FUNCTIONS = ("lookup", "store")
HEADERS = {"authorization": "Bearer sk-emu-default", "openai-beta": "assistants=v2"}
TOOLS = [
    *({"type": "function", "function": {"name": name}} for name in FUNCTIONS),
    {"type": "code_interpreter"},
    {"type": "file_search"},
]


class Namespace:
    """One namespace of a server, its API and its back door."""

    def __init__(self, server_url, name, *, seed=3, clock=START):
        self.name = name
        self.setup = {"seed": seed, "clock": clock}
        # No certificates are needed on loopback, and reading them is what costs time.
        self.http = httpx.Client(trust_env=False, verify=False, headers=HEADERS, timeout=60)
        self.api_url = f"{server_url}/ns/{name}/v1"
        self.control_url = f"{server_url}/_emulator/ns/{name}"

    def begin(self):
        """Begin anew, as if nothing had ever been here."""
        removed = self.http.delete(self.control_url)
        assert removed.status_code in (200, 404), removed.text
        self.control("PUT", "", json=self.setup)
        return self

    def close(self):
        self.http.close()

    def control(self, method, path, **body):
        answer = self.http.request(method, f"{self.control_url}{path}", **body)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def ask(self, method, path, **body):
        return self.http.request(method, f"{self.api_url}/{path}", **body)

    def get(self, path, **params):
        answer = self.ask("GET", path, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path, body=None):
        answer = self.ask("POST", path, json={} if body is None else body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def all(self, path):
        """Return a whole list, oldest first."""
        return self.get(path, limit=100, order="asc")["data"]

    def advance(self, by):
        return self.control("POST", "/clock/advance", json={"by": by})

    def load(self, scenario):
        return self.control("PUT", "/scripts", content=json.dumps(scenario))

    def assistant(self):
        return self.post("assistants", {"model": "gpt-4o", "tools": TOOLS})["id"]

    def thread(self, text="What now?"):
        return self.post("threads", {"messages": [{"role": "user", "content": text}]})["id"]


def outputs_for(run, text="out {n}"):
    """Return an answer to everything that a run asks for."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return [{"tool_call_id": call["id"], "output": text.format(n=n)} for n, call in enumerate(calls)]


def events_of(text):
    """Return (event, data) pairs of a stream."""
    found = re.findall(r"event: (\S+)\ndata: (.*)\n\n", text)
    return [(event, data if event == "done" else json.loads(data)) for event, data in found]


_ID = re.compile(r"(asst|thread|msg|run|step|call)_[0-9A-Za-z]{24}|file-[0-9A-Za-z]{22}")


def without_names(value):
    """Return JSON data with every id replaced by its kind and its place among those seen."""
    seen = {}

    def named(match):
        kind = re.split("[_-]", match.group())[0]
        return seen.setdefault(match.group(), f"{kind} {sum(name.startswith(kind) for name in seen.values()) + 1}")

    return json.loads(_ID.sub(named, json.dumps(value)))

"""A namespace with an HTTP client of its own, for tests of the raw wire."""

import json
import re

import httpx

from contract_tests import harness

START = "2026-01-05T09:00:00Z"
FUNCTIONS = ("lookup", "store")
HEADERS = {"authorization": "Bearer sk-emu-default", "openai-beta": "assistants=v2"}
TOOLS = [
    *({"type": "function", "function": {"name": name}} for name in FUNCTIONS),
    {"type": "code_interpreter"},
    {"type": "file_search"},
]


class Namespace(harness.Namespace):
    """One namespace of a server: its control API, and its API in raw HTTP."""

    def __init__(self, server_url, name, *, seed=3, clock=START):
        # Loopback needs no certificates, and loading them is slow.
        super().__init__(name, server_url, httpx.Client(trust_env=False, verify=False, headers=HEADERS, timeout=60))
        self.settings = {"seed": seed, "clock": clock}

    def recreate(self):
        """Delete the namespace, if it exists, and create it with its settings."""
        removed = self.http.delete(self.control_url)
        assert removed.status_code in (200, 404), removed.text
        self.put(**self.settings)
        return self

    def close(self):
        self.http.close()

    def request(self, method, path, **more):
        return self.http.request(method, f"{self.base_url}/{path}", **more)

    def get(self, path, **params):
        response = self.request("GET", path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path, body=None):
        response = self.request("POST", path, json={} if body is None else body)
        assert response.status_code == 200, response.text
        return response.json()

    def all(self, path):
        """Return a whole list, oldest first."""
        return self.get(path, limit=100, order="asc")["data"]

    def create_assistant(self):
        return self.post("assistants", {"model": "gpt-4o", "tools": TOOLS})["id"]

    def create_thread(self, text="What now?"):
        return self.post("threads", {"messages": [{"role": "user", "content": text}]})["id"]


def outputs_for(run, text="out {n}"):
    """Return an output for each outstanding call of a run."""
    calls = run["required_action"]["submit_tool_outputs"]["tool_calls"]
    return [{"tool_call_id": call["id"], "output": text.format(n=n)} for n, call in enumerate(calls)]


def complete_events(text):
    """Return the (event, data) pairs of a stream, which may be cut off in the middle of an event."""
    found = re.findall(r"event: (\S+)\ndata: (.*)\n\n", text)
    return [(event, data if event == "done" else json.loads(data)) for event, data in found]


_ID = re.compile(r"(asst|thread|msg|run|step|call)_[0-9A-Za-z]{24}|file-[0-9A-Za-z]{22}")


def with_numbered_ids(value):
    """Return JSON data with every id replaced by its kind and a number, in order of appearance."""
    numbered = {}

    def number(match):
        kind = re.split("[_-]", match.group())[0]
        count = sum(name.startswith(kind) for name in numbered.values())
        return numbered.setdefault(match.group(), f"{kind} {count + 1}")

    return json.loads(_ID.sub(number, json.dumps(value)))

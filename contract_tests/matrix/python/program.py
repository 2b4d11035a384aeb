"""The program that uses the library: its client, the features of its version, and helpers that all flows share."""

import inspect
import json
import os
import time
import urllib.request

import openai

VERSION = tuple(int(number) for number in openai.__version__.split("."))
URL = os.environ["MATRIX_URL"]
CONTROL = os.environ["MATRIX_CONTROL"]
MODEL = "gpt-4-1106-preview"
# The answer of the scenario to the simplest question.
TALK = "The basin is four metres deep at low tide, and nearly seven at the spring flood."

IS_V1 = VERSION < (1, 21)
client = openai.OpenAI(base_url=f"{URL}/v1", api_key="sk-emu-matrix", max_retries=2)
beta = client.beta
threads, runs, messages = beta.threads, beta.threads.runs, beta.threads.messages
STORES = getattr(client, "vector_stores", None) or getattr(beta, "vector_stores", None)
UPLOADS = getattr(client, "uploads", None)
CAN_STREAM = hasattr(runs, "create_and_stream")
CAN_POLL = hasattr(runs, "create_and_poll")
SEARCH = "retrieval" if IS_V1 else "file_search"

GAUGE = {
    "type": "function",
    "function": {
        "name": "read-gauge",
        "description": "Read the water level.",
        "parameters": {
            "title": "Reading",
            "type": "object",
            "properties": {"station": {"title": "Station", "type": "string", "default": "Büsum"}},
            "additionalProperties": False,
        },
    },
}
BOATS = {"type": "function", "function": {"name": "count_boats", "parameters": {"type": "object", "properties": {}}}}
CODE = {"type": "code_interpreter"}


def takes(method, parameter):
    """Return whether this version of a method has a parameter."""
    return parameter in inspect.signature(method).parameters


def control(method, path, body=None):
    """Send a request to the control API of this program's namespace."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(CONTROL + path, data, {"Content-Type": "application/json"}, method=method)
    with urllib.request.urlopen(request, timeout=20) as response:
        return json.load(response)


def fault(do, **more):
    """Make the next matching request fail."""
    match = {name: more.pop(name) for name in ("method", "path") if name in more}
    control("POST", "/faults", {"do": do, "match": match, "times": 1, **more})


def count_requests(method, ending):
    """Return the number of requests to a path since the log was cleared."""
    requests = control("GET", "/requests")["requests"]
    return sum(one["method"] == method and one["path"].split("?")[0].endswith(ending) for one in requests)


def clear_requests():
    control("DELETE", "/requests")


def make_assistant(*tools, **more):
    return beta.assistants.create(model=MODEL, name="Harbour clerk", tools=list(tools), **more)


def make_thread(question, **more):
    return threads.create(messages=[{"role": "user", "content": question, **more}])


def start_run(question, *tools, assistant=None, **more):
    """Start a run about a question, on its own thread."""
    assistant = assistant or make_assistant(*tools)
    return runs.create(thread_id=make_thread(question).id, assistant_id=assistant.id, **more)


def wait(run, timeout=20):
    """Poll a run by hand, as programs did before the helpers existed."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        run = runs.retrieve(run.id, thread_id=run.thread_id)
        if run.status not in ("queued", "in_progress", "cancelling"):
            return run
        time.sleep(0.01)
    return run


def calls_of(run):
    return run.required_action.submit_tool_outputs.tool_calls


def outputs(run, *texts):
    """Return an output for each outstanding call."""
    return [{"tool_call_id": call.id, "output": text} for call, text in zip(calls_of(run), texts, strict=False)]


def newest_text(thread_id):
    return messages.list(thread_id).data[0].content[0].text.value


def steps_of(run):
    return list(runs.steps.list(run.id, thread_id=run.thread_id, order="asc"))

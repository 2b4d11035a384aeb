"""What happens in the namespaces of the stage: conversations of the demo and of the examples, at times that are always the same."""

import contextlib
import io
import json
import sys
import threading
import warnings
from dataclasses import replace
from pathlib import Path

import openai
import pytest

import emulator.demo
from emulator.demo.scenes import ALMANAC, TOOL
from scripted_models import load_file

EXAMPLES = Path(__file__).parents[2] / "examples"
PORTS = EXAMPLES / "ports"
NOON = "2026-01-05T12:00:00Z"
ACTIVE = ("queued", "in_progress", "cancelling")
# Beside the demo's own script: what goes wrong, and an answer as long models like to write.
COMPLAINTS = """
emulator: 1
name: complaints
turns:
  - name: overloaded
    when: {message: {contains: satellite}}
    steps: [{fail: rate_limit_exceeded, message: The satellite is asked too often.}]
  - name: long answer
    when: {message: {contains: compare}}
    steps:
      - say: |
          Two towns, **one front** between them:

          | town | sky | °C |
          | --- | --- | --- |
          | Oslo | clear | 4 |
          | Bergen | rain | 7 |

          1. Oslo stays dry until Thursday.
          2. Bergen does not. See `forecast(days=3)`.

          > Take the train, and an umbrella.
  - name: late
    when: {message: {contains: glacier}}
    steps: [{expire: true}]
"""


class Player:
    """Somebody who uses a namespace with the official client while its clock stands still, and is moved on by hand."""

    def __init__(self, namespace):
        self.namespace = namespace
        self.client = namespace.client(max_retries=0)
        self.runs = self.client.beta.threads.runs

    def ask(self, thread_id, assistant_id, text, **more):
        """Write a message and begin a run."""
        self.client.beta.threads.messages.create(thread_id, role="user", content=text)
        return self.runs.create(thread_id, assistant_id=assistant_id, **more)

    def poll(self, run, every="250ms"):
        """Poll a run until it rests; the clock moves on between two polls."""
        while run.status in ACTIVE:
            self.namespace.clock.advance(every)
            run = self.runs.retrieve(run.id, thread_id=run.thread_id)
        return run

    def submit(self, run, **outputs):
        """Submit the outputs of the calls that a run waits for, by the names of their functions."""
        calls = run.required_action.submit_tool_outputs.tool_calls
        given = [{"tool_call_id": call.id, "output": json.dumps(outputs[call.function.name])} for call in calls]
        return self.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=given)

    def stream(self, thread_id, assistant_id, text):
        """Write a message and read the stream of its run to the end."""
        self.client.beta.threads.messages.create(thread_id, role="user", content=text)
        known = len(self.namespace.runs)
        reader = threading.Thread(target=self._read, args=(thread_id, assistant_id))
        reader.start()
        while reader.is_alive():
            if len(self.namespace.runs) > known:
                self.namespace.clock.advance("100ms")
            reader.join(0.01)

    def _read(self, thread_id, assistant_id):
        with self.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
            stream.until_done()


def named(path):
    """Return a script by the name of its file alone: pictures show no folder of the machine that took them."""
    return replace(load_file(path), name=path.name)


def weather(namespace):
    """Play the demo, and what may go wrong in it; return what pages are about, by name."""
    namespace.load(named(Path(emulator.demo.__file__).with_name("demo.yaml")), COMPLAINTS)
    namespace.pace("time", seconds="300ms")
    player = Player(namespace)
    assistant = player.client.beta.assistants.create(
        model="gpt-4o", name="Weather", instructions="You know about weather.", tools=[TOOL]
    )
    thread = player.client.beta.threads.create(metadata={"customer": "Nora"})
    ids = _conversation(player, assistant.id, thread.id) | _mishaps(player, assistant.id)
    return {"thread": thread.id, **ids, "request": _request_of(namespace, ids["run"])}


def _request_of(namespace, run_id):
    """Return the id of the request that created a run."""
    return next(one.id for one in namespace.requests if one.method == "POST" and one.run == run_id)


def _conversation(player, assistant_id, thread_id):
    first = player.poll(player.ask(thread_id, assistant_id, "What is the weather in Oslo?"))
    called = player.poll(player.submit(first, get_weather={"sky": "clear sky", "celsius": 4}))
    player.stream(thread_id, assistant_id, "Do I need an umbrella?")
    file_id = _search(player, assistant_id, thread_id)
    player.client.beta.assistants.update(assistant_id, tools=[TOOL, {"type": "code_interpreter"}])
    drawn = player.poll(player.ask(thread_id, assistant_id, "Draw the week as a chart."))
    player.poll(player.ask(thread_id, assistant_id, "Please compare it with Bergen."))
    unmatched = player.poll(player.ask(thread_id, assistant_id, "And how is the wether in Oslo on Sunday?"))
    return {"run": called.id, "run-drawn": drawn.id, "run-unmatched": unmatched.id, "file": file_id}


def _search(player, assistant_id, thread_id):
    client = player.client
    file = client.files.create(file=("almanac.md", ALMANAC), purpose="assistants")
    store = client.vector_stores.create(name="almanac", file_ids=[file.id])
    player.namespace.clock.advance("1s")
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    client.beta.assistants.update(assistant_id, tools=[TOOL, {"type": "file_search"}], tool_resources=resources)
    player.poll(player.ask(thread_id, assistant_id, "When does the snow melt, says the almanac?"))
    return file.id


def _mishaps(player, assistant_id):
    namespace, client = player.namespace, player.client
    ids = {}
    namespace.cancel("next", at="in_progress")
    for name, question in (
        ("cancelled", "Do I need an umbrella on Sunday?"),
        ("failed", "What does the satellite see?"),
        ("expired", "How old is the glacier?"),
    ):
        namespace.clock.advance("40s")
        run = player.ask(client.beta.threads.create().id, assistant_id, question)
        ids[f"run-{name}"] = player.poll(run, "100s" if name == "expired" else "250ms").id
    namespace.fault("POST", "/threads/*/runs", status=429, times=1, headers={"retry-after": "1"})
    namespace.fault("GET", "/threads/*/messages", status=500, after=1000)
    namespace.hold("next", at="in_progress")
    for name, question in (("held", "What is the weather in Bergen?"), ("waiting", "What is the weather in Tromso?")):
        namespace.clock.advance("20s")
        ids[f"run-{name}"] = _second_time(player, assistant_id, question)
    return ids


def _second_time(player, assistant_id, question):
    """Ask as a program does that tries again after a refusal."""
    thread_id = player.client.beta.threads.create().id
    try:
        run = player.ask(thread_id, assistant_id, question)
    except openai.RateLimitError:
        player.namespace.clock.advance("1s")
        run = player.runs.create(thread_id, assistant_id=assistant_id)
    player.namespace.clock.advance("2s")
    return player.runs.retrieve(run.id, thread_id=thread_id).id


def posts(namespace, threads=60):
    """Begin more threads than a page shows, each with a run."""
    namespace.load(named(EXAMPLES / "async_client.yaml"))
    player = Player(namespace)
    assistant = player.client.beta.assistants.create(model="gpt-4o", name="Weather")
    for number in range(threads):
        run = player.ask(player.client.beta.threads.create().id, assistant.id, f"What does post {number} see?")
        player.poll(run, "400ms")


def tutors(before, after):
    """Run the tutor, and a port of it that gives the model what the assistant was made with, too."""
    program, port = ((PORTS / name).read_text("utf-8") for name in ("tutor.py", "tutor_port.py"))
    port = port.replace("import PUPIL,", "import PUPIL, TUTOR,").replace("=PUPIL", '=f"{TUTOR}\\n{PUPIL}"')
    for namespace, source in ((before, program), (after, port)):
        namespace.load(named(PORTS / "tutor.yaml"))
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            _main_of(source)(namespace.client())


def _main_of(source):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(PORTS))
        names = {"__name__": "program"}
        exec(compile(source, "program.py", "exec"), names)
        sys.modules.pop("tutor", None)
    return names["main"]


HOSTILE = (
    "<script>document.title = 'taken'</script><img src=x onerror=\"document.title='taken'\">",
    "[a link](javascript:document.title='taken') ![a picture](http://example.invalid/x.png)",
    "right\u202eto left, \x1b[31mred\x1b[0m, \x00nothing" + "x" * 3000,
    "# No heading\n\n<h1 style='position:fixed'>nor this</h1>\n\n" + "`deep " * 400,
)


def hostile(namespace):
    """Say what would harm a page that took it for its own; return what pages are about, by name."""
    namespace.load({"emulator": 1, "turns": [{"name": "<b>any</b>", "steps": [{"say": text} for text in HOSTILE]}]})
    player = Player(namespace)
    name = "<script>document.title='taken'</script>"
    assistant = player.client.beta.assistants.create(model="gpt-4o", name=name, instructions=HOSTILE[0])
    thread = player.client.beta.threads.create(metadata={"<b>": HOSTILE[0]})
    for text in HOSTILE:
        run = player.poll(player.ask(thread.id, assistant.id, text))
    return {"thread": thread.id, "run": run.id, "request": _request_of(namespace, run.id)}

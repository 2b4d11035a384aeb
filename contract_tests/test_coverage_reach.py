"""Every line that a coverage report names reaches the item that it is named for."""

from contextlib import nullcontext
from pathlib import Path

import pytest
import yaml
from openai import APIError

from contract_tests import test_foundry_tools
from contract_tests.harness import MODEL
from emulator.domain.coverage_items import GROUPS
from emulator.domain.coverage_reach import REACH
from emulator.domain.state_coverage import NOUNS

FUNCTION = {"type": "function", "function": {"name": "my_function"}}
TOOLS = [
    {"type": "function", "name": "my_function"},
    {"type": "code_interpreter", "container": {"type": "auto"}},
]
MCP = {"type": "mcp", "server_label": "charts", "server_url": "https://charts.example/mcp"}
ITEMS = [item.name for group in GROUPS for item in group.items]
agents = test_foundry_tools.agents  # the fixture
POLLS = 3
OF_STORES = ("vector store", "file batch")


class Program:
    """A program under test, which does what a line takes. namespace, client and what it has made are there by name."""

    def __init__(self, ns, reach):
        self.reach = reach
        self.names = {"ns": ns, "client": ns.client(), "model": MODEL}
        self.is_reached = False

    def __getattr__(self, name):
        return self.names[name]

    def add(self, **made):
        self.names |= made

    def run_line(self):
        """Run the line, once, unless it is a step of the script, which is played already."""
        if not self.reach.is_step and not self.is_reached:
            self.is_reached = True
            exec(self.reach.line, self.names)

    def begin(self):
        given = self.reach.given or ""
        self.ns.configure(clock="frozen" if "clock" in self.reach.line else "auto")
        if "pace" in given:
            self.ns.pace(given.split("pace ")[1])
        steps = yaml.safe_load(self.reach.script or ("" if self.reach.is_step else "- say: Hello.")) or []
        steps += yaml.safe_load(self.reach.line) if self.reach.is_step else []
        self.ns.load({"emulator": 1, "turns": [{"steps": steps}]})
        tools = [FUNCTION, {"type": "code_interpreter"}, {"type": "file_search"}]
        self.add(assistant=self.client.beta.assistants.create(model=MODEL, instructions="Help.", tools=tools))
        self.add(thread=self.client.beta.threads.create(messages=[{"role": "user", "content": "Hello?"}]))

    def poll(self):
        """Create a run, poll it, and look at its steps."""
        runs = self.client.beta.threads.runs
        if "(run" not in self.reach.line:
            self.run_line()
        run = runs.create(self.thread.id, assistant_id=self.assistant.id)
        self.add(run=run)
        self.run_line()
        for _ in range(POLLS):
            runs.retrieve(run.id, thread_id=run.thread_id)
        runs.steps.list(run.id, thread_id=run.thread_id)

    def stream(self):
        """Stream a run; a line about the run that is under way is run when it says something, or is held."""
        awaited = "thread.message.delta" if "say" in (self.reach.script or "") else "thread.run.in_progress"
        if self.reach.line.startswith("ns.") and "(run" not in self.reach.line:
            self.run_line()
        begin = "client.beta.threads.runs.create(thread.id, assistant_id=assistant.id, stream=True)"
        for event in eval(self.reach.line if "stream=True" in self.reach.line else begin, self.names):
            if event.event == "thread.run.created":
                self.add(run=event.data)
            if event.event == awaited:
                self.run_line()

    def respond(self):
        """Ask for a response: in the background, where a line wants that or is about one that is under way."""
        client, line = self.client, self.reach.line
        search = {"type": "file_search", "vector_store_ids": [client.vector_stores.create().id]}
        given = {"model": MODEL, "input": "Hello?", "tools": [*TOOLS, search]}
        if "responses.create" in line:
            return list(eval(line, self.names))
        if "(response" in line:
            self.add(response=client.responses.create(**given, background=True))
            return self.run_line()
        self.run_line()
        client.responses.create(**given)
        return list(client.responses.create(**given, stream=True))

    def keep_files(self):
        """Put a file into a store, alone and in a batch, and look at all of it."""
        client = self.client
        if self.reach.line.startswith("file ="):
            self.run_line()
        else:
            self.add(file=client.files.create(file=("tides.txt", b"High at six."), purpose="assistants"))
        for configuring in ("ns.pace", "ns.configure"):
            if self.reach.line.startswith(configuring):
                self.run_line()
        self.add(store=client.vector_stores.create(expires_after={"anchor": "last_active_at", "days": 7}))
        client.vector_stores.files.create(self.store.id, file_id=self.file.id)
        self.add(batch=client.vector_stores.file_batches.create(self.store.id, file_ids=[self.file.id]))
        self.run_line()
        client.vector_stores.file_batches.retrieve(self.batch.id, vector_store_id=self.store.id)
        client.vector_stores.files.retrieve(self.file.id, vector_store_id=self.store.id)
        client.vector_stores.retrieve(self.store.id)

    def upload(self):
        """Begin uploads, one of which a line about them ends."""
        uploads = self.client.uploads
        self.add(upload=uploads.create(filename="a", bytes=1, mime_type="text/plain", purpose="assistants"))
        self.add(part=uploads.parts.create(self.upload_id, data=b"a"))
        self.run_line()

    @property
    def upload_id(self):
        return self.names["upload"].id


def play(program, item):
    if item.startswith(OF_STORES):
        program.keep_files()
    elif item.startswith("upload"):
        program.upload()
    elif item.startswith(("event response", "event error response", "response")):
        with pytest.raises(APIError) if item == "event error response" else nullcontext():
            program.respond()
    elif item.startswith(("event", "message")):
        with pytest.raises(APIError) if item == "event error" else nullcontext():
            program.stream()
    else:
        program.poll()


@pytest.mark.parametrize("item", [item for item in ITEMS if "approval" not in item])
def test_its_line_reaches_each_item(server, request, item):
    ns = server.namespace(request.node.nodeid)
    program = Program(ns, REACH[item])
    program.begin()
    ns.clear_coverage()
    play(program, item)
    assert item in ns.coverage().met
    ns.delete()


def test_its_line_reaches_the_approval_that_foundry_asks_for(ns, agents):
    item = "run requires_action: submit_tool_approval"
    ns.play(*yaml.safe_load(REACH[item].line))
    agents.begin(agents.agent(MCP))
    assert item in ns.control("GET", "/coverage")["met"]


def test_every_item_has_a_line_and_every_line_an_item():
    assert set(ITEMS) == set(REACH)
    assert len(ITEMS) == len(set(ITEMS))


def test_the_documentation_shows_every_item_with_its_line():
    page = (Path(__file__).parents[1] / "docs" / "state-coverage.md").read_text(encoding="utf-8")
    assert all(f"| `{item}` | `{reach.line}` |" in page for item, reach in REACH.items())


def test_every_noun_has_items():
    assert all(any(item.startswith(f"{noun} ") for item in ITEMS) for noun in NOUNS.values())

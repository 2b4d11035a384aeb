"""Every way to a status that the documentation shows leads there."""

import json
from pathlib import Path

import pytest
import yaml

from contract_tests.harness import MODEL, NOON, WEATHER, scenario
from contract_tests.status_table import COLUMNS, STATUSES, Never, table
from emulator.domain.lifecycle import RUN

DOCS = Path(__file__).parents[1] / "docs"
CELLS = {
    f"{status} by {column}": (status, column, getattr(row, column))
    for status, row in STATUSES.items()
    for column in COLUMNS
    if not isinstance(getattr(row, column), Never)
}


def steps_of(script):
    step = yaml.safe_load(script)
    return step if isinstance(step, list) else [step]


def send(ns, line, run=None):
    """Send a control request that is written in one line: verb, path below the namespace, and body."""
    verb, path, body = (*line.split(" ", 2), "")[:3]
    return ns.control(verb, path.replace("{run}", run.id if run else ""), json.loads(body) if body else None)


@pytest.mark.parametrize("cell", CELLS)
def test_each_cell_leads_to_its_status(ns, client, thread, cell):
    status, column, way = CELLS[cell]
    ns.put(clock=NOON if way.clock == "frozen" else way.clock, pace={"progression": way.pace})
    ns.play(*steps_of(way.script))
    if column != "script" and way.is_first:
        send(ns, way.line)
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    if not way.is_first:
        assert client.beta.threads.runs.retrieve(run.id, thread_id=thread.id).status != status
        send(ns, way.line, run)
    assert client.beta.threads.runs.retrieve(run.id, thread_id=thread.id).status == status
    assert ns.control("GET", f"/runs/{run.id}")["timeline"][-1]["status"] == status


def test_every_status_has_a_row():
    assert set(STATUSES) == set(RUN)


@pytest.mark.parametrize("cell", [cell for cell, (_, column, _) in CELLS.items() if column != "script"])
def test_each_line_of_python_leads_to_its_status(server, request, cell):
    status, _, way = CELLS[cell]
    emulator = server.namespace(request.node.nodeid, clock=NOON if way.clock == "frozen" else way.clock, pace=way.pace)
    emulator.load(scenario(*steps_of(way.script)))
    client = emulator.client()
    assistant = client.beta.assistants.create(model=MODEL, tools=[WEATHER])
    thread = client.beta.threads.create(messages=[{"role": "user", "content": "How is it outside?"}])
    if way.is_first:
        eval(way.python, {"emulator": emulator})
    run = client.beta.threads.runs.create(thread.id, assistant_id=assistant.id)
    if not way.is_first:
        eval(way.python, {"emulator": emulator, "run": run})
    assert client.beta.threads.runs.retrieve(run.id, thread_id=thread.id).status == status
    emulator.delete()


@pytest.mark.parametrize("page, python", [("control-api.md", False), ("python.md", True)])
def test_the_documentation_shows_the_table(page, python):
    text = (DOCS / page).read_text(encoding="utf-8")
    shown = text.split("<!-- statuses -->\n")[1].split("\n<!-- /statuses -->")[0]
    assert shown.split("\n") == list(table(python=python))

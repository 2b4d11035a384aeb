"""What the official client makes of each fault: every cell of the table in docs/faults.md, observed."""

import json
import re
from pathlib import Path

import pytest

from contract_tests.harness import MODEL, resolve

PAGE = (Path(__file__).resolve().parents[1] / "docs" / "faults.md").read_text()
SHORT = 0.3


def rows(heading):
    """Return the rows of the table below a heading: the fault, and what the client makes of it."""
    section = PAGE.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    return [
        pytest.param(json.loads(do), cell, id=do)
        for do, cell in re.findall(r"^\| `(\{.*\})` \| (.*) \| .* \|$", section, re.MULTILINE)
    ]


@pytest.mark.parametrize("do, cell", rows("Any answer"))
async def test_a_client_meets_a_fault_of_an_answer_as_the_table_says(ns, either, do, cell):
    ns.fault(do, method="POST", path="/assistants")
    outcome = "no error"
    try:
        await resolve(either.with_options(timeout=SHORT, max_retries=1).beta.assistants.create(model=MODEL))
    except Exception as error:  # noqa: BLE001 - which one is the question
        outcome = f"`{type(error).__name__}`"
    (fault,) = ns.control("GET", "/faults")["faults"]
    assert (f"{outcome}, asked again" if fault["hits"] > 1 else outcome) == cell


@pytest.mark.parametrize("do, cell", rows("Streams"))
async def test_a_client_meets_a_fault_of_a_stream_as_the_table_says(ns, either, assistant, do, cell):
    ns.play({"say": "one two three"})
    ns.fault(do, method="POST", path="/threads/*/runs")
    names, outcome = [], "no error"
    thread = await resolve(either.beta.threads.create(messages=[{"role": "user", "content": "How is the harbour?"}]))
    runs = either.with_options(timeout=SHORT).beta.threads.runs
    try:
        async for event in both(await resolve(runs.create(thread.id, assistant_id=assistant.id, stream=True))):
            names.append(event.event)  # noqa: PERF401 - those before an error count
    except Exception as error:  # noqa: BLE001 - which one is the question
        outcome = f"`{type(error).__name__}`"
    if names[-1:] == ["thread.run.completed"]:
        assert (outcome if outcome == "no error" else f"{outcome} at its end") == cell
    else:
        assert f"{outcome} after event {len(names)}" == cell


async def both(stream):
    """Yield the events of a stream of either client."""
    if hasattr(stream, "__aiter__"):
        async for event in stream:
            yield event
    else:
        for event in stream:
            yield event


def test_every_kind_of_fault_is_in_the_table():
    from emulator.domain.effects import _ALONE, _OF_STREAMS

    shown = {name for heading in ("Any answer", "Streams") for row in rows(heading) for name in row.values[0]}
    assert shown >= {*_ALONE, *_OF_STREAMS, "delay", "before", "clean", "error_event"}

"""What happens in the demo, scene by scene."""

import json
import time
from typing import Any

from rich.text import Text

from emulator.demo.stage import Stage

TOOL = {
    "type": "function",
    "function": {
        "name": "get_weather",
        "description": "What the sky does in a city.",
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
    },
}
# Seconds between two looks at a run: short beside the scenario's waits, so that every status is met.
LOOK = 0.15
BUSY = ("queued", "in_progress", "cancelling")
ALMANAC = b"""# An almanac of the north

The first snow falls in November, and stays.

The snow melts in the second half of April, a week later in the woods.

In June the nights are so light that one may read without a lamp.
"""


def set_up(stage: Stage, client: Any) -> tuple[str, str]:
    """Make an assistant and a thread; return their ids."""
    stage.title("1  An assistant that may ask for the weather, and a thread")
    assistant = stage.ask(
        client.beta.assistants.create, model="gpt-4o", instructions="You know about weather.", tools=[TOOL]
    )
    thread = stage.ask(client.beta.threads.create)
    return assistant.id, thread.id


def polled(stage: Stage, client: Any, assistant_id: str, thread_id: str) -> None:
    """Poll a run that calls a function, and answer the call."""
    stage.title("2  A run that is polled, and that calls a function on the way")
    _say(stage, client, thread_id, "What is the weather in Oslo?")
    runs = client.beta.threads.runs
    run = stage.ask(runs.create, thread_id=thread_id, assistant_id=assistant_id)
    run = _watch(stage, client, run)
    if run.status == "requires_action":
        outputs = [_answer(stage, call) for call in run.required_action.submit_tool_outputs.tool_calls]
        run = stage.ask(runs.submit_tool_outputs, run.id, thread_id=thread_id, tool_outputs=outputs)
        run = _watch(stage, client, run)
    if run.status != "completed":
        stage.line("error", str(run.last_error), "red")
        return
    newest = _newest(stage, client, thread_id)
    stage.line(newest.role, newest.content[0].text.value, "bold green")


def _watch(stage: Stage, client: Any, run: Any) -> Any:
    """Poll until the run waits for us or is over; show each status that it passes."""
    stage.line("run", run.status, "yellow")
    while run.status in BUSY:
        time.sleep(LOOK)
        before = run.status
        run = stage.ask(client.beta.threads.runs.retrieve, run.id, thread_id=run.thread_id)
        if run.status != before:
            stage.line("run", run.status, "yellow")
    return run


def _answer(stage: Stage, call: Any) -> dict[str, str]:
    output = json.dumps({"sky": "clear sky", "celsius": 4})
    stage.line("tool", f"{call.function.name}({call.function.arguments}) → {output}", "magenta")
    return {"tool_call_id": call.id, "output": output}


def streamed(stage: Stage, client: Any, assistant_id: str, thread_id: str) -> None:
    """Follow a run as it goes."""
    stage.title("3  A run that is streamed: the text comes as it is written")
    _say(stage, client, thread_id, "Do I need an umbrella?")
    with client.beta.threads.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
        writing, status = False, None
        for event in stream:
            kind = event.event
            if kind == "thread.message.delta":
                if not writing:
                    stage.console.print("  assistant ", end="")
                writing = True
                text = "".join(part.text.value or "" for part in event.data.delta.content if part.type == "text")
                stage.console.print(Text(text, style="bold green"), end="", soft_wrap=True)
            elif kind.startswith("thread.run.") and not kind.startswith("thread.run.step."):
                if writing:
                    stage.console.print()
                writing = False
                if event.data.status != status:
                    status = event.data.status
                    stage.line("run", status, "yellow")
    stage.request()


def _say(stage: Stage, client: Any, thread_id: str, text: str) -> None:
    stage.line("user", text, "bold cyan")
    stage.ask(client.beta.threads.messages.create, thread_id, role="user", content=text)


def searched(stage: Stage, client: Any, assistant_id: str, thread_id: str) -> None:
    """Upload a text, and let the run search it; the answer cites what was found."""
    stage.title("4  A run that searches a file, and cites what it found")
    file = stage.ask(client.files.create, file=("almanac.md", ALMANAC), purpose="assistants")
    store = stage.ask(client.vector_stores.create, name="almanac", file_ids=[file.id])
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    tools = [{"type": "file_search"}]
    stage.ask(client.beta.assistants.update, assistant_id, tools=tools, tool_resources=resources)
    _say(stage, client, thread_id, "When does the snow melt, says the almanac?")
    run = stage.ask(client.beta.threads.runs.create, thread_id=thread_id, assistant_id=assistant_id)
    _watch(stage, client, run)
    text = _newest(stage, client, thread_id).content[-1].text
    stage.line("assistant", text.value, "bold green")
    for note in text.annotations:
        stage.line("citation", f"{note.text} is {note.file_citation.file_id}, at {note.start_index}", "magenta")


def drawn(stage: Stage, client: Any, assistant_id: str, thread_id: str, *, really: bool) -> None:
    """Let the run draw a chart: with code that is really run where that is safe, else with the script's picture."""
    how = "code that is really run, in isolation" if really else "the script's own picture: nothing isolates code here"
    stage.title(f"5  A run that draws a chart, with {how}")
    stage.ask(client.beta.assistants.update, assistant_id, tools=[{"type": "code_interpreter"}])
    _say(stage, client, thread_id, "Draw the week as a chart.")
    runs = client.beta.threads.runs
    metadata = {"chart": "drawn" if really else "given"}
    run = stage.ask(runs.create, thread_id=thread_id, assistant_id=assistant_id, metadata=metadata)
    _watch(stage, client, run)
    for part in _newest(stage, client, thread_id).content:
        if part.type == "image_file":
            picture = stage.ask(client.files.content, part.image_file.file_id).read()
            stage.line("chart", f"{part.image_file.file_id}, a PNG of {len(picture)} bytes", "magenta")
        else:
            stage.line("assistant", part.text.value, "bold green")


def _newest(stage: Stage, client: Any, thread_id: str) -> Any:
    return stage.ask(client.beta.threads.messages.list, thread_id, limit=1).data[0]

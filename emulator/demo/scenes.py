"""What happens in the demo, scene by scene."""

import json
import time
from typing import Any

from rich.text import Text

from emulator.demo.screen import Screen

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


def set_up(screen: Screen, client: Any) -> tuple[str, str]:
    """Make an assistant and a thread; return their ids."""
    screen.title("1  An assistant that may ask for the weather, and a thread")
    assistant = screen.ask(
        client.beta.assistants.create, model="gpt-4o", instructions="You know about weather.", tools=[TOOL]
    )
    thread = screen.ask(client.beta.threads.create)
    return assistant.id, thread.id


def polled(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Poll a run that calls a function, and answer the call."""
    screen.title("2  A run that is polled, and that calls a function on the way")
    _say(screen, client, thread_id, "What is the weather in Oslo?")
    runs = client.beta.threads.runs
    run = screen.ask(runs.create, thread_id=thread_id, assistant_id=assistant_id)
    run = _watch(screen, client, run)
    if run.status == "requires_action":
        outputs = [_answer(screen, call) for call in run.required_action.submit_tool_outputs.tool_calls]
        run = screen.ask(runs.submit_tool_outputs, run.id, thread_id=thread_id, tool_outputs=outputs)
        run = _watch(screen, client, run)
    if run.status != "completed":
        screen.line("error", str(run.last_error), "red")
        return
    newest = _newest(screen, client, thread_id)
    screen.line(newest.role, newest.content[0].text.value, "bold green")


def _watch(screen: Screen, client: Any, run: Any) -> Any:
    """Poll until the run waits for us or is over; show each status that it passes."""
    screen.line("run", run.status, "yellow")
    while run.status in BUSY:
        time.sleep(LOOK)
        before = run.status
        run = screen.ask(client.beta.threads.runs.retrieve, run.id, thread_id=run.thread_id)
        if run.status != before:
            screen.line("run", run.status, "yellow")
    return run


def _answer(screen: Screen, call: Any) -> dict[str, str]:
    output = json.dumps({"sky": "clear sky", "celsius": 4})
    screen.line("tool", f"{call.function.name}({call.function.arguments}) → {output}", "magenta")
    return {"tool_call_id": call.id, "output": output}


def streamed(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Follow a run as it goes."""
    screen.title("3  A run that is streamed: the text comes as it is written")
    _say(screen, client, thread_id, "Do I need an umbrella?")
    with client.beta.threads.runs.stream(thread_id=thread_id, assistant_id=assistant_id) as stream:
        writing, status = False, None
        for event in stream:
            kind = event.event
            if kind == "thread.message.delta":
                if not writing:
                    screen.console.print("  assistant ", end="")
                writing = True
                text = "".join(part.text.value or "" for part in event.data.delta.content if part.type == "text")
                screen.console.print(Text(text, style="bold green"), end="", soft_wrap=True)
            elif kind.startswith("thread.run.") and not kind.startswith("thread.run.step."):
                if writing:
                    screen.console.print()
                writing = False
                if event.data.status != status:
                    status = event.data.status
                    screen.line("run", status, "yellow")
    screen.request()


def _say(screen: Screen, client: Any, thread_id: str, text: str) -> None:
    screen.line("user", text, "bold cyan")
    screen.ask(client.beta.threads.messages.create, thread_id, role="user", content=text)


def searched(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Upload a text, and let the run search it; the answer cites what was found."""
    screen.title("4  A run that searches a file, and cites what it found")
    file = screen.ask(client.files.create, file=("almanac.md", ALMANAC), purpose="assistants")
    store = screen.ask(client.vector_stores.create, name="almanac", file_ids=[file.id])
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    tools = [{"type": "file_search"}]
    screen.ask(client.beta.assistants.update, assistant_id, tools=tools, tool_resources=resources)
    _say(screen, client, thread_id, "When does the snow melt, says the almanac?")
    run = screen.ask(client.beta.threads.runs.create, thread_id=thread_id, assistant_id=assistant_id)
    _watch(screen, client, run)
    text = _newest(screen, client, thread_id).content[-1].text
    screen.line("assistant", text.value, "bold green")
    for note in text.annotations:
        screen.line("citation", f"{note.text} is {note.file_citation.file_id}, at {note.start_index}", "magenta")


def drawn(screen: Screen, client: Any, assistant_id: str, thread_id: str, *, really: bool) -> None:
    """Let the run draw a chart: with code that is really run where that is safe, else with the script's picture."""
    how = "code that is really run, in isolation" if really else "the script's own picture: nothing isolates code here"
    screen.title(f"5  A run that draws a chart, with {how}")
    screen.ask(client.beta.assistants.update, assistant_id, tools=[{"type": "code_interpreter"}])
    _say(screen, client, thread_id, "Draw the week as a chart.")
    runs = client.beta.threads.runs
    metadata = {"chart": "drawn" if really else "given"}
    run = screen.ask(runs.create, thread_id=thread_id, assistant_id=assistant_id, metadata=metadata)
    _watch(screen, client, run)
    for part in _newest(screen, client, thread_id).content:
        if part.type == "image_file":
            picture = screen.ask(client.files.content, part.image_file.file_id).read()
            screen.line("chart", f"{part.image_file.file_id}, a PNG of {len(picture)} bytes", "magenta")
        else:
            screen.line("assistant", part.text.value, "bold green")


def _newest(screen: Screen, client: Any, thread_id: str) -> Any:
    return screen.ask(client.beta.threads.messages.list, thread_id, limit=1).data[0]

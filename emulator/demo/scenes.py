"""The scenes of the demo: each is a small program with the official client."""

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
# Shorter than the waits of the scenario, so that every status is seen.
POLL_SECONDS = 0.15
ACTIVE = ("queued", "in_progress", "cancelling")
ALMANAC = b"""# An almanac of the north

The first snow falls in November, and stays.

The snow melts in the second half of April, a week later in the woods.

In June the nights are so light that one may read without a lamp.
"""


def set_up(screen: Screen, client: Any) -> tuple[str, str]:
    """Create an assistant and a thread; return their ids."""
    screen.title("1  An assistant that may ask for the weather, and a thread")
    assistant = screen.call(
        client.beta.assistants.create, model="gpt-4o", instructions="You know about weather.", tools=[TOOL]
    )
    thread = screen.call(client.beta.threads.create)
    return assistant.id, thread.id


def poll_run(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Poll a run that calls a function, and submit the output of the call."""
    screen.title("2  A run that is polled, and that calls a function on the way")
    _send_message(screen, client, thread_id, "What is the weather in Oslo?")
    runs = client.beta.threads.runs
    run = screen.call(runs.create, thread_id=thread_id, assistant_id=assistant_id)
    run = _poll_until_waiting(screen, client, run)
    if run.status == "requires_action":
        outputs = [_tool_output(screen, call) for call in run.required_action.submit_tool_outputs.tool_calls]
        run = screen.call(runs.submit_tool_outputs, run.id, thread_id=thread_id, tool_outputs=outputs)
        run = _poll_until_waiting(screen, client, run)
    if run.status != "completed":
        screen.line("error", str(run.last_error), "red")
        return
    newest = _newest_message(screen, client, thread_id)
    screen.line(newest.role, newest.content[0].text.value, "bold green")


def _poll_until_waiting(screen: Screen, client: Any, run: Any) -> Any:
    """Poll until the run waits for outputs or has ended; print each new status."""
    screen.line("run", run.status, "yellow")
    while run.status in ACTIVE:
        time.sleep(POLL_SECONDS)
        before = run.status
        run = screen.call(client.beta.threads.runs.retrieve, run.id, thread_id=run.thread_id)
        if run.status != before:
            screen.line("run", run.status, "yellow")
    return run


def _tool_output(screen: Screen, call: Any) -> dict[str, str]:
    output = json.dumps({"sky": "clear sky", "celsius": 4})
    screen.line("tool", f"{call.function.name}({call.function.arguments}) → {output}", "magenta")
    return {"tool_call_id": call.id, "output": output}


def stream_run(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Stream a run."""
    screen.title("3  A run that is streamed: the text comes as it is written")
    _send_message(screen, client, thread_id, "Do I need an umbrella?")
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
    screen.print_request()


def _send_message(screen: Screen, client: Any, thread_id: str, text: str) -> None:
    screen.line("user", text, "bold cyan")
    screen.call(client.beta.threads.messages.create, thread_id, role="user", content=text)


def search_file(screen: Screen, client: Any, assistant_id: str, thread_id: str) -> None:
    """Upload a text, and let a run search it; the answer cites what was found."""
    screen.title("4  A run that searches a file, and cites what it found")
    file = screen.call(client.files.create, file=("almanac.md", ALMANAC), purpose="assistants")
    store = screen.call(client.vector_stores.create, name="almanac", file_ids=[file.id])
    resources = {"file_search": {"vector_store_ids": [store.id]}}
    tools = [{"type": "file_search"}]
    screen.call(client.beta.assistants.update, assistant_id, tools=tools, tool_resources=resources)
    _send_message(screen, client, thread_id, "When does the snow melt, says the almanac?")
    run = screen.call(client.beta.threads.runs.create, thread_id=thread_id, assistant_id=assistant_id)
    _poll_until_waiting(screen, client, run)
    text = _newest_message(screen, client, thread_id).content[-1].text
    screen.line("assistant", text.value, "bold green")
    for note in text.annotations:
        screen.line("citation", f"{note.text} is {note.file_citation.file_id}, at {note.start_index}", "magenta")


def draw_chart(screen: Screen, client: Any, assistant_id: str, thread_id: str, *, execute: bool) -> None:
    """Let a run draw a chart: execute code if it can be isolated, else show the picture of the script."""
    how = "code that is really run, in isolation" if execute else "the script's own picture: nothing isolates code here"
    screen.title(f"5  A run that draws a chart, with {how}")
    screen.call(client.beta.assistants.update, assistant_id, tools=[{"type": "code_interpreter"}])
    _send_message(screen, client, thread_id, "Draw the week as a chart.")
    runs = client.beta.threads.runs
    metadata = {"chart": "drawn" if execute else "given"}
    run = screen.call(runs.create, thread_id=thread_id, assistant_id=assistant_id, metadata=metadata)
    _poll_until_waiting(screen, client, run)
    for part in _newest_message(screen, client, thread_id).content:
        if part.type == "image_file":
            picture = screen.call(client.files.content, part.image_file.file_id).read()
            screen.line("chart", f"{part.image_file.file_id}, a PNG of {len(picture)} bytes", "magenta")
        else:
            screen.line("assistant", part.text.value, "bold green")


def _newest_message(screen: Screen, client: Any, thread_id: str) -> Any:
    return screen.call(client.beta.threads.messages.list, thread_id, limit=1).data[0]

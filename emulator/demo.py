"""A conversation to watch: the official client, a function tool, polling, and a stream."""

import json
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from rich.console import Console
from rich.text import Text

from emulator.server import LiveServer
from emulator.settings import Settings

SCENARIO = Path(__file__).with_name("demo.yaml")
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


class MissingClientError(Exception):
    """The `openai` package is not installed, or has no Assistants API any more."""


class Stage:
    """Where the demo is seen: what each side does, in the order in which it happens."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._requests: SimpleQueue[Mapping[str, object]] = SimpleQueue()

    def heard(self, request: Mapping[str, object]) -> None:
        """Note an answered request; called on the server's thread."""
        self._requests.put(request)

    def title(self, text: str) -> None:
        """Begin a scene."""
        self.console.print(Text(f"\n{text}", style="bold"), soft_wrap=True)

    def line(self, who: str, text: str, style: str = "") -> None:
        """Show one thing that somebody did."""
        self.console.print(Text(f"  {who:<9} "), Text(text, style=style), sep="", soft_wrap=True)

    def ask(self, call: Callable[..., Any], *args: Any, **given: Any) -> Any:
        """Make one call of the client, and show the request that it became."""
        answer = call(*args, **given)
        self.request()
        return answer

    def request(self) -> None:
        """Show the request just made: the server tells of it after its answer, so the client may be here first."""
        try:
            request = self._requests.get(timeout=2)
        except Empty:
            return
        self.line("HTTP", "{method} {path} → {status}".format_map(request), "dim")


def run(console: Console | None = None) -> None:
    """Hold the conversation; raise `MissingClientError` where the client is missing."""
    openai = _client_library()
    stage = Stage(console or Console(highlight=False))
    started = time.perf_counter()
    settings = Settings(scripts=(SCENARIO,), on_request=stage.heard)
    with LiveServer(settings) as server, warnings.catch_warnings():
        # The client warns at each call that the service is gone. That is why this exists.
        warnings.simplefilter("ignore", DeprecationWarning)
        # No proxy of the environment may stand between the two.
        with openai.OpenAI(
            base_url=server.base_url,
            api_key="sk-emu-default",
            http_client=openai.DefaultHttpxClient(trust_env=False),
        ) as client:
            if not hasattr(client.beta, "assistants"):
                raise MissingClientError("this version of openai has no Assistants API any more: install 'openai<4'")
            stage.title(f"The emulator listens at {server.url}; the openai client {openai.__version__} talks to it")
            assistant_id, thread_id = _set_up(stage, client)
            _polled(stage, client, assistant_id, thread_id)
            _streamed(stage, client, assistant_id, thread_id)
    stage.title(f"Done in {time.perf_counter() - started:.1f} s, without a network. The script: {SCENARIO.name}")


def _client_library() -> Any:
    try:
        import openai
    except ImportError:
        raise MissingClientError(
            "the demo needs the openai client: pip install 'assistants-emulator[client]'"
        ) from None
    return openai


def _set_up(stage: Stage, client: Any) -> tuple[str, str]:
    stage.title("1  An assistant that may ask for the weather, and a thread")
    assistant = stage.ask(
        client.beta.assistants.create, model="gpt-4o", instructions="You know about weather.", tools=[TOOL]
    )
    thread = stage.ask(client.beta.threads.create)
    return assistant.id, thread.id


def _polled(stage: Stage, client: Any, assistant_id: str, thread_id: str) -> None:
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
    newest = stage.ask(client.beta.threads.messages.list, thread_id, limit=1).data[0]
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


def _streamed(stage: Stage, client: Any, assistant_id: str, thread_id: str) -> None:
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

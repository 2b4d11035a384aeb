"""Streaming: an event handler that prints code, its output and the answer as they arrive."""

from typing import Any

from openai import AssistantEventHandler
from server import client
from typing_extensions import override


class PrintingHandler(AssistantEventHandler):
    """Prints everything as it arrives."""

    @override
    def on_text_created(self, text: Any) -> None:
        print("\nassistant: ", end="", flush=True)

    @override
    def on_text_delta(self, delta: Any, snapshot: Any) -> None:
        print(delta.value, end="", flush=True)

    @override
    def on_tool_call_created(self, tool_call: Any) -> None:
        print(f"\n[{tool_call.type}]", flush=True)

    @override
    def on_tool_call_delta(self, delta: Any, snapshot: Any) -> None:
        if delta.type == "code_interpreter" and delta.code_interpreter:
            print(delta.code_interpreter.input or "", end="", flush=True)
            for output in delta.code_interpreter.outputs or []:
                if output.type == "logs":
                    print(f"→ {output.logs}", end="", flush=True)


with client("streaming.yaml") as api:
    assistant = api.beta.assistants.create(model="gpt-4o", name="Tides", tools=[{"type": "code_interpreter"}])
    thread = api.beta.threads.create(messages=[{"role": "user", "content": "When is high water today?"}])
    with api.beta.threads.runs.stream(
        thread_id=thread.id, assistant_id=assistant.id, event_handler=PrintingHandler()
    ) as stream:
        stream.until_done()
        run = stream.current_run
    print(f"\n\nThe run is {run.status if run else 'lost'}.")

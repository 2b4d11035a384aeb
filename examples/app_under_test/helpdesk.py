"""The app under test: a help desk for parcels, an ordinary program for the Assistants API."""

import json
import time
from collections.abc import Callable
from typing import Any

from openai import APIConnectionError, APIStatusError, OpenAI

ASSISTANT = "asst_parcels"  # created once in the playground, and copied from there
BUSY = ("queued", "in_progress", "cancelling")


class Helpdesk:
    """Answers questions about parcels. find: returns where a parcel is, or None for an unknown number."""

    def __init__(self, client: OpenAI, find: Callable[[str], str | None]) -> None:
        self._client = client
        self._find = find

    def ask(self, question: str) -> str:
        """Return an answer for the user, even if the service fails."""
        try:
            return self.finish(self.start(question))
        except (APIStatusError, APIConnectionError):
            return "We cannot be reached at the moment."

    def start(self, question: str) -> Any:
        """Start a run and return it."""
        thread = self._client.beta.threads.create(messages=[{"role": "user", "content": question}])
        return self._client.beta.threads.runs.create(thread_id=thread.id, assistant_id=ASSISTANT)

    def finish(self, run: Any) -> str:
        """Wait for the end of a run and return the answer."""
        runs = self._client.beta.threads.runs
        while run.status in (*BUSY, "requires_action"):
            if run.status == "requires_action":
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs: list[Any] = [{"tool_call_id": call.id, "output": self._output(call)} for call in calls]
                run = runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
            else:
                time.sleep(0.01)
                run = runs.retrieve(run.id, thread_id=run.thread_id)
        if run.status == "completed":
            page = self._client.beta.threads.messages.list(run.thread_id, limit=1)
            return str(page.data[0].content[0].text.value)
        if run.status == "expired":
            return "That took too long. Please ask again."
        return "Something went wrong. Please ask a colleague."

    def ask_streaming(self, question: str) -> str:
        """Return the streamed answer; if the stream breaks, the text so far, marked as unfinished."""
        thread = self._client.beta.threads.create(messages=[{"role": "user", "content": question}])
        text, completed = "", False
        try:
            for event in self._client.beta.threads.runs.create(thread.id, assistant_id=ASSISTANT, stream=True):
                if event.event == "thread.message.delta":
                    text += "".join(part.text.value for part in event.data.delta.content)
                completed = completed or event.event == "thread.run.completed"
        except (APIConnectionError, APIStatusError):
            pass
        return text if completed else f"{text} …"

    def _output(self, call: Any) -> str:
        number = json.loads(call.function.arguments)["number"]
        return self._find(number) or "unknown"

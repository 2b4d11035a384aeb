"""The app under test: a help desk for parcels, written for the Assistants API as many were; it knows of no emulator."""

import json
import time
from collections.abc import Callable
from typing import Any

from openai import APIConnectionError, APIStatusError, OpenAI

ASSISTANT = "asst_parcels"  # made once in a playground, and copied from there
BUSY = ("queued", "in_progress", "cancelling")


class Helpdesk:
    """Answers questions about parcels. find: looks a parcel up and returns where it is, None for an unknown number."""

    def __init__(self, client: OpenAI, find: Callable[[str], str | None]) -> None:
        self._client = client
        self._find = find

    def ask(self, question: str) -> str:
        """Return an answer that can be shown, whatever happens."""
        try:
            return self.finish(self.begin(question))
        except (APIStatusError, APIConnectionError):
            return "We cannot be reached at the moment."

    def begin(self, question: str) -> Any:
        """Return a run that was just begun."""
        thread = self._client.beta.threads.create(messages=[{"role": "user", "content": question}])
        return self._client.beta.threads.runs.create(thread_id=thread.id, assistant_id=ASSISTANT)

    def finish(self, run: Any) -> str:
        """See a run through to its end."""
        runs = self._client.beta.threads.runs
        while run.status in (*BUSY, "requires_action"):
            if run.status == "requires_action":
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs: list[Any] = [{"tool_call_id": call.id, "output": self._answer(call)} for call in calls]
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

    def read_aloud(self, question: str) -> str:
        """Return the streamed answer; what came before the line broke is marked as unfinished."""
        thread = self._client.beta.threads.create(messages=[{"role": "user", "content": question}])
        heard, over = "", False
        try:
            for event in self._client.beta.threads.runs.create(thread.id, assistant_id=ASSISTANT, stream=True):
                if event.event == "thread.message.delta":
                    heard += "".join(part.text.value for part in event.data.delta.content)
                over = over or event.event == "thread.run.completed"
        except (APIConnectionError, APIStatusError):
            pass
        return heard if over else f"{heard} …"

    def _answer(self, call: Any) -> str:
        number = json.loads(call.function.arguments)["number"]
        return self._find(number) or "unknown"

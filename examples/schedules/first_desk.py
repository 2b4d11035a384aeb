"""The booking desk as it was written first. Each of its requests works, and it still books twice and gives up."""

import json
import time
from typing import Any

from openai import OpenAI
from tables import Tables

ASSISTANT = "asst_booking"


class FirstDesk:
    """Answers guests, and books tables for them."""

    def __init__(self, client: OpenAI, tables: Tables) -> None:
        self._threads = client.beta.threads
        self._tables = tables

    def ask(self, thread_id: str, question: str) -> str:
        """Return the answer to a guest's question."""
        return self.finish(self.start(thread_id, question))

    def start(self, thread_id: str, question: str) -> Any:
        """Begin to answer: where a connection breaks, the client sends the same again."""
        self._threads.messages.create(thread_id, role="user", content=question)
        return self._threads.runs.create(thread_id, assistant_id=ASSISTANT)

    def finish(self, run: Any) -> str:
        """Do what a run asks for until it is over, and return its answer; any worker may."""
        while True:
            run = self._threads.runs.retrieve(run.id, thread_id=run.thread_id)
            if run.status == "requires_action":
                calls = run.required_action.submit_tool_outputs.tool_calls
                outputs: list[Any] = [{"tool_call_id": call.id, "output": self._book(call)} for call in calls]
                self._threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
            elif run.status in {"queued", "in_progress"}:
                time.sleep(0.001)
            else:
                return str(self._threads.messages.list(run.thread_id, limit=1).data[0].content[0].text.value)

    def _book(self, call: Any) -> str:
        return self._tables.book(json.loads(call.function.arguments)["guest"])

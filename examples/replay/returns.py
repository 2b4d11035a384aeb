"""A returns desk: an ordinary program for the Assistants API, which knows nothing of recordings or of the emulator."""

import json
import warnings

from openai import OpenAI

warnings.filterwarnings("ignore", message=".*deprecated", category=DeprecationWarning)

INSTRUCTIONS = "You handle returns. Look an order up before you promise anything, and be brief."
FIND_ORDER = {
    "type": "function",
    "function": {
        "name": "find_order",
        "description": "Returns an order by its number.",
        "parameters": {
            "type": "object",
            "properties": {"number": {"type": "string"}},
            "required": ["number"],
            "additionalProperties": False,
        },
    },
}
ORDERS = {
    "4711": {"item": "desk lamp", "price": 38.5, "days_since_delivery": 12},
    "4712": {"item": "office chair", "price": 219.0, "days_since_delivery": 41},
}


class ReturnsDesk:
    """The desk with one customer at it."""

    def __init__(self, client=None, *, instructions=INSTRUCTIONS, tool=FIND_ORDER, orders=ORDERS, streams=False):
        self.client = client or OpenAI()
        self.orders = orders
        self.streams = streams
        self.assistant = self.client.beta.assistants.create(
            model="gpt-4o", name="Returns", instructions=instructions, tools=[tool]
        )
        self.thread = self.client.beta.threads.create()

    def ask(self, text):
        """Return the answer to a customer's message."""
        threads = self.client.beta.threads
        threads.messages.create(self.thread.id, role="user", content=text)
        run = self._run()
        while run.status == "requires_action":
            calls = run.required_action.submit_tool_outputs.tool_calls
            run = self._submit(run, [{"tool_call_id": call.id, "output": self._find_order(call)} for call in calls])
        if run.status != "completed":
            return f"Sorry, that did not work ({run.status})."
        return threads.messages.list(self.thread.id, limit=1).data[0].content[0].text.value

    def _find_order(self, call):
        number = json.loads(call.function.arguments)["number"]
        return json.dumps(self.orders.get(number, {"error": "no such order"}))

    def _run(self):
        runs, ids = self.client.beta.threads.runs, {"thread_id": self.thread.id, "assistant_id": self.assistant.id}
        return _end_of(runs.stream(**ids)) if self.streams else runs.create_and_poll(**ids)

    def _submit(self, run, outputs):
        runs, ids = self.client.beta.threads.runs, {"run_id": run.id, "thread_id": self.thread.id}
        if self.streams:
            return _end_of(runs.submit_tool_outputs_stream(**ids, tool_outputs=outputs))
        return runs.submit_tool_outputs_and_poll(**ids, tool_outputs=outputs)


def _end_of(streaming):
    """Return the run as the end of its stream leaves it."""
    with streaming as stream:
        stream.until_done()
        return stream.current_run

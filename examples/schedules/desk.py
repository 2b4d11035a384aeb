"""The booking desk, mended: it looks before it asks again, books once for each call, and knows how a run ended."""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterable
from typing import Any, Final

from openai import APIConnectionError, BadRequestError, InternalServerError, OpenAI, RateLimitError
from tables import Tables

ASSISTANT: Final = "asst_booking"
SORRY: Final = "We could not book a table. Please ask again."
# What may be asked again.
PASSING: Final = (APIConnectionError, InternalServerError, RateLimitError)
TRIES: Final = 4
# Two workers of one process share the tables.
_BOOKING: Final = threading.Lock()


class Desk:
    """Answers guests, and books tables for them. It tries again by itself, so the client must not."""

    def __init__(self, client: OpenAI, tables: Tables) -> None:
        self._threads = client.with_options(max_retries=0).beta.threads
        self._tables = tables

    def ask(self, thread_id: str, question: str) -> str:
        """Return the answer to a guest's question."""
        return self.finish(self.start(thread_id, question))

    def start(self, thread_id: str, question: str) -> Any:
        """Begin to answer, once, even where an answer of the service is lost on its way."""
        mark = {"request": uuid.uuid4().hex}
        messages, runs = self._threads.messages, self._threads.runs
        _made(
            lambda: messages.create(thread_id, role="user", content=question, metadata=mark),
            lambda: messages.list(thread_id, limit=10).data,
            mark,
        )
        return _made(
            lambda: runs.create(thread_id, assistant_id=ASSISTANT, metadata=mark),
            lambda: runs.list(thread_id, limit=10).data,
            mark,
        )

    def finish(self, run: Any) -> str:
        """Do what a run asks for until it is over, and return its answer; any worker may."""
        while (run := self._latest(run)).status != "completed":
            if run.status == "requires_action":
                self._submit(run)
            elif run.status in {"queued", "in_progress", "cancelling"}:
                time.sleep(0.001)
            else:
                return SORRY
        newest = _read(lambda: self._threads.messages.list(run.thread_id, limit=1)).data[0]
        return str(newest.content[0].text.value)

    def _latest(self, run: Any) -> Any:
        return _read(lambda: self._threads.runs.retrieve(run.id, thread_id=run.thread_id))

    def _submit(self, run: Any) -> None:
        """Send what was booked; whether it arrived is seen in the status, and so is that another worker was faster."""
        calls = run.required_action.submit_tool_outputs.tool_calls
        outputs: list[Any] = [{"tool_call_id": call.id, "output": self._book(call)} for call in calls]
        try:
            self._threads.runs.submit_tool_outputs(run.id, thread_id=run.thread_id, tool_outputs=outputs)
        except (*PASSING, BadRequestError):
            time.sleep(0.001)

    def _book(self, call: Any) -> str:
        with _BOOKING:
            return self._tables.book_once(call.id, json.loads(call.function.arguments)["guest"])


def _made(create: Callable[[], Any], existing: Callable[[], Iterable[Any]], mark: dict[str, str]) -> Any:
    """Return what is created; where the answer is lost, look for what bears the mark before asking again."""
    for attempt in range(TRIES - 1):
        try:
            return create()
        except PASSING:
            time.sleep(0.001 * 2**attempt)
        if found := [one for one in _read(existing) if one.metadata == mark]:
            return found[0]
    return create()


def _read(read: Callable[[], Any]) -> Any:
    """Return what is read; reading may be tried again at any time."""
    for attempt in range(TRIES - 1):
        try:
            return read()
        except PASSING:
            time.sleep(0.001 * 2**attempt)
    return read()

"""Writes what a run shows: its status, its steps and its messages, each change with its journal entries.

Everything here only gathers writes in a unit; the run's task says when they are committed.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from emulator.domain import lifecycle
from emulator.engine.namespace import Namespace
from emulator.engine.usage import UsageMeter
from emulator.store.documents import Unit
from emulator.store.tables import Message, Run, RunStep
from emulator.wire import messages, steps

# What a step would show if it ended now: its content or calls, and what of it cost tokens.
SoFar = Callable[[], tuple[Sequence[Mapping[str, Any]], str]]


class OpenStep:
    """A step that is not closed yet, with its message if it writes one.

    written: what it cost tokens for. so_far: set while it is being streamed, because deltas are not stored.
    """

    def __init__(self, step: dict[str, Any], message: dict[str, Any] | None = None, written: str = "") -> None:
        self.step = step
        self.message = message
        self.written = written
        self.so_far: SoFar | None = None

    @property
    def the_message(self) -> dict[str, Any]:
        """The message; only for a step that writes one."""
        if self.message is None:
            raise LookupError("this step writes no message")
        return self.message


class Writer:
    """Writes one run. doc: the run as it stands."""

    def __init__(self, namespace: Namespace, doc: dict[str, Any], meter: UsageMeter, unit: Unit) -> None:
        self.namespace = namespace
        self.doc = doc
        self.meter = meter
        self.unit = unit
        self.open: OpenStep | None = None
        self._about = {"thread_id": doc["thread_id"], "run_id": doc["id"]}

    @property
    def opened(self) -> OpenStep:
        """What is open; only where something is."""
        if self.open is None:
            raise LookupError("no step is open")
        return self.open

    # --- the run ----------------------------------------------------------------------------------------------------

    def signal(self, signal: str, **fields: Any) -> None:
        """Move the run, and set what comes with the move."""
        changed, event = lifecycle.apply(lifecycle.RUN, self.doc, signal, self.namespace.now())
        self.doc = {**changed, **fields}
        self.unit.update(Run, self.doc["id"], status=self.doc["status"], doc=self.doc)
        if event:
            self.unit.record(event, self.doc, **self._about)

    # --- steps and messages -----------------------------------------------------------------------------------------

    def open_message(self, again: Mapping[str, Any] | None = None) -> OpenStep:
        """Begin a message and its step. again: the ids of those that were begun before a restart."""
        if again is not None:
            return self._reopen(again["step"], again["message"])
        now, ids = self.namespace.now(), self.namespace.ids
        message_id = ids.make("msg")
        step = steps.step(ids.make("step"), run=self.doc, now=now, details=steps.message_creation(message_id))
        message = messages.message(message_id, thread_id=self.doc["thread_id"], now=now, role="assistant", run=self.doc)
        self._begin_step(step)
        self.unit.insert(Message, message_id, id=message_id, doc=message, **self._about)
        self.unit.record("thread.message.created", message, **self._about)
        self.unit.record("thread.message.in_progress", message, **self._about)
        self.open = OpenStep(step, message)
        return self.open

    def open_tools(self, again: Mapping[str, Any] | None = None) -> OpenStep:
        """Begin a step that calls tools; it shows no call yet (recorded)."""
        if again is not None:
            return self._reopen(again["step"], None)
        step = steps.step(
            self.namespace.ids.make("step"), run=self.doc, now=self.namespace.now(), details=steps.tool_calls()
        )
        self._begin_step(step)
        self.open = OpenStep(step)
        return self.open

    def _begin_step(self, step: dict[str, Any]) -> None:
        self.unit.insert(RunStep, step["id"], id=step["id"], doc=step, **self._about)
        self.unit.record("thread.run.step.created", step, **self._about)
        self.unit.record("thread.run.step.in_progress", step, **self._about)

    def _reopen(self, step_id: str, message_id: str | None) -> OpenStep:
        step = self.namespace.documents.get(RunStep, self.namespace.name, step_id)
        message = self.namespace.documents.get(Message, self.namespace.name, message_id) if message_id else None
        if step is None:
            raise LookupError(f"step {step_id} is gone")
        self.open = OpenStep(step["doc"], message["doc"] if message else None)
        return self.open

    def find_open(self) -> None:
        """Find the step that was open when the server went down, and what those before it cost."""
        self.meter.begin()
        for row in self.namespace.documents.all(RunStep, self.namespace.name, run_id=self.doc["id"]):
            step = row["doc"]
            if step["usage"] is not None:
                self.meter.recall(step["usage"])
            if step["status"] == "in_progress":
                details = step["step_details"]
                opened = self._reopen(row["id"], details.get("message_creation", {}).get("message_id"))
                opened.written = _written(opened)

    def roll_back(self) -> None:
        """Drop what is not committed, and take the run as it was committed."""
        row = self.namespace.documents.get(Run, self.namespace.name, self.doc["id"])
        self.unit, self.open = self.namespace.unit(), None
        if row is not None:
            self.doc = row["doc"]
            self.find_open()

    def partial(self) -> None:
        """Let the open step show what has been streamed of it: the rest will not come."""
        if self.open is None or self.open.so_far is None:
            return
        parts, written = self.open.so_far()
        if self.open.message is not None:
            self.show_content(parts, written)
        else:
            self.show_calls(parts, written)

    def amend(self, message: dict[str, Any]) -> None:
        """Take over a client's change of a message that may still be open."""
        if self.open is not None and self.open.message is not None and self.open.message["id"] == message["id"]:
            self.open.message = message

    def show_content(self, content: Sequence[Mapping[str, Any]], written: str) -> None:
        """Set what the open message holds."""
        message = self.opened.message = {**self.opened.the_message, "content": list(content)}
        self.opened.written, self.opened.so_far = written, None
        self.unit.update(Message, message["id"], doc=message)

    def show_calls(self, calls: Sequence[Mapping[str, Any]], written: str) -> None:
        """Set what the open step called."""
        step = self.opened.step = {**self.opened.step, "step_details": steps.tool_calls(*calls)}
        self.opened.written, self.opened.so_far = written, None
        self.unit.update(RunStep, step["id"], doc=step)

    def message_delta(self, *content: Mapping[str, Any]) -> None:
        """Publish the next piece of the open message."""
        delta = messages.delta(self.opened.the_message["id"], *content)
        self.unit.publish_delta("thread.message.delta", delta, **self._about)

    def step_delta(self, *calls: Mapping[str, Any]) -> None:
        """Publish the next piece of the open step's calls."""
        self.unit.publish_delta("thread.run.step.delta", steps.delta(self.opened.step["id"], *calls), **self._about)

    # --- closing ----------------------------------------------------------------------------------------------------

    def close(
        self,
        signal: str = "complete",
        *,
        last: bool = False,
        reason: str | None = None,
        error: Mapping[str, str] | None = None,
    ) -> None:
        """Close what is open.

        signal: what ends it (complete, stop, fail, cancel, expire). last: no step follows. reason: why a message
        stays incomplete, if the signal does not say it. error: of the step.
        """
        opened, self.open = self.open, None
        if opened is None:
            return
        if opened.message is not None:
            self._close_message(opened.message, signal, reason or lifecycle.INCOMPLETE_REASON.get(signal))
        # A step whose message was cut short is complete all the same (recorded, Apr 2024).
        changed, event = lifecycle.apply(
            lifecycle.RUN_STEP, opened.step, "complete" if signal == "stop" else signal, self.namespace.now()
        )
        spent = None if signal == "cancel" else self.meter.step(opened.written, last=last)
        self._record_step({**changed, "usage": spent, "last_error": dict(error) if error else None}, event)

    def _close_message(self, message: dict[str, Any], signal: str, reason: str | None) -> None:
        now = self.namespace.now()
        changed, event = lifecycle.apply(
            lifecycle.MESSAGE, message, "complete" if signal == "complete" else "stop", now
        )
        if signal != "complete":
            changed["incomplete_details"] = {"reason": reason}
        self.unit.update(Message, changed["id"], doc=changed)
        if event:
            self.unit.record(event, changed, **self._about)

    def _record_step(self, step: dict[str, Any], event: str | None) -> None:
        self.unit.update(RunStep, step["id"], doc=step)
        if event:
            self.unit.record(event, step, **self._about)


def _written(opened: OpenStep) -> str:
    """Return what a stored step cost tokens for, as it was counted when it was written."""
    if opened.message is not None:
        parts = opened.message["content"]
        return "".join(part["text"]["value"] if "text" in part else part.get("refusal", "") for part in parts)
    calls = opened.step["step_details"].get("tool_calls", ())
    return "".join(
        call.get("function", {}).get("arguments", "") + call.get("code_interpreter", {}).get("input", "")
        for call in calls
    )

"""The transcript of a run in the Assistants API: the run, its steps and its messages, and their events."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from emulator.domain import lifecycle
from emulator.domain.calls import Cut, ToolCall
from emulator.domain.lifecycle import ENDINGS, FOUNDRY_RUN_LIFETIME_WITH_ANSWERS, Signal
from emulator.domain.ports import Usage
from emulator.domain.transcript import Progress
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.journal import Change, Entry
from emulator.store.tables import Message, Run, RunStep
from emulator.tools import function, kinds
from emulator.tools.file_search import FileSearch
from emulator.transcripts import output_files
from emulator.transcripts.open_step import OpenStep, call_documents, written
from emulator.transcripts.run_record import RunRecord
from emulator.transcripts.usage import UsageMeter
from emulator.wire import messages, steps
from emulator.wire.pieces import Pieces
from emulator.wire.runs import required_action, usage

# A step, how many deltas of it the followers were told, and what of it is in no document yet, if that is known.
Told = tuple[str, int] | tuple[str, int, Mapping[str, Any] | None]
_STEP_ERRORS = ("server_error", "rate_limit_exceeded")  # documented: a step knows these two


class AssistantsTranscript:
    """Writes one run."""

    def __init__(self, namespace: Namespace, tx: Transaction, row: Row, view: ModelView, usage: Usage | None) -> None:
        self._namespace = namespace
        self._tx = tx
        self._run = RunRecord(row)
        self._about = self._run.about
        self._meter = UsageMeter(view, usage)
        self._open: OpenStep | None = None
        self.told: Told | None = None

    @property
    def status(self) -> str:
        """The status of the run."""
        return self._run.status

    @property
    def expires_at(self) -> float:
        """When the run expires, in seconds since the epoch; only while it is not over."""
        return float(self._run.doc["expires_at"])

    @property
    def workspace(self) -> str:
        """The thread: its runs share the variables of their code."""
        thread_id: str = self._about["thread_id"]
        return thread_id

    @property
    def _opened(self) -> OpenStep:
        if self._open is None:
            raise LookupError("no step is open")
        return self._open

    # --- the store --------------------------------------------------------------------------------------------------

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on; what was written into the last one is kept."""
        self._tx = tx
        if (opened := self._open) is not None:
            self.told = opened.step["id"], max(opened.deltas, opened.known)

    def state(self) -> Sequence[Any] | None:
        """Return the step that is open, how many deltas of it the followers will know, and what is not written yet."""
        if (opened := self._open) is None:
            return None
        return opened.step["id"], max(opened.deltas, opened.known), opened.partial()

    async def count_published(self) -> None:
        """Do nothing: events are not kept."""

    async def load(self) -> None:
        """Take the run as the store has it: its document, the step that is open, and what those before it cost."""
        run_id = self._about["run_id"]
        row = await self._tx.get(Run, run_id, heavy=True)
        if row is None:
            raise LookupError(f"run {run_id} is gone")
        self._run = RunRecord(row)
        self._meter.begin()
        before, self._open = self._open, None
        for found in await self._tx.all(RunStep, run_id=run_id):
            step = found["doc"]
            if step["usage"] is not None:
                self._meter.recall(step["usage"])
            if step["status"] == "in_progress":
                await self._take_open(step, before)

    async def _take_open(self, step: dict[str, Any], before: OpenStep | None) -> None:
        message_id = step["step_details"].get("message_creation", {}).get("message_id")
        row = await self._tx.get(Message, message_id) if message_id else None
        message = row["doc"] if row else None
        if before is not None and before.step["id"] == step["id"]:
            self._open, before.step, before.message = before, step, message  # what is not stored yet goes on
        else:
            _, known, *partial = self.told if self.told is not None and self.told[0] == step["id"] else ("", 0)
            self._open = OpenStep(step, message, written(step, message), known=known)
            if partial and partial[0] is not None:
                self._open.take_partial(partial[0])

    async def conclude(self) -> None:
        """Do nothing: all of it is written."""

    def wait_for(self, what: str | None) -> None:
        """Say what the run waits for; None while nothing holds it up."""
        self._run.wait_for(self._tx, what)

    # --- messages ---------------------------------------------------------------------------------------------------

    def message_text(
        self, text: str, annotations: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """Return both as they are: markers stand in the text."""
        return text, annotations

    def begin_message(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a message and its step, or take up those that were begun before a restart."""
        if again is not None:
            return self._take_up(again, "step", "message")
        now, ids = self._namespace.now(), self._namespace.ids
        message_id = ids.make("msg")
        step = steps.step(ids.make("step"), run=self._run.doc, now=now, details=steps.message_creation(message_id))
        message = messages.message(
            message_id, thread_id=self._about["thread_id"], now=now, role="assistant", run=self._run.doc
        )
        self._begin_step(step)
        self._tx.insert(Message, message_id, id=message_id, doc=message, **self._about)
        self._record("thread.message.created", message)
        self._record("thread.message.in_progress", message, "create")
        self._open = OpenStep(step, message, is_partial=True)
        return {"step": step["id"], "message": message_id}

    def _take_up(self, again: Mapping[str, Any], *names: str) -> Mapping[str, Any]:
        """Let the step that was found open go on from its beginning: nothing of it was stored."""
        opened = self._opened
        if opened.step["id"] != again["step"]:
            raise LookupError(f"step {again['step']} is gone")
        is_partial = opened.message is not None
        self._open = OpenStep(opened.step, opened.message, is_partial=is_partial, known=opened.known)
        return {name: again[name] for name in names}

    def add_image(self, file_id: str) -> None:
        """Add an image to the open message."""
        part = {"type": "image_file", "image_file": {"file_id": file_id}}
        self._message_delta({"index": len(self._opened.images), **part})
        self._opened.images.append(part)

    def append_text(self, cut: Cut, first: int, last: int, annotations: Sequence[Mapping[str, Any]] = ()) -> None:
        """Append pieces of the message's text; the annotations come with the last of them."""
        opened = self._opened
        index = len(opened.images)
        if opened.make is None:
            delta, id_ = messages.delta, opened.the_message["id"]
            opened.make = lambda text: delta(id_, messages.text_delta(index, text))
            # The first delta of a text has annotations in any case (recorded).
            if last - first > 1 or not annotations:
                self._message_delta(messages.text_delta(index, next(cut.pieces(first, first + 1)), []))
                first += 1
        end = last - 1 if annotations else last
        if end > first:
            self._publish("thread.message.delta", Pieces(opened.make, cut, first, end))
        if annotations:
            begin = len(opened.annotations)
            shown = [messages.annotation_delta(begin + place, one) for place, one in enumerate(annotations)]
            opened.annotations += annotations
            self._message_delta(messages.text_delta(index, next(cut.pieces(end, last)), shown))
        opened.reach(cut, last)

    def append_refusal(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of a refusal, which a message has in place of a text."""
        opened = self._opened
        opened.refuses = True
        if opened.make is None:
            delta, id_ = messages.delta, opened.the_message["id"]
            opened.make = lambda text: delta(id_, {"index": 0, "type": "refusal", "refusal": text})
        self._publish("thread.message.delta", Pieces(opened.make, cut, first, last))
        opened.reach(cut, last)

    def finish_message(self) -> None:
        """Let the open message hold what was appended."""
        self._show_message(whole=True)

    def _show_message(self, *, whole: bool) -> None:
        opened = self._opened
        # The event at its end shows them, too (unverified: the reports are of messages that were read later).
        attachments = messages.written_files(opened.annotations)
        opened.message = {**opened.the_message, "content": opened.content(whole=whole), "attachments": attachments}
        opened.written, opened.is_partial = opened.text, False
        self._tx.update(Message, opened.message["id"], doc=opened.message)

    def _message_delta(self, *content: Mapping[str, Any]) -> None:
        self._publish("thread.message.delta", messages.delta(self._opened.the_message["id"], *content))

    # --- calls ------------------------------------------------------------------------------------------------------

    async def list_tools(self, server: str, tools: Mapping[str, Any]) -> None:
        """Show which tools a server has in a step of its own, unless the run has shown that before."""
        before = [row["doc"]["step_details"] for row in await self._tx.all(RunStep, run_id=self._about["run_id"])]
        if any(one["server_label"] == server for details in before for one in details.get("activities", ())):
            return
        ids, now = self._namespace.ids, self._namespace.now()
        step = steps.step(ids.make("step"), run=self._run.doc, now=now, details=steps.activities())
        self._begin_step(step)
        changed, event = lifecycle.apply(lifecycle.RUN_STEP, step, Signal.COMPLETE, now)
        # The model has no part in it, so it costs nothing (recorded, Aug 2025).
        listed = steps.activities(steps.tools_listed(ids.make("activity"), server, tools))
        step = {**changed, "step_details": listed, "usage": usage(0, 0)}
        self._tx.update(RunStep, step["id"], doc=step)
        if event:
            self._record(event, step, Signal.COMPLETE)

    def begin_calls(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a step that calls tools, or take it up; it shows no call yet (recorded)."""
        if again is not None:
            return self._take_up(again, "step")
        now, id_ = self._namespace.now(), self._namespace.ids.make("step")
        step = steps.step(id_, run=self._run.doc, now=now, details=steps.tool_calls())
        self._begin_step(step)
        self._open = OpenStep(step)
        return {"step": id_}

    def _begin_step(self, step: dict[str, Any]) -> None:
        self._tx.insert(RunStep, step["id"], id=step["id"], doc=step, **self._about)
        self._record("thread.run.step.created", step)
        self._record("thread.run.step.in_progress", step, "create")

    def open_call(self, call: ToolCall, *, streamed: bool = True) -> None:
        """Begin a call. streamed: its text follows in pieces."""
        opened, kind = self._opened, kinds.of_call(call.kind)
        if kind.announced_twice and not opened.calls and not opened.known:
            self._record("thread.run.step.created", opened.step)
        opened.calls.append(call)
        opened.begin_text()
        opened.is_partial = streamed
        self._step_delta(kind.opening(len(opened.calls) - 1, call))

    def append_call(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of the text of the call that was begun last."""
        opened = self._opened
        if opened.make is None:
            kind, index = kinds.of_call(opened.calls[-1].kind), len(opened.calls) - 1
            delta, id_ = steps.delta, opened.step["id"]
            opened.make = lambda text: delta(id_, kind.piece(index, text))
        self._publish("thread.run.step.delta", Pieces(opened.make, cut, first, last))
        opened.reach(cut, last)

    def add_result(self, call: ToolCall) -> None:
        """Show what came of a call before it is finished."""
        index = [begun.id for begun in self._opened.calls].index(call.id)
        if (result := kinds.of_call(call.kind).results(index, call)) is not None:
            self._step_delta(result)

    def finish_calls(self, calls: Sequence[ToolCall], written: str) -> None:
        """Let the open step hold its calls. written: what of them cost tokens."""
        self._show_calls(call_documents(calls), written)
        if calls[0].kind == FileSearch.type:
            self._tx.update(RunStep, self._opened.step["id"], query=calls[0].text)

    def _show_calls(self, calls: Sequence[Mapping[str, Any]], written: str) -> None:
        opened = self._opened
        opened.step = {**opened.step, "step_details": steps.tool_calls(*calls)}
        opened.written, opened.is_partial = written, False
        self._tx.update(RunStep, opened.step["id"], doc=opened.step)

    def _step_delta(self, call: Mapping[str, Any]) -> None:
        self._publish("thread.run.step.delta", steps.delta(self._opened.step["id"], call))

    async def finish_approved(self, step_id: str, calls: Sequence[ToolCall]) -> None:
        """Show what came of calls whose step was closed when the client approved them: it is completed already."""
        row = await self._tx.get(RunStep, step_id)
        if row is None:
            raise LookupError(f"step {step_id} is gone")
        for index, call in enumerate(calls):
            if (result := kinds.of_call(call.kind).results(index, call)) is not None:
                self._record("thread.run.step.delta", steps.delta(step_id, result))
        self._tx.update(RunStep, step_id, doc={**row["doc"], "step_details": steps.tool_calls(*call_documents(calls))})

    def require_action(self, calls: Sequence[ToolCall]) -> None:
        """Let the run wait for the client to answer its calls."""
        kind = kinds.of_call(calls[0].kind)
        required = required_action(kind.answered_by, [kind.required(call) for call in calls])
        later: dict[str, Any] = {}
        if self._run.caller.is_foundry:
            later = {"expires_at": self._run.doc["created_at"] + FOUNDRY_RUN_LIFETIME_WITH_ANSWERS}
            self._opened.step = {**self._opened.step, **later}
            self._tx.update(RunStep, self._opened.step["id"], doc=self._opened.step)
        self._move(Signal.REQUIRE_ACTION, required_action=required, **later)

    def answer(self, outputs: Mapping[str, str]) -> None:
        """Put the client's outputs, by the ids of the calls, into the open step, and close it."""
        calls = self._opened.step["step_details"]["tool_calls"]
        answered = [function.KIND.answered(call, outputs[call["id"]]) for call in calls]
        self._show_calls(answered, self._opened.written)
        self.close()

    # --- status -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let a queued run be in progress."""
        self._move(Signal.START)

    def submit(self) -> None:
        """Queue a run whose calls are answered."""
        # An approval closes the step before the call is made, and a stream tells of the run anew (recorded, Aug 2025).
        is_approved = self._run.doc["required_action"]["type"] == "submit_tool_approval"
        if is_approved:
            self.close()
        self._move(Signal.SUBMIT)
        for event in ("thread.run.created", "thread.run.queued") if is_approved else ():
            self._record(event, self._run.doc)

    def cancel(self) -> None:
        """Begin to cancel the run."""
        self._move(Signal.CANCEL)

    def complete(self) -> None:
        """Close what is open, and complete the run."""
        self._close(Signal.COMPLETE, last=True)
        self._move(Signal.COMPLETE, usage=self._meter.total())

    def fail(self, code: str, message: str) -> None:
        """Fail the run, and with it the step and the message that are open."""
        error = {"code": code if code in _STEP_ERRORS else "server_error", "message": message}
        self._close(Signal.FAIL, last=True, error=error)
        self._move(Signal.FAIL, last_error={"code": code, "message": message}, usage=self._meter.total())

    def stop(self, reason: str) -> None:
        """Leave the run incomplete, and the message that is open."""
        # A filter is named on the message too (documented); both token limits are one there.
        self._close(Signal.STOP, last=True, reason="content_filter" if reason == "content_filter" else None)
        self._move(Signal.STOP, incomplete_details={"reason": reason}, usage=self._meter.total())

    def expire(self) -> None:
        """Let the run expire, and what is open of it."""
        self._close(Signal.EXPIRE, last=True)
        self._move(Signal.EXPIRE, usage=self._meter.total())

    def end_cancelling(self) -> None:
        """Complete the cancelling of the run, and of what is open; it has cost nothing (recorded)."""
        self._close(Signal.CANCEL, last=True)
        self._move(Signal.CANCELLED, usage=usage(0, 0))

    def _move(self, signal: Signal, **fields: Any) -> None:
        self._run.move(self._tx, signal, self._namespace.clock.now(), **fields)
        payer, spent = self._run.caller.payer, fields.get("usage")
        if payer is not None and spent is not None:
            self._namespace.spend(self._tx, payer, spent["total_tokens"])

    # --- closing ----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Close what is open, because something else follows; no effect where nothing is."""
        self._close(Signal.COMPLETE)

    def _close(
        self,
        signal: Signal,
        *,
        last: bool = False,
        reason: str | None = None,
        error: Mapping[str, str] | None = None,
    ) -> None:
        """Close what is open, as the signal ends it. last: no step follows. reason: where the signal says none."""
        if self._open is None:
            return
        if self._open.is_partial:  # the rest will not come
            self._show_partial()
        opened, self._open = self._open, None
        ending = ENDINGS[signal]
        if opened.message is not None:
            self._close_message(opened.message, ending.message, reason or ending.reason)
        changed, event = lifecycle.apply(lifecycle.RUN_STEP, opened.step, ending.step, self._namespace.now())
        spent = None if signal is Signal.CANCEL else self._meter.step(opened.written, last=last)
        step = {**changed, "usage": spent, "last_error": dict(error) if error else None}
        self._tx.update(RunStep, step["id"], doc=step)
        if event:
            self._record(event, step, ending.step)

    def _show_partial(self) -> None:
        if self._opened.message is not None:
            self._show_message(whole=False)
        else:
            self._show_calls(*self._opened.calls_so_far())

    def _close_message(self, message: dict[str, Any], signal: Signal, reason: str | None) -> None:
        changed, event = lifecycle.apply(lifecycle.MESSAGE, message, signal, self._namespace.now())
        if reason is not None:
            changed["incomplete_details"] = {"reason": reason}
        self._tx.update(Message, changed["id"], doc=changed)
        if event:
            self._record(event, changed, signal)

    # --- events and files -------------------------------------------------------------------------------------------

    def _record(self, event: str, doc: Mapping[str, Any], cause: str | None = None) -> None:
        """Tell of a document. cause: what changed its status; None if nothing did."""
        change = None if cause is None else Change(doc["id"], doc["status"], self._namespace.clock.now(), cause)
        self._tx.record(Entry(**self._about, event=event, data=doc, change=change))

    def _publish(self, event: str, data: Mapping[str, Any] | Pieces) -> None:
        """Tell of deltas, but for those that are known."""
        opened, count = self._opened, len(data) if isinstance(data, Pieces) else 1
        known, opened.deltas = opened.known - opened.deltas, opened.deltas + count
        if known >= count:
            return
        if known > 0 and isinstance(data, Pieces):
            data = replace(data, first=data.first + known)
        self._tx.record(Entry(**self._about, event=event, data=data))

    async def keep_file(self, name: str | None, data: bytes, ending: str = "png") -> str:
        """Keep bytes that a tool made, and return the file's id. name: below /mnt/data; None for a picture."""
        return await output_files.keep(self._namespace, self._tx, name, data, ending, azure=self._run.caller.is_azure)

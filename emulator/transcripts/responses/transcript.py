"""The transcript of a response: the items of its output, and the events of its stream."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import context_refusals
from emulator.domain.calls import Cut, ToolCall
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Usage
from emulator.domain.tokens import estimated_prompt
from emulator.domain.transcript import Progress
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run
from emulator.transcripts.responses import stored_items
from emulator.transcripts.responses.call_writer import CallWriter, unknown
from emulator.transcripts.responses.citations import without_markers
from emulator.transcripts.responses.event_log import Published
from emulator.transcripts.responses.message_writer import MessageWriter
from emulator.transcripts.responses.open_message import open_message
from emulator.transcripts.responses.output import Output
from emulator.transcripts.responses.record import ResponseRecord, is_refused
from emulator.transcripts.responses.stored_events import NumberedEvent
from emulator.transcripts.responses.tool_items import Reach
from emulator.transcripts.responses.turn_places import point_at_end
from emulator.transcripts.responses.usage import share, written_in
from emulator.transcripts.responses.workspace import Workspace
from emulator.wire.responses import defaults, documents, events

# Why a run is incomplete -> why a response is (recorded). The limit of a prompt has no counterpart.
_REASONS: Final[Mapping[str, str]] = {
    "max_completion_tokens": "max_output_tokens",
    "content_filter": "content_filter",
}


class ResponsesTranscript:
    """Writes one response."""

    def __init__(self, namespace: Namespace, tx: Transaction, row: Row, view: ModelView, usage: Usage | None) -> None:
        self._namespace = namespace
        self._tx = tx
        self._record = ResponseRecord(row)
        self._output = Output(namespace, tx, self._record)
        self._workspace = Workspace(namespace, tx, self._record)
        self._message = MessageWriter(self._output, self._workspace)
        self._calls = CallWriter(self._output, Reach(self._workspace, view.vector_store_ids))
        self._view = view
        self._scripted = usage
        self._ended_by: Signal | None = None
        self.told: Published | None = None

    @property
    def status(self) -> str:
        """The status of the response."""
        return self._record.status

    @property
    def expires_at(self) -> float | None:
        """None: a response is answered, however long that takes."""
        return None

    @property
    def workspace(self) -> str:
        """The container in which its code runs."""
        return self._workspace.id

    # --- the store --------------------------------------------------------------------------------------------------

    def use(self, tx: Transaction) -> None:
        """Write into a transaction from now on; what was written into the last one is kept."""
        self._tx = tx
        self._output.use(tx)
        self._workspace.use(tx)
        if self._record.log.published.next:
            self.told = self._record.log.published

    def state(self) -> None:
        """Return nothing: where it matters, the events stand in the store."""

    async def count_published(self) -> None:
        """Learn how many events are kept."""
        await self._record.log.count(self._tx)

    async def load(self) -> None:
        """Take what others have changed, and what is open of a response that goes on from the store."""
        row = await self._tx.get(Run, self._record.id, heavy=True, deleted=True)
        if row is None:
            raise LookupError(f"response {self._record.id} is gone")
        log = self._record.log
        if row["status"] != self._record.status:  # it was cancelled
            self._record.take(row)
            log.forget()
        if await log.load(self._tx):
            self._take_up(log.published.open)
        elif self.told is not None and not log.published.next:
            log.resume(self.told)
            self._take_up(self.told.open)

    def _take_up(self, published: Sequence[NumberedEvent]) -> None:
        """Go on with what was written before. published: of the item that is open."""
        self._calls.take_up(self._record.doc["output"])
        if (begun := open_message(published)) is not None:
            self._message.take_up(begun)

    def wait_for(self, what: str | None) -> None:
        """Say what the response waits for; None while nothing holds it up."""
        self._record.wait_for(self._tx, what)
        self._record.flush(self._tx)

    # --- messages ---------------------------------------------------------------------------------------------------

    def message_text(
        self, text: str, annotations: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """Return a text without markers, and its annotations as a response has them."""
        return without_markers(text, annotations, container=self._workspace.known_id, names=self._calls.names)

    def begin_message(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a message, or take up the one that was begun before a restart."""
        self._go_back(again)
        id_ = again["message"] if again is not None else self._output.new_id("output_msg")
        self._message.begin(id_, defaults.phase(self._record.doc["model"]))
        return {"message": id_, "place": self._output.index}

    def _go_back(self, again: Progress) -> None:
        """Begin once more where an action began before a restart."""
        if again is not None:
            self._output.go_back(again["place"])
            self._message.reset()
            self._calls.reset()

    def add_image(self, file_id: str) -> None:
        """Let the message cite an image."""
        self._message.add_image(file_id)

    def append_text(self, cut: Cut, first: int, last: int, annotations: Sequence[Mapping[str, Any]] = ()) -> None:
        """Append pieces of the message's text; the annotations come behind the last of them."""
        self._message.append_text(cut, first, last, annotations)

    def append_refusal(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of a refusal."""
        self._message.append_refusal(cut, first, last)

    def finish_message(self) -> None:
        """Do nothing: the message ends when something follows, and then is known how."""

    # --- calls ------------------------------------------------------------------------------------------------------

    async def list_tools(self, server: str, tools: Mapping[str, Any]) -> None:  # noqa: ARG002 - the port's shape
        """Refuse it: `unknown`."""
        raise unknown("mcp")

    def begin_calls(self, again: Progress = None) -> Mapping[str, Any]:
        """Note where the calls begin, which have no step around them."""
        self._go_back(again)
        return {"place": self._output.index}

    def open_call(self, call: ToolCall, *, streamed: bool = True) -> None:  # noqa: ARG002 - as above
        """Begin a call; the one before it is written. streamed: its text follows in pieces."""
        self._calls.open(call)

    def append_call(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of the text of the call that was begun last."""
        self._calls.append(cut, first, last)

    def add_result(self, call: ToolCall) -> None:
        """Show what came of a call before it is finished."""

    def finish_calls(self, calls: Sequence[ToolCall], written: str) -> None:  # noqa: ARG002 - as above
        """End the call that is open. written: what of all of them cost tokens."""
        self._calls.finish(calls[-1])

    async def finish_approved(self, step_id: str, calls: Sequence[ToolCall]) -> None:  # noqa: ARG002 - as above
        """Refuse it: `unknown`."""
        raise unknown(calls[0].kind)

    def require_action(self, calls: Sequence[ToolCall]) -> None:  # noqa: ARG002 - as above
        """End the response: the client answers the calls in its next request (recorded)."""
        self._finish(Signal.REQUIRE_ACTION)

    def answer(self, outputs: Mapping[str, str]) -> None:  # noqa: ARG002 - as above
        """Never comes: outputs are input of another response."""
        raise LookupError("a response takes no outputs")

    # --- status -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Let a queued response be in progress."""
        self._move(Signal.START)

    def submit(self) -> None:
        """Never comes: see `answer`."""
        raise LookupError("a response takes no outputs")

    def cancel(self) -> None:
        """Cancel the response at once."""
        self._move(Signal.CANCEL)

    def close(self) -> None:
        """Close what is open, because something else follows; no effect where nothing is."""
        if self._output.item is not None and "phase" in self._output.item:
            # That it began as the last one is unverified: nobody knows before what follows.
            phase = defaults.phase(self._record.doc["model"], is_last=False)
            self._output.item = {**self._output.item, "phase": phase}
        self._close("completed")

    def _close(self, status: str) -> None:
        if self._output.item is None:
            return
        if self._output.item["type"] == "message":
            self._message.end(status)
        else:
            self._calls.end(status)

    def complete(self) -> None:
        """Close what is open, and complete the response."""
        self._finish(Signal.COMPLETE)

    def fail(self, code: str, message: str) -> None:
        """Fail the response; what is open of it stays incomplete."""
        self._close("incomplete")
        self._finish(Signal.FAIL, error={"code": code, "message": message})

    def stop(self, reason: str) -> None:
        """Leave the response incomplete, and the item that is open."""
        if reason not in _REASONS:
            self._report(f"{reason} has no counterpart: the response fails, or its request is refused, as too long")
            self.fail(context_refusals.CONTEXT_LENGTH_EXCEEDED, context_refusals.context_too_long().message)
            return
        self._close("incomplete")
        self._finish(Signal.STOP, incomplete_details={"reason": _REASONS[reason]})

    def expire(self) -> None:
        """Fail the response: none expires."""
        self._report("no response expires: it fails with server_error")
        self._close("incomplete")
        error = {"code": "server_error", "message": "[emulator] the script lets the run expire; no response does"}
        self._finish(Signal.EXPIRE, error=error)

    def _report(self, message: str) -> None:
        """Report what a script asks for and no response does: no mistake in a script that runs play, too."""
        self._namespace.report(self._tx, "script", self._record.id, message=message, strict=True)

    def end_cancelling(self) -> None:
        """Do nothing: it was cancelled at once."""

    def _finish(self, signal: Signal, **fields: Any) -> None:
        """Close what is open, and end the response."""
        self._close("completed")
        is_failed = signal in (Signal.FAIL, Signal.EXPIRE)
        if not is_failed or self._scripted is not None:  # one that fails costs nothing (reported)
            spent = self._usage(is_last=signal is not Signal.REQUIRE_ACTION)
            self._record.doc = documents.with_usage(self._record.doc, spent)
        if is_failed and self._namespace.behaviors.tells_errors_apart:
            self._output.publish(events.error(fields["error"]["code"], fields["error"]["message"]))
        self._move(signal, **fields)
        self._ended_by = signal

    async def conclude(self) -> None:
        """Keep what is left of a response that is over: its items, and where its turn goes on.

        A conversation gets input and output together, and only now (reported, with the answers of the service). What a
        failed response leaves is unverified: nothing.
        """
        play, doc = self._record.play, self._record.doc
        if self._ended_by in (Signal.COMPLETE, Signal.REQUIRE_ACTION, Signal.STOP):
            left = [*play["input"], *doc["output"]]
            if play["conversation"] is not None:
                await stored_items.append(self._tx, play["conversation"], left, doc["id"])
            elif play["store"]:
                await stored_items.keep(self._tx, left, doc["id"])
            point_at_end(self._tx, doc, play, is_over=self._ended_by is not Signal.REQUIRE_ACTION)
        if is_refused(doc) or not (play["store"] or play["background"]):
            self._tx.update(Run, doc["id"], deleted=True)

    def _usage(self, *, is_last: bool) -> dict[str, Any]:
        """Return what the response has cost: what the script says, or an estimate. is_last: of its turn."""
        if self._scripted is not None:
            spent = share(self._scripted, is_last=is_last)
            return documents.usage(spent.prompt_tokens, spent.completion_tokens)
        return documents.usage(estimated_prompt(self._view), written_in(self._record.doc["output"]))

    def _move(self, signal: Signal, **fields: Any) -> None:
        self._record.move(self._tx, signal, self._namespace.clock.now(), **fields)
        payer, spent = self._record.play.get("payer"), self._record.doc["usage"]
        if payer is not None and spent is not None:
            self._namespace.spend(self._tx, payer, spent["total_tokens"])

    # --- files ------------------------------------------------------------------------------------------------------

    async def keep_file(self, name: str | None, data: bytes, ending: str = "png") -> str:
        """Keep bytes that a tool made in the container, and return the file's id."""
        return await self._workspace.keep(name, data, ending)

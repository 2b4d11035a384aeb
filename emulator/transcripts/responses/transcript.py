"""The transcript of a response: the items of its output, and the events of its stream."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, Final

from emulator.domain import response_refusals
from emulator.domain.calls import Cut, ToolCall
from emulator.domain.lifecycle import Signal
from emulator.domain.ports import Usage
from emulator.domain.tokens import estimated_prompt
from emulator.domain.transcript import Progress
from emulator.domain.view import ModelView
from emulator.engine.namespace import Namespace
from emulator.engine.script_player import ScriptFaultError
from emulator.store.documents import Row, Transaction
from emulator.store.tables import Run
from emulator.transcripts.responses import kept_items
from emulator.transcripts.responses.citations import without_markers
from emulator.transcripts.responses.event_log import Known
from emulator.transcripts.responses.kept_events import ToldEvent
from emulator.transcripts.responses.open_message import open_message
from emulator.transcripts.responses.open_text import OpenText
from emulator.transcripts.responses.output import Output
from emulator.transcripts.responses.record import ResponseRecord, is_refused
from emulator.transcripts.responses.tool_items import ITEMS, Place, Reach, ToolItem, names_in, names_of
from emulator.transcripts.responses.turn_places import point_at_end
from emulator.transcripts.responses.usage import share, written_in
from emulator.transcripts.responses.workspace import Workspace
from emulator.wire.pieces import Pieces
from emulator.wire.responses import defaults, documents, events, items
from emulator.wire.responses.ids import in_partition, partition_of

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
        self._output = Output(tx, self._record)
        self._view = view
        self._scripted = usage
        self._text: OpenText | None = None
        self._annotations: list[Mapping[str, Any]] = []
        self._images: list[str] = []
        self._workspace = Workspace(namespace, tx, self._record)
        self._tool: ToolItem | None = None
        self._names: dict[str, str] = {}
        self._ended_by: Signal | None = None
        self.told: Known | None = None

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
        if self._record.log.known.next:
            self.told = self._record.log.known

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
            self._take_up(log.known.open)
        elif self.told is not None and not log.known.next:
            log.resume(self.told)
            self._take_up(self.told.open)

    def _take_up(self, told: Sequence[ToldEvent]) -> None:
        """Go on with what was written before. told: of the item that is open; whoever makes a call makes it again."""
        self._names = names_of(self._record.doc["output"])
        if (begun := open_message(told)) is not None:
            self._output.take_up(begun.item, begun.index)
            self._text, self._annotations = begun.text, list(begun.annotations)

    def wait_for(self, what: str | None) -> None:
        """Say what the response waits for; None while nothing holds it up."""
        self._record.wait_for(self._tx, what)
        self._record.flush(self._tx)

    def _new_id(self, kind: str) -> str:
        """Return the id of the item that begins: the one that it had before a restart, or a new one."""
        if (known := self._record.log.id_at(self._output.index)) is not None:
            return known
        play = self._record.play
        return in_partition(
            self._namespace.ids.make(kind),
            partition=partition_of(self._record.id),
            time=self._namespace.now(),
            # A conversation keeps its items in any case (recorded).
            stored=play["store"] or play["background"] or play["conversation"] is not None,
        )

    # --- messages ---------------------------------------------------------------------------------------------------

    def message_text(
        self, text: str, annotations: Sequence[Mapping[str, Any]]
    ) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """Return a text without markers, and its annotations as a response has them."""
        return without_markers(text, annotations, container=self._workspace.known_id, names=self._names)

    def begin_message(self, again: Progress = None) -> Mapping[str, Any]:
        """Begin a message, or take up the one that was begun before a restart."""
        self._go_back(again)
        id_ = again["message"] if again is not None else self._new_id("output_msg")
        self._annotations, self._images = [], []
        phase = defaults.phase(self._record.doc["model"])
        self._output.begin(items.message(id_, status="in_progress", phase=phase))
        return {"message": id_, "place": self._output.index}

    def _go_back(self, again: Progress) -> None:
        """Begin once more where an action began before a restart."""
        if again is not None:
            self._output.go_back(again["place"])
            self._text = self._tool = None

    def add_image(self, file_id: str) -> None:
        """Let the message cite an image when its text is whole (recorded): it cannot show one."""
        self._images.append(file_id)

    def append_text(self, cut: Cut, first: int, last: int, annotations: Sequence[Mapping[str, Any]] = ()) -> None:
        """Append pieces of the message's text; the annotations come behind the last of them."""
        item_id, index = self._output.opened["id"], self._output.index
        if self._text is None:
            self._begin_part(items.output_text(""), *events.text_delta(item_id, index, 0))
        self._append(cut, first, last)
        self._annotate(annotations)

    def _annotate(self, annotations: Iterable[Mapping[str, Any]]) -> None:
        item_id, index = self._output.opened["id"], self._output.index
        for one in annotations:
            self._output.tell(events.annotation_added(item_id, index, 0, len(self._annotations), one))
            self._annotations.append(one)

    def append_refusal(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of a refusal, which a message has in place of a text."""
        if self._text is None:
            item_id, index = self._output.opened["id"], self._output.index
            self._begin_part(items.refusal(""), *events.refusal_delta(item_id, index, 0))
        self._append(cut, first, last)

    def _begin_part(self, part: Mapping[str, Any], event: str, make: Callable[[str], Mapping[str, Any]]) -> None:
        self._output.tell(events.content_part_added(self._output.opened["id"], self._output.index, 0, part))
        self._text = OpenText(event, make)

    def _append(self, cut: Cut, first: int, last: int) -> None:
        text = self._text
        if text is None:
            raise LookupError("no text is open")
        self._output.tell_pieces(text.event, Pieces(text.make, cut, first, last))
        text.reach(cut, last)

    def finish_message(self) -> None:
        """Do nothing: the message ends when something follows, and then is known how."""

    def _end_message(self, status: str) -> None:
        item_id, index = self._output.opened["id"], self._output.index
        if self._images and self._text is None:
            self._begin_part(items.output_text(""), *events.text_delta(item_id, index, 0))
        if (text := self._text) is None:
            self._output.end(status=status)
            return
        self._annotate(map(self._workspace.citation, self._images))
        self._text = None
        is_refusal = text.event == events.REFUSAL_DELTA
        part = items.refusal(text.text) if is_refusal else items.output_text(text.text, self._annotations)
        done = events.refusal_done if is_refusal else events.text_done
        self._output.tell(done(item_id, index, 0, text.text))
        self._output.tell(events.content_part_done(item_id, index, 0, part))
        self._output.end(content=[part], status=status)

    # --- calls ------------------------------------------------------------------------------------------------------

    async def list_tools(self, server: str, tools: Mapping[str, Any]) -> None:  # noqa: ARG002 - the port's shape
        """Refuse it: `_unknown`."""
        raise _unknown("mcp")

    def begin_calls(self, again: Progress = None) -> Mapping[str, Any]:
        """Note where the calls begin, which have no step around them."""
        self._go_back(again)
        return {"place": self._output.index}

    def open_call(self, call: ToolCall, *, streamed: bool = True) -> None:  # noqa: ARG002 - as above
        """Begin a call; the one before it is written. streamed: its text follows in pieces."""
        if self._output.item is not None:
            self._end_call("completed")
        if (tool := ITEMS.get(call.kind)) is not None:
            self._open_tool(tool, call)
            return
        if call.kind != "function":
            raise _unknown(call.kind)
        id_ = self._new_id("fc")
        self._output.begin(items.function_call(id_, call, status="in_progress"))
        self._text = OpenText(*events.arguments_delta(id_, self._output.index))

    def _open_tool(self, tool: ToolItem, call: ToolCall) -> None:
        self._tool = tool
        item_id = self._new_id(items.item_id_kind(tool.type))
        self._output.begin(tool.begun(item_id, self._reach))
        place = Place(item_id, self._output.index)
        self._tell(tool.opening(place))
        if (delta := tool.delta(place)) is not None:
            self._text = OpenText(*delta)
            if not call.text:
                self._tell(tool.written(place, ""))

    def append_call(self, cut: Cut, first: int, last: int) -> None:
        """Append pieces of the text of the call that was begun last."""
        self._append(cut, first, last)
        if self._tool is not None and last == len(cut):
            self._tell(self._tool.written(Place(self._output.opened["id"], self._output.index), cut.text))

    def _end_tool(self, tool: ToolItem, call: ToolCall, status: str) -> None:
        """End the search or the code that is open. call: as far as it came."""
        self._tool = self._text = None
        if status == "completed":
            self._tell(tool.closing(Place(self._output.opened["id"], self._output.index)))
        self._workspace.touch()
        self._names |= names_in(call)
        self._output.end(**tool.fields(call, self._reach), status=status)

    @property
    def _reach(self) -> Reach:
        return Reach(self._workspace, self._view.vector_store_ids)

    def _tell(self, told: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        for event in told:
            self._output.tell(event)

    def _end_call(self, status: str) -> None:
        if self._tool is not None:
            so_far = self._text.text if self._text is not None else ""
            self._end_tool(self._tool, ToolCall("", "", so_far), status)
            return
        text, self._text = self._text, None
        written = text.text if text is not None else ""
        self._output.tell(events.arguments_done(self._output.opened["id"], self._output.index, written))
        self._output.end(arguments=written, status=status)

    def add_result(self, call: ToolCall) -> None:
        """Show what came of a call before it is finished."""

    def finish_calls(self, calls: Sequence[ToolCall], written: str) -> None:  # noqa: ARG002 - as above
        """End the call that is open. written: what of all of them cost tokens."""
        if self._tool is not None:
            self._end_tool(self._tool, calls[-1], "completed")
        elif self._output.item is not None:
            self._end_call("completed")

    async def finish_approved(self, step_id: str, calls: Sequence[ToolCall]) -> None:  # noqa: ARG002 - as above
        """Refuse it: `_unknown`."""
        raise _unknown(calls[0].kind)

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
            self._end_message(status)
        else:
            self._end_call(status)

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
            self.fail(response_refusals.CONTEXT_LENGTH_EXCEEDED, response_refusals.context_too_long().message)
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
            self._output.tell(events.error(fields["error"]["code"], fields["error"]["message"]))
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
                await kept_items.append(self._tx, play["conversation"], left, doc["id"])
            elif play["store"]:
                await kept_items.keep(self._tx, left, doc["id"])
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
            self._tx.after_commit(partial(self._namespace.spend, payer, spent["total_tokens"]))

    # --- files ------------------------------------------------------------------------------------------------------

    def keep_file(self, name: str | None, data: bytes, ending: str = "png") -> str:
        """Keep bytes that a tool made in the container, and return the file's id."""
        return self._workspace.keep(name, data, ending)


def _unknown(kind: str) -> ScriptFaultError:
    """Return why a script fails that uses a tool which this API has not, or not here."""
    return ScriptFaultError(f"[emulator] no response shows a call of {kind}: it has no counterpart here")

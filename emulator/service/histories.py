"""Conversations of before: threads that scripts ask for, with their old messages and the runs that have ended.

Nothing of them is told as an event but that the thread and its messages were made.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.domain import lifecycle
from emulator.domain.actions import Fail
from emulator.domain.calls import ToolCall
from emulator.domain.errors import ApiError
from emulator.domain.instants import moment
from emulator.domain.lifecycle import ENDINGS, Signal
from emulator.domain.ports import Usage
from emulator.domain.view import ContextMessage, ModelView
from emulator.engine.namespace import Namespace
from emulator.service import resources, threads
from emulator.store.documents import Transaction
from emulator.store.journal import Change, Entry
from emulator.store.table import Table
from emulator.store.tables import Assistant, Message, Run, RunStep
from emulator.tools import file_search
from emulator.transcripts.open_step import call_documents, written
from emulator.transcripts.usage import UsageMeter
from emulator.wire import steps as step_documents
from emulator.wire.assistants import assistant as assistant_document
from emulator.wire.messages import CreateMessage, message, text_part
from emulator.wire.runs import CreateRun, run, usage
from emulator.wire.threads import CreateThread

Doc = dict[str, Any]
_NO_HISTORY: Final[Mapping[str, Any]] = {"created_at": None, "messages": (), "runs": ()}
# Messages whose tokens the estimate for an old run counts: those right before its own.
_MOST_COUNTED: Final = 20
# How a run came to its status.
_SIGNALS: Final[Mapping[str, Sequence[Signal]]] = {
    "completed": (Signal.COMPLETE,),
    "failed": (Signal.FAIL,),
    "incomplete": (Signal.STOP,),
    "expired": (Signal.EXPIRE,),
    "cancelled": (Signal.CANCEL, Signal.CANCELLED),
}


async def add(
    namespace: Namespace,
    tx: Transaction,
    body: CreateThread,
    messages: Sequence[CreateMessage],
    history: Mapping[str, Any] | None,
    *,
    id: str,  # noqa: A002
) -> None:
    """Add a thread with its messages, of which there may be any number, and its history if it has one."""
    conversation = _Conversation(namespace, tx, messages, history or _NO_HISTORY)
    thread = await threads.add(namespace, tx, body, id=id, created_at=conversation.began)
    await conversation.add_messages(thread)
    for old in conversation.runs:
        await conversation.add_run(id, old)


class _Conversation:
    """One thread that is being made. began: when, in seconds since the epoch. runs: those that are to be added."""

    def __init__(
        self, namespace: Namespace, tx: Transaction, bodies: Sequence[CreateMessage], history: Mapping[str, Any]
    ) -> None:
        self._namespace = namespace
        self._tx = tx
        self._now = namespace.now()
        self._bodies = bodies
        self._past: Sequence[Mapping[str, Any]] = history["messages"] or [{} for _ in bodies]
        self.runs: Sequence[Mapping[str, Any]] = history["runs"]
        given = [self._time(one["created_at"], self._now) for one in (*history["messages"], *self.runs)]
        self.began = self._time(history["created_at"], min([self._now, *given]))
        self._written: dict[str, Doc] = {}
        self._in_order: list[Doc] = []
        self._of_run: defaultdict[str | None, list[Doc]] = defaultdict(list)
        self._places: dict[str, int] = {}

    def _time(self, text: str | None, otherwise: int) -> int:
        return otherwise if text is None else int(moment(text, now=self._now))

    # --- messages -----------------------------------------------------------------------------------------------------

    async def add_messages(self, thread: Doc) -> None:
        at = self.began
        for body, past in zip(self._bodies, self._past, strict=True):
            at = self._time(past.get("created_at"), at)
            await self._add_message(thread, body, past, at)

    async def _add_message(self, thread: Doc, body: CreateMessage, past: Mapping[str, Any], at: int) -> None:
        namespace, tx = self._namespace, self._tx
        if "id" in past:
            await self._check_new(Message, past["id"])
        await resources.attach(namespace, tx, thread, body)
        text = body.content
        doc = message(
            past["id"] if "id" in past else namespace.ids.make("msg"),
            thread_id=thread["id"],
            now=at,
            role=body.role,
            content=[text_part(text, past.get("annotations", ()))] if isinstance(text, str) else body.parts(),
            attachments=[attachment.to_wire() for attachment in body.attachments or []],
            metadata=body.metadata,
        )
        doc |= {"run_id": past.get("run_id"), "assistant_id": past.get("assistant_id")}
        self._places[doc["id"]] = len(self._in_order)
        self._in_order.append(doc)
        self._written[doc["id"]] = doc
        self._of_run[doc["run_id"]].append(doc)
        tx.insert(Message, doc["id"], id=doc["id"], thread_id=thread["id"], run_id=doc["run_id"], doc=doc)
        tx.record(Entry(thread["id"], None, "thread.message.created", doc))

    async def _check_new(self, table: Table, id: str) -> None:  # noqa: A002
        if await self._tx.get(table, id, deleted=True) is not None:
            raise ApiError(400, f"There is another object of the id '{id}'.")

    # --- runs ---------------------------------------------------------------------------------------------------------

    async def add_run(self, thread_id: str, old: Mapping[str, Any]) -> None:
        await self._check_new(Run, old["id"])
        own = self._of_run[old["id"]]
        begun = self._time(old["created_at"], own[0]["created_at"] if own else self.began)
        assistant = await self._assistant(old)
        set_ = {name: old[name] for name in ("model", "instructions", "metadata") if old[name] is not None}
        doc = run(
            old["id"],
            thread_id=thread_id,
            now=begun,
            body=CreateRun(assistant_id=assistant["id"], **set_),
            assistant=assistant,
        )
        timeline = [Change(doc["id"], "queued", begun, "create").in_timeline()]
        doc = _moved(doc, Signal.START, begun, timeline)
        signals = _SIGNALS[old["status"]]
        meter = UsageMeter(
            self._view(doc, self._places[own[0]["id"]] if own else None),
            None if old["usage"] is None else Usage(**old["usage"]),
        )
        ended = await self._add_steps(doc, old["steps"], signals[-1], meter)
        for signal in signals:
            doc = _moved(doc, signal, ended, timeline)
        doc |= {"usage": usage(0, 0) if old["status"] == "cancelled" else meter.total()} | _reasons(old)
        if old["status"] == "incomplete" and own:
            self._leave_incomplete(own[-1], old["stop"])
        about = {"thread_id": thread_id, "status": doc["status"], "timeline": timeline, "play": {"mount": "openai"}}
        self._tx.insert(Run, doc["id"], id=doc["id"], doc=doc, **about)

    async def _assistant(self, old: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the assistant of a run; one that is not there any more stands for itself with a model alone."""
        row = await self._tx.get(Assistant, old["assistant_id"])
        if row is not None:
            return dict(row["doc"])
        return assistant_document(
            old["assistant_id"], now=self.began, fields={"model": old["model"] or ""}, resources={}
        )

    def _view(self, doc: Mapping[str, Any], first: int | None) -> ModelView:
        """Return what the model was given, as far as it is counted. first: the place of its first own message."""
        end = len(self._in_order) if first is None else first
        before = self._in_order[max(0, end - _MOST_COUNTED) : end]
        seen = tuple(ContextMessage(one["role"], written({}, one)) for one in before)
        about = {"model": doc["model"], "instructions": doc["instructions"], "assistant": {}}
        return ModelView(run_id=doc["id"], thread_id=doc["thread_id"], messages=seen, **about)

    def _leave_incomplete(self, doc: Doc, reason: str | None) -> None:
        doc |= {"status": "incomplete", "completed_at": None, "incomplete_at": doc["created_at"]}
        filtered = reason == "content_filter"
        doc["incomplete_details"] = {"reason": reason if filtered else ENDINGS[Signal.STOP].reason}
        self._tx.update(Message, doc["id"], doc=doc)

    # --- steps --------------------------------------------------------------------------------------------------------

    async def _add_steps(
        self, doc: Mapping[str, Any], steps: Sequence[Mapping[str, Any]], end: Signal, meter: UsageMeter
    ) -> int:
        """Add the steps of a run; return when the last of them ended."""
        at = doc["created_at"]
        for number, old in enumerate(steps):
            await self._check_new(RunStep, old["id"])
            wrote = self._written.get(old.get("message", ""))
            at = self._time(old["created_at"], at if wrote is None else max(at, wrote["created_at"]))
            details = self._details(old)
            step = step_documents.step(old["id"], run=doc, now=at, details=details)
            signal = ENDINGS[end if end in ENDINGS else Signal.CANCEL].step if _is_open(details) else Signal.COMPLETE
            step, _ = lifecycle.apply(lifecycle.RUN_STEP, step, signal, at)
            spent = meter.step(written(step, wrote), last=number + 1 == len(steps))
            step["usage"] = None if signal is Signal.CANCEL else spent
            about = {"thread_id": doc["thread_id"], "run_id": doc["id"]}
            self._tx.insert(RunStep, step["id"], id=step["id"], doc=step, **about)
        return int(at)

    def _details(self, old: Mapping[str, Any]) -> Doc:
        if "message" in old:
            return step_documents.message_creation(old["message"])
        if "tool_calls" in old:
            return step_documents.tool_calls(*old["tool_calls"])
        return step_documents.tool_calls(*call_documents(list(map(_call, old["calls"]))))


def _call(old: Mapping[str, Any]) -> ToolCall:
    if old["kind"] == file_search.KIND.type:
        return file_search.KIND.searched(old["id"], "", old["result"]["results"], {})
    return ToolCall(**old)


def _moved(doc: Doc, signal: Signal, at: int, timeline: list[Mapping[str, Any]]) -> Doc:
    """Return the document of a run as a signal leaves it, and add the change to its timeline."""
    changed, _ = lifecycle.apply(lifecycle.RUN, doc, signal, at)
    timeline.append(Change(doc["id"], changed["status"], at, signal).in_timeline())
    return changed


def _reasons(old: Mapping[str, Any]) -> Doc:
    """Return why a run did not complete."""
    match old["status"]:
        case "failed":
            said = Fail(old["fail"] or "server_error", old["message"] or "")
            return {"last_error": {"code": said.code, "message": said.message}}
        case "incomplete":
            return {"incomplete_details": {"reason": old["stop"] or "max_completion_tokens"}}
    return {}


def _is_open(details: Mapping[str, Any]) -> bool:
    """Return whether a step waits for outputs of functions that never came."""
    calls = details.get("tool_calls", ())
    return any(call.get("type") == "function" and call["function"].get("output") is None for call in calls)

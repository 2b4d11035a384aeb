"""Recorded HTTP: what each request made or asked, and what its answer shows."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs

import orjson

from emulator.recording.addresses import api_path
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.events import StreamReader, events
from emulator.recording.evidence.known import FINAL, Doc, KnownRun
from emulator.recording.exchange import Exchange
from emulator.recording.recordings import HttpRecording

# Refusals name the status of the run, as in `Cannot cancel run with status 'completed'.` (recorded).
_NAMED_STATUS: Final = re.compile(r"""status ['"](\w+)['"]""")
_FILENAME: Final = re.compile(r'filename="?([^";]+)')
# What the members of a list are, by the last word of its path.
_MEMBERS: Final[Mapping[str, str]] = {
    "messages": "thread.message", "runs": "thread.run", "steps": "thread.run.step", "assistants": "assistant",
    "files": "file",
}  # fmt: skip


@dataclass(slots=True)
class Tally:
    """What happened in a recording beside what the model did. elsewhere: requests to other endpoints, by path."""

    exchanges: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    broken: int = 0
    cut: int = 0
    first_at: float | None = None


class ExchangeReader:
    """Reads the exchanges of one recording into what is known."""

    def __init__(self, documents: Documents, source: int) -> None:
        self._documents = documents
        self._source = source
        self.tally = Tally()

    def read(self, recording: HttpRecording) -> None:
        """Read all exchanges, in their order."""
        for exchange in recording.exchanges:
            self._read(exchange)

    def _read(self, exchange: Exchange) -> None:
        documents, tally = self._documents, self.tally
        documents.position += 1
        documents.source, documents.line, documents.at = self._source, exchange.line, exchange.at
        tally.exchanges += 1
        if tally.first_at is None:
            tally.first_at = exchange.at
        found = api_path(exchange.url)
        if found is None:
            tally.elsewhere[_bare_path(exchange.url)] += 1
            return
        path, query = found
        segments = [segment for segment in path.split("/") if segment]
        if exchange.status >= 400:
            self._read_refusal(exchange, segments)
        elif exchange.status >= 200:
            self._read_answer(exchange, segments, query)

    # --- refusals ---------------------------------------------------------------------------------------------------

    def _read_refusal(self, exchange: Exchange, segments: Sequence[str]) -> None:
        if exchange.status >= 500:
            self.tally.failed += 1
        else:
            self.tally.refused += 1
        run = self._documents.runs.get(segments[3]) if len(segments) > 3 and segments[2] == "runs" else None
        if run is None:
            return
        error = (_json(exchange.response.data) or {}).get("error")
        message = error.get("message") if isinstance(error, Mapping) else None
        if named := _NAMED_STATUS.search(str(message)):
            run.must_be = named[1]
            if run.must_be in FINAL and run.ended is None:
                run.ended = self._documents.position

    # --- answers ----------------------------------------------------------------------------------------------------

    def _read_answer(self, exchange: Exchange, segments: Sequence[str], query: str) -> None:
        data = exchange.response.data or b""
        if exchange.method == "GET" and segments[:1] == ["files"] and segments[2:] == ["content"]:
            self._read_content(exchange, segments[1])
            return
        body = _json(exchange.request.data) if exchange.method == "POST" else None
        if _is_stream(exchange, data):
            self._read_stream(exchange, segments, body or {}, data)
            return
        document = _json(data)
        if document is None:
            if data or not exchange.complete:
                self.tally.broken += 1
            return
        if exchange.method == "POST":
            self._read_made(exchange, segments, body or {}, document)
        elif exchange.method == "GET":
            self._read_shown(segments, query, document)
        elif exchange.method == "DELETE":
            self._read_deleted(segments)

    def _read_content(self, exchange: Exchange, id_: str) -> None:
        file = self._documents.file(id_)
        file.content = exchange.response.data or file.content
        named = _FILENAME.search(exchange.response_headers.get("content-disposition", ""))
        file.name = file.name or (named and named[1]) or None

    def _read_stream(self, exchange: Exchange, segments: Sequence[str], body: Doc, data: bytes) -> None:
        reader = StreamReader(self._documents, data, exchange.chunks)
        begins = segments[-1] == "runs"
        if begins:
            self._begin(exchange, segments, body, _objects_of(data))
        else:
            self._answer(segments, body)
        reader.run = self._run_in(segments) if not begins else None
        reader.read()
        run = reader.run
        if run is None:
            return
        ended = reader.ended and exchange.complete
        run.streamed = run.streamed or begins
        run.stream_ended = ended and run.end is not None
        run.cut = not ended
        if run.stream_ended:
            run.steps_whole = run.texts_whole = True
        self.tally.cut += not ended

    def _read_made(self, exchange: Exchange, segments: Sequence[str], body: Doc, document: Doc) -> None:
        """Read the answer to a POST."""
        documents = self._documents
        match segments:
            case ["threads"] | ["threads", "runs"] | ["threads", _, "runs"]:
                self._begin(exchange, segments, body, [document])
                documents.note(document, "thread" if len(segments) == 1 else "thread.run")
            case ["threads", thread_id, "messages"]:
                message = documents.note_message(document, None, thread_id)
                if message is not None:
                    message.posted = message.posted or documents.position
                    if message.role == "user":
                        documents.thread(thread_id).users.append(message)
            case ["threads", _, "runs", _, "submit_tool_outputs"]:
                self._answer(segments, body)
                documents.note_run(document)
            case ["threads", _, "runs", _, "cancel"]:
                documents.note_run(document)
                if (run := self._run_in(segments)) is not None:
                    run.cancelled = True
            case ["threads", _, "runs", _]:
                documents.note_run(document)
            case ["threads", _] | ["threads", _, "messages", _]:
                documents.note(document, "thread" if len(segments) == 2 else "thread.message")
            case ["assistants", *rest] if len(rest) <= 1:
                documents.note(document, "assistant")
                if not rest and isinstance(document.get("id"), str):
                    documents.assistant(document["id"]).made = True
            case ["files"]:
                file = documents.note_file(document)
                part = next((part for part in exchange.parts if part.filename is not None), None)
                file.made, file.name = True, file.name or (part and part.filename)
                file.content = file.content or (part and part.data)
            case _:
                documents.note(document)

    def _begin(self, exchange: Exchange, segments: Sequence[str], body: Doc, shown: Sequence[Doc]) -> None:
        """Take in that a request has made a thread, a run, or both. shown: objects of its answer."""
        documents = self._documents
        run_document = next((one for one in shown if one.get("object") == "thread.run"), None)
        of_thread: Any = body if segments == ["threads"] else body.get("thread")
        thread_id = segments[1] if len(segments) == 3 else run_document and run_document.get("thread_id")
        if segments == ["threads"] or (segments == ["threads", "runs"] and isinstance(thread_id, str)):
            made = shown[0] if segments == ["threads"] else {"id": thread_id}
            if not isinstance(made.get("id"), str):
                return
            thread = documents.begin_thread(made)
            for message in (of_thread or {}).get("messages") or () if isinstance(of_thread, Mapping) else ():
                if isinstance(message, Mapping):
                    documents.add_unnamed(thread, message)
        if run_document is None or not isinstance(thread_id, str):
            return
        thread = documents.thread(thread_id)
        for message in body.get("additional_messages") or ():
            if isinstance(message, Mapping):
                documents.add_unnamed(thread, message)
        run = documents.begin_run(run_document, thread_id)
        run.body = {name: value for name, value in body.items() if name not in ("thread", "additional_messages")}

    def _answer(self, segments: Sequence[str], body: Doc) -> None:
        """Take in what a client has answered to the calls of a run."""
        run = self._run_in(segments)
        if run is None:
            return
        run.submissions += 1
        for output in body.get("tool_outputs") or ():
            if isinstance(output, Mapping) and isinstance(output.get("tool_call_id"), str):
                text = output.get("output")
                run.outputs[output["tool_call_id"]] = text if isinstance(text, str) else ""
        for approval in body.get("tool_approvals") or ():
            if isinstance(approval, Mapping) and isinstance(approval.get("tool_call_id"), str):
                run.approvals[approval["tool_call_id"]] = bool(approval.get("approve"))

    def _read_shown(self, segments: Sequence[str], query: str, document: Doc) -> None:
        """Read the answer to a GET."""
        documents = self._documents
        kind = _MEMBERS.get(segments[-1]) if segments else None
        if segments[:1] == ["vector_stores"]:
            return
        if isinstance(document.get("data"), list):
            members = [one for one in document["data"] if isinstance(one, Mapping) and isinstance(one.get("id"), str)]
            self._read_list(segments, parse_qs(query), members, kind, more=bool(document.get("has_more")))
            return
        match segments:
            case ["threads", _, "runs", _]:
                run = documents.note_run(document)
                if run is not None:
                    run.polls += 1
            case ["threads", _, "runs", _, "steps", _]:
                documents.note_step(document, self._run_in(segments))
            case ["threads", thread_id, "messages", _]:
                documents.note_message(document, None, thread_id)
            case _:
                documents.note(
                    document, {"assistants": "assistant", "files": "file", "threads": "thread"}.get(segments[0])
                )

    def _read_list(
        self,
        segments: Sequence[str],
        query: Mapping[str, list[str]],
        members: list[Doc],
        kind: str | None,
        *,
        more: bool,
    ) -> None:
        documents = self._documents
        is_ascending = query.get("order") == ["asc"]
        members = members if is_ascending else members[::-1]
        keys = [str(one["id"]) for one in members]
        # A page says where it stands by the object that it follows.
        if after := query.get("after", [""])[0]:
            keys = [after, *keys] if is_ascending else [*keys, after]
        is_whole = not more and not query.keys() & {"before", "run_id"}
        match segments:
            case ["threads", thread_id, "messages"]:
                thread = documents.thread(thread_id)
                order = thread.order
                order.merge(key for key in keys if key != after or key in order)
                for one in members:
                    documents.note_message(one, None, thread_id)
                if not more and "before" not in query:
                    self._close_texts(thread.id, query.get("run_id", [""])[0])
            case ["threads", thread_id, "runs"]:
                order = documents.thread(thread_id).run_order
                order.merge(key for key in keys if key != after or key in order)
                for one in members:
                    documents.note_run({"thread_id": thread_id, **one})
            case ["threads", _, "runs", _, "steps"]:
                run = self._run_in(segments)
                if run is not None:
                    run.step_order.merge(key for key in keys if key != after or key in run.step_order)
                    for one in members:
                        documents.note_step(one, run)
                    run.steps_whole = run.steps_whole or (is_whole and run.end is not None)
            case _:
                for one in members:
                    documents.note(one, kind)

    def _close_texts(self, thread_id: str, run_id: str) -> None:
        """Take in that a list has shown all messages of a thread, or of one of its runs: those of ended runs are known."""
        open_runs = self._documents.threads[thread_id].open_runs
        for run in [run for run in open_runs.values() if run.end is not None and run_id in ("", run.id)]:
            run.texts_whole = True
            del open_runs[run.id]

    def _read_deleted(self, segments: Sequence[str]) -> None:
        match segments:
            case ["threads", thread_id, "messages", message_id] if thread_id in self._documents.threads:
                message = self._documents.threads[thread_id].messages.get(message_id)
                if message is not None:
                    message.deleted = True
            case _:
                pass

    def _run_in(self, segments: Sequence[str]) -> KnownRun | None:
        """Return the run that a path names."""
        if len(segments) < 4 or segments[0] != "threads" or segments[2] != "runs":
            return None
        known = self._documents.runs.get(segments[3])
        if known is None:
            return self._documents.run(segments[3], segments[1])
        return self._documents.run(segments[3], known.thread.id)


def _is_stream(exchange: Exchange, data: bytes) -> bool:
    if exchange.response.media_type == "text/event-stream":
        return True
    return data.startswith((b"event:", b"data:"))


def _objects_of(data: bytes) -> list[Doc]:
    """Return the objects of a stream's first events: the thread and the run that it is about."""
    from emulator.recording.evidence.events import events

    found: list[Doc] = []
    for _, event, _ in events(data):
        document = _json(event)
        if document is not None:
            found.append(document)
        if document is not None and document.get("object") == "thread.run":
            break
    return found


def _json(data: bytes | None) -> dict[str, Any] | None:
    """Return an object of JSON; None for anything else."""
    if not data:
        return None
    try:
        value = orjson.loads(data)
    except ValueError:
        return None
    return value if isinstance(value, dict) else None


def _bare_path(url: str) -> str:
    return re.sub(r"^[a-z]+://[^/]+|[?#].*", "", url)

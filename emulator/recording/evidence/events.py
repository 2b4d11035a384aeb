"""Streams: what their events show, and how texts, code and arguments were cut."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any, Final

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import FINAL, Doc, KnownCall, KnownMessage, KnownRun, richer
from emulator.recording.evidence.shapes import read_as_sent, read_object

_RESTS: Final = FINAL | {"requires_action"}


class StreamReader:
    """Reads one stream into what is known. chunks: how it came, as (seconds since the request, bytes).

    Once it is read: run is the last run that was shown, ended whether the stream came to its end, error the error of
    the server that it ended in, if it did, and before_error how many events came before that.
    """

    def __init__(self, documents: Documents, data: bytes, chunks: Sequence[tuple[float, int]]) -> None:
        self._documents = documents
        self._data = data
        self._clock = _Clock(chunks, len(data))
        self._time: float | None = None
        self._before: float | None = None
        self.run: KnownRun | None = None
        self.ended = False
        self.error: Doc | None = None
        self.before_error = 0
        self._grown: set[tuple[str, int | None]] = set()

    def read(self) -> None:
        """Read all events."""
        for number, (name, data, end) in enumerate(events(self._data)):
            self._before, self._time = self._time, self._clock.at(end)
            if name == "done" or data == b"[DONE]":
                self.ended = True
                continue
            document = read_object(data)
            if _is_error(name, document):
                self.error, self.before_error = _error_in(data), number
            elif document is not None:  # a last event may be cut off
                self._take(name, document)
        if self.run is not None and self.run.status in _RESTS:
            self.ended = True

    def _take(self, name: str, document: dict[str, Any]) -> None:
        kind = document.get("object") or _kind(name)
        if kind == "thread.message.delta":
            self._take_message_delta(document)
        elif kind == "thread.run.step.delta":
            self._take_step_delta(document)
        elif kind == "thread.run":
            self.run = self._documents.note_run(document) or self.run
        elif kind is not None:
            self._documents.note(document, kind, run=self.run)
            self.run = self.run or self._documents.runs.get(document.get("run_id") or "")

    def _take_message_delta(self, document: Doc) -> None:
        message = self._message(document.get("id", ""))
        parts = document.get("delta", {}).get("content", ())
        if message is not None and self._begins(message.key, None):
            message.forget_stream()
        if message is not None and not isinstance(parts, str):
            for part in parts:
                self._take_part(message, part)

    def _take_part(self, message: KnownMessage, part: Doc) -> None:
        index, text, image = part.get("index", 0), part.get("text"), part.get("image_file", {}).get("file_id")
        if isinstance(text, Mapping):
            message.pieces_at(index).add(text.get("value", ""), self._time, self._before)
            message.stream.annotations += text.get("annotations", ())
        if "refusal" in part:
            message.refusal_at(index).add(part["refusal"], self._time, self._before)
        if image is not None:
            message.stream.images[index] = image

    def _message(self, id_: str) -> KnownMessage | None:
        if self.run is None:
            return None
        known = self.run.messages.get(id_)
        if known is None:
            self._documents.note_message({"id": id_, "role": "assistant", "run_id": self.run.id}, self.run)
            known = self.run.messages.get(id_)
        return known

    def _take_step_delta(self, document: Doc) -> None:
        if self.run is None:
            return
        id_ = document.get("id", "")
        step = self.run.steps.get(id_) or self._documents.note_step({"id": id_, "run_id": self.run.id}, self.run)
        details = document.get("delta", {}).get("step_details", {})
        if step is None:
            return
        step.type = step.type or details.get("type", "")
        for call in details.get("tool_calls", ()):
            index = call.get("index", 0)
            if self._begins(id_, index):
                step.streamed[index] = KnownCall()
            self._take_call(step.streamed[index], call)

    def _begins(self, id_: str, index: int | None) -> bool:
        """Return whether this is the first delta of something: what another recording of the stream shows is the same.

        index: of a call, None: of a message.
        """
        begins = (id_, index) not in self._grown
        self._grown.add((id_, index))
        return begins

    def _take_call(self, known: KnownCall, call: Doc) -> None:
        """Put the delta of a call to what is known of it: texts that grow are joined, all else is as it was last."""
        fields = {name: value for name, value in call.items() if name != "index"}
        kind = fields.get("type") or known.document.get("type", "")
        inner = "function" if kind == "openapi" else kind
        own = dict(fields[inner]) if isinstance(fields.get(inner), Mapping) else fields
        for name in ("input", "arguments"):
            if isinstance(own.get(name), str):
                known.grows = name
                known.pieces.add(own.pop(name), self._time, self._before)
        if own is not fields:
            if own.get("outputs"):
                own["outputs"] = _outputs(known.document.get(inner, {}).get("outputs", ()), own["outputs"])
            fields[inner] = own
        known.document = richer(known.document, fields)


def first_objects(data: bytes) -> list[Doc]:
    """Return the objects of a stream up to its first run: the thread and the run that it is about."""
    found: list[Doc] = []
    for _, event, _ in events(data):
        document = read_object(event)
        if document is not None:
            found.append(document)
        if document is not None and document.get("object") == "thread.run":
            break
    return found


def _outputs(old: Sequence[Doc], new: Sequence[Doc]) -> list[Doc]:
    """Return the outputs of code, of which each delta brings some, by their index."""
    by_index = dict(enumerate(old))
    for place, output in enumerate(new):
        index = output.get("index", place)
        before = by_index.get(index, {}).get("logs", "")
        by_index[index] = {**output, "logs": before + output["logs"]} if "logs" in output else output
    return [by_index[index] for index in sorted(by_index)]


def _is_error(name: str, document: Doc | None) -> bool:
    """Return whether an event is an error, by its name or, where that is lost, by what it holds."""
    if document is None or name == "error":
        return name == "error"
    return "error" in document and "object" not in document and _kind(name) is None


def _error_in(data: bytes) -> Doc:
    """Return the error that an event holds, within an envelope or without; nothing where it is in words alone."""
    document = read_as_sent(data) or {}
    error = document.get("error", document)
    return error if isinstance(error, dict) else {}


def _kind(name: str) -> str | None:
    """Return which object an event brings, by its name: ``thread.run.completed`` brings a ``thread.run``."""
    kinds = (
        "thread.run.step.delta",
        "thread.message.delta",
        "thread.run.step",
        "thread.message",
        "thread.run",
        "thread",
    )
    return next((kind for kind in kinds if name == kind or name.startswith(f"{kind}.")), None)


def events(data: bytes) -> Iterator[tuple[str, bytes, int]]:
    """Yield the events of a stream: name, data, and where it ends. One that was cut off is yielded as it is."""
    name, lines, place = "", list[bytes](), 0
    for line in data.splitlines(keepends=True):
        place += len(line)
        text = line.rstrip(b"\r\n")
        if not text:
            if name or lines:
                yield name, b"\n".join(lines), place
            name, lines = "", []
        elif text.startswith(b"event:"):
            name = text[6:].strip().decode(errors="replace")
        elif text.startswith(b"data:"):
            lines.append(text[5:].removeprefix(b" "))
    if name or lines:
        yield name, b"\n".join(lines), place


class _Clock:
    """When each byte of a stream came; unknown where the chunks do not add up to it."""

    def __init__(self, chunks: Sequence[tuple[float, int]], size: int) -> None:
        ends = list(accumulate(length for _, length in chunks))
        self._chunks = list(zip(ends, (time for time, _ in chunks), strict=True)) if ends[-1:] == [size] else []
        self._place = 0

    def at(self, end: int) -> float | None:
        """Return when the bytes up to here had come; asked for in their order."""
        while self._place < len(self._chunks) and self._chunks[self._place][0] < end:
            self._place += 1
        return self._chunks[self._place][1] if self._place < len(self._chunks) else None

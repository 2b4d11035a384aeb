"""Recorded HTTP: what each request made or asked, and what its answer shows."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from emulator.recording.addresses import api_path
from emulator.recording.evidence.commands import answer, begin, note_command, run_in
from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.events import StreamReader, first_objects
from emulator.recording.evidence.known import FINAL, Doc, StreamError, Where
from emulator.recording.evidence.lists import note_list
from emulator.recording.evidence.shapes import read_object
from emulator.recording.exchange import Exchange

# Refusals name the status of the run, as in `Cannot cancel run with status 'completed'.` (recorded).
_NAMED_STATUS: Final = re.compile(r"""status ['"](\w+)['"]""")
_FILENAME: Final = re.compile(r'filename="?([^";]+)')
_NOUNS: Final[Mapping[str, str]] = {"assistants": "assistant", "files": "file", "threads": "thread"}


@dataclass(slots=True)
class Tally:
    """What happened in a recording beside what the model did.

    elsewhere: requests to other APIs, by path. refused, failed: answers from 400, from 500 on. broken: answers that
    could not be read. cut: streams without an end. unbegun: those that ended in an error before they showed a run.
    """

    exchanges: int = 0
    elsewhere: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    failed: int = 0
    broken: int = 0
    cut: int = 0
    unbegun: int = 0


class ExchangeReader:
    """Reads the exchanges of one recording into what is known."""

    def __init__(self, documents: Documents, source: int, file: str) -> None:
        self._documents = documents
        self._source = source
        self._file = file
        self.tally = Tally()

    def read(self, exchange: Exchange) -> None:
        """Read the next exchange."""
        documents = self._documents
        documents.position += 1
        documents.where, documents.at = Where(self._source, self._file, exchange.line), exchange.at
        self.tally.exchanges += 1
        found = api_path(exchange.url)
        if found is None:
            self.tally.elsewhere[_bare_path(exchange.url)] += 1
            return
        path, query = found
        segments = [segment for segment in path.split("/") if segment]
        if exchange.status >= 400:
            self._read_refusal(exchange, segments)
        elif exchange.status >= 200:
            self._read_answer(exchange, segments, query)

    def _read_refusal(self, exchange: Exchange, segments: Sequence[str]) -> None:
        if exchange.status >= 500:
            self.tally.failed += 1
        else:
            self.tally.refused += 1
        run = self._documents.runs.get(segments[3]) if segments[2:3] == ["runs"] and len(segments) > 3 else None
        if run is None:
            return
        error = (read_object(exchange.response.data) or {}).get("error", {})
        if named := _NAMED_STATUS.search(error.get("message", "")):
            run.must_be = named[1]
            if run.must_be in FINAL and run.ended is None:
                run.ended = self._documents.position

    def _read_answer(self, exchange: Exchange, segments: Sequence[str], query: str) -> None:
        data = exchange.response.data or b""
        if exchange.method == "GET" and segments[0] == "files" and segments[2:] == ["content"]:
            self._read_content(exchange, segments[1])
        elif _is_stream(exchange, data):
            self._read_stream(exchange, segments, data)
        elif (document := read_object(data)) is None:
            self.tally.broken += bool(data) or not exchange.complete
        elif exchange.method == "POST":
            body = read_object(exchange.request.data) or {}
            note_command(self._documents, segments, body, document, exchange.parts)
        elif exchange.method == "GET":
            self._read_shown(segments, query, document)
        elif exchange.method == "DELETE":
            self._read_deleted(segments)

    def _read_content(self, exchange: Exchange, id_: str) -> None:
        file = self._documents.file(id_)
        file.content = exchange.response.data or file.content
        named = _FILENAME.search(exchange.response_headers.get("content-disposition", ""))
        file.name = file.name or (named[1] if named else None)

    def _read_stream(self, exchange: Exchange, segments: Sequence[str], data: bytes) -> None:
        documents = self._documents
        body = read_object(exchange.request.data) or {}
        begins = segments[-1] == "runs"
        if begins:
            begin(documents, segments, body, first_objects(data))
        else:
            answer(documents, segments, body)
        reader = StreamReader(documents, data, exchange.chunks)
        reader.run = None if begins else run_in(documents, segments)
        reader.read()
        is_whole = reader.ended and exchange.complete
        self.tally.cut += not is_whole and reader.error is None
        self.tally.unbegun += reader.run is None and reader.error is not None
        if (run := reader.run) is not None:
            if reader.error is not None:
                run.stream_error = StreamError(
                    reader.error, reader.before_error, _pattern(segments), self._documents.where
                )
            run.streamed = run.streamed or begins
            run.stream_ended = run.stream_ended or (is_whole and run.end is not None)
            run.cut = not is_whole and not run.stream_ended  # of two recordings of one stream, one may be whole
            run.steps_whole = run.steps_whole or run.stream_ended
            run.texts_whole = run.texts_whole or run.stream_ended

    def _read_shown(self, segments: Sequence[str], query: str, document: Doc) -> None:
        """Read the answer to a GET."""
        documents = self._documents
        if "data" in document:
            note_list(documents, segments, query, document)
            return
        match list(segments):
            case ["threads", _, "runs", _]:
                run = documents.note_run(document)
                if run is not None:
                    run.polls += 1
            case ["threads", _, "runs", _, "steps", _]:
                documents.note_step(document, run_in(documents, segments))
            case ["threads", thread_id, "messages", _]:
                documents.note_message(document, None, thread_id)
            case _:
                documents.note(document, _NOUNS.get(segments[0]))

    def _read_deleted(self, segments: Sequence[str]) -> None:
        match list(segments):
            case ["threads", thread_id, "messages", message_id] if thread_id in self._documents.threads:
                message = self._documents.threads[thread_id].messages.get(message_id)
                if message is not None:
                    message.deleted = True
            case _:
                pass


def _pattern(segments: Sequence[str]) -> str:
    """Return the path of a request that begins or continues a run, as faults match it: with any ids."""
    has_ids = len(segments) > 2
    return "".join("/*" if has_ids and place % 2 else f"/{one}" for place, one in enumerate(segments))


def _is_stream(exchange: Exchange, data: bytes) -> bool:
    return exchange.response.media_type == "text/event-stream" or data.startswith((b"event:", b"data:"))


def _bare_path(url: str) -> str:
    return re.sub(r"^[a-z]+://[^/]+|[?#].*", "", url)

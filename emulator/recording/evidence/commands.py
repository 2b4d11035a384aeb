"""Requests that made something, or answered a run: what they say, and what their answers show."""

from collections.abc import Sequence

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Doc, KnownRun
from emulator.recording.exchange import Part


def note_command(
    documents: Documents, segments: Sequence[str], body: Doc, document: Doc, parts: Sequence[Part]
) -> None:
    """Take in a POST that was answered with an object. parts: of an upload."""
    if segments[0] == "threads":
        _note_in_thread(documents, segments, body, document)
    elif segments[0] == "assistants" and len(segments) <= 2:
        documents.note(document, "assistant")
        if len(segments) == 1 and "id" in document:
            documents.assistant(document["id"]).made = True
    elif segments == ["files"] and "id" in document:
        _note_upload(documents, document, parts)
    else:
        documents.note(document)
        if segments == ["vector_stores"] and "id" in document:
            documents.stores[document["id"]] = None


def _note_in_thread(documents: Documents, segments: Sequence[str], body: Doc, document: Doc) -> None:
    match list(segments[1:]):
        case [] | ["runs"] | [_, "runs"]:
            begin(documents, segments, body, [document])
            documents.note(document, "thread" if len(segments) == 1 else "thread.run")
        case [thread_id, "messages"]:
            message = documents.note_message(document, None, thread_id)
            if message is not None:
                message.posted = message.posted or documents.position
                if message.role == "user":
                    documents.thread(thread_id).users.append(message)
        case [_, "runs", _, "submit_tool_outputs"]:
            answer(documents, segments, body)
            documents.note(document, "thread.run")
        case [_, "runs", _, "cancel"]:
            documents.note(document, "thread.run")
            if (run := run_in(documents, segments)) is not None:
                run.cancelled = True
        case rest:  # what changes an object shows it
            documents.note(document, "thread" if len(rest) == 1 else {"messages": "thread.message"}.get(rest[1]))


def _note_upload(documents: Documents, document: Doc, parts: Sequence[Part]) -> None:
    file = documents.note_file(document)
    file.made = True
    for part in parts:
        if part.filename is not None:
            file.name = file.name or part.filename
            file.content = file.content or part.data


def begin(documents: Documents, segments: Sequence[str], body: Doc, shown: Sequence[Doc]) -> None:
    """Take in that a request has made a thread, a run, or both. shown: objects of its answer."""
    run = next((one for one in shown if one.get("object") == "thread.run" and "id" in one), None)
    thread_id: str | None = segments[1] if len(segments) == 3 else (run or {}).get("thread_id")
    if segments == ["threads"]:
        _begin_thread(documents, shown[0], body)
    elif segments == ["threads", "runs"] and thread_id is not None:
        _begin_thread(documents, {"id": thread_id}, body.get("thread", {}))
    if run is None or thread_id is None:
        return
    thread = documents.thread(thread_id)
    for message in body.get("additional_messages", ()):
        documents.add_unnamed(thread, message)
    begun = documents.begin_run(run, thread_id)
    begun.body = {name: value for name, value in body.items() if name not in ("thread", "additional_messages")}


def _begin_thread(documents: Documents, made: Doc, body: Doc) -> None:
    if "id" in made:
        thread = documents.begin_thread(made)
        for message in body.get("messages", ()):
            documents.add_unnamed(thread, message)


def answer(documents: Documents, segments: Sequence[str], body: Doc) -> None:
    """Take in what a client has answered to the calls of a run."""
    run = run_in(documents, segments)
    if run is None:
        return
    for output in body.get("tool_outputs", ()):
        if "tool_call_id" in output:
            text = output.get("output")
            run.outputs[output["tool_call_id"]] = text if isinstance(text, str) else ""


def run_in(documents: Documents, segments: Sequence[str]) -> KnownRun | None:
    """Return the run that the path of an accepted request names."""
    if len(segments) < 4 or segments[0] != "threads" or segments[2] != "runs":
        return None
    known = documents.runs.get(segments[3])
    return documents.run(segments[3], known.thread.id if known else segments[1])

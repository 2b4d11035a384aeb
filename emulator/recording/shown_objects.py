"""What recorded requests show of threads, as objects in the API's own JSON."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from emulator.recording.evidence import gather
from emulator.recording.evidence.known import KnownFile, KnownRun, KnownThread
from emulator.recording.recordings import AnyRecording

Doc = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ShownObjects:
    """objects: what others refer to first, messages and steps in their order. names, contents: of files, by their ids.

    noted: ids of objects that are not among them, each with the reason.
    """

    objects: Sequence[Doc]
    names: Mapping[str, str]
    contents: Mapping[str, bytes]
    noted: Sequence[tuple[str, str]]


def shown_objects(recordings: Sequence[AnyRecording]) -> ShownObjects:
    """Return everything on the threads that recordings show, and the assistants that answered there."""
    documents = gather(recordings).documents
    noted: list[tuple[str, str]] = []
    files = documents.files.values()
    objects: list[Doc] = [_file(file) for file in files if file.content is not None]
    objects += (assistant.at(None) for assistant in documents.assistants.values() if assistant.history)
    for thread in documents.all_threads:
        objects += _on_thread(thread, noted)
    return ShownObjects(
        [one for one in objects if isinstance(one.get("object"), str)],
        {file.id: file.name for file in files if file.name},
        {file.id: file.content for file in files if file.content is not None},
        noted,
    )


def _file(file: KnownFile) -> Doc:
    name = file.name or f"{file.id}.txt"
    about = {"filename": name, "purpose": file.purpose or ("assistants_output" if file.by_model else "assistants")}
    return {"id": file.id, "object": "file", "bytes": len(file.content or b""), "status": "processed", **about}


def _on_thread(thread: KnownThread, noted: list[tuple[str, str]]) -> Iterator[Doc]:
    if thread.document:
        yield thread.document
    for run in thread.runs.values():
        yield from run_objects(run, noted)
    for message in sorted(thread.messages.values(), key=lambda one: one.order):
        if message.deleted:
            continue
        if message.document.get("object") == "thread.message" and message.key == message.document.get("id"):
            yield message.document
        else:
            noted.append((message.key, f"only a request shows this message of {thread.id}"))


def run_objects(run: KnownRun, noted: list[tuple[str, str]]) -> Iterator[Doc]:
    """Yield a run that is over, and its steps. noted: gets others, with the reason."""
    if run.end is None or run.document.get("object") != "thread.run":
        noted.append((run.id, "its end was not recorded"))
        return
    yield {**run.document, "status": run.end}
    for key in run.step_order:
        if (step := run.steps.get(key)) is not None and step.document.get("object") == "thread.run.step":
            yield step.document

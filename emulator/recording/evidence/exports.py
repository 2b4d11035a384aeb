"""Exported objects: what they show of conversations, of which nothing else is known."""

from collections.abc import Iterable, Sequence
from math import inf
from typing import Final

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Doc, Where, stamp
from emulator.recording.evidence.order import Order
from emulator.recording.evidence.shapes import shaped
from emulator.recording.recordings import AnyRecording, Export

_ORDERED: Final = ("thread.message", "thread.run")


def read_export(documents: Documents, source: int, export: Export) -> None:
    """Take in the objects of an export, oldest first; of a thread that is there, all messages are."""
    documents.where, documents.at = Where(source, export.path.name), None
    held = (one for one in export.objects if not (one["id"] in export.stand_ins and _says_nothing(one)))
    objects = list(map(shaped, held))
    _note_order(documents, objects)
    for document in objects:
        documents.position += 1
        documents.note(document)
        if document.get("object") == "thread.message" and "thread_id" in document:
            message = documents.thread(document["thread_id"]).messages.get(document.get("id", ""))
            if message is not None:
                message.at_rest = True  # nobody exports a thread while a run writes on it
    for id_, content in export.contents.items():
        documents.file(id_).content = content
    runs = [run for run in documents.all_runs if source in run.sources]
    has_steps = any(run.steps for run in runs)
    for run in runs:
        run.stand_in = run.stand_in or run.id in export.stand_ins
        run.texts_whole = True
        # One that failed before it did anything has none, where others were exported with theirs.
        did_nothing = has_steps and run.end != "completed" and not run.messages
        run.steps_whole = run.steps_whole or (run.end is not None and (bool(run.steps) or did_nothing))


def _note_order(documents: Documents, objects: Iterable[Doc]) -> None:
    """Take in which messages and runs of a thread stand beside each other: another export may overlap with this one."""
    orders: dict[int, tuple[Order, list[str]]] = {}
    for document in objects:
        if "id" in document and "thread_id" in document and document.get("object") in _ORDERED:
            thread = documents.thread(document["thread_id"])
            order = thread.order if document["object"] == "thread.message" else thread.run_order
            orders.setdefault(id(order), (order, []))[1].append(document["id"])
    for order, keys in orders.values():
        order.merge(keys)


def _says_nothing(stand_in: Doc) -> bool:
    """Return whether a stand-in shows nothing: what it says of an assistant, its runs say, and an id is no name."""
    kind: str = stand_in["object"]
    return kind == "assistant" or (kind == "file" and str(stand_in.get("filename")) == stand_in["id"])


def oldest_first(recordings: Sequence[AnyRecording]) -> list[tuple[int, Export]]:
    """Return exports with their numbers: pages of a list may come in any order. Those without times keep theirs."""
    exports = [(number, one) for number, one in enumerate(recordings) if isinstance(one, Export)]
    return sorted(exports, key=lambda pair: _begun_at(pair[1]))


def _begun_at(export: Export) -> tuple[float, float]:
    """Return the times of the oldest and the newest of what was said."""
    said = [stamp(one.get("created_at")) for one in export.objects if one.get("object") == "thread.message"]
    times = [time for time in said if time is not None]
    return min(times, default=inf), max(times, default=inf)

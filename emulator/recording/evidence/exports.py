"""Exported objects: what they show of conversations, of which nothing else is known."""

from collections.abc import Sequence
from math import inf

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import stamp
from emulator.recording.evidence.shapes import shaped
from emulator.recording.recordings import AnyRecording, Export


def read_export(documents: Documents, source: int, export: Export) -> None:
    """Take in the objects of an export, oldest first; of a thread that is there, all messages are."""
    documents.source, documents.line, documents.at = source, None, None
    every = [shaped(one) for one in export.objects]
    runs: dict[str, list[str]] = {}
    for one in every:
        if one.get("object") == "thread.run" and "id" in one and "thread_id" in one:
            runs.setdefault(one["thread_id"], []).append(one["id"])
    for thread_id, ids in runs.items():  # messages name some of them earlier
        documents.thread(thread_id).run_order.merge(ids)
    for document in every:
        documents.position += 1
        documents.note(document)
    for run in documents.all_runs:
        if source in run.sources:
            run.stand_in = run.stand_in or run.id in export.stand_ins
            run.texts_whole = True
            run.steps_whole = run.steps_whole or (bool(run.steps) and run.end is not None)


def oldest_first(recordings: Sequence[AnyRecording]) -> list[tuple[int, Export]]:
    """Return exports with their numbers: pages of a list may come in any order. Those without times keep theirs."""
    exports = [(number, one) for number, one in enumerate(recordings) if isinstance(one, Export)]
    return sorted(exports, key=lambda pair: _begun_at(pair[1]))


def _begun_at(export: Export) -> tuple[float, float]:
    """Return the times of the oldest and the newest of what was said."""
    said = [stamp(one.get("created_at")) for one in export.objects if one.get("object") == "thread.message"]
    times = [time for time in said if time is not None]
    return min(times, default=inf), max(times, default=inf)

"""Exported objects: what they show of conversations, of which nothing else is known."""

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.shapes import shaped
from emulator.recording.recordings import Export


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

"""Exported objects: what they show of conversations, of which nothing else is known."""

from emulator.recording.evidence.documents import Documents
from emulator.recording.evidence.known import Where
from emulator.recording.evidence.shapes import shaped
from emulator.recording.recordings import Export


def read_export(documents: Documents, source: int, export: Export) -> None:
    """Take in the objects of an export, oldest first; of a thread that is there, all messages are."""
    documents.where, documents.at = Where(source, export.path.name), None
    for document in map(shaped, export.objects):
        documents.position += 1
        documents.note(document)
    for run in documents.all_runs:
        if source in run.sources:
            run.stand_in = run.stand_in or run.id in export.stand_ins
            run.texts_whole = True
            run.steps_whole = run.steps_whole or (bool(run.steps) and run.end is not None)

"""Exported objects: what they show of conversations, of which nothing else is known."""

from emulator.recording.evidence.documents import Documents
from emulator.recording.recordings import Export


def read_export(documents: Documents, source: int, export: Export) -> None:
    """Take in the objects of an export, oldest first; of a thread that is there, all messages are."""
    documents.source, documents.line, documents.at = source, None, None
    for document in export.objects:
        documents.position += 1
        if document.get("object") == "thread.message":
            message = documents.note_message(document)
            if message is not None and message.run_id is None and isinstance(document.get("run_id"), str):
                run = documents.run(document["run_id"], str(document["thread_id"]))
                message.run_id = run.id
                run.messages[message.key] = message
        else:
            documents.note(document)
    for run in documents.all_runs:
        if source in run.sources:
            run.stand_in = run.stand_in or run.id in export.stand_ins
            run.texts_whole = True
            run.steps_whole = run.steps_whole or (bool(run.steps) and run.end is not None)
